"""When a visit may be booked: a pure table of refusals, asked on every route before anything is written.

The law: nothing before the absolute minimum, after the maximum, on a closed day or in the past; a held
visit is pencilled at most; between the absolute minimum and the earliest day, after the latest, and on days
that leave no room for what hangs on the visit (outside `bookable`), only with a reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from apps.clinic.errors import Conflict, Invalid, LitError
from protocols import Facts, PlannedVisit, State, Workdays
from protocols.records import Absence, Missed

# How long the room is taken, by kind of step: each clinic's own choice when it books.
MINUTES = {"dose": 60, "test": 30, "review": 30, "contact": 15}
SHORTEST, LONGEST = 5, 12 * 60
_PICK = "Pick a day inside the window."
_NOT_BOOKABLE = {
    State.NOT_APPLICABLE: (
        "not_needed",
        "This visit is not needed.",
        "Look at the plan: another may be due.",
    ),
    State.FULFILLED: ("done", "This visit was done already.", "Look at the plan: another may be due."),
    State.SKIPPED: ("skipped", "Somebody decided to skip this visit.", "Correct that record first."),
    State.EXPIRED: ("expired", "The last possible day has passed.", "Have the flag of this visit decided."),
    State.WAITING: ("waiting", "The day of this visit is not known yet.", "Wait for what the plan names."),
}


def refuse_visit(visit: PlannedVisit | None, *, pencil: bool) -> None:
    """Raises Conflict if this visit, planned as though it had no booking, cannot be booked now on any day."""
    if visit is None:
        raise _refused(*_NOT_BOOKABLE[State.NOT_APPLICABLE])
    if visit.held_by and visit.state not in (
        State.NOT_APPLICABLE,
        State.FULFILLED,
        State.SKIPPED,
        State.EXPIRED,
    ):
        if not pencil:
            raise _refused(
                "held", "This visit is held until somebody decides.", "Pencil it, or have its flag decided."
            )
        return
    if visit.state in _NOT_BOOKABLE:
        code, message, remedy = _NOT_BOOKABLE[visit.state]
        waiting = f"{remedy[:-1]}: {', '.join(visit.waiting_for)}." if visit.waiting_for else remedy
        raise _refused(code, message, waiting)
    if pencil:
        raise _refused("not_held", "Nothing holds this visit, so it need not be pencilled.", "Book it.")


def refuse_day(visit: PlannedVisit, on: date, *, today: date, reason: str) -> None:
    """Raises Invalid for a day outside the window. Between the absolute bounds a day outside the good ones, or
    outside those that the rest of the plan leaves, passes with a reason; what bounds it is named.
    """
    window = visit.window
    if window is None:
        return
    if window.absolute_minimum is not None and on < window.absolute_minimum:
        raise _wrong("before_minimum", f"The first possible day is {_day(window.absolute_minimum)}.", _PICK)
    if window.maximum is not None and on > window.maximum and not _maximum_waived(visit, today):
        raise _wrong("after_maximum", f"The last possible day is {_day(window.maximum)}.", _PICK)
    if reason.strip():
        return
    if not _inside(on, window.earliest, window.latest):
        outside = f"This day lies outside the good days ({_span(window.earliest, window.latest)})."
        raise _needs_reason(outside, "Pick one of them, or say why it must be this day.")
    left = visit.bookable
    if left is not None and not _inside(on, left.from_on, left.to_on):
        bounds = f": {'; '.join(left.bound_by)}" if left.bound_by else ""
        outside = f"The rest of the plan leaves only {_span(left.from_on, left.to_on)}{bounds}."
        raise _needs_reason(outside, "Pick one of these days, or say why it must be this one.")


def _inside(on: date, first: date | None, last: date | None) -> bool:
    return (first is None or on >= first) and (last is None or on <= last)


def _span(first: date | None, last: date | None) -> str:
    """Days with both ends, or the one that is known, in words."""
    if first is None or last is None:
        return f"from {_day(first)}" if first else f"until {_day(last)}"
    return f"{_day(first)} to {_day(last)}"


def _needs_reason(message: str, remedy: str) -> LitError:
    return Invalid(message, code="needs_reason", field="reason", remedy=remedy)


def _maximum_waived(visit: PlannedVisit, today: date) -> bool:
    """Past its maximum a visit is expired, unless somebody decided that it goes on: then it is asked for
    again.
    """
    maximum = visit.window.maximum if visit.window else None
    return maximum is not None and today > maximum and visit.state in (State.PROPOSED, State.MISSED)


def refuse_closed(visit: PlannedVisit, on: date, *, workdays: Workdays, facts: Facts, donor: str) -> None:
    """Raises Invalid for a day on which the clinic is closed or somebody who must come is away."""
    if not workdays.is_open(on):
        raise _wrong("closed_day", f"The clinic is closed on {_day(on)}.", "Pick an open day.")
    for person in who_comes(visit.attends, donor):
        if any(
            absence.person == person and absence.from_on <= on <= absence.to_on
            for absence in _absences(facts)
        ):
            raise _wrong("away", f"Somebody who must come is away on {_day(on)}.", "Pick another day.")


def refuse_hours(wall: datetime, minutes: int, spans: Iterable[tuple[time, time]]) -> None:
    """Raises Invalid for a visit that does not fit into one of the day's opening spans, in the clinic's wall time."""
    spans = sorted(spans)
    begins, ends = wall.replace(tzinfo=None), wall.replace(tzinfo=None) + timedelta(minutes=minutes)
    if not any(
        datetime.combine(wall.date(), opens) <= begins and ends <= datetime.combine(wall.date(), closes)
        for opens, closes in spans
    ):
        hours = " and ".join(f"{opens:%H:%M} to {closes:%H:%M}" for opens, closes in spans)
        message = f"The clinic is open {hours} on that day."
        raise _wrong("outside_hours", message, "Pick a time at which the whole visit fits.")


def refuse_moment(
    starts_at: datetime, minutes: int, *, on: date, facts: Facts, visit: PlannedVisit, at: datetime
) -> None:
    """Raises Invalid for a moment in the past, a length that is none, or the day of an attempt that was
    missed.
    """
    if starts_at < at:
        raise _wrong("in_the_past", "This moment has passed.", "Pick a later one.")
    if not SHORTEST <= minutes <= LONGEST:
        raise Invalid(
            f"A visit takes {SHORTEST} to {LONGEST} minutes.",
            code="minutes",
            field="minutes",
            remedy="Correct the length.",
        )
    refuse_missed(visit, on, facts=facts)


def refuse_missed(visit: PlannedVisit, on: date, *, facts: Facts) -> None:
    """Raises Invalid for the day of an attempt that was missed, and those before it."""
    missed = [
        entry.record.on for entry in facts.missed.get(visit.key, ()) if isinstance(entry.record, Missed)
    ]
    if missed and on <= max(missed):
        raise _wrong(
            "missed_that_day",
            "This visit was marked as missed on that day.",
            "Pick a later day, or correct the record that it was missed.",
        )


def who_comes(attends: Iterable[str], donor: str) -> tuple[str, ...]:
    """The people by role whom a visit takes; `donor` joins several with +."""
    people: list[str] = []
    for role in attends:
        people += donor.split("+") if role == "donor" else [role]
    return tuple(dict.fromkeys(people))


def ends_at(starts_at: datetime, minutes: int) -> datetime:
    return starts_at + timedelta(minutes=minutes)


def _absences(facts: Facts) -> list[Absence]:
    return [entry.record for entry in facts.all_of(Absence) if isinstance(entry.record, Absence)]


def _day(day: date | None) -> str:
    return f"{day.day} {day:%b %Y}" if day else "any day"


def _wrong(code: str, message: str, remedy: str) -> LitError:
    return Invalid(message, code=code, field="starts_at", remedy=remedy)


def _refused(code: str, message: str, remedy: str) -> LitError:
    return Conflict(message, code=code, field="appointment", remedy=remedy)
