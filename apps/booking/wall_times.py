"""A booked visit keeps the wall time that people were told, when a new table of time zones makes another moment of it.

Governments change the rules of their clocks; a new release of tzdata then reads a stored moment as another hour. "Thursday
09:00 at the clinic" was agreed on, and holds: the moment moves, with everything that it takes, and nobody is told anything.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import DatabaseError
from django.db.models import F, QuerySet

from apps.booking.calls.services import ask_for_call
from apps.booking.models import CallWhy, SessionActivity
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.errors import LitError
from apps.clinic.models import Change, Clinic
from apps.treatments.models import Appointment, Occupation
from apps.treatments.reconciling import gather, settle
from protocols.status import Status

KEPT = "appointment.wall_time_kept"
_ACTOR = Actor.system("task")
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Kept:
    """`called`: the clocks skip that time now, or its places are taken: a nurse settles it with the couple."""

    kept: int = 0
    called: int = 0


def keep_wall_times(*, at: datetime) -> Kept:
    """Looks through every booked visit ahead of `at` and moves the moments of those whose wall time it no longer is.

    Each visit has a transaction of its own. Twice, late or beside itself it changes nothing more.
    """
    done = Kept()
    ahead = Appointment.objects.filter(status=Status.BOOKED, starts_at__gt=at).exclude(local_start="")
    astray = [row for row in ahead.order_by("starts_at").iterator() if is_astray(row)]
    # What becomes later goes last one first, so that each finds its new time left already by the one that had it.
    later = [row for row in astray if _becomes_later(row)]
    earlier = [row for row in astray if not _becomes_later(row)]
    for row in (*reversed(later), *earlier):
        if not _keep(row, at):
            _call(row, at)
            done.called += 1
        else:
            done.kept += 1
    if astray:
        _log.warning(
            "the zone table changed: %s visits kept their wall time, %s calls", done.kept, done.called
        )
    return done


def kept_times(clinic: Clinic, *, since: datetime) -> QuerySet[Change]:
    """What `keep_wall_times` told of the clinic's visits from `since` on, the newest first."""
    return Change.objects.filter(clinic=clinic, kind=KEPT, at__gte=since).order_by("-at", "-id")


def is_astray(row: Appointment) -> bool:
    """Whether the visit's moment is shown as another wall time than the one that was agreed on."""
    return row.starts_at is not None and _shown(row.starts_at, row.zone) != row.local_start


def wall_moment_of(row: Appointment) -> datetime | None:
    """The moment of the wall time that was agreed on; the first of two, None where the clocks skip it."""
    wall = datetime.fromisoformat(row.local_start).replace(tzinfo=ZoneInfo(row.zone))
    moments = [wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
    return next((one for one in sorted(moments) if _shown(one, row.zone) == row.local_start), None)


def _becomes_later(row: Appointment) -> bool:
    moment = wall_moment_of(row)
    return moment is not None and row.starts_at is not None and moment > row.starts_at


def _shown(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"


def _keep(found: Appointment, at: datetime) -> bool:
    """Moves the moment of one visit; False if there is none, or if its places or people are taken then."""
    try:
        with acting(_ACTOR):
            gathered = gather(treatment_id=found.treatment_id, at=at)
            row = gathered.visits.get((found.step, found.occurrence)) if gathered else None
            if gathered is None or row is None or row.status != Status.BOOKED or not is_astray(row):
                return True
            moment = wall_moment_of(row)
            if moment is None or row.starts_at is None or row.ends_at is None:
                return False
            was, by = row.starts_at, moment - row.starts_at.replace(second=0, microsecond=0)
            row.starts_at, row.ends_at, row.changed_at = was + by, row.ends_at + by, at
            gathered.touched.add((row.step, row.occurrence))
            gathered.tell(KEPT, row, starts_at=row.starts_at.isoformat(), **{"from": was.isoformat()})
            settle(gathered, actor=_ACTOR, at=at)
            _shift(row, by)
    except (LitError, DatabaseError) as fault:
        _log.error("visit %s cannot keep its wall time: %s", found.pk, type(fault).__name__)
        return False
    return True


def _shift(row: Appointment, by: timedelta) -> None:
    """What the visit takes, in an order in which its own parts do not meet."""
    parts = Occupation.objects.filter(appointment=row)
    for part in parts.order_by("-starts_at" if by > timedelta() else "starts_at"):
        part.starts_at, part.ends_at = part.starts_at + by, part.ends_at + by
        part.save(update_fields=["starts_at", "ends_at"])
    SessionActivity.objects.filter(appointment=row).update(
        starts_at=F("starts_at") + by, ends_at=F("ends_at") + by
    )


def _call(row: Appointment, at: datetime) -> None:
    ask_for_call(
        couple=row.treatment.couple,
        why=CallWhy.NO_VISIT,
        due_at=at,
        appointment=row,
        note=f"The clocks of {row.zone} changed: {row.local_start[11:]} is no longer possible that day.",
        actor=_ACTOR,
        at=at,
    )
