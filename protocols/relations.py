"""What windows hang on: durations with their sources, anchors, and relations of up to five offsets."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    model_validator,
)

from protocols.durations import Duration, parse

# A title by the code of its language.
Titles = dict[
    Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")],
    Annotated[str, StringConstraints(min_length=1)],
]
Grade = Literal["A", "B", "C", "setting"]
DurationText = Annotated[
    Duration,
    BeforeValidator(lambda value: parse(value) if isinstance(value, str) else value),
    PlainSerializer(str, return_type=str),
]
ANCHORS = ("milestone", "step", "previous", "gestation", "cycle_day", "result", "decision")
OFFSETS = ("absolute_minimum", "earliest", "target", "latest", "maximum")


class Part(BaseModel):
    """Base of every piece of a document: frozen, and a field that is not known is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Number(Part):
    """A duration with where it comes from. ``at: null`` is a blank that a clinician fills before publishing."""

    at: DurationText | None
    source: str
    grade: Grade
    note: str = ""


class Anchor(Part):
    """What a window hangs on. Exactly one of the fields, with `occurrence` where there are several.

    `rise` counts the rising values of `result` in this pregnancy: ``{result: hcg, rise: 3}`` is the day on which the
    third value of a rising row was sampled. `cycle_day` 1 is the day of the milestone ``cycle-start``.
    """

    milestone: str | None = None
    step: str | tuple[str, ...] | None = None
    previous: bool = False
    gestation: bool = False
    cycle_day: int | None = Field(None, ge=1, le=60)
    result: str | None = None
    rise: int | None = Field(None, ge=1, le=9)
    decision: str | None = None
    occurrence: int | Literal["latest", "round"] = "latest"

    @model_validator(mode="after")
    def _one(self) -> Anchor:
        if sum(getattr(self, name) not in (None, False) for name in ANCHORS) != 1:
            raise ValueError(f"name exactly one of {', '.join(ANCHORS)}")
        if self.rise is not None and self.result is None:
            raise ValueError("rise counts the values of a result; name the result")
        return self

    @cached_property
    def steps(self) -> tuple[str, ...]:
        """The steps that are named, none where the anchor is something else."""
        return (self.step,) if isinstance(self.step, str) else self.step or ()


class Relation(Part):
    """One bound of a visit by an anchor, with up to five offsets. `before` counts them back from the anchor."""

    after: Anchor | None = None
    before: Anchor | None = None
    absolute_minimum: Number | None = None
    earliest: Number | None = None
    target: Number | None = None
    latest: Number | None = None
    maximum: Number | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Relation:
        if (self.after is None) == (self.before is None):
            raise ValueError("give either after or before")
        if all(getattr(self, name) is None for name in OFFSETS):
            raise ValueError("give at least one offset")
        return self

    @cached_property
    def anchor(self) -> Anchor:
        anchor = self.after or self.before
        assert anchor is not None
        return anchor

    @cached_property
    def cited(self) -> str:
        """The sources of the offsets with their grades: ``S02 (A), S43 (B)``."""
        numbers = [number for name in OFFSETS if (number := getattr(self, name)) is not None]
        return ", ".join(dict.fromkeys(f"{number.source} ({number.grade})" for number in numbers))

    @cached_property
    def offsets(self) -> tuple[Duration | None, ...]:
        """The five offsets with the defaults filled: absolute minimum = earliest, latest = maximum."""
        given = [getattr(self, name) for name in OFFSETS]
        minimum, earliest, target, latest, maximum = [number.at if number else None for number in given]
        return (minimum or earliest, earliest or minimum, target, latest or maximum, maximum)
