"""What a template asks, in the words of a reader who knows medicine and not the document's language."""

from __future__ import annotations

from dataclasses import dataclass

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
from protocols.drawing.spans import BARE, BLANK, amount_words
from protocols.relations import OFFSETS, Anchor, Number, Relation
from protocols.requirements import SCREENS_SAID
from protocols.template import Content, Requirement, Step, Template

GATE_FLAGS = frozenset({"no_antibody_response", "weak_antibody_response", "result_not_interpretable"})
_ORDINALS = {1: "1st", 2: "2nd", 3: "3rd"}


@dataclass(frozen=True, slots=True)
class Row:
    """One relation as it is drawn: whose heading, how long, from what, and who says so."""

    heading: str
    amount: str
    hangs_on: str
    cited: str
    relation: Relation
    blank: bool
    notes: str


def rows_of(template: Template, step: Step) -> list[Row]:
    """Every relation of a step in the order in which it comes to matter; a heading stands on its group's first."""
    rows = []
    for group, relations in step.groups:
        for place, relation in enumerate(relations):
            numbers = [number for name in OFFSETS if (number := getattr(relation, name)) is not None]
            rows.append(
                Row(
                    heading=_heading(step, group) if place == 0 else "",
                    amount=amount_words(relation),
                    hangs_on=hangs_on(template, step, relation),
                    cited=cited(numbers),
                    relation=relation,
                    blank=any(number.at is None for number in numbers),
                    notes="; ".join(number.note for number in numbers if number.note),
                )
            )
    return rows


def _heading(step: Step, group: str) -> str:
    if group == "relations":
        return f"First {step.noun}" if step.several else "When"
    if group == "next":
        return f"Each next {step.noun}" if step.several else "If asked again"
    if group == "later_round":
        return "New round"
    return f"{step.noun} {group.partition('.')[2]}".capitalize()


def cited(numbers: list[Number]) -> str:
    """Sources with their grades, each once: ``S02 A, S43 B``; ``clinic`` where the number is a clinic's own choice."""
    return ", ".join(dict.fromkeys(source_words(number.source, number.grade) for number in numbers))


def source_words(source: str, grade: str) -> str:
    return "clinic" if grade == "setting" else f"{source} {grade}"


def hangs_on(template: Template, step: Step, relation: Relation) -> str:
    """From what a relation counts: ``after the previous dose``, ``of gestation``; of "not before", the anchor alone."""
    if amount_words(relation) in BARE:
        return (
            "day 0 of gestation"
            if relation.anchor.gestation
            else anchor_words(template, step, relation.anchor)
        )
    if relation.anchor.gestation:
        return "of gestation" if relation.after else "before day 0 of gestation"
    return f"{'after' if relation.after else 'before'} {anchor_words(template, step, relation.anchor)}"


def anchor_words(template: Template, step: Step, anchor: Anchor) -> str:
    if anchor.previous:
        return f"the previous {step.noun}"
    if anchor.milestone is not None:
        title = inside(template.milestones[anchor.milestone].title)
        return (
            f"the {title} no. {anchor.occurrence}" if isinstance(anchor.occurrence, int) else f"the {title}"
        )
    if anchor.cycle_day is not None:
        return f"cycle day {anchor.cycle_day}"
    if anchor.result is not None:
        return _result_words(template, anchor)
    if anchor.decision is not None:
        return "the decision"
    return _step_words(template, anchor)


def _result_words(template: Template, anchor: Anchor) -> str:
    title = inside(template.tests[anchor.result or ""].title)
    if anchor.rise is None:
        return f"the result of the {title}"
    return f"the {_ORDINALS.get(anchor.rise, f'{anchor.rise}th')} rising value of the {title}"


def _step_words(template: Template, anchor: Anchor) -> str:
    named = [template.step_named[name] for name in anchor.steps]
    if len(named) > 1:
        return f"the latest {' or '.join(step.noun for step in named)}"
    [step] = named
    if isinstance(anchor.occurrence, int):
        return f"{step.noun} {anchor.occurrence}"
    if anchor.occurrence == "round":
        return f"the last {step.noun} of the round"
    return f"the last {step.noun}" if step.several else f"the {step.noun}"


def inside(title: str) -> str:
    """A title as it stands inside a sentence; an abbreviation keeps its capitals."""
    first = title.split(" ", 1)[0][1:]
    plain = first and all(character.islower() or character == "-" for character in first)
    return title[:1].lower() + title[1:] if plain else title


def condition_words(template: Template, condition: Condition) -> str:
    """When a step applies, as a sentence without its verb."""
    match condition:
        case All():
            return " and ".join(_bracketed(template, part) for part in condition.all)
        case AnyOf():
            return " or ".join(_bracketed(template, part) for part in condition.any)
        case Not():
            return f"no {condition_words(template, condition.negated)} yet"
        case MilestoneHappened():
            return inside(template.milestones[condition.milestone].title)
        case Responded():
            return (
                "a response"
                if len(template.tests) == 1
                else f"a response in {inside(template.tests[condition.responded].title)}"
            )
        case Doses():
            step = template.step_named[condition.doses.step]
            return f"{count_words(condition.doses.at_least, step.noun)} given"
        case OptedIn():
            return f"the couple's wish for {inside(template.step_named[condition.opted_in].title)}"
        case Decided():
            where = (
                "at the gate"
                if condition.decided.flag in GATE_FLAGS
                else f"on {flag_words(condition.decided.flag)}"
            )
            return f"“{choice_words(condition.decided.choice)}” decided {where}"


def _bracketed(template: Template, condition: Condition) -> str:
    words = condition_words(template, condition)
    return f"({words})" if isinstance(condition, All | AnyOf) else words


def choice_words(choice: str) -> str:
    return choice.replace("_", " ")


def flag_words(code: str) -> str:
    return code.replace("_", " ")


def count_words(number: int | None, noun: str) -> str:
    said = BLANK if number is None else str(number)
    return f"{said} {noun}" if number == 1 else f"{said} {noun}s"


def requirement_words(template: Template, need: Requirement) -> str:
    """What must be there on the day of the act."""
    if need.consent:
        return "consent of everyone"
    if need.screening:
        age = need.not_older_than
        said = BLANK if age is None or age.at is None else age.at.in_words()
        old = "on the day" if said == "0 days" else f"at most {said} old"
        tests = [SCREENS_SAID.get(test, test) for test in need.screening]
        names = ", ".join(test.removesuffix(" screen") for test in tests)
        screens = any(test.endswith(" screen") for test in tests)
        grade = f", {source_words(age.source, age.grade)}" if age else ""
        return f"{names}{' screen' if screens else ''} of the {need.of} ({old}{grade})"
    return f"a valid result of the {inside(template.tests[need.valid_result or ''].title)}"


def content_words(content: Content) -> str:
    """What a dose must hold at least."""
    amounts = (
        (content.cells_million, "at least {:g} million cells"),
        (content.viability_percent, "at least {:g} % viable"),
        (content.volume_ml, "at least {:g} ml"),
        (content.hours_to_injection, "injected within {:g} hours of the draw"),
    )
    said = [text.format(amount) for amount, text in amounts if amount is not None]
    return f"{', '.join(said) or f'{BLANK} million cells'} ({source_words(content.source, content.grade)})"


def needs_of(template: Template, step: Step) -> list[str]:
    """All that must be there on the day of a step, each as a text that other steps may share."""
    content = [content_words(step.content)] if step.content is not None else []
    return [*(requirement_words(template, need) for need in step.requires), *content]
