"""What the API leaves behind is taken away."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.api.idempotency import forget_replies


@shared_task(name="apps.api.tasks.forget")
def forget() -> int:
    """Deletes the stored answers that are older than a day; says how many there were."""
    return forget_replies(at=timezone.now())
