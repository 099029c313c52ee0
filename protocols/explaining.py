"""The full because of a plan: every date with what it was counted from, every flag with what each decision would do.

    explain(template, records, workdays, today) -> Explanation

Pure, and never more than the plan itself says: numbers come from the reasons of its visits, and what a decision would do
is found by planning once more with that decision among the records.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from protocols.because import ProposalReason, RelationReason, StateReason
from protocols.errors import FactFaults
from protocols.facts import Facts
from protocols.flags import RULES
from protocols.plan import Flag, Plan, PlannedVisit
from protocols.planner import plan
from protocols.records import By, Decision, Record
from protocols.template import Template
from protocols.versions.comparing import compare_plans
from protocols.windows import WINDOW_DATES
from protocols.workdays import Workdays

# What a choice needs to be tried out; the words of an option tell these, and a person may decide on others.
TRIED: dict[str, int | str] = {"doses": 1, "donor": "unrelated"}


@dataclass(frozen=True, slots=True)
class Counted:
    """One relation in numbers: the day it counts from, and each offset with the day that it comes to."""

    words: str
    direction: str
    anchor: str
    anchor_on: date
    basis: str
    days: tuple[tuple[str, str, date | None], ...]
    month_ends: str
    source: str

    def as_json(self) -> dict[str, Any]:
        return {
            "words": self.words,
            "direction": self.direction,
            "anchor": self.anchor,
            "anchor_on": self.anchor_on.isoformat(),
            "basis": self.basis,
            "days": {name: {"offset": said, "on": _iso(on)} for name, said, on in self.days},
            "month_ends": self.month_ends,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class Bound:
    """One date of the window that all relations leave, and which of them set it."""

    name: str
    on: date
    set_by: str

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "on": self.on.isoformat(), "set_by": self.set_by}


@dataclass(frozen=True, slots=True)
class Option:
    """A decision that a flag offers: with which parameters it was tried, and what it would change, or why it is refused."""

    choice: str
    parameters: dict[str, int | str]
    changes: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "choice": self.choice,
            "parameters": dict(self.parameters),
            "changes": list(self.changes),
            "asks": list(self.asks),
            "refused": list(self.refused),
        }


@dataclass(frozen=True, slots=True)
class FlagExplained:
    flag: Flag
    options: tuple[Option, ...]

    def as_json(self) -> dict[str, Any]:
        return {**self.flag.as_json(), "options": [option.as_json() for option in self.options]}


@dataclass(frozen=True, slots=True)
class VisitExplained:
    """One visit of the plan with its whole derivation. `said` are the reasons that are no dates."""

    visit: PlannedVisit
    counted: tuple[Counted, ...]
    window: tuple[Bound, ...]
    proposal: str | None
    said: tuple[str, ...]
    flags: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.visit.step}#{self.visit.occurrence}"

    def as_json(self) -> dict[str, Any]:
        return {
            **self.visit.as_json(),
            "explained": {
                "counted": [counted.as_json() for counted in self.counted],
                "window": [bound.as_json() for bound in self.window],
                "proposal": self.proposal,
                "said": list(self.said),
                "flags": list(self.flags),
            },
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every visit and every flag of the plan of one day."""

    plan: Plan
    visits: tuple[VisitExplained, ...]
    flags: tuple[FlagExplained, ...] = field(default=())

    def only(self, step: str, occurrence: int) -> Explanation | None:
        """The part about one visit, with the flags that are about it or hold it; None if the plan has no such visit."""
        found = [item for item in self.visits if item.visit.key == (step, occurrence)]
        if not found:
            return None
        flags = tuple(
            item
            for item in self.flags
            if item.flag.key in found[0].flags or item.flag.key in found[0].visit.held_by
        )
        return Explanation(self.plan, tuple(found), flags)

    def as_json(self) -> dict[str, Any]:
        return {
            "today": self.plan.today.isoformat(),
            "visits": [visit.as_json() for visit in self.visits],
            "flags": [flag.as_json() for flag in self.flags],
            "replan_on": _iso(self.plan.replan_on),
            "closed": self.plan.closed,
        }


def explain(template: Template, records: Iterable[Record], workdays: Workdays, today: date) -> Explanation:
    """The plan of `records` seen from `today`, with the derivation of every visit and what each decision would change.

    Raises FactFaults as `plan` does.
    """
    records = list(records)
    planned = plan(template, Facts.of(records), workdays, today)
    visits = tuple(_visit(planned, visit) for visit in planned.visits)
    flags = tuple(
        FlagExplained(flag, _options(template, records, workdays, planned, flag)) for flag in planned.flags
    )
    return Explanation(planned, visits, flags)


def _visit(planned: Plan, visit: PlannedVisit) -> VisitExplained:
    relations = [reason for reason in visit.because if isinstance(reason, RelationReason)]
    proposals = [reason for reason in visit.because if isinstance(reason, ProposalReason)]
    return VisitExplained(
        visit=visit,
        counted=tuple(map(_counted, relations)),
        window=tuple(_bounds(visit, relations)),
        proposal=proposals[0].words() if proposals else None,
        said=tuple(reason.words() for reason in visit.because if isinstance(reason, StateReason)),
        flags=tuple(flag.key for flag in planned.flags if (flag.step, flag.occurrence) == visit.key),
    )


def _counted(reason: RelationReason) -> Counted:
    days = tuple(
        (name, offset.in_words(), on)
        for name, offset, on in zip(WINDOW_DATES, reason.offsets, reason.window.dates(), strict=True)
        if offset is not None
    )
    anchor = reason.anchor
    return Counted(
        reason.words(), reason.direction, anchor.label, anchor.on, anchor.basis, days, reason.month_ends, reason.source
    )  # fmt: skip


def _bounds(visit: PlannedVisit, relations: Sequence[RelationReason]) -> Iterable[Bound]:
    """Which relation set each date: the first with a target gives that one, the tightest the others."""
    if visit.window is None:
        return
    for name, on in zip(WINDOW_DATES, visit.window.dates(), strict=True):
        if on is not None:
            yield Bound(name, on, _set_by(name, on, relations))


def _set_by(name: str, on: date, relations: Sequence[RelationReason]) -> str:
    for reason in relations:
        if getattr(reason.window, name) == on:
            return f"{reason.direction} {reason.anchor.label}"
    # A target that the other relations leave no room for, or that nobody names, stands at the end of what they leave.
    for end in ("earliest", "latest"):
        for reason in relations:
            if name == "target" and getattr(reason.window, end) == on:
                return f"kept to the {end} {reason.direction} {reason.anchor.label}"
    return "all relations together"


def _options(
    template: Template, records: list[Record], workdays: Workdays, planned: Plan, flag: Flag
) -> tuple[Option, ...]:
    return tuple(_option(template, records, workdays, planned, flag, choice) for choice in flag.decisions)


def _option(
    template: Template, records: list[Record], workdays: Workdays, planned: Plan, flag: Flag, choice: str
) -> Option:
    """What would change if this were decided today, on the causes that the flag names, by whom it belongs to."""
    needed = [name for needs, name in RULES[flag.code].needs if needs == choice]
    parameters = {name: TRIED[name] for name in needed}
    decision = Decision(
        kind="decision", flag=flag.key, choice=choice, on=planned.today, by=By(name="to try it out", role=flag.owner),
        reason="to try it out", cause=flag.cause, parameters=parameters,
    )  # fmt: skip
    try:
        after = plan(template, Facts.of([*records, decision]), workdays, planned.today)
    except FactFaults as error:
        return Option(
            choice, parameters, refused=tuple(f"{fault.message}. {fault.remedy}" for fault in error.faults)
        )
    found = compare_plans(planned, after)
    settled = f"Flag no longer raised: {flag.text}"
    changes = tuple(change for change in found.changes if change != settled)
    return Option(choice, parameters, changes, (*found.decisions, *found.out_of_window))


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
