"""The first page's list: which kinds of rows there are, how many of each, and the first of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet, Window
from django.utils.translation import gettext_lazy as _

from apps.booking import worklist as asking
from apps.booking.awaited import results_awaited, sampling_of
from apps.booking.calls.donors import donor_calls
from apps.booking.models import ActivityState, SessionActivity
from apps.booking.worklist import NOBODY, Asked
from apps.clinic.covering import coverage_of, covers_of
from apps.clinic.models import Clinic, Membership, User
from apps.clinic.queries import members
from apps.couples.queries import pinned_of
from apps.desk import worklist_rows as making
from apps.desk.access import Desk
from apps.desk.donor_rows import donor_row
from apps.desk.result_rows import unread_row
from apps.desk.untold_rows import misled_row, untold_row
from apps.desk.worklist_rows import Frame, WorkRow
from apps.reminders.untold import misled, untold
from apps.treatments.models import Flag

# The kinds in the order of the page: name, what it is called, and what it is, for its own list.
KINDS = {
    "arrived": (_("In the house"), _("Who has arrived today, and what comes next.")),
    "decide": (_("Flags to decide"), _("What asks for a decision or a look, with whoever has it now.")),
    "expected": (_("Today's arrivals"), _("Booked today and not over yet.")),
    "calls": (_("Missed and to be called"), _("Missed or cancelled and not booked again, and asked to be rung.")),
    "overdue": (_("Overdue"), _("Never booked, and the last good day has passed. Nothing of this has expired.")),
    "unrecorded": (_("Without outcome"), _("The time is over and nobody has said what became of the visit.")),
    "closing": (_("Closing and unbooked"), _("The good days end within a week and nothing is booked.")),
    "results": (_("Results"), _("To be read by a clinician, then samples without a result, late ones first.")),
    "later": (_("Put off or declined"), _("Call again another day, or declined: on the list until booked.")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """Whose rows: a nurse and a doctor by user number, `nobody` for couples without, None for all; one clinic or all."""

    nurse: int | str | None = None
    doctor: int | str | None = None
    clinic: UUID | None = None

    @property
    def any(self) -> bool:
        return any((self.nurse, self.doctor, self.clinic))

    def as_json(self) -> dict[str, Any]:
        return {
            "nurse": self.nurse,
            "doctor": self.doctor,
            "clinic": str(self.clinic) if self.clinic else None,
        }

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Filters:
        """What was kept; whatever it no longer means anything for is left out."""
        return cls(_person(kept.get("nurse")), _person(kept.get("doctor")), _clinic(kept.get("clinic")))


def _person(value: object) -> int | str | None:
    if value == NOBODY:
        return NOBODY
    return int(value) if isinstance(value, int | str) and str(value).isdigit() else None


def _clinic(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one kind in one clinic: the query, and what makes a line of a row."""

    rows: QuerySet[Any]
    make: Callable[[Any, Frame], WorkRow]
    frame: Frame


@dataclass(frozen=True, slots=True)
class Room:
    """One clinic at this request: the question, what its rows need, and who works there."""

    clinic: Clinic
    asked: Asked
    frame: Frame
    staff: tuple[Membership, ...]

    def parts(self, kind: str) -> list[Part]:
        asked = self.asked
        if kind == "results":
            sampling = sampling_of(self.clinic)

            def sample(visit: Any, frame: Frame) -> WorkRow:
                version = visit.treatment.protocol_version_id
                due = sampling.due_on(version, visit.step, date.fromisoformat(visit.sampled))
                return making.sample_row(visit, frame, due)

            found: list[tuple[QuerySet[Any], Callable[[Any, Frame], WorkRow]]] = [
                (asking.results_to_read(asked), unread_row),
                (asking.late_results(asked), making.flag_row),
                (results_awaited(asked, sampling), sample),
            ]
        else:
            found = _QUESTIONS[kind](asked)
        return [Part(rows, make, self.frame) for rows, make in found]


def _donors(asked: Asked, *, later: bool) -> tuple[QuerySet[Any], Callable[[Any, Frame], WorkRow]]:
    found = donor_calls(asked, later=later)
    return found.rows, partial(donor_row, found.due)


_QUESTIONS: dict[str, Callable[[Asked], list[tuple[QuerySet[Any], Callable[[Any, Frame], WorkRow]]]]] = {
    "arrived": lambda asked: [(asking.arrived(asked), making.here_row)],
    "decide": lambda asked: [(asking.flags(asked), making.flag_row)],
    "expected": lambda asked: [(asking.expected_today(asked), making.expected_row)],
    "calls": lambda asked: [
        (asking.silenced(asked), making.silenced_row),
        _donors(asked, later=False),
        (misled(asked), misled_row),
        (untold(asked), untold_row),
        (asking.calls(asked), making.call_row),
        (asking.to_call(asked), making.fallen_row),
    ],
    "overdue": lambda asked: [(asking.overdue(asked), making.overdue_row)],
    "unrecorded": lambda asked: [(asking.without_outcome(asked), making.unrecorded_row)],
    "closing": lambda asked: [(asking.closing(asked), making.closing_row)],
    "later": lambda asked: [
        (asking.calls(asked, later=True), making.call_row),
        (asking.said_later(asked), making.later_row),
        _donors(asked, later=True),
    ],
}


def rooms(desk: Desk, filters: Filters) -> list[Room]:
    """The clinics that are asked about: two queries each."""
    wanted = [clinic for clinic in desk.clinics if filters.clinic in (None, clinic.pk)]
    return [_room(desk, clinic, filters) for clinic in wanted or desk.clinics]


def _room(desk: Desk, clinic: Clinic, filters: Filters) -> Room:
    today = desk.today(clinic)
    staff, covers = tuple(members(clinic)), tuple(covers_of(clinic, from_on=today))
    nurses, doctors = (coverage_of(covers, staff, role, today) for role in ("nurse", "doctor"))
    role = desk.actor(clinic).role
    asked = Asked(
        clinic=clinic,
        at=desk.at,
        nurses=nurses,
        doctors=doctors,
        nurse=filters.nurse,
        doctor=filters.doctor,
        first=(role,) if role in ("nurse", "manager") else ("doctor",),
    )
    names = {one.user_id: name_of(one.user) for one in staff}
    return Room(clinic, asked, Frame(desk, today, nurses, doctors, names, {}), staff)


def owner_now(flag: Flag, desk: Desk) -> str:
    """In whose hands an open flag is at this moment, in words."""
    return _room(desk, desk.clinic(flag.clinic_id), Filters()).frame.owner(flag)


def name_of(user: User) -> str:
    return user.get_full_name() or user.get_username()


@dataclass(frozen=True, slots=True)
class Found:
    """How many rows there are, and those from one place of the list to another."""

    count: int
    rows: tuple[WorkRow, ...]


def look(rooms_: Sequence[Room], kind: str, first: int, last: int) -> Found:
    """Rows `first` to before `last` of all clinics, one after the other; two queries for each part, one if it is empty."""
    count, rows = 0, []
    for part in (part for room in rooms_ for part in room.parts(kind)):
        here, found = _between(part.rows, max(first - count, 0), last - count)
        frame = replace(part.frame, steps=_steps(found)) if kind == "arrived" and found else part.frame
        rows += [part.make(row, frame) for row in found]
        count += here
    return Found(count, tuple(rows))


def _between(rows: QuerySet[Any], start: int, stop: int) -> tuple[int, list[Any]]:
    """How many there are, and those from `start` to before `stop`.

    First which rows and how many, in one pass over them; then what stands in those few, so that joins and look-ups
    are for a page of rows and not for all.
    """
    if stop <= start:
        return rows.count(), []
    counted = rows.annotate(of_all=Window(Count("*"))).values_list("pk", "of_all")[start:stop]
    page = list(counted)
    if not page:
        return rows.count() if start else 0, []
    return page[0][1], list(rows.filter(pk__in=[pk for pk, _all in page]))


def with_pins(rows: Iterable[WorkRow], desk: Desk) -> list[WorkRow]:
    """The rows with what is pinned to their couples, for those who may ring them; one query."""
    listed = list(rows)
    able = {clinic.pk for clinic in desk.where("call")}
    notes = pinned_of({row.couple.pk: row.couple for row in listed if row.couple.clinic_id in able}.values())
    return [replace(row, pinned=making.pinned(notes.get(row.couple.pk, ()))) for row in listed]


def _steps(visits: Sequence[Any]) -> dict[UUID, SessionActivity]:
    """The first link of each chain that is not done."""
    ahead = SessionActivity.objects.filter(
        appointment__in=[visit.pk for visit in visits],
        state__in=(ActivityState.PLANNED, ActivityState.STARTED),
    )
    found: dict[UUID, SessionActivity] = {}
    for step in ahead.order_by("appointment", "position"):
        found.setdefault(step.appointment_id, step)
    return found
