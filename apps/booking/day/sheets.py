"""Tomorrow on paper before the power goes: each clinic's day sheet, made in its own evening and kept as a PDF.

A sheet is made from a digest of what stands on it: asking again makes nothing new unless something has changed.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from datetime import date, datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from apps.booking.day.queries import DaySession, sessions_of
from apps.booking.day.sheet_drawing import Sheet, SheetLine, SheetSession, draw
from apps.booking.models import DaySheet
from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.loading import workdays_of
from apps.clinic.models import Clinic
from apps.couples.ages import age
from apps.treatments.models import Appointment
from apps.treatments.overlap import STATUSES_IN_FORCE
from apps.treatments.sensitivity import donor_tests_as_one

_log = logging.getLogger(__name__)
# From this hour of the clinic's own clock on it is evening; until midnight the sheet follows every change.
EVENING = 18
# A sheet holds names: it is there for a power cut, not for the archive.
KEPT = timedelta(days=7)
# Of a couple to whom nothing is sent, for whatever reason: the sheet lies about, and the reason is no part of it.
_TOLD_NOTHING = "gets no messages and sees nothing of it"
# How far to look for the next day on which the clinic is open.
_AHEAD = 14


def make_sheet(*, clinic: Clinic, on: date, actor: Actor, at: datetime) -> DaySheet:
    """The sheet of that day as it stands now: the stored one if it says the same, else made anew in its place."""
    require_clinic(actor, clinic.pk)
    require_role(actor, "nurse", "doctor", "manager", "lab")
    sheet = sheet_for(clinic, on)
    digest = _digest(sheet)
    stored = DaySheet.objects.filter(clinic=clinic, on=on).defer("content").first()
    if stored is not None and stored.digest == digest:
        return stored
    local = at.astimezone(ZoneInfo(clinic.zone))
    row = DaySheet(
        clinic=clinic,
        on=on,
        made_at=at,
        digest=digest,
        sessions=len(sheet.sessions),
        content=draw(sheet, f"{_day(local.date())}, {local:%H:%M}"),
    )
    with acting(actor):
        # Two workers may have drawn at once: one row stays, and both drew the same.
        DaySheet.objects.bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["clinic", "on"],
            update_fields=["made_at", "digest", "sessions", "content"],
        )
    return DaySheet.objects.defer("content").get(clinic=clinic, on=on)


def make_evening_sheets(*, at: datetime) -> dict[str, int]:
    """Makes what is due in every clinic where it is evening at `at`, and forgets what is old; the counts.

    What fails in one clinic is logged and keeps no other from its sheet; the next run tries it again.
    """
    counts = {"made": 0, "stood": 0, "failed": 0, "forgotten": forget_old(at=at)}
    actor = Actor.system("task")
    for clinic in Clinic.objects.order_by("pk"):
        for on in due_days(clinic, at):
            try:
                made = make_sheet(clinic=clinic, on=on, actor=actor, at=at)
            except Exception:
                _log.exception("the day sheet of clinic %s for %s could not be made", clinic.pk, on)
                counts["failed"] += 1
            else:
                counts["made" if made.made_at == at else "stood"] += 1
    return counts


def due_days(clinic: Clinic, at: datetime) -> tuple[date, ...]:
    """In the clinic's evening its tomorrow and, where it is closed then, the next open day as well; else none."""
    local = at.astimezone(ZoneInfo(clinic.zone))
    if local.hour < EVENING:
        return ()
    tomorrow = local.date() + timedelta(days=1)
    workdays = workdays_of(clinic)
    ahead = (tomorrow + timedelta(days=n) for n in range(_AHEAD))
    following = next((day for day in ahead if workdays.is_open(day)), tomorrow)
    return tuple(dict.fromkeys((tomorrow, following)))


def forget_old(*, at: datetime) -> int:
    """Deletes the sheets of days that are over for a week; how many."""
    return DaySheet.objects.filter(on__lt=(at - KEPT).date()).delete()[0]


def sheet_for(clinic: Clinic, on: date) -> Sheet:
    """What stands on the sheet of that day. Reads; writes nothing."""
    sessions = [one for one in sessions_of(clinic, on, on) if one.appointment.status in STATUSES_IN_FORCE]
    return Sheet(clinic.name, _day(on), clinic.zone, tuple(_session(one, on) for one in sessions))


def _session(session: DaySession, on: date) -> SheetSession:
    visit = session.appointment
    couple, zone = visit.treatment.couple, ZoneInfo(visit.zone or visit.clinic.zone)
    lines = tuple(
        SheetLine(
            _span(link.starts_at, link.ends_at, zone),
            link.title,
            ", ".join(place.resource.name for place in session.places_of(link.name) if place.resource),
        )
        for link in session.activities
    )
    span = _span(session.starts_at, session.ends_at, zone)
    return SheetSession(
        span=span,
        code=couple.code,
        people=tuple(
            (person.full_name, age(person.birth_on, on)) for person in (couple.recipient, couple.partner)
        ),
        what=visit.title,
        standing="; ".join(filter(None, (_standing(visit), _TOLD_NOTHING if couple.is_silent else ""))),
        due=donor_tests_as_one(visit.plan.get("missing") or ()),
        lines=lines or (SheetLine(span, visit.title, ""),),
    )


def _standing(visit: Appointment) -> str:
    return "on hold, pencilled only" if visit.held else "pencilled" if visit.pencilled else ""


def _digest(sheet: Sheet) -> str:
    return sha256(json.dumps(asdict(sheet), ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _span(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> str:
    return f"{starts_at.astimezone(zone):%H:%M}–{ends_at.astimezone(zone):%H:%M}"


def _day(on: date) -> str:
    return f"{on:%A} {on.day} {on:%B %Y}"
