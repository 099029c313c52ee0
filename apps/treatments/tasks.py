"""The clock's hands: each task reads the time once, calls a service and says what it did. Killed or
doubled, no harm.
"""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from apps.clinic.workers import ask_worker
from apps.treatments.intake.services import forget_unconfirmed, work_lines
from apps.treatments.moving import apply_lines
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


@shared_task
def apply_move(move_id: str) -> dict[str, object]:
    """Takes up a share of one move's lines. More than one run's share is left to another run at once."""
    applied = apply_lines(at=timezone.now(), move_id=UUID(move_id))
    if applied.left:
        apply_move.delay(move_id)
    return asdict(applied)


@shared_task
def follow_moves() -> dict[str, object]:
    """Takes up lines of moves that a lost broker or a killed worker has left."""
    applied = apply_lines(at=timezone.now())
    if applied.left:
        follow_moves.delay()
    return asdict(applied)


def apply_soon(move_id: UUID) -> None:
    """Asks a worker to take up the move, after its commit; without a broker the sweep of the next minute does."""
    ask_worker(apply_move, move_id)


@shared_task
def work_import(import_id: str) -> dict[str, object]:
    """Tries or carries out a share of one import's lines. More than one run's share is left to another run at once."""
    worked = work_lines(at=timezone.now(), import_id=UUID(import_id))
    if worked.left:
        work_import.delay(import_id)
    return asdict(worked)


@shared_task
def follow_imports() -> dict[str, object]:
    """Takes up lines of imports that a lost broker or a killed worker has left, and forgets what nobody confirmed."""
    at = timezone.now()
    worked = work_lines(at=at)
    if worked.left:
        follow_imports.delay()
    return {**asdict(worked), "forgotten": forget_unconfirmed(at=at)}


def work_import_soon(import_id: UUID) -> None:
    """Asks a worker to take up the import, after its commit; without a broker the sweep of the next minute does."""
    ask_worker(work_import, import_id)
