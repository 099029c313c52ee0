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

from protocols.because import day_words, full_day
from protocols.errors import FactFaults, Fault
from protocols.plan import LIVE, Clock, DoseVerdict, Flag, Plan, PlannedVisit, State
from protocols.windows import Window

_WORDS = frozenset(
    {"title", "text", "because", "because_text", "waiting_for", "missing", "bound_by", "label"}
)
_OF_A_BOOKING = frozenset({"booking_outside_window", "booking_not_needed"})
_CLOCKS = {"try_by": "Time in which the response counts", "redose_by": "Time until the re-dose"}
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
            yield f"{_called(key, now or was, old, new)}: {change}"
    said, says = (_verdicts(plan) for plan in (old, new))
    for act in dict.fromkeys([*said, *says]):
        name, judged = says.get(act, (said.get(act, ("", ""))[0], "no longer judged"))
        if act not in said or said[act][1] != judged:
            yield f"{name}: {judged}"
    yield from _flag_changes(old, new)
    clocks, ticks = ({(clock.name, clock.of): clock for clock in plan.clocks} for plan in (old, new))
    for kind, of in dict.fromkeys([*clocks, *ticks]):
        if clocks.get((kind, of)) != ticks.get((kind, of)):
            told = " -> ".join(_ends(found.get((kind, of))) for found in (clocks, ticks))
            yield f"{_CLOCKS[kind]}: {told}"


def _flag_changes(old: Plan, new: Plan) -> Iterator[str]:
    """Flags that go, that come without asking for anything, and that stay but hold, ask or fall due differently."""
    before, after = ({flag.key: flag for flag in plan.flags} for plan in (old, new))
    yield from (f"Flag no longer raised: {flag.text}" for key, flag in before.items() if key not in after)
    for key, flag in after.items():
        if key not in before:
            if flag.code not in _OF_A_BOOKING and not _asks(flag):
                yield f"New flag: {flag.text}"
        elif _bare(before[key].as_json()) != _bare(flag.as_json()):
            yield f"Flag changed, due {full_day(flag.due_on)} for the {flag.owner}: {flag.text}"


def _ends(clock: Clock | None) -> str:
    return "none" if clock is None else f"until {full_day(clock.until_on)}, {clock.state.replace('_', ' ')}"


def _called(key: tuple[str, int], visit: PlannedVisit | None, *plans: Plan) -> str:
    """The visit's title, with its number where a plan has several of the step."""
    assert visit is not None
    several = any(len([other for other in plan.visits if other.step == key[0]]) > 1 for plan in plans)
    return f"{visit.title} {visit.dose or visit.occurrence}" if several else visit.title


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
        parts += _bounds(was, now)
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


def _bounds(was: PlannedVisit, now: PlannedVisit) -> Iterator[str]:
    """The good days if they differ; what else bounds the visit only where it alone does."""
    before, after = was.window or Window(), now.window or Window()
    room = [
        (visit.bookable.from_on, visit.bookable.to_on) if visit.bookable else None for visit in (was, now)
    ]
    if (before.earliest, before.latest) != (after.earliest, after.latest):
        told = [_days(window.earliest, window.latest) for window in (before, after)]
        yield f"good days {told[0]} -> {told[1]}"
    elif before.absolute_minimum != after.absolute_minimum:
        yield f"counts from {_day(before.absolute_minimum)} -> {_day(after.absolute_minimum)}"
    elif before.maximum != after.maximum:
        yield f"closes {_day(before.maximum)} -> {_day(after.maximum)}"
    elif room[0] != room[1]:
        told = [_days(*days) if days else "none" for days in room]
        yield f"room for it {told[0]} -> {told[1]}"


def _days(first: date | None, last: date | None) -> str:
    if first and last:
        return f"{day_words(first, last)} to {full_day(last)}"
    return f"from {full_day(first)}" if first else f"until {full_day(last)}" if last else "any day"


def _day(day: date | None) -> str:
    return full_day(day) if day else "none"


def _who(visit: PlannedVisit) -> str:
    return " and ".join(visit.attends) + (f" ({visit.donor})" if visit.donor else "")


def _verdicts(plan: Plan) -> dict[tuple[Any, ...], tuple[str, str]]:
    """What each act is called and what it was judged to be."""
    titles = {visit.key: visit.title for visit in plan.visits}
    found: dict[tuple[Any, ...], tuple[str, str]] = {}
    for verdict in plan.verdicts:
        title = titles.get((verdict.step or "", verdict.occurrence or 0))
        if isinstance(verdict, DoseVerdict):
            act: tuple[Any, ...] = (verdict.step, verdict.occurrence, verdict.on)
            name = f"{title or verdict.step} of {full_day(verdict.on)}"
            parts = [verdict.timing.value, verdict.content, "counts" if verdict.counts else "does not count"]
        else:
            act = (verdict.test, verdict.record)
            name = f"{title or verdict.test} of {full_day(verdict.sampled_on)}"
            parts = [verdict.response.value, verdict.band]
        found[act] = (name, ", ".join(part.replace("_", " ") for part in parts if part))
    return found
