"""Names and sources of a document: everything that is named is declared, every number has a source that may ship."""

from __future__ import annotations

from collections.abc import Iterator

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
from protocols.document import all_numbers, all_relations, bands_of
from protocols.errors import Fault
from protocols.flags import RULES
from protocols.template import Anchor, Step, Template

_WEAK = "is C, so the number is no default"
_WEAK_REMEDY = "Leave the value empty with a note, or take it as the clinic's own: grade setting"


def unknown(field: str, what: str, name: str, known: list[str]) -> Fault:
    """The fault of a name that nothing has, with the names that there are."""
    return Fault(
        field, f"there is no {what} '{name}'", f"Use one of: {', '.join(known) or 'none is declared'}"
    )


def names(template: Template) -> Iterator[Fault]:
    """Steps, milestones, tests and flags that are named and not declared."""
    steps = [step.name for step in template.steps]
    milestones, tests = list(template.milestones), list(template.tests)
    for name in {name for name in steps if steps.count(name) > 1}:
        yield Fault("steps", f"'{name}' names two steps", "Give each step a name of its own")
    for field, _, relation in all_relations(template):
        side = "after" if relation.after else "before"
        yield from _anchor_names(f"{field}.{side}", relation.anchor, steps, milestones, tests)
    for index, step in enumerate(template.steps):
        yield from _step_names(f"steps.{index}", template, step)
        if step.when is not None:
            yield from _condition_names(f"steps.{index}.when", step.when, steps, milestones, tests)
    for code, settings in template.flags.items():
        if code not in RULES:
            yield unknown(f"flags.{code}", "flag rule", code, sorted(RULES))
        for place, held in enumerate(settings.holds):
            if held not in steps:
                yield unknown(f"flags.{code}.holds.{place}", "step", held, steps)


def _step_names(here: str, template: Template, step: Step) -> Iterator[Fault]:
    tests, in_rounds = list(template.tests), [other.name for other in template.dose_steps]
    if step.kind == "test" and step.test not in tests:
        yield unknown(f"{here}.test", "test", step.test or "", tests)
    if step.measures == "round" and step.of not in in_rounds:
        yield unknown(f"{here}.of", "step with rounds", step.of or "", in_rounds)
    for place, requirement in enumerate(step.requires):
        if requirement.valid_result is not None and requirement.valid_result not in tests:
            yield unknown(f"{here}.requires.{place}.valid_result", "test", requirement.valid_result, tests)


def _anchor_names(
    field: str, anchor: Anchor, steps: list[str], milestones: list[str], tests: list[str]
) -> Iterator[Fault]:
    if anchor.milestone is not None and anchor.milestone not in milestones:
        yield unknown(f"{field}.milestone", "milestone", anchor.milestone, milestones)
    if anchor.cycle_day is not None and "cycle-start" not in milestones:
        yield unknown(f"{field}.cycle_day", "milestone", "cycle-start", milestones)
    for name in anchor.steps:
        if name not in steps:
            yield unknown(f"{field}.step", "step", name, steps)
    if anchor.result is not None and anchor.result not in tests:
        yield unknown(f"{field}.result", "test", anchor.result, tests)


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
            yield unknown(field, "milestone", condition.milestone, milestones)
        case Responded() if condition.responded not in tests:
            yield unknown(field, "test", condition.responded, tests)
        case Doses() if condition.doses.step not in steps:
            yield unknown(field, "step", condition.doses.step, steps)
        case OptedIn() if condition.opted_in not in steps:
            yield unknown(field, "step", condition.opted_in, steps)
        case Decided() if condition.decided.flag not in RULES:
            yield unknown(field, "flag rule", condition.decided.flag, sorted(RULES))
        case Decided() if condition.decided.choice not in RULES[condition.decided.flag].decisions:
            yield unknown(
                field, "choice", condition.decided.choice, list(RULES[condition.decided.flag].decisions)
            )


def citations(template: Template) -> Iterator[Fault]:
    """Numbers whose source is not declared, and those of grade C that ship as if they were known."""
    known = sorted(template.sources)
    for field, number in all_numbers(template):
        if number.grade != "setting" and number.source not in template.sources:
            yield unknown(f"{field}.source", "source", number.source, known)
        if number.grade == "C" and number.at is not None:
            yield Fault(f"{field}.grade", _WEAK, _WEAK_REMEDY)
    for name, test in template.tests.items():
        for field, band in bands_of(name, test):
            if band.grade != "setting" and band.source not in template.sources:
                yield unknown(f"{field}.source", "source", band.source, known)
            if band.grade == "C" and band.from_value is not None:
                yield Fault(f"{field}.grade", _WEAK, _WEAK_REMEDY)
    for index, step in enumerate(template.steps):
        for part, loop in (("rounds", step.rounds), ("repeat", step.repeat)):
            if loop is None:
                continue
            if loop.cap_grade != "setting" and loop.cap_source not in template.sources:
                yield unknown(f"steps.{index}.{part}.cap_source", "source", loop.cap_source, known)
            if loop.cap_grade == "C" and loop.cap is not None:
                yield Fault(f"steps.{index}.{part}.cap_grade", _WEAK, _WEAK_REMEDY)
        if step.content and step.content.grade != "setting" and step.content.source not in template.sources:
            yield unknown(f"steps.{index}.content.source", "source", step.content.source, known)
