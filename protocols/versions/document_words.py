"""A protocol document in words: numbers with their sources, what windows hang on, conditions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from protocols.durations import Duration
from protocols.template import OFFSETS, Anchor, Number, Relation, RoundSize, Template

CITED = ("source", "grade")
_NAMES = {
    "evidence": "evidence statement", "month_ends": "month ends", "later_round": "first dose of a later round",
    "attends": "who comes", "when": "applies when", "cap": "at most in all", "sizes": "doses",
    "cells_million": "least cells (million)", "viability_percent": "least viability (percent)",
    "volume_ml": "least volume (ml)", "hours_to_injection": "most hours from draw to injection",
    "result_due": "result due after", "valid_for": "valid for", "valid_result": "needs a valid result of",
    "not_older_than": "not older than", "screening": "screens", "of": "of", "redose": "re-dose",
    "before": "before the visit", "from_value": "from", "gaps": "gap before dose", "at_least": "at least",
    "bands": "band", "assays": "assay", "cutoff_version": "version of the limits",
}  # fmt: skip
_VALUES = {
    "sampled_on": "on the day of the sample", "resulted_on": "on the day of the result", "last_dose": "with the last dose",
    "roll_forward": "roll forward", "clamp": "stay in the month",
}  # fmt: skip


class DocumentWords:
    """Says values of documents; steps, tests and milestones by the titles of `templates`, the last one's first."""

    def __init__(self, *templates: Template) -> None:
        self._titles: dict[tuple[str, str], str] = {}
        for template in templates:
            self._titles |= {("step", step.name): step.title.lower() for step in template.steps}
            self._titles |= {
                ("milestone", name): kind.title.lower() for name, kind in template.milestones.items()
            }
            self._titles |= {("test", name): test.title for name, test in template.tests.items()}

    def hangs(self, relation: Relation) -> str:
        """What a relation counts from: ``after dose 1``."""
        return f"{'after' if relation.after else 'before'} {self._anchor(relation.anchor)}"

    def _anchor(self, anchor: Anchor) -> str:
        given = {name: getattr(anchor, name) for name in type(anchor).model_fields}
        words = []
        for name, value in given.items():
            if value in (None, False) or name == "occurrence":
                continue
            if name in ("step", "milestone"):
                names = (value,) if isinstance(value, str) else value
                words.append(" or ".join(self._titles.get((name, one), one) for one in names))
            else:
                words.append(_ANCHORED.get(name, f"{called(name)} {{}}").format(self._test(value)))
        if anchor.occurrence != "latest":
            words.append("of the round" if anchor.occurrence == "round" else f"number {anchor.occurrence}")
        return " ".join(words)

    def _test(self, name: Any) -> Any:
        return self._titles.get(("test", name), name) if isinstance(name, str) else name

    def said(self, value: Any) -> str:
        """A whole value in words."""
        if isinstance(value, Number):
            return f"{amount(value)} ({cited(value)})"
        if isinstance(value, Relation):
            offsets = (
                f"{called(name)} {self.said(part)}" for name in OFFSETS if (part := getattr(value, name))
            )
            return f"{self.hangs(value)}: {', '.join(offsets)}"
        if isinstance(value, RoundSize):
            doses = "not filled in" if value.doses is None else str(value.doses)
            return f"{doses} of {value.donor}" if value.donor else doses
        if isinstance(value, BaseModel):
            if hasattr(value, "words"):
                return str(value.words())
            parts = {
                called(name): getattr(value, name) for name in type(value).model_fields if name not in CITED
            }
            said = ", ".join(
                f"{name} {self.said(part)}" for name, part in parts.items() if part not in (None, "", ())
            )
            return f"{said} ({cited(value)})" if cites(value) else said
        if isinstance(value, Mapping):
            return ", ".join(f"{key} {self.said(part)}" for key, part in value.items()) or "none"
        if isinstance(value, list | tuple):
            return ", ".join(map(self.said, value)) or "none"
        return _scalar(value)


_ANCHORED = {
    "previous": "the previous one", "gestation": "gestational age", "cycle_day": "day {} of the cycle",
    "result": "the result of {}", "rise": "on rising value {}", "decision": "the decision",
}  # fmt: skip


def called(name: str) -> str:
    """A field as people say it; one without a word of its own by its name."""
    return _NAMES.get(name, name.replace("_", " "))


def cites(part: Any) -> bool:
    """Whether a part of a document says where it comes from."""
    return isinstance(part, BaseModel) and set(CITED) <= set(type(part).model_fields)


def cited(part: Any) -> str:
    """``S02 (A)``."""
    return f"{part.source} ({part.grade})"


def amount(number: Number) -> str:
    """The duration of a number, or that a clinician has not filled it in."""
    return _scalar(number.at) if number.at is not None else "not filled in"


def _scalar(value: Any) -> str:
    if isinstance(value, Duration):
        return value.in_words()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value in (None, "") else _VALUES.get(str(value), str(value))
