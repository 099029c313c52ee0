"""Visits that nobody has agreed on: "please book" as a window opens, and a word after a missed one that could not be
reached by phone.

Both speak of a visit without a time, go to one person and not to both, and are asked of the present again when they are
sent: never about a visit that is held or booked meanwhile, never into a silence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Q

from apps.booking.models import CallOutcome, CallState, CallTask, CallWhy
from apps.booking.models import Outcome as CallResult
from apps.clinic.clock import day_bounds, local_date
from apps.couples.models import Person
from apps.reminders.derived import Outcome, next_kind
from apps.reminders.messages import family_of
from apps.reminders.models import Delivery, DeliveryState, MessageHours
from apps.reminders.present import Visit, load_unbooked, may_write_to, quiet_reason
from apps.reminders.texts import BOOK, MISSED, UNTIMED
from apps.reminders.timing import next_hour, wall_moment, zone_of
from protocols.status import Status

# "Please book" goes as long as so many good days are left, the day on which it goes included; a window that is
# shorter from the beginning has its first day for it.
ENOUGH_DAYS = 3

_ABOUT_UNBOOKED = Q(kind__in=UNTIMED) | Q(kind__startswith=f"{BOOK}-")


@dataclass(frozen=True, slots=True)
class PleaseBook:
    """What "please book" comes to for one visit: to whom, which good days, when and until when; or why nothing goes.

    `why_none` is `off` (the clinic asks nobody by message), `nurse` (the visit was missed or called off: somebody rings),
    `no_days` (the plan names none yet), `no_way` (nobody who comes can be written to), `told` (they know these days) or
    `few_days` (too few are left).
    """

    why_none: str = ""
    person: Person | None = None
    kind: str = BOOK
    key: str = ""
    due_at: datetime | None = None
    not_after: datetime | None = None


def decide_unbooked(treatment_ids: Collection[UUID], at: datetime, outcome: Outcome) -> None:
    """What visits without a booking ask for, added to `outcome`. Idempotent; writes nothing."""
    stored = list(
        Delivery.objects.filter(_ABOUT_UNBOOKED, treatment__in=treatment_ids).order_by("created_at", "id")
    )
    visits = [visit for visit in load_unbooked(treatment_ids) if may_be_chased(visit)]
    if not stored and not visits:
        return
    clinics = {visit.row.clinic_id for visit in visits}
    hours = {one.clinic_id: one for one in MessageHours.objects.filter(clinic__in=clinics)}
    calls = _unreached(visits)
    wanted: dict[tuple[object, ...], Delivery] = {}
    for visit in visits:
        mine = [row for row in stored if row.appointment_id == visit.row.pk]
        asked = (
            _book(visit, please_book(visit, hours.get(visit.row.clinic_id), mine, at), at),
            _missed(visit, calls, mine, at),
        )
        wanted |= {_key(row): row for row in asked if row is not None}
    known = {_key(row): row for row in stored}
    outcome.new += [row for key, row in wanted.items() if key not in known and row.not_after > at]
    outcome.withdrawn += [row.pk for key, row in known.items() if row.is_open and key not in wanted]
    outcome.revived += [
        row.pk
        for key, row in known.items()
        if row.state == DeliveryState.WITHDRAWN and key in wanted and row.not_after > at
    ]


def please_book(
    visit: Visit, hours: MessageHours | None, rows: Iterable[Delivery], at: datetime
) -> PleaseBook:
    """ "Please book" for a visit that may be chased, given every message about it so far, the oldest first.

    It is due at the clinic's hour of the day that it chose before the first good day; where that has passed, and where the
    days that somebody was told no longer hold, at the next such hour where they live. Days that were told hold while each
    that is not over yet is still a good one.
    """
    days = visit.good_days
    if hours is None or hours.book_days_before is None:
        return PleaseBook("off")
    if visit.row.status != Status.PROPOSED or days is None:
        return PleaseBook("no_days" if visit.row.status == Status.PROPOSED else "nurse")
    mine = [row for row in rows if family_of(row.kind) == BOOK]
    told = last_told(mine)
    person = _whom(visit, told.person_id if told is not None else None)
    if told is not None and _still_holds(told.key, days, local_date(visit.row.clinic.zone, at)):
        return PleaseBook("told", told.person)
    if person is None:
        return PleaseBook("no_way")
    kind, key = _book_kind(mine), _days_key(days)
    until = _book_until(visit, days)
    same = next((row for row in mine if (row.kind, row.key, row.person_id) == (kind, key, person.pk)), None)
    asked_on = days[0] - timedelta(days=hours.book_days_before) if told is None else None
    zone = zone_of(person, visit.row.clinic)
    due_at = same.due_at if same is not None else _book_due(zone, asked_on, hours.send_at, at)
    why = "few_days" if due_at >= until or at >= until else ""
    return PleaseBook(why, person, kind, key, due_at, until)


def last_told(rows: Iterable[Delivery]) -> Delivery | None:
    """The one of these that somebody may have come to know last."""
    told = [(row.told_at, row.created_at, row) for row in rows if row.told_at is not None]
    return max(told, key=lambda one: one[:2])[2] if told else None


def why_stale(row: Delivery, visit: Visit) -> str:
    """Why a message about an unbooked visit no longer says what is so; empty if it does."""
    if family_of(row.kind) == BOOK:
        days = visit.good_days
        return "" if days is not None and row.key == _days_key(days) else "visit changed"
    said = _unreached([visit]).get(visit.row.pk)
    return "" if said is not None and str(said.task_id) == row.key else "reached by phone"


def may_be_chased(visit: Visit) -> bool:
    return not visit.row.held and not visit.row.pencilled and not quiet_reason(visit)


def _book(visit: Visit, asked: PleaseBook, at: datetime) -> Delivery | None:
    if asked.why_none or asked.person is None or asked.due_at is None or asked.not_after is None:
        return None
    return _delivery(visit, asked.person, asked.kind, asked.key, asked.due_at, asked.not_after, at)


def _days_key(days: tuple[date, date]) -> str:
    """The days of which "please book" speaks; about others it is another message."""
    return "/".join(day.isoformat() for day in days)


def _still_holds(key: str, days: tuple[date, date], today: date) -> bool:
    """Whether whoever was told the days of `key` may go by them: each that is not over is still a good one."""
    first, _, last = key.partition("/")
    if not last:
        return first == days[0].isoformat()  # told before both ends were noted
    left = max(date.fromisoformat(first), today), date.fromisoformat(last)
    return key == _days_key(days) or days[0] <= left[0] <= left[1] <= days[1]


def _book_kind(mine: list[Delivery]) -> str:
    """The next number once the last one may have arrived; until then the same."""
    if not mine:
        return BOOK
    last = mine[-1]
    return next_kind(BOOK, [row.kind for row in mine]) if last.may_have_arrived else last.kind


def _book_due(zone: str, asked_on: date | None, hour: time, at: datetime) -> datetime:
    """At the hour of the day `asked_on`; where it is past, or there is none, at the next such hour."""
    planned = wall_moment(zone, asked_on, hour) if asked_on is not None else at
    return planned if planned > at else next_hour(zone, hour, at)


def _book_until(visit: Visit, days: tuple[date, date]) -> datetime:
    first, last = days
    on = max(first, last - timedelta(days=ENOUGH_DAYS - 1))
    return day_bounds(visit.row.clinic.zone, on)[1]


def _missed(
    visit: Visit, calls: dict[UUID, CallOutcome], stored: list[Delivery], at: datetime
) -> Delivery | None:
    """After a nurse rang about a missed visit and has to ring again: one word to one of the two, until the day that she
    rings again. Whoever answers it by refusing does not send it on to the other."""
    said = calls.get(visit.row.pk)
    person = _whom(visit)
    if said is None or said.again_on is None or person is None:
        return None
    mine = [one for one in stored if one.kind == MISSED]
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


def _whom(visit: Visit, told: UUID | None = None) -> Person | None:
    """One of those who come and can be written to: whoever was told, else the recipient."""
    people = [person for _role, person in visit.would_come if may_write_to(person)]
    return next((one for one in people if one.pk == told), next(iter(people), None))


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
