"""What a protocol document may not contradict: names, order of dates, bands, rounds. All faults at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date, timedelta

from protocols.conditions import (
    All,
    AnyOf,
    Condition,
    Decided,
    Doses,
    MilestoneHappened,
    Not,
    OptedIn,
    Responded,
)
from protocols.errors import Fault
from protocols.flags import RULES
from protocols.template import OFFSETS, Anchor, Number, Relation, Step, Template
from protocols.windows import WINDOW_DATES, window_after, window_before

_SAMPLE_DAYS = tuple(date(2027, 1, 1) + timedelta(days=days) for days in range(1461))


def check(template: Template) -> list[Fault]:
    """Every contradiction of a document, each with the dotted path of its field."""
    return [
        *_names(template),
        *_citations(template),
        *_window_orders(template),
        *_bands(template),
        *_rounds(template),
        *_circles(template),
    ]


def blanks(template: Template) -> list[str]:
    """The fields whose number is not known yet; a clinician fills them before publishing."""
    empty = [field for field, number in _numbers(template) if number.at is None]
    for index, step in enumerate(template.steps):
        if step.content and step.content.cells_million is None and step.content.viability_percent is None:
            empty.append(f"steps.{index}.content")
    return empty


def warnings(template: Template) -> list[Fault]:
    """What is allowed and rarely meant: windows without a floor."""
    found = []
    for index, step in enumerate(template.steps):
        for group, relations in _groups(step):
            if not any(relation.absolute_minimum or relation.earliest for relation in relations):
                message = f"{step.name} can be planned on any day before its target: the window has no floor"
                found.append(Fault(f"steps.{index}.{group}", message, "Give earliest or absolute_minimum"))
    return found


def _groups(step: Step) -> Iterator[tuple[str, tuple[Relation, ...]]]:
    for group in ("relations", "next", "later_round"):
        relations = getattr(step, group)
        if relations:
            yield group, relations


def _relations(template: Template) -> Iterator[tuple[str, Step, Relation]]:
    for index, step in enumerate(template.steps):
        for group, relations in _groups(step):
            for number, relation in enumerate(relations):
                yield f"steps.{index}.{group}.{number}", step, relation


def _numbers(template: Template) -> Iterator[tuple[str, Number]]:
    for field, _, relation in _relations(template):
        for name in OFFSETS:
            number = getattr(relation, name)
            if number is not None:
                yield f"{field}.{name}", number
    for index, step in enumerate(template.steps):
        for place, requirement in enumerate(step.requires):
            if requirement.not_older_than is not None:
                yield f"steps.{index}.requires.{place}.not_older_than", requirement.not_older_than
    for name, test in template.tests.items():
        if test.result_due is not None:
            yield f"tests.{name}.result_due", test.result_due
        if test.valid_for is not None:
            yield f"tests.{name}.valid_for.number", test.valid_for.number


def _unknown(field: str, what: str, name: str, known: list[str]) -> Fault:
    return Fault(
        field, f"there is no {what} '{name}'", f"Use one of: {', '.join(known) or 'none is declared'}"
    )


def _names(template: Template) -> Iterator[Fault]:
    steps = [step.name for step in template.steps]
    milestones, tests = list(template.milestones), list(template.tests)
    for name in {name for name in steps if steps.count(name) > 1}:
        yield Fault("steps", f"'{name}' names two steps", "Give each step a name of its own")
    for field, _, relation in _relations(template):
        side = "after" if relation.after else "before"
        yield from _anchor_names(f"{field}.{side}", relation.anchor, steps, milestones, tests)
    for index, step in enumerate(template.steps):
        yield from _step_names(f"steps.{index}", template, step)
        if step.when is not None:
            yield from _condition_names(f"steps.{index}.when", step.when, steps, milestones, tests)
    for code, settings in template.flags.items():
        if code not in RULES:
            yield _unknown(f"flags.{code}", "flag rule", code, sorted(RULES))
        for place, held in enumerate(settings.holds):
            if held not in steps:
                yield _unknown(f"flags.{code}.holds.{place}", "step", held, steps)


def _step_names(here: str, template: Template, step: Step) -> Iterator[Fault]:
    tests, in_rounds = list(template.tests), [other.name for other in template.dose_steps]
    if step.kind == "test" and step.test not in tests:
        yield _unknown(f"{here}.test", "test", step.test or "", tests)
    if step.measures == "round" and step.of not in in_rounds:
        yield _unknown(f"{here}.of", "step with rounds", step.of or "", in_rounds)
    for place, requirement in enumerate(step.requires):
        if requirement.valid_result is not None and requirement.valid_result not in tests:
            yield _unknown(f"{here}.requires.{place}.valid_result", "test", requirement.valid_result, tests)


def _anchor_names(
    field: str, anchor: Anchor, steps: list[str], milestones: list[str], tests: list[str]
) -> Iterator[Fault]:
    if anchor.milestone is not None and anchor.milestone not in milestones:
        yield _unknown(f"{field}.milestone", "milestone", anchor.milestone, milestones)
    if anchor.cycle_day is not None and "cycle-start" not in milestones:
        yield _unknown(f"{field}.cycle_day", "milestone", "cycle-start", milestones)
    named = (anchor.step,) if isinstance(anchor.step, str) else anchor.step or ()
    for name in named:
        if name not in steps:
            yield _unknown(f"{field}.step", "step", name, steps)
    if anchor.result is not None and anchor.result not in tests:
        yield _unknown(f"{field}.result", "test", anchor.result, tests)


def _condition_names(
    field: str, condition: Condition, steps: list[str], milestones: list[str], tests: list[str]
) -> Iterator[Fault]:
    match condition:
        case All() | AnyOf():
            parts = condition.all if isinstance(condition, All) else condition.any
            for part in parts:
                yield from _condition_names(field, part, steps, milestones, tests)
        case Not():
            yield from _condition_names(field, condition.negated, steps, milestones, tests)
        case MilestoneHappened() if condition.milestone not in milestones:
            yield _unknown(field, "milestone", condition.milestone, milestones)
        case Responded() if condition.responded not in tests:
            yield _unknown(field, "test", condition.responded, tests)
        case Doses() if condition.doses.step not in steps:
            yield _unknown(field, "step", condition.doses.step, steps)
        case OptedIn() if condition.opted_in not in steps:
            yield _unknown(field, "step", condition.opted_in, steps)
        case Decided() if condition.decided.flag not in RULES:
            yield _unknown(field, "flag rule", condition.decided.flag, sorted(RULES))
        case Decided() if condition.decided.choice not in RULES[condition.decided.flag].decisions:
            yield _unknown(
                field, "choice", condition.decided.choice, list(RULES[condition.decided.flag].decisions)
            )


def _citations(template: Template) -> Iterator[Fault]:
    known = sorted(template.sources)
    for field, number in _numbers(template):
        if number.grade != "setting" and number.source not in template.sources:
            yield _unknown(f"{field}.source", "source", number.source, known)
    for name, test in template.tests.items():
        for index, band in enumerate(test.bands):
            if band.source not in template.sources:
                yield _unknown(f"tests.{name}.bands.{index}.source", "source", band.source, known)
    for index, step in enumerate(template.steps):
        if step.rounds and step.rounds.cap_source not in template.sources:
            yield _unknown(f"steps.{index}.rounds.cap_source", "source", step.rounds.cap_source, known)
        if step.content and step.content.source not in template.sources:
            yield _unknown(f"steps.{index}.content.source", "source", step.content.source, known)


def _window_orders(template: Template) -> Iterator[Fault]:
    """Mixed units make the order depend on the date, so each relation is tried on every day of four years."""
    for field, _, relation in _relations(template):
        fault = _first_disorder(template, relation)
        if fault:
            yield Fault(field, fault, "Give the dates in the order " + " <= ".join(WINDOW_DATES))


def _first_disorder(template: Template, relation: Relation) -> str | None:
    compute = window_after if relation.after else window_before
    plain = all(offset is None or not offset.months for offset in relation.offsets)
    for day in _SAMPLE_DAYS[:1] if plain else _SAMPLE_DAYS:
        dates = [
            (name, on)
            for name, on in zip(
                WINDOW_DATES, compute(day, relation.offsets, template.month_ends).dates(), strict=True
            )
            if on
        ]
        for (name, on), (later, later_on) in itertools.pairwise(dates):
            if on > later_on:
                return f"{name} lies after {later} (for example from {day.isoformat()})"
    return None


def _bands(template: Template) -> Iterator[Fault]:
    for name, test in template.tests.items():
        starts = [band.from_value for band in test.bands]
        if starts != sorted(set(starts)):
            yield Fault(
                f"tests.{name}.bands", "stand out of order", "List the bands by rising 'from', each once"
            )
        if starts[0] != test.minimum:
            yield Fault(
                f"tests.{name}.bands.0.from",
                f"leaves values from {test.minimum:g} without a band",
                f"Begin at {test.minimum:g}",
            )


def _rounds(template: Template) -> Iterator[Fault]:
    for index, step in enumerate(template.steps):
        if step.rounds and sum(size.doses for size in step.rounds.sizes) > step.rounds.cap:
            yield Fault(
                f"steps.{index}.rounds.cap",
                "is less than the planned doses",
                "Raise the cap or plan fewer doses",
            )
        repeats = step.rounds or step.count > 1
        if repeats and not step.next:
            yield Fault(
                f"steps.{index}.next",
                f"{step.name} repeats and nothing times its next occurrence",
                "Give next",
            )


def _circles(template: Template) -> Iterator[Fault]:
    """Steps whose windows wait for each other. Results and decisions are facts, so they close no circle."""
    needs: dict[str, set[str]] = {step.name: set() for step in template.steps}
    for _, step, relation in _relations(template):
        named = (
            (relation.anchor.step,) if isinstance(relation.anchor.step, str) else relation.anchor.step or ()
        )
        needs[step.name] |= {name for name in named if name in needs}
    for index, step in enumerate(template.steps):
        reached: set[str] = set()
        frontier = set(needs[step.name])
        while frontier:
            reached |= frontier
            frontier = {further for name in frontier for further in needs[name]} - reached
        if step.name in reached:
            yield Fault(
                f"steps.{index}",
                f"{step.name} waits for itself through {', '.join(sorted(reached))}",
                "Break the circle",
            )
