"""The clock's hands: each task reads the time once, calls a service and says what it did. Killed or
doubled, no harm.
"""

from __future__ import annotations

from dataclasses import asdict

from celery import shared_task
from django.utils import timezone

from apps.treatments.sweeping import mark_changed_clinics, sweep_due, unread_changes


@shared_task
def sweep() -> dict[str, object]:
    """Replans what its day has come for. More than one run's share is left to another run at once."""
    swept = sweep_due(at=timezone.now())
    if swept.left:
        sweep.delay()
    return asdict(swept)


@shared_task
def follow_clinic_changes() -> dict[str, object]:
    """Replans the treatments of clinics whose hours, holidays or closures changed."""
    at = timezone.now()
    marked = mark_changed_clinics(at=at)
    if unread_changes():
        follow_clinic_changes.delay()
    if not marked:
        return {"marked": 0}
    swept = sweep_due(at=at)
    if swept.left:
        sweep.delay()
    return {"marked": marked, **asdict(swept)}
