"""An example of a protocol: an invented couple for whom every visit takes place on the day that plan() proposes.

The course starts today. A test answers as late as the protocol says that its result is due: negative before the first
dose, with a response after a round. When no visit is left, what the next steps hang on happens: the couple tries to
conceive, and two weeks later she is pregnant, dated by that day. Only to show what a protocol asks; no forecast.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from protocols.conditions import All, AnyOf, Condition, MilestoneHappened
from protocols.durations import add
from protocols.errors import FactFaults
from protocols.facts import Facts
from protocols.plan import Flag, Plan, PlannedVisit, State
from protocols.planner import plan
from protocols.reading import read_record
from protocols.template import OFFSETS, LabTest, Step, Template
from protocols.workdays import Workdays

MOST_EVENTS = 40
_TO_A_POSITIVE_TEST = timedelta(weeks=2)
_UNDONE = (State.WAITING, State.PROPOSED)


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """One line of the example: a visit as it was proposed, or what happened (`visit` is None)."""

    on: date | None
    title: str
    why: str
    visit: PlannedVisit | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """The rows by date, then the visits that the example does not reach; the flags that were raised on the way."""

    rows: tuple[ExampleRow, ...]
    left_out: tuple[ExampleRow, ...]
    flags: tuple[Flag, ...]


def example_of(template: Template, workdays: Workdays, today: date) -> Example:
    """Plays a protocol without blanks from `today`, the clinic's own date, for at most MOST_EVENTS events."""
    story = _Story(template, workdays, today)
    story.begin()
    planned = story.plan()
    try:
        for _ in range(MOST_EVENTS):
            if not story.go_on(planned):
                break
            planned = story.plan()
    except FactFaults as error:
        # A protocol may ask for what this simple story cannot tell; what was told so far still stands.
        story.rows.append(ExampleRow(story.day, "The example ends here", str(error)))
    rows = sorted(story.rows, key=lambda row: row.on or story.day)
    return Example(tuple(rows), tuple(_left_out(planned, story)), tuple(story.flags.values()))


def _left_out(planned: Plan, story: _Story) -> Iterator[ExampleRow]:
    for visit in planned.visits:
        if visit.state not in (State.FULFILLED, State.SKIPPED):
            why = ", ".join(visit.waiting_for)
            yield ExampleRow(None, visit.title, f"waits for {why}" if why else visit.because_text, visit)


@dataclass(slots=True)
class _Story:
    template: Template
    workdays: Workdays
    day: date
    records: list[dict[str, Any]] = field(default_factory=list)
    awaited: list[dict[str, Any]] = field(default_factory=list)
    rows: list[ExampleRow] = field(default_factory=list)
    flags: dict[str, Flag] = field(default_factory=dict)
    conceived_on: date | None = None

    def plan(self) -> Plan:
        facts = Facts.of(read_record(record, number) for number, record in enumerate(self.records))
        planned = plan(self.template, facts, self.workdays, self.day)
        for flag in planned.flags:
            self.flags.setdefault(flag.key, flag)
        return planned

    def begin(self) -> None:
        if "course-start" in self.template.milestones:
            self._happens("course-start", "today")
        for step in self.template.steps:
            if step.optional:
                self.records.append({"kind": "opt_in", "step": step.name, "on": self.day})

    def go_on(self, planned: Plan) -> bool:
        """The next event: a visit, a result that comes in, a milestone; False when nothing is left."""
        visit = min(
            (visit for visit in planned.visits if self._can_be_done(visit)),
            key=lambda visit: (visit.proposed_on, visit.step),
            default=None,
        )
        result = min(self.awaited, key=lambda record: record["resulted_on"], default=None)
        if result is not None and (visit is None or result["resulted_on"] <= (visit.proposed_on or self.day)):
            self._comes_in(result)
            return True
        if visit is not None:
            self._do(visit)
            return True
        return self._reach_milestone(planned)

    def _can_be_done(self, visit: PlannedVisit) -> bool:
        """A re-dose comes again and again while there is no pregnancy, so the example leaves it out."""
        step = self.template.step_named[visit.step]
        ready = visit.state is State.PROPOSED and visit.proposed_on is not None and not visit.held_by
        return ready and not step.redose

    def _do(self, visit: PlannedVisit) -> None:
        on = visit.proposed_on or self.day
        self.day = max(self.day, on)
        self.rows.append(ExampleRow(on, visit.title, visit.because_text, visit))
        self.records.append(
            {"kind": "fulfilled", "step": visit.step, "occurrence": visit.occurrence, "on": on}
        )
        step = self.template.step_named[visit.step]
        if step.test is not None and step.test in self.template.tests:
            self.awaited.append(self._result(step, step.test, self.template.tests[step.test], on))

    def _result(self, step: Step, name: str, test: LabTest, on: date) -> dict[str, Any]:
        due = test.result_due.at if test.result_due else None
        earlier = sum(record["kind"] == "result" and record["test"] == name for record in self.records)
        assay = next(iter(test.assays))
        return {
            "kind": "result",
            "test": name,
            "assay": assay,
            "value": _value(test, assay, "none" if step.measures == "baseline" else "responded", earlier),
            "sampled_on": on,
            "resulted_on": add(on, due, self.template.month_ends) if due else on,
        }

    def _comes_in(self, result: dict[str, Any]) -> None:
        self.awaited.remove(result)
        self.records.append(result)
        self.day = max(self.day, result["resulted_on"])
        test = self.template.tests[result["test"]]
        band = test.assays[result["assay"]].band(result["value"])
        self.rows.append(
            ExampleRow(
                self.day, f"Result: {test.title}", f"{band.name}, in this example" if band else "recorded"
            )
        )

    def _reach_milestone(self, planned: Plan) -> bool:
        """Lets the next milestone happen that a waiting step hangs on."""
        told = {record["name"] for record in self.records if record["kind"] == "milestone"}
        waiting = {visit.step for visit in planned.visits if visit.state in _UNDONE}
        asked = {
            name for step in self.template.steps if step.name in waiting for name in _milestones_of(step)
        }
        name = next((name for name in self.template.milestones if name in asked - told - {"loss"}), None)
        if name is None:
            return False
        if name == "pregnancy":
            self._conceive()
            return True
        ahead = self._longest_before(name)
        self._happens(name, "in this example", ahead)
        self.conceived_on = ahead or self.day
        return True

    def _conceive(self) -> None:
        conceived_on = self.conceived_on or self.day
        self.day = max(self.day, conceived_on + _TO_A_POSITIVE_TEST)
        for record in self.records:
            if record["kind"] == "milestone" and record["on"] <= self.day:
                record["certainty"] = "happened"
        self.records.append({"kind": "dating", "basis": "ovulation", "on": conceived_on})
        self._happens("pregnancy", "in this example")

    def _happens(self, name: str, why: str, on: date | None = None) -> None:
        certainty = "planned" if on is not None and on > self.day else "happened"
        on = on or self.day
        self.records.append({"kind": "milestone", "name": name, "on": on, "certainty": certainty})
        self.rows.append(ExampleRow(on, self.template.milestones[name].title, why))

    def _longest_before(self, milestone: str) -> date | None:
        """A day far enough ahead for what a step wants to do before it; None where nothing comes before."""
        ends = [
            add(self.day, number.at, self.template.month_ends)
            for step in self.template.steps
            for relation in step.relations
            if relation.before is not None and relation.before.milestone == milestone
            for name in OFFSETS
            if (number := getattr(relation, name)) is not None and number.at is not None
        ]
        return max(ends, default=None)


def _value(test: LabTest, assay: str, wanted: str, earlier: int) -> float:
    """A value that reads as wanted; without bands one that doubles, as in an early pregnancy."""
    read_by = test.assays[assay]
    for band in read_by.bands:
        if band.response == wanted and band.from_value is not None:
            return band.from_value
    doubled = max(read_by.minimum, 100.0) * float(2**earlier)
    return min(read_by.maximum, doubled)


def _milestones_of(step: Step) -> set[str]:
    """The milestones that time a step or that it asks for."""
    named: set[str] = set(_asked(step.when)) if step.when is not None else set()
    for relation in (*step.relations, *step.next):
        anchor = relation.anchor
        named |= {anchor.milestone} if anchor.milestone else set()
        named |= {"pregnancy"} if anchor.gestation else set()
        named |= {"cycle-start"} if anchor.cycle_day else set()
    return named


def _asked(condition: Condition) -> Iterator[str]:
    match condition:
        case All() | AnyOf():
            for part in condition.all if isinstance(condition, All) else condition.any:
                yield from _asked(part)
        case MilestoneHappened():
            yield condition.milestone
