"""Why something was sent to somebody about a visit, and why something was not: answered from the rows alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.clinic.models import Change
from apps.clinic.queries import brake_of
from apps.couples.models import Person
from apps.reminders.chasing import PleaseBook, please_book
from apps.reminders.models import Delivery, MessageHours
from apps.reminders.present import Visit, awaits_a_reader, is_paused, load_visit, quiet_reasons
from apps.reminders.queries import deliveries_of, withheld
from apps.reminders.texts import BOOK, UPDATED
from apps.treatments.loading import template_of
from apps.treatments.models import Appointment
from protocols.reminders import messages_for_visit
from protocols.status import Status

# What a message follows from: the last of these before it became due to be sent.
_CAUSES = ("appointment.booked", "appointment.moved", "appointment.cancelled")
_ASKED = "message.asked"


@dataclass(frozen=True, slots=True)
class Cause:
    """What somebody did to the visit, or that they asked for the message, and when."""

    kind: str
    actor: str
    at: datetime
    subject_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One message: its row, or none and why there is none; `due_at` is when it was or would have been due.

    `why_none` is `too_late` (its moment had passed when the visit was booked), `withheld` (see what holds now) or
    `to_come` (the next sweep writes it). Of "please book" it is also what `chasing.PleaseBook` says, `other` (the other of
    the two is asked), `other_told`, or `not_planned` (the plan does not ask for the visit now).
    """

    kind: str
    due_at: datetime
    delivery: Delivery | None
    why_none: str = ""
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One person and one visit: everything for which nothing goes at this moment, and each message of the visit."""

    person: Person
    role: str
    holds_now: tuple[str, ...]
    lines: tuple[Line, ...]


def explain(*, appointment: Appointment, at: datetime) -> list[Explanation]:
    """For everybody who comes to the visit, would come if it were booked, or was ever written to about it, the recipient
    first, as it stands at the moment `at`. Writes nothing."""
    visit = load_visit(appointment.pk)
    if visit is None:
        return []
    rows = list(deliveries_of(appointment.clinic).filter(_about(visit)))
    people = {row.person_id: (row.role, row.person) for row in reversed(rows)}
    people |= {pk: (one.role, one.person) for pk, one in visit.coming.items()}
    if not visit.in_force:
        people |= {person.pk: (role, person) for role, person in visit.would_come}
    hours = MessageHours.objects.filter(clinic=appointment.clinic).first()
    book = please_book(visit, hours, sorted(rows, key=lambda row: (row.created_at, row.pk)), at)
    causes = _causes(appointment, rows)
    found = [
        _explain(visit, role, person, [row for row in rows if row.person_id == pk], causes, book, at)
        for pk, (role, person) in people.items()
    ]
    return sorted(found, key=lambda one: one.role != "recipient")


def _explain(
    visit: Visit,
    role: str,
    person: Person,
    rows: Sequence[Delivery],
    causes: Sequence[Cause],
    book: PleaseBook,
    at: datetime,
) -> Explanation:
    holds = _holds_now(visit, person)
    lines = [Line(row.kind, row.due_at, row, cause=_cause(causes, row)) for row in rows]
    lines += _missing(visit, role, person, rows, bool(holds))
    lines += _unasked(visit, person, rows, book, bool(holds), at)
    return Explanation(person, role, holds, tuple(sorted(lines, key=lambda line: line.due_at)))


def _about(visit: Visit) -> Q:
    """Messages about the visit; and the word after a loss, which came in the place of any of them."""
    couple = visit.row.treatment.couple
    asked = Q(kind=UPDATED, person__in=(couple.recipient_id, couple.partner_id))
    asked &= Q(created_at__gte=couple.silent_since) if couple.silent_since else Q(pk=None)
    return Q(appointment_id=visit.row.pk) | asked


def _holds_now(visit: Visit, person: Person) -> tuple[str, ...]:
    """Codes, the most important first: the visit's, the clinic's, the person's."""
    reasons = list(quiet_reasons(visit))
    if brake_of(visit.row.clinic) is not None:
        reasons.append("braked")
    if is_paused(person):
        reasons.append("unread text")
    if awaits_a_reader(person):
        reasons.append("unread result")
    theirs = withheld(visit.row.treatment.couple, person)
    if theirs and theirs not in ("silent", "test_clinic"):
        reasons.append(theirs)
    unbooked = {"held": visit.row.held, "pencilled": visit.row.pencilled} if not visit.in_force else {}
    reasons += [reason for reason, holds in unbooked.items() if holds]
    if not visit.is_booked and visit.row.status != Status.PROPOSED:
        reasons.append(f"visit {visit.row.status}")
    if person.pk not in visit.coming and (visit.in_force or person not in dict(visit.would_come).values()):
        reasons.append("not coming")
    return tuple(reasons)


def _missing(
    visit: Visit, role: str, person: Person, rows: Iterable[Delivery], is_withheld: bool
) -> list[Line]:
    """Messages that the protocol has for the visit at its time and of which there is no row."""
    if visit.starts_at is None or not visit.in_force:
        return []
    mine = [row for row in rows if row.starts_at == visit.starts_at]
    booked_at = min((row.created_at for row in mine), default=visit.row.changed_at)
    template = template_of(visit.row.treatment.protocol_version)
    # As if booked long ago: every message that there could have been.
    asked = messages_for_visit(
        template.reminders,
        starts=visit.wall(visit.starts_at),
        booked=visit.wall(visit.row.treatment.created_at),
        attends=(role,),
        month_ends=template.month_ends,
    )
    families = {row.kind.partition("-")[0] for row in mine} | {row.kind for row in mine}
    missing = []
    for message in asked:
        due_at = visit.moment_for(person, message.due)
        if message.kind in families:
            continue
        is_reminder = message.kind.startswith("reminder")
        late = is_reminder and due_at <= booked_at
        why = "too_late" if late else "withheld" if is_withheld else "to_come"
        missing.append(Line(message.kind, due_at if is_reminder else booked_at, None, why))
    return missing


def _unasked(
    visit: Visit, person: Person, rows: Sequence[Delivery], book: PleaseBook, is_withheld: bool, at: datetime
) -> list[Line]:
    """Of a visit that nobody has booked: "please book", where there is no row that says it, and why."""
    if visit.in_force or person not in dict(visit.would_come).values():
        return []
    due_at = book.due_at or at
    if not visit.awaits_booking:
        planned = visit.row.status != Status.PROPOSED
        return [] if planned else [Line(BOOK, due_at, None, "not_planned")]
    if book.person is not None and book.person != person:
        why = "other_told" if book.why_none == "told" else "other"
    else:
        why = book.why_none or ("withheld" if is_withheld else "to_come")
    stands = book.key and any((row.kind, row.key) == (book.kind, book.key) for row in rows)
    if why == "told" or stands:
        return []
    return [Line(book.kind, due_at, None, why)]


def _causes(appointment: Appointment, rows: Sequence[Delivery]) -> list[Cause]:
    told = Change.objects.filter(
        treatment_id=appointment.treatment_id, subject_id=appointment.pk, kind__in=_CAUSES
    )
    found = list(told.order_by("at", "id"))
    asked = [row.pk for row in rows if row.kind == UPDATED]
    if asked:
        couple_id = appointment.treatment.couple_id
        found += Change.objects.filter(couple_id=couple_id, kind=_ASKED, subject_id__in=asked)
    return [Cause(row.kind, row.actor, row.at, row.subject_id) for row in found]


def _cause(causes: Sequence[Cause], row: Delivery) -> Cause | None:
    """Who asked for this very message; of one about the visit what was done to the visit last before it."""
    subject = row.pk if row.kind == UPDATED else row.appointment_id
    before = [cause for cause in causes if cause.subject_id == subject and cause.at <= row.created_at]
    return before[-1] if before else None
