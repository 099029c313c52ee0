"""How synthetic couples respond and behave: a scenario document, each number beside its source."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from pydantic import Field, ValidationError, model_validator

from protocols.errors import Fault, Faults
from protocols.flags import RULES
from protocols.loader import read_yaml
from protocols.relations import DurationText, Grade, Part
from protocols.template import Source


class ScenarioFaults(Faults):
    """A scenario that cannot be simulated."""


class Cited(Part):
    source: str
    grade: Grade
    note: str = ""


class FirstResponse(Cited):
    """How many couples first responded after dose 1, 2, 3 ..., and how many never did, of those who were followed."""

    converted_after: tuple[int, ...] = Field(min_length=1)
    never: int = Field(ge=0)

    @model_validator(mode="after")
    def _counts(self) -> FirstResponse:
        if min(self.converted_after) < 0:
            raise ValueError("counts less than no couples after a dose")
        if self.followed < 1:
            raise ValueError("counts nobody")
        return self

    @cached_property
    def followed(self) -> int:
        return sum(self.converted_after) + self.never

    @cached_property
    def hazards(self) -> tuple[float, ...]:
        """After dose 1, 2, 3 ... the share that responds of those who had not responded before it."""
        left, shares = self.followed, []
        for converted in self.converted_after:
            shares.append(converted / left if left else 0.0)
            left -= converted
        return tuple(shares)


class Share(Cited):
    """So many of so many."""

    count: int = Field(ge=0)
    of: int = Field(ge=1)

    @model_validator(mode="after")
    def _at_most_all(self) -> Share:
        if self.count > self.of:
            raise ValueError("counts more than there are")
        return self

    @property
    def chance(self) -> float:
        return self.count / self.of


class Delay(Cited):
    """From the sample to its result, each day between as likely."""

    least: DurationText
    most: DurationText


class Behaviour(Cited):
    """What couples and clinic do. `keep`, `late` and `miss` are chances of a booked day and add up to 1."""

    keep: float = Field(ge=0, le=1)
    late: float = Field(ge=0, le=1)
    miss: float = Field(ge=0, lt=1)
    late_by_days: int = Field(ge=1, le=90)
    booked_ahead: DurationText
    wants_optional: float = Field(1.0, ge=0, le=1)
    decided_after: DurationText
    arrivals_per_week: float = Field(gt=0)
    watched_for: DurationText

    @model_validator(mode="after")
    def _all_days(self) -> Behaviour:
        if abs(self.keep + self.late + self.miss - 1) > 1e-9:
            raise ValueError("keep, late and miss add up to something else than 1")
        return self


class Expected(Part):
    """A milestone that is planned from the start, so long `after` it, and comes on its day; then `every` so often again."""

    after: DurationText
    every: DurationText | None = None


class Conception(Cited):
    """An attempt so long after the response, then each month again with the same chance of a pregnancy."""

    attempt_after: DurationText
    monthly: float = Field(ge=0, le=1)


class Scenario(Part):
    name: str
    title: str
    sources: dict[str, Source]
    response: FirstResponse
    already_positive: Share | None = None
    drop_out: Share | None = None
    result_after: Delay
    behaviour: Behaviour
    conception: Conception | None = None
    milestones: dict[str, Expected] = Field(default_factory=dict)
    policy: dict[str, tuple[str, ...]]
    parameters: dict[str, int | str] = Field(default_factory=dict)


def read_scenario(text: str) -> Scenario:
    """A scenario from its document. Raises ScenarioFaults with every fault at once, each with line, field and remedy."""
    try:
        data, lines = read_yaml(text)
    except Faults as error:
        raise ScenarioFaults(error.faults) from None
    if not isinstance(data, dict):
        raise ScenarioFaults(
            [Fault("scenario", "is no mapping of fields", "Begin with name, title, sources", 1)]
        )
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        raise ScenarioFaults([_fault(detail, lines) for detail in error.errors()]) from None
    faults = [
        Fault(".".join(path), message, remedy, _line(path, lines))
        for path, message, remedy in _unknown(scenario)
    ]
    if faults:
        raise ScenarioFaults(faults)
    return scenario


def _fault(detail: Any, lines: dict[tuple[str | int, ...], int]) -> Fault:
    path = tuple(str(part) for part in detail["loc"] if part != "[key]")
    field, message = ".".join(path) or "scenario", detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "missing":
        return Fault(field, "is missing", f"Add {path[-1]}", _line(path[:-1], lines))
    if detail["type"] == "extra_forbidden":
        return Fault(field, "is no field here", f"Remove {path[-1]} or correct its name", _line(path, lines))
    return Fault(field, message[:1].lower() + message[1:], "Correct the value", _line(path, lines))


def _line(path: tuple[str, ...], lines: dict[tuple[str | int, ...], int]) -> int | None:
    """The line of the innermost part of the path that the document has."""
    parts: tuple[str | int, ...] = ()
    for part in path:
        step: str | int = int(part) if part.isdecimal() and (*parts, part) not in lines else part
        if (*parts, step) in lines:
            parts = (*parts, step)
    return lines.get(parts)


def _unknown(scenario: Scenario) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Sources, flags and choices that nobody knows, and delays the wrong way round."""
    for name in ("response", "already_positive", "drop_out", "result_after", "behaviour", "conception"):
        part = getattr(scenario, name)
        if isinstance(part, Cited) and part.grade != "setting" and part.source not in scenario.sources:
            known = ", ".join(scenario.sources) or "none is declared"
            yield (name, "source"), f"there is no source '{part.source}'", f"Use one of: {known}"
    least, most = scenario.result_after.least, scenario.result_after.most
    if (least.months, least.days) > (most.months, most.days) or least.days < 0 or least.months or most.months:
        yield (
            ("result_after",),
            "runs backwards, or in months",
            "Give least and most in weeks or days, the smaller first",
        )
    if scenario.conception is not None and "conception-attempt" in scenario.milestones:
        yield ("milestones", "conception-attempt"), "is planned by conception too", "Leave one of the two out"
    for code, choices in scenario.policy.items():
        if code not in RULES:
            yield (
                ("policy", code),
                f"there is no flag rule '{code}'",
                f"Use one of: {', '.join(sorted(RULES))}",
            )
            continue
        offered = RULES[code].decisions
        for choice in choices:
            if choice not in offered:
                yield (
                    ("policy", code),
                    f"{code} does not offer '{choice}'",
                    f"Use one of: {', '.join(offered) or 'none'}",
                )
