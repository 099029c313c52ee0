"""The clock's hands for booking: each reads the time once, calls a service and says what it did."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from apps.booking.sheets import make_evening_sheets


@shared_task
def make_day_sheets() -> dict[str, int]:
    """Tomorrow's day sheet of every clinic in which it is evening now. Killed or doubled, no harm."""
    return make_evening_sheets(at=timezone.now())
