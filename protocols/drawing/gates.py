"""What a test lets through, and which flag asks whom where it does not."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

from protocols.conditions import asked_of
from protocols.drawing.spans import BLANK
from protocols.drawing.words import choice_words, flag_words, inside, source_words
from protocols.flags import RULES
from protocols.flags_facts import NO_RESPONSE
from protocols.laboratory import Assay, LabTest
from protocols.template import Step, Template

_NARROWEST = 0.04
Sign = Literal["responded", "weak", "none", "unread", "wait"]
_FLAG_OF: dict[Sign, str] = {
    "weak": "weak_antibody_response",
    "none": "no_antibody_response",
    "unread": "result_not_interpretable",
}
_LABELS: dict[Sign, str] = {"weak": "Weak", "none": "No response", "unread": "Unreadable"}
_STARTS = {
    "sampled_on": "from the sample",
    "resulted_on": "from the result",
    "last_dose": "from the last dose",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way out of a gate: its sign, what it is called and what follows."""

    sign: Sign
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Zone:
    """Values of one band: from and to as shares of the scale, with what stands at its lower end."""

    start: float
    end: float
    name: str
    response: Literal["none", "weak", "responded"]
    limit: str
    blank: bool


@dataclass(frozen=True, slots=True)
class Scale:
    """The legal values of one assay and the bands that read them; no zones where values are only recorded."""

    assay: str
    unit: str
    least: str
    most: str
    zones: tuple[Zone, ...]
    cited: str
    drawn_to_scale: bool


@dataclass(frozen=True, slots=True)
class Gate:
    title: str
    scales: tuple[Scale, ...]
    outcomes: tuple[Outcome, ...]


def gate_of(template: Template, step: Step) -> Gate | None:
    """The gate that stands after a test of a round; None after any other step."""
    if step.measures != "round" or step.test is None:
        return None
    test = template.tests[step.test]
    scales = tuple(scale_of(name, assay) for name, assay in test.assays.items())
    return Gate(_title(template, step), scales, tuple(_outcomes(template, step, test)))


def _title(template: Template, step: Step) -> str:
    others = [other for other in template.tests_after(step.of or "") if other is not step]
    together = f", together with the {' and the '.join(other.noun for other in others)}" if others else ""
    return f"Gate after the {step.noun}{together}"


def _outcomes(template: Template, step: Step, test: LabTest) -> list[Outcome]:
    present = {band.response for assay in test.assays.values() for band in assay.bands}
    if not present:
        return [
            Outcome("unread", "Recorded", "The value is recorded; this protocol sets no limit to read it by.")
        ]
    found = []
    if "responded" in present:
        found.append(Outcome("responded", "Response", _passage(template, step, test)))
    signs: list[Sign] = [sign for sign in ("weak", "none") if sign in present]
    asked = [*signs, "unread"]
    waiting = {waits(template, _FLAG_OF[sign]) for sign in asked}
    alike = waiting.pop() if len(waiting) == 1 else None
    for sign in asked:
        own = "" if alike is not None else waits(template, _FLAG_OF[sign])
        found.append(
            Outcome(
                sign, _LABELS[sign], " ".join(filter(None, (asks_whom(template, _FLAG_OF[sign], step), own)))
            )
        )
    if alike:
        found.append(Outcome("wait", "Until then", alike))
    return found


def _passage(template: Template, step: Step, test: LabTest) -> str:
    opened = [inside(other.title) for other in template.steps if _opens(other, step.test or "")]
    through = f"Lets through: {', '.join(opened)}." if opened else "The course is complete."
    valid = test.valid_for
    if valid is None:
        return through
    said = BLANK if valid.number.at is None else valid.number.at.in_words()
    cited = source_words(valid.number.source, valid.number.grade)
    return f"{through} Counts for {said} {_STARTS[valid.starts]} ({cited})."


def _opens(step: Step, test: str) -> bool:
    asked = set(asked_of(step.when)) if step.when is not None else set()
    return test in asked or any(need.valid_result == test for need in step.requires)


def _flag_name(template: Template, code: str, step: Step | None) -> str:
    if code != "no_antibody_response":
        return flag_words(code).capitalize()
    test = template.tests.get(step.test or "") if step is not None else None
    return (
        NO_RESPONSE
        if test is None or test.donor_specific
        else f"No response in {test.title}, review continuation"
    )


def _never(template: Template, step: Step) -> set[str]:
    """The choices that this course has no room for: a further round, doses past the cap."""
    rounds = template.step_named[step.of].rounds if step.of in template.step_named else None
    if rounds is None or len(rounds.sizes) > 1:
        return set()
    full = rounds.cap is not None and rounds.sizes[0].doses == rounds.cap
    return {"next_round", "extra_doses", "extra_dose"} if full else {"next_round"}


def asks_whom(template: Template, code: str, step: Step | None = None) -> str:
    """Which flag is raised, who decides by when, and between what; at the gate after `step`, what that course allows."""
    rule, settings = RULES[code], template.flags.get(code)
    owner = (settings.owner if settings else None) or rule.owner
    deadline = (settings.deadline if settings else None) or rule.deadline
    never = _never(template, step) if step is not None else set()
    choices = [choice_words(choice) for choice in rule.decisions if choice not in never]
    name = _flag_name(template, code, step)
    between = f": {', '.join(choices[:-1])}{' or ' if choices[:-1] else ''}{choices[-1]}" if choices else ""
    return f"“{name}”: {owner} within {deadline.in_words()}{between}."


def waits(template: Template, code: str) -> str:
    """Which steps a flag holds until it is decided; empty where it holds none."""
    settings = template.flags.get(code)
    held = settings.holds if settings else ()
    if len(held) > 1 and len(held) >= len(template.steps) - 1:
        return "Everything else waits."
    named = [inside(template.step_named[name].title) for name in held]
    if not named:
        return ""
    listed = f"{', '.join(named[:-1])} and {named[-1]} wait" if named[:-1] else f"{named[0]} waits"
    return f"{listed[:1].upper()}{listed[1:]}."


def scale_of(name: str, assay: Assay) -> Scale:
    """The bands of an assay as shares of its legal values; side by side in equal parts where those say too little."""
    shares = _shares(assay)
    edges = shares or [place / len(assay.bands) for place in range(len(assay.bands))]
    zones = tuple(
        Zone(
            start=edge,
            end=(*edges[1:], 1.0)[place],
            name=band.name,
            response=band.response,
            limit=BLANK if band.from_value is None else f"{band.from_value:g}",
            blank=band.from_value is None,
        )
        for place, (edge, band) in enumerate(zip(edges, assay.bands, strict=True))
    )
    sources = dict.fromkeys(source_words(band.source, band.grade) for band in assay.bands)
    version = f", cut-offs {assay.cutoff_version}" if assay.cutoff_version else ""
    return Scale(
        f"{name}{version}", assay.unit, f"{assay.minimum:g}", f"{assay.maximum:g}", zones,
        ", ".join(sources), shares is not None,
    )  # fmt: skip


def _shares(assay: Assay) -> list[float] | None:
    """Where each band begins, to scale; None where a limit is blank, or a band would be too narrow to be seen."""
    span, starts = assay.maximum - assay.minimum, [band.from_value for band in assay.bands]
    shares = [(value - assay.minimum) / span for value in starts if value is not None]
    if len(shares) == len(starts) and all(
        end - start >= _NARROWEST for start, end in itertools.pairwise([*shares, 1.0])
    ):
        return shares
    return None


def held_by_flags(template: Template) -> list[str]:
    """What else stops steps until a person decides: the flags that hold something and stand at no gate."""
    at_gates = set(_FLAG_OF.values()) if any(step.measures == "round" for step in template.steps) else set()
    at_gates |= {"baseline_already_positive"}
    codes = [code for code, settings in template.flags.items() if settings.holds and code not in at_gates]
    if "pregnancy" in template.milestones and any(step.phase == "pre-conception" for step in template.steps):
        codes.append("pregnancy_during_course")
    return [f"{asks_whom(template, code)} {waits(template, code)}".strip() for code in dict.fromkeys(codes)]
