"""Names and sources of a document: everything that is named is declared, every number has a source that may ship."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

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
from protocols.template import LIMITS, Anchor, Grade, Step, Template

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
    if step.session is not None and step.session not in template.sessions:
        yield unknown(f"{here}.session", "session", step.session, list(template.sessions))
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
    """Values whose source is not declared, and those of grade C that ship as if they were known."""
    for field, cited in _cited(template):
        if cited.grade != "setting" and cited.source not in template.sources:
            yield unknown(f"{field}.{cited.source_field}", "source", cited.source, sorted(template.sources))
        if cited.grade == "C" and cited.known:
            yield Fault(f"{field}.{cited.source_field.replace('source', 'grade')}", _WEAK, _WEAK_REMEDY)


class Cited(NamedTuple):
    """A value with where it comes from; `known` unless it is a blank."""

    source: str
    grade: Grade
    known: bool
    source_field: str = "source"


def _cited(template: Template) -> Iterator[tuple[str, Cited]]:
    for field, number in all_numbers(template):
        yield field, Cited(number.source, number.grade, number.at is not None)
    for name, test in template.tests.items():
        for field, band in bands_of(name, test):
            yield field, Cited(band.source, band.grade, band.from_value is not None)
    for name, session in template.sessions.items():
        for place, activity in enumerate(session.activities):
            here = f"sessions.{name}.activities.{place}"
            yield here, Cited(activity.source, activity.grade, known=True)
    for index, step in enumerate(template.steps):
        for part, loop in (("rounds", step.rounds), ("repeat", step.repeat)):
            if loop is not None:
                cited = Cited(loop.cap_source, loop.cap_grade, loop.cap is not None, "cap_source")
                yield f"steps.{index}.{part}", cited
        if step.content is not None:
            known = any(getattr(step.content, name) is not None for name in LIMITS)
            yield f"steps.{index}.content", Cited(step.content.source, step.content.grade, known)
