"""What moving a treatment from one protocol version to another does to its plan.

Both plans are made from the same facts on the same day. Words (titles, derivations) are not compared: a visit that keeps
its day and its good days is not changed by being called something else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from protocols.because import full_day
from protocols.errors import FactFaults, Fault
from protocols.plan import LIVE, Flag, Plan, PlannedVisit, State
from protocols.windows import Window

_WORDS = frozenset(
    {"title", "text", "because", "because_text", "waiting_for", "missing", "bound_by", "label"}
)
_OF_A_BOOKING = frozenset({"booking_outside_window", "booking_not_needed"})
_GONE = frozenset({State.NOT_APPLICABLE, State.SKIPPED})


class MoveVerdict(StrEnum):
    """What the move means for one treatment; the later one wins where several are true."""

    UNCHANGED = "unchanged"
    MOVED = "moved"
    OUT_OF_WINDOW = "out_of_window"
    NEEDS_DECISION = "needs_decision"


@dataclass(frozen=True, slots=True)
class PlanComparison:
    """The verdict with its reasons in words: what changes, which bookings no longer fit, what somebody has to decide.

    `faults` are the records that contradict the new version; a treatment that has any cannot move. `fingerprint` is equal
    for equal comparisons: whoever agreed to one agreed to nothing else.
    """

    verdict: MoveVerdict
    changes: tuple[str, ...] = ()
    out_of_window: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def can_move(self) -> bool:
        return not self.faults

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()[:32]

    def as_json(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "changes": list(self.changes),
            "out_of_window": list(self.out_of_window),
            "decisions": list(self.decisions),
            "faults": [fault.as_json() for fault in self.faults],
        }


UNCHANGED = PlanComparison(MoveVerdict.UNCHANGED)


def compare_plans(old: Plan, new: Plan) -> PlanComparison:
    """What changes from `old` to `new`, two plans of the same facts on the same day."""
    changes = tuple(_changes(old, new))
    if not changes and _ahead(old) != _ahead(new):
        changes = ("No visit changes, but other days that its plan watches do",)
    known = {flag.key for flag in old.flags}
    raised = [flag for flag in new.flags if flag.key not in known]
    unfit = tuple(flag.text for flag in raised if flag.code in _OF_A_BOOKING)
    asked = tuple(flag.text for flag in raised if flag.code not in _OF_A_BOOKING and _asks(flag))
    if asked:
        verdict = MoveVerdict.NEEDS_DECISION
    elif unfit:
        verdict = MoveVerdict.OUT_OF_WINDOW
    elif changes:
        verdict = MoveVerdict.MOVED
    else:
        verdict = MoveVerdict.UNCHANGED
    return PlanComparison(verdict, changes, unfit, asked)


def refused_move(error: FactFaults) -> PlanComparison:
    """The comparison of a treatment whose records contradict the new version: they name what it does not have."""
    return PlanComparison(MoveVerdict.NEEDS_DECISION, faults=error.faults)


def _asks(flag: Flag) -> bool:
    return bool(flag.holds or flag.decisions)


def _ahead(plan: Plan) -> Any:
    """What the plan says of the time to come, without words: of what is done, only that it was done."""
    body = plan.as_json()
    visits = [visit.as_json() for visit in plan.visits if visit.state in LIVE]
    return _bare({**body, "visits": visits, "replan_on": None})


def _bare(value: Any) -> Any:
    """A plan's JSON without what is said in words."""
    if isinstance(value, Mapping):
        return {key: _bare(part) for key, part in value.items() if key not in _WORDS}
    return [_bare(part) for part in value] if isinstance(value, list) else value


def _changes(old: Plan, new: Plan) -> Iterator[str]:
    before, after = ({visit.key: visit for visit in plan.visits} for plan in (old, new))
    for key in dict.fromkeys([*before, *after]):
        was, now = before.get(key), after.get(key)
        if change := _change(was, now):
            yield f"{_called(now or was)}: {change}"
    said, says = (_verdicts(plan) for plan in (old, new))
    for name in dict.fromkeys([*said, *says]):
        if said.get(name) != says.get(name):
            yield f"{name}: {says.get(name, 'no longer judged')}"
    open_before, open_after = ({flag.key: flag for flag in plan.flags} for plan in (old, new))
    yield from (
        f"Flag no longer raised: {flag.text}" for key, flag in open_before.items() if key not in open_after
    )
    yield from (
        f"New flag: {flag.text}"
        for key, flag in open_after.items()
        if key not in open_before and flag.code not in _OF_A_BOOKING and not _asks(flag)
    )


def _called(visit: PlannedVisit | None) -> str:
    assert visit is not None
    number = visit.dose or visit.occurrence
    return f"{visit.title} {number}" if number > 1 or visit.dose else visit.title


def _change(was: PlannedVisit | None, now: PlannedVisit | None) -> str:
    """In words, empty where the visit keeps its state, day and good days."""
    if was is None or now is None or (was.state in _GONE) != (now.state in _GONE):
        if now is not None and now.state not in _GONE:
            return f"new, {_stands(now)}"
        return (
            f"no longer asked for, was {_stands(was)}" if was is not None and was.state not in _GONE else ""
        )
    if was.state in _GONE and now.state in _GONE:
        return ""
    parts = []
    if was.state is now.state and _on(was) != _on(now):
        parts.append(f"{_day(_on(was))} -> {_day(_on(now))}")
    elif _stands(was) != _stands(now):
        parts.append(f"{_stands(was)} -> {_stands(now)}")
    if now.state in LIVE:
        parts += _bounds(was.window or Window(), now.window or Window())
    if was.held_by != now.held_by:
        parts.append("on hold" if now.held_by else "no longer on hold")
    if was.dose != now.dose:
        parts.append(f"dose {was.dose or 'that does not count'} -> dose {now.dose or 'that does not count'}")
    if (was.attends, was.donor) != (now.attends, now.donor):
        parts.append(f"comes: {_who(was)} -> {_who(now)}")
    return "; ".join(parts)


def _stands(visit: PlannedVisit) -> str:
    on = _on(visit)
    return f"{visit.state.value} for {full_day(on)}" if on else visit.state.value


def _on(visit: PlannedVisit) -> date | None:
    return visit.on or visit.proposed_on


def _bounds(was: Window, now: Window) -> Iterator[str]:
    """The good days if they differ; the day before which nothing counts and the last one only where they alone do."""
    good = [(window.earliest, window.latest) for window in (was, now)]
    if good[0] != good[1]:
        yield " -> ".join(f"good days {_day(first)} to {_day(last)}" for first, last in good)
    elif was.absolute_minimum != now.absolute_minimum:
        yield f"counts from {_day(was.absolute_minimum)} -> {_day(now.absolute_minimum)}"
    elif was.maximum != now.maximum:
        yield f"closes {_day(was.maximum)} -> {_day(now.maximum)}"


def _day(day: date | None) -> str:
    return full_day(day) if day else "any day"


def _who(visit: PlannedVisit) -> str:
    return " and ".join(visit.attends) + (f" ({visit.donor})" if visit.donor else "")


def _verdicts(plan: Plan) -> dict[str, str]:
    """What each act was judged to be, by what it was."""
    found: dict[str, str] = {}
    for verdict in plan.verdicts:
        body = verdict.as_json()
        on = body.get("on") or body.get("sampled_on")
        name = f"{body.get('step') or body.get('test')} of {on}"
        parts = (
            str(body["verdict"]),
            body.get("content"),
            "counts" if body.get("counts", True) else "does not count",
        )
        found[name] = ", ".join(part.replace("_", " ") for part in parts if part)
    return found
