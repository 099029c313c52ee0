"""What is known of who asked for calendars is forgotten after a week. An edge: the clock is read here."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.feeds.services import forget_accesses


@shared_task(name="apps.feeds.tasks.forget")
def forget() -> int:
    """Deletes rows of a week ago and earlier; says how many."""
    return forget_accesses(at=timezone.now())
