"""The output of the planner: frozen values, JSON-ready, each date with its derivation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Literal, NamedTuple, Protocol

from protocols.because import Reason, in_words
from protocols.outcomes import DoseVerdict, Response, ResponseVerdict, Timing, Verdict
from protocols.windows import Window

__all__ = [
    "LIVE", "Bookable", "Clock", "DoseVerdict", "Flag", "PastDecision", "Plan", "PlannedVisit", "Response",
    "ResponseVerdict", "Severity", "State", "Timing", "Verdict",
]  # fmt: skip
Severity = Literal["info", "warning", "urgent"]


class State(StrEnum):
    """Where an occurrence stands. Lateness is a flag and holding is `held_by`, neither is a state."""

    WAITING = "waiting"
    PROPOSED = "proposed"
    BOOKED = "booked"
    FULFILLED = "fulfilled"
    MISSED = "missed"
    SKIPPED = "skipped"
    EXPIRED = "expired"
    NOT_APPLICABLE = "not_applicable"


LIVE = frozenset({State.WAITING, State.PROPOSED, State.BOOKED, State.MISSED, State.EXPIRED})


def says_its_number(title: str) -> bool:
    """Whether people say which one it is: `Sensitisation dose 2`, where the dose has a number."""
    return title.lower().endswith(" dose")


class Told(Protocol):
    """What can be told in words once somebody asks: words cost more than days."""

    def words(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Bookable:
    """The days that leave room for everything else that is not fixed yet, ends inclusive; None where nothing bounds.

    `ends` are what makes an end narrower than the window; `bound_by` tells them in words.
    """

    from_on: date | None
    to_on: date | None
    ends: tuple[Told, ...] = field(default=(), compare=False, repr=False)

    @property
    def bound_by(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(end.words() for end in self.ends))

    def as_json(self) -> dict[str, Any]:
        return {
            "from": self.from_on.isoformat() if self.from_on else None,
            "to": self.to_on.isoformat() if self.to_on else None,
            "bound_by": list(self.bound_by),
        }


@dataclass(frozen=True, slots=True)
class Clock:
    """How long something counts: `try_by` a response, `redose_by` the last dose. Days of the clinic's calendar.

    Conception pauses a clock, the end of the treatment closes it; only a person opens it again.
    """

    name: Literal["try_by", "redose_by"]
    of: str
    starts_on: date
    until_on: date
    state: Literal["running", "run_out", "paused", "closed"]

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "of": self.of,
            "starts_on": self.starts_on.isoformat(),
            "until_on": self.until_on.isoformat(),
            "state": self.state,
        }


class PlannedVisit(NamedTuple):
    """What the planner says of one occurrence. `window` is what the protocol asks; `bookable` what is left of it.

    `on` is the actual or booked day; `proposed_on` is a suggestion and empty once something better is known.
    A `partial` window lacks an anchor that is still unknown. `missing` is what blocks the act, due at arrival.
    """

    step: str
    occurrence: int
    title: str
    state: State
    attempt: int = 1
    dose: int | None = None
    on: date | None = None
    window: Window | None = None
    partial: bool = False
    provisional: bool = False
    bookable: Bookable | None = None
    proposed_on: date | None = None
    waiting_for: tuple[str, ...] = ()
    held_by: tuple[str, ...] = ()
    pencilled: bool = False
    attends: tuple[str, ...] = ("recipient",)
    donor: str | None = None
    missing: tuple[str, ...] = ()
    because: tuple[Reason, ...] = ()

    @property
    def key(self) -> tuple[str, int]:
        return (self.step, self.occurrence)

    @property
    def because_text(self) -> str:
        return in_words(self.because)

    def as_json(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "occurrence": self.occurrence,
            "attempt": self.attempt,
            "dose": self.dose,
            "title": self.title,
            "state": self.state.value,
            "on": self.on.isoformat() if self.on else None,
            "window": self.window.as_json() if self.window else None,
            "partial": self.partial,
            "bookable": self.bookable.as_json() if self.bookable else None,
            "proposed_on": self.proposed_on.isoformat() if self.proposed_on else None,
            "waiting_for": list(self.waiting_for),
            "held_by": list(self.held_by),
            "pencilled": self.pencilled,
            "provisional": self.provisional,
            "attends": list(self.attends),
            "donor": self.donor,
            "missing": list(self.missing),
            "because": [reason.as_json() for reason in self.because],
            "because_text": self.because_text,
        }


@dataclass(frozen=True, slots=True)
class PastDecision:
    """A decision that was taken on this flag before its cause changed."""

    choice: str
    on: date
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Flag:
    """A review task. `key` is one per cause; `holds` names the steps that wait for the decision."""

    key: str
    code: str
    text: str
    severity: Severity
    owner: str
    cause_on: date
    due_on: date
    cause: tuple[str, ...] = ()
    step: str | None = None
    occurrence: int | None = None
    holds: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    proposed_on: date | None = None
    previous_decision: PastDecision | None = None

    def as_json(self) -> dict[str, Any]:
        past = self.previous_decision
        return {
            "key": self.key,
            "code": self.code,
            "text": self.text,
            "severity": self.severity,
            "owner": self.owner,
            "cause": list(self.cause),
            "cause_on": self.cause_on.isoformat(),
            "due_on": self.due_on.isoformat(),
            "step": self.step,
            "occurrence": self.occurrence,
            "holds": list(self.holds),
            "decisions": list(self.decisions),
            "proposed_on": self.proposed_on.isoformat() if self.proposed_on else None,
            "previous_decision": past and {
                "choice": past.choice, "on": past.on.isoformat(), "by": past.by, "reason": past.reason,
            },
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything computed of one treatment on one day. Equal inputs give equal plans."""

    today: date
    visits: tuple[PlannedVisit, ...]
    verdicts: tuple[Verdict, ...]
    flags: tuple[Flag, ...]
    replan_on: date | None
    closed: str | None = None
    donor: str = "partner"
    valid_until: Mapping[str, date] = field(default_factory=dict)
    clocks: tuple[Clock, ...] = ()

    def visit(self, step: str, occurrence: int = 1) -> PlannedVisit | None:
        """The visit of that step and occurrence, if the plan has one."""
        return next((visit for visit in self.visits if visit.key == (step, occurrence)), None)

    def as_json(self) -> dict[str, Any]:
        return {
            "today": self.today.isoformat(),
            "visits": [visit.as_json() for visit in self.visits],
            "verdicts": [verdict.as_json() for verdict in self.verdicts],
            "flags": [flag.as_json() for flag in self.flags],
            "clocks": [clock.as_json() for clock in self.clocks],
            "replan_on": self.replan_on.isoformat() if self.replan_on else None,
            "closed": self.closed,
        }
