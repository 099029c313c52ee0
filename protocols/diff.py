"""What a plan asks of the stored rows: create, move, withdraw a visit; raise, refresh, clear a flag. Pure.

A visit row is planner-owned until a person touches it; a touched row is never withdrawn, only brought up to date in the
columns that the planner owns. A flag row stays for ever; the planner opens and clears it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from protocols.plan import Flag, Plan, PlannedVisit, State

VisitKey = tuple[str, int]


@dataclass(frozen=True, slots=True)
class StoredVisit:
    """A visit row as the planner sees it: what it last wrote (`planned`), and whether a person touched the row."""

    planned: Mapping[str, Any]
    touched: bool


@dataclass(frozen=True, slots=True)
class StoredFlag:
    """A flag row as the planner sees it."""

    planned: Mapping[str, Any]
    is_open: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """What must be written so that the rows say what the plan says. Empty when they already do."""

    create: tuple[PlannedVisit, ...] = ()
    move: tuple[PlannedVisit, ...] = ()
    withdraw: tuple[VisitKey, ...] = ()
    raised: tuple[Flag, ...] = ()
    refresh: tuple[Flag, ...] = ()
    clear: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any((self.create, self.move, self.withdraw, self.raised, self.refresh, self.clear))


def diff(plan: Plan, visits: Mapping[VisitKey, StoredVisit], flags: Mapping[str, StoredFlag]) -> Changes:
    """Compare `plan` with the stored rows. Applying the answer and asking again gives an empty answer."""
    wanted = {
        visit.key: visit
        for visit in plan.visits
        if visit.state is not State.NOT_APPLICABLE or visit.key in visits
    }
    open_flags = {flag.key: flag for flag in plan.flags}
    kept = {
        key
        for key, visit in wanted.items()
        if key in visits and (visit.state is not State.NOT_APPLICABLE or visits[key].touched)
    }
    return Changes(
        create=tuple(visit for key, visit in wanted.items() if key not in visits),
        move=tuple(wanted[key] for key in wanted if key in kept and visits[key].planned != wanted[key].as_json()),
        withdraw=tuple(key for key, stored in visits.items() if key not in kept and not stored.touched),
        raised=tuple(flag for key, flag in open_flags.items() if key not in flags or not flags[key].is_open),
        refresh=tuple(
            flag for key, flag in open_flags.items()
            if key in flags and flags[key].is_open and flags[key].planned != flag.as_json()
        ),
        clear=tuple(key for key, stored in flags.items() if stored.is_open and key not in open_flags),
    )  # fmt: skip
