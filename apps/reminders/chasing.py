"""Visits that nobody has agreed on: "please book" as a window opens, and a word after a missed one that could not be
reached by phone.

Both speak of a visit without a time, go to one person and not to both, and are asked of the present again when they are
sent: never about a visit that is held or booked meanwhile, never into a silence.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from apps.booking.models import CallOutcome, CallState, CallTask, CallWhy
from apps.booking.models import Outcome as CallResult
from apps.clinic.clock import day_bounds
from apps.couples.models import Person
from apps.reminders.derived import Outcome
from apps.reminders.models import Delivery, DeliveryState, MessageHours
from apps.reminders.present import Visit, load_unbooked, may_write_to, quiet_reason
from apps.reminders.texts import BOOK, MISSED, UNTIMED
from apps.reminders.timing import wall_moment, zone_of


def decide_unbooked(treatment_ids: Collection[UUID], at: datetime, outcome: Outcome) -> None:
    """What visits without a booking ask for, added to `outcome`. Idempotent; writes nothing."""
    stored = list(Delivery.objects.filter(treatment__in=treatment_ids, kind__in=UNTIMED))
    visits = [visit for visit in load_unbooked(treatment_ids) if _may_be_chased(visit)]
    if not stored and not visits:
        return
    clinics = {visit.row.clinic_id for visit in visits}
    hours = {one.clinic_id: one for one in MessageHours.objects.filter(clinic__in=clinics)}
    calls = _unreached(visits)
    wanted: dict[tuple[object, ...], Delivery] = {}
    for visit in visits:
        asked = (_book(visit, hours.get(visit.row.clinic_id), stored, at), _missed(visit, calls, stored, at))
        wanted |= {_key(row): row for row in asked if row is not None}
    known = {_key(row): row for row in stored}
    outcome.new += [row for key, row in wanted.items() if key not in known and row.not_after > at]
    outcome.withdrawn += [row.pk for key, row in known.items() if row.is_open and key not in wanted]
    outcome.revived += [
        row.pk
        for key, row in known.items()
        if row.state == DeliveryState.WITHDRAWN and key in wanted and row.not_after > at
    ]


def book_key(visit: Visit) -> str:
    """The window that "please book" speaks of; another one is asked for anew, if nothing has been said yet."""
    return visit.row.earliest_on.isoformat() if visit.row.earliest_on else ""


def why_stale(row: Delivery, visit: Visit) -> str:
    """Why a message about an unbooked visit no longer says what is so; empty if it does."""
    if row.kind == BOOK:
        return "" if row.key == book_key(visit) else "visit changed"
    said = _unreached([visit]).get(visit.row.pk)
    return "" if said is not None and str(said.task_id) == row.key else "reached by phone"


def _may_be_chased(visit: Visit) -> bool:
    return not visit.row.held and not visit.row.pencilled and not quiet_reason(visit)


def _book(visit: Visit, hours: MessageHours | None, stored: list[Delivery], at: datetime) -> Delivery | None:
    """ "Please book" at the clinic's hour of the day that it chose before the window opens. Only for what lies ahead when
    it is derived: a window that is open already is the nurse's, who has the couple before her. Once a visit."""
    row, last = visit.row, visit.row.latest_on or visit.row.bookable_to
    person = _whom(visit)
    if hours is None or hours.book_days_before is None or row.status != "proposed":
        return None
    if person is None or row.earliest_on is None or last is None or last < row.earliest_on:
        return None
    mine = [one for one in stored if one.appointment_id == row.pk and one.kind == BOOK]
    same = next((one for one in mine if one.key == book_key(visit) and one.person_id == person.pk), None)
    if same is None and any(one.may_have_arrived for one in mine):
        return None
    on = row.earliest_on - timedelta(days=hours.book_days_before)
    due_at = wall_moment(zone_of(person, row.clinic), on, hours.send_at)
    until = day_bounds(row.clinic.zone, last)[1]
    if due_at >= until or (same is None and due_at <= at):
        return None
    return _delivery(visit, person, BOOK, book_key(visit), due_at, until, at)


def _missed(
    visit: Visit, calls: dict[UUID, CallOutcome], stored: list[Delivery], at: datetime
) -> Delivery | None:
    """After a nurse rang about a missed visit and has to ring again: one word to one of the two, until the day that she
    rings again. Whoever answers it by refusing does not send it on to the other."""
    said = calls.get(visit.row.pk)
    person = _whom(visit)
    if said is None or said.again_on is None or person is None:
        return None
    mine = [one for one in stored if (one.appointment_id, one.kind) == (visit.row.pk, MISSED)]
    about = [one for one in mine if one.key == str(said.task_id) and one.person_id != person.pk]
    if any(one.may_have_arrived for one in about):
        return None
    until = day_bounds(visit.row.clinic.zone, said.again_on)[1]
    return (
        _delivery(visit, person, MISSED, str(said.task_id), said.at, until, at) if said.at < until else None
    )


def _unreached(visits: list[Visit]) -> dict[UUID, CallOutcome]:
    """By visit: the last word on the open call about a missed one, where it is that somebody has to ring again."""
    tasks = CallTask.objects.filter(
        appointment_id__in=[visit.row.pk for visit in visits], why=CallWhy.MISSED, state=CallState.OPEN
    )
    found: dict[UUID, CallOutcome] = {}
    outcomes = CallOutcome.objects.filter(task__in=tasks).select_related("task").order_by("at", "id")
    last: dict[UUID, CallOutcome] = {one.task_id: one for one in outcomes}
    for one in last.values():
        if one.outcome == CallResult.CALL_AGAIN and one.task.appointment_id is not None:
            found[one.task.appointment_id] = one
    return found


def _whom(visit: Visit) -> Person | None:
    """One of those who come: the recipient where she comes and can be written to."""
    couple = visit.row.treatment.couple
    both = {"recipient": couple.recipient, "partner": couple.partner}
    roles = [role for role in both if not visit.row.attends or role in visit.row.attends]
    return next((both[role] for role in roles if may_write_to(both[role])), None)


def _key(row: Delivery) -> tuple[object, ...]:
    return row.person_id, row.appointment_id, row.kind, row.key


def _delivery(
    visit: Visit, person: Person, kind: str, key: str, due_at: datetime, until: datetime, at: datetime
) -> Delivery:
    is_recipient = person.pk == visit.row.treatment.couple.recipient_id
    return Delivery(
        clinic_id=visit.row.clinic_id,
        person=person,
        role="recipient" if is_recipient else "partner",
        treatment_id=visit.row.treatment_id,
        appointment_id=visit.row.pk,
        kind=kind,
        key=key,
        due_at=due_at,
        next_try_at=due_at,
        not_after=until,
        created_at=at,
    )
