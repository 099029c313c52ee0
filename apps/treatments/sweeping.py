"""Replanning that no request caused: days that come, hours and closures that change.

Each treatment has a transaction of its own, so a sweep can be killed anywhere and begun again. One that
fails is put off for an hour and the rest go on; its log line holds ids only.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import OperationalError
from django.db.models import Q

from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import advance, lock_reader
from apps.clinic.clock import local_date
from apps.clinic.models import Clinic
from apps.clinic.queries import read_changes
from apps.treatments.models import Treatment
from apps.treatments.reconciling import gather, settle

READER = "treatments"
_BATCH = 200
_RETRY_AFTER = timedelta(hours=1)
_CHANGES_AT_ONCE = 500
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Swept:
    """What a sweep did. `left` says that there may be more: call again."""

    replanned: int = 0
    changed: int = 0
    skipped: int = 0
    failed: int = 0
    left: bool = False


def sweep_due(*, at: datetime, limit: int = 2000) -> Swept:
    """Replans treatments whose `replan_on` has come by their clinic's own date, at most `limit` of them."""
    swept = Swept()
    for treatment_id, today in _due(at):
        if swept.replanned + swept.failed + swept.skipped >= limit:
            swept.left = True
            break
        _replan(treatment_id, today, at, swept)
    return swept


def mark_changed_clinics(*, at: datetime) -> int:
    """Marks the active treatments of clinics whose days changed as due now; returns how many. Bounded: call
    until 0.

    Marking and moving the watermark are one transaction, so nothing is lost between them; the sweep does
    the work.
    """
    with acting(Actor.system("task")):
        lock_reader(reader=READER)
        changes = read_changes(READER, _CHANGES_AT_ONCE)
        marked = 0
        clinic_ids = {change.clinic_id for change in changes if change.kind == "clinic.days"}
        for clinic in Clinic.objects.filter(pk__in=clinic_ids).order_by("pk"):
            marked += _mark(clinic, at)
        if changes:
            advance(reader=READER, change=changes[-1])
    return marked


def unread_changes() -> bool:
    """Whether `mark_changed_clinics` has anything to read."""
    return bool(read_changes(READER, 1))


def _mark(clinic: Clinic, at: datetime) -> int:
    today = local_date(clinic.zone, at)
    active = Treatment.objects.filter(clinic=clinic, closed_reason="")
    # Locked in one order first: a bare UPDATE takes rows as it finds them and two could block each other.
    ids = list(active.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    later = Q(replan_on__isnull=True) | Q(replan_on__gt=today)
    Treatment.objects.filter(later, pk__in=ids).update(replan_on=today)
    return len(ids)


def _due(at: datetime) -> Iterator[tuple[UUID, date]]:
    """Due treatments with their clinic's date, a batch at a time; each is met once, whatever becomes of
    it.
    """
    for zone in Clinic.objects.order_by("zone").values_list("zone", flat=True).distinct():
        today = local_date(zone, at)
        ready = Treatment.objects.filter(Q(retry_at__isnull=True) | Q(retry_at__lte=at), clinic__zone=zone)
        after = Q()
        while batch := list(
            ready.filter(after, replan_on__lte=today)
            .order_by("replan_on", "pk")
            .values_list("replan_on", "pk")[:_BATCH]
        ):
            yield from ((pk, today) for _, pk in batch)
            on, last = batch[-1]
            after = Q(replan_on__gt=on) | Q(replan_on=on, pk__gt=last)


def _replan(treatment_id: UUID, today: date, at: datetime, swept: Swept) -> None:
    """One treatment. Counts what came of it; never raises for the treatment's own sake."""
    actor = Actor.system("task")
    try:
        with acting(actor):
            gathered = gather(treatment_id=treatment_id, at=at, skip_locked=True)
            if gathered is None or not _is_due(gathered.treatment, today):
                swept.skipped += 1  # somebody is at it, or was: their verb has replanned it
                return
            changes = settle(gathered, actor=actor, at=at)
        if _is_due(gathered.treatment, today):
            # The plan says that it is out of date as soon as it is made: without this the sweep would spin on it.
            raise RuntimeError("replan_on is not later than today")
        swept.replanned += 1
        swept.changed += bool(changes)
    except OperationalError:
        raise  # the database itself: nothing is known against this treatment
    except Exception as error:
        _put_off(treatment_id, at, error, swept)


def _is_due(treatment: Treatment, today: date) -> bool:
    return treatment.replan_on is not None and treatment.replan_on <= today


def _put_off(treatment_id: UUID, at: datetime, error: Exception, swept: Swept) -> None:
    # The class alone: an error's text may quote what people wrote.
    _log.error("treatment %s was not replanned: %s", treatment_id, type(error).__name__)
    with acting(Actor.system("task")):
        Treatment.objects.filter(pk=treatment_id).update(retry_at=at + _RETRY_AFTER)
    swept.failed += 1
