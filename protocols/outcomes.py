"""Verdicts as values: what an act or a result came to, against what the protocol asked. `verdicts.py` judges them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from protocols.because import day_words


class Timing(StrEnum):
    """What the dates say of something that was done."""

    ON_TIME = "on_time"
    EARLY = "early"
    TOO_EARLY = "too_early"
    LATE = "late"
    EXPIRED = "expired"
    NOT_JUDGED = "not_judged"


class Response(StrEnum):
    """What a result says of the antibody response."""

    BASELINE_NEGATIVE = "baseline_negative"
    BASELINE_POSITIVE = "baseline_positive"
    NOT_YET_TESTED = "not_yet_tested"
    RESPONDED = "responded"
    WEAK = "weak"
    NOT_RESPONDED_YET = "not_responded_yet"
    NOT_RESPONDED_FINAL = "not_responded_final"
    NOT_INTERPRETABLE = "not_interpretable"


class DoseVerdict(NamedTuple):
    """What was done against what was asked. `counts` says whether it is one of the protocol's doses.

    `named` is the act as people say it, `not_before` the absolute minimum of its window.
    """

    step: str
    occurrence: int
    on: date
    timing: Timing
    counts: bool
    dose: int | None
    content: Literal["adequate", "inadequate"] | None
    named: str
    not_before: date | None

    @property
    def text(self) -> str:
        """The verdict in words; made when somebody asks."""
        said = f"{self.named} on {day_words(self.on, self.on)}"
        if self.timing is Timing.TOO_EARLY and self.not_before:
            limit = day_words(self.not_before, self.on)
            return f"{said} was too early: not before {limit}. It does not count"
        text = f"{said}: {self.timing.value.replace('_', ' ')}"
        return text if self.counts else f"{text}. It does not count"

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": "timing",
            "step": self.step,
            "occurrence": self.occurrence,
            "on": self.on.isoformat(),
            "verdict": self.timing.value,
            "counts": self.counts,
            "dose": self.dose,
            "content": self.content,
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class ResponseVerdict:
    """What one result says. `step` and `occurrence` name the visit whose sample it was; None for an interim sample."""

    test: str
    step: str | None
    occurrence: int | None
    response: Response
    value: float | None
    unit: str
    band: str | None
    dose_number: int
    sampled_on: date
    resulted_on: date
    record: str
    text: str
    assay: str = ""
    laboratory: str | None = None
    donor: str | None = None
    cutoff_version: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": "response",
            "test": self.test,
            "step": self.step,
            "occurrence": self.occurrence,
            "verdict": self.response.value,
            "value": self.value,
            "unit": self.unit,
            "band": self.band,
            "dose_number": self.dose_number,
            "sampled_on": self.sampled_on.isoformat(),
            "resulted_on": self.resulted_on.isoformat(),
            "record": self.record,
            "text": self.text,
            "assay": self.assay,
            "laboratory": self.laboratory,
            "donor": self.donor,
            "cutoff_version": self.cutoff_version,
        }


Verdict = DoseVerdict | ResponseVerdict
