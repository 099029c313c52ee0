"""The visits of a plan as a picture of it names them, for the picture and for those who hear it read aloud."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from protocols.because import full_day
from protocols.plan import Plan, PlannedVisit, State, says_its_number

_SHOWN = (State.PROPOSED, State.BOOKED, State.MISSED, State.FULFILLED, State.EXPIRED, State.WAITING)


@dataclass(frozen=True, slots=True)
class Mark:
    """A milestone on its day."""

    title: str
    on: date
    certainty: Literal["happened", "planned"] = "happened"


@dataclass(frozen=True, slots=True)
class Away:
    """Days on which somebody cannot come, ends inclusive."""

    who: str
    from_on: date
    to_on: date


def is_dated(visit: PlannedVisit) -> bool:
    """Whether the picture has a place for the visit."""
    if visit.state not in _SHOWN:
        return visit.on is not None and visit.state is State.SKIPPED
    bounds = visit.window.dates() if visit.window else ()
    return visit.on is not None or visit.proposed_on is not None or any(bounds)


def is_waiting(visit: PlannedVisit) -> bool:
    """Whether the visit may still come but has no day at all."""
    return visit.state in _SHOWN and not is_dated(visit)


def name_of(visit: PlannedVisit) -> str:
    """What tells the visit from others: the dose that it is, or the number of its repeat."""
    if visit.dose and says_its_number(visit.title):
        return f"{visit.title} {visit.dose}"
    return f"{visit.title} #{visit.occurrence}" if visit.occurrence > 1 else visit.title


def told(plan: Plan, milestones: Sequence[Mark], absences: Sequence[Away]) -> str:
    """Everything that the picture says, for those who hear it read aloud."""
    said = [f"Today is {full_day(plan.today)}."]
    said += [f"{mark.title} on {full_day(mark.on)}, {mark.certainty}." for mark in milestones]
    said += [f"{away.who} away {full_day(away.from_on)} to {full_day(away.to_on)}." for away in absences]
    said += [f"{line_of(visit)}." for visit in plan.visits if is_dated(visit) or is_waiting(visit)]
    return " ".join(said)


def line_of(visit: PlannedVisit) -> str:
    """One visit in words, its window with it."""
    on = visit.on or visit.proposed_on
    stands = {
        State.FULFILLED: "done",
        State.BOOKED: "pencilled" if visit.pencilled else "booked",
        State.SKIPPED: "left out",
        State.EXPIRED: "closed, not done",
        State.MISSED: "missed, again",
        State.WAITING: "waiting",
    }.get(visit.state, "proposed")
    parts = [f"{name_of(visit)}: {stands}{f' {full_day(on)}' if on else ''}"]
    window = visit.window
    if window is not None:
        names = ("not before", "good from", "target", "good until", "closed after")
        parts += [f"{name} {full_day(day)}" for name, day in zip(names, window.dates(), strict=True) if day]
    if visit.held_by:
        parts.append("on hold")
    return ", ".join(parts)
