"""The clock's hands for booking: each reads the time once, calls a service and says what it did."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from apps.booking.closing.applying import apply_closing_lines
from apps.booking.day.sheets import make_evening_sheets
from apps.booking.wall_times import keep_wall_times
from apps.clinic.workers import ask_worker


@shared_task
def make_day_sheets() -> dict[str, int]:
    """Tomorrow's day sheet of every clinic in which it is evening now. Killed or doubled, no harm."""
    return make_evening_sheets(at=timezone.now())


@shared_task
def apply_closing(closing_id: str) -> dict[str, object]:
    """Takes up a share of one closing's lines. More than one run's share is left to another run at once."""
    applied = apply_closing_lines(at=timezone.now(), closing_id=UUID(closing_id))
    if applied.left:
        apply_closing.delay(closing_id)
    return asdict(applied)


@shared_task
def follow_closings() -> dict[str, object]:
    """Takes up lines of closings that a lost broker or a killed worker has left."""
    applied = apply_closing_lines(at=timezone.now())
    if applied.left:
        follow_closings.delay()
    return asdict(applied)


@shared_task
def keep_times() -> dict[str, int]:
    """Booked visits keep their wall time when the table of time zones changed."""
    return asdict(keep_wall_times(at=timezone.now()))


def apply_closing_soon(closing_id: UUID) -> None:
    """Asks a worker to take up the closing, after its commit; without a broker the sweep of the next minute does."""
    ask_worker(apply_closing, closing_id)
