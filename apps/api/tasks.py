"""What the API leaves behind is taken away."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone
from oauth2_provider.models import clear_expired

from apps.api.idempotency import forget_replies


@shared_task(name="apps.api.tasks.forget")
def forget() -> int:
    """Deletes tokens that have run out, and answers kept for retries for a day; says how many answers."""
    clear_expired()
    return forget_replies(at=timezone.now())
