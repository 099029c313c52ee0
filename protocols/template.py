"""The protocol document: what a template may say. Frozen; `protocols.checks` reports what contradicts itself.

Every medical number stands beside the tag of its source and that source's grade (A guideline, statute, peer-reviewed
abstract or registry; B clinic or laboratory page; C weaker; setting: a clinic's own organisational choice).
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    field_validator,
    model_validator,
)

from protocols.conditions import Condition, asked_of
from protocols.durations import Duration, MonthEnds, parse

Grade = Literal["A", "B", "C", "setting"]
Phase = Literal["pre-conception", "pregnancy", "any"]
ResponseBand = Literal["none", "weak", "responded"]
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


class Source(Part):
    title: str
    grade: Grade


class Number(Part):
    """A duration with where it comes from. ``at: null`` is a blank that a clinician fills before publishing."""

    at: DurationText | None
    source: str
    grade: Grade
    note: str = ""


class Anchor(Part):
    """What a window hangs on. Exactly one of the fields, with `occurrence` where there are several."""

    milestone: str | None = None
    step: str | tuple[str, ...] | None = None
    previous: bool = False
    gestation: bool = False
    cycle_day: int | None = Field(None, ge=1, le=60)
    result: str | None = None
    decision: str | None = None
    occurrence: int | Literal["latest", "round"] = "latest"

    @model_validator(mode="after")
    def _one(self) -> Anchor:
        if sum(getattr(self, name) not in (None, False) for name in ANCHORS) != 1:
            raise ValueError(f"name exactly one of {', '.join(ANCHORS)}")
        return self


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


class Band(Part):
    """Values from `from_value` up to the next band."""

    from_value: float = Field(alias="from")
    name: str
    response: ResponseBand
    source: str
    grade: Grade
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Validity(Part):
    number: Number
    starts: Literal["sampled_on", "resulted_on"] = "sampled_on"


class LabTest(Part):
    """A laboratory test whose value is read by bands. Values of different assays are never compared."""

    title: str
    assay: str
    unit: str
    minimum: float
    maximum: float
    donor_specific: bool = True
    bands: tuple[Band, ...] = Field(min_length=1)
    result_due: Number | None = None
    valid_for: Validity | None = None

    def band(self, value: float) -> Band:
        """The band that holds `value`, which lies inside minimum..maximum."""
        return [band for band in self.bands if band.from_value <= value][-1]


class RoundSize(Part):
    doses: int = Field(ge=1)
    donor: str | None = None


class Rounds(Part):
    """Doses in rounds with a test after each; a decision may append a round while doses are left under the cap."""

    sizes: tuple[RoundSize, ...] = Field(min_length=1)
    cap: int = Field(ge=1)
    cap_source: str
    cap_grade: Grade

    @field_validator("sizes", mode="before")
    @classmethod
    def _plain_number(cls, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return value
        return [{"doses": size} if isinstance(size, int) else size for size in value]


class Requirement(Part):
    """What must be true on the day of the act. It blocks the act and never the booking."""

    consent: Literal["everyone"] | None = None
    screening: tuple[str, ...] | None = None
    of: Literal["donor", "recipient"] = "donor"
    not_older_than: Number | None = None
    valid_result: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Requirement:
        if sum(value is not None for value in (self.consent, self.screening, self.valid_result)) != 1:
            raise ValueError("name exactly one of consent, screening, valid_result")
        if self.screening and not self.not_older_than:
            raise ValueError("a screening needs not_older_than")
        return self


class Content(Part):
    """Least content of a dose. Below it the dose is `inadequate` and a doctor decides whether it counts."""

    cells_million: float | None = None
    viability_percent: float | None = None
    source: str
    grade: Grade


class Step(Part):
    """One element of the protocol. Relations of the first occurrence, of the next ones, and of a later round's first."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    title: str
    noun: str
    kind: Literal["dose", "test", "review", "contact"]
    phase: Phase = "any"
    attends: tuple[Literal["recipient", "donor"], ...] = ("recipient",)
    relations: tuple[Relation, ...] = Field(min_length=1)
    next: tuple[Relation, ...] = ()
    later_round: tuple[Relation, ...] = ()
    rounds: Rounds | None = None
    count: int = Field(1, ge=1)
    test: str | None = None
    measures: Literal["baseline", "round"] | None = None
    of: str | None = None
    when: Condition | None = None
    optional: bool = False
    redose: bool = False
    requires: tuple[Requirement, ...] = ()
    content: Content | None = None


class FlagSettings(Part):
    """A clinic's say over one flag rule: who owns it, how soon, what it holds."""

    owner: Literal["nurse", "doctor", "manager"] | None = None
    deadline: DurationText | None = None
    holds: tuple[str, ...] = ()


class ReminderSettings(Part):
    """A message so long before a booked visit, at a wall-clock time of the clinic."""

    before: DurationText
    at: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    source: str
    grade: Grade


class MilestoneKind(Part):
    title: str
    repeats: bool = False


class Template(Part):
    """A protocol document, read and valid. Equal documents are equal templates."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    version: str
    title: str
    month_ends: MonthEnds = MonthEnds.ROLL_FORWARD
    evidence: str
    sources: dict[str, Source]
    milestones: dict[str, MilestoneKind]
    tests: dict[str, LabTest] = Field(default_factory=dict)
    steps: tuple[Step, ...] = Field(min_length=1)
    flags: dict[str, FlagSettings] = Field(default_factory=dict)
    reminders: tuple[ReminderSettings, ...] = ()
    notice: DurationText = Duration(0, 7)

    @cached_property
    def step_named(self) -> dict[str, Step]:
        return {step.name: step for step in self.steps}

    @cached_property
    def dose_steps(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.rounds is not None)

    def test_after(self, dose_step: str) -> Step | None:
        """The step that tests after each round of a dose step, if there is one."""
        return next((step for step in self.steps if step.measures == "round" and step.of == dose_step), None)

    @cached_property
    def order(self) -> tuple[Step, ...]:
        """Steps so that what a window hangs on comes first; the document's own order where nothing hangs together."""
        placed: list[Step] = []
        left = list(self.steps)
        while left:
            names = {step.name for step in left}
            ready = next((step for step in left if not (self._hangs_on(step) & names - {step.name})), left[0])
            placed.append(left.pop(left.index(ready)))
        return tuple(placed)

    def _hangs_on(self, step: Step) -> set[str]:
        named: set[str] = set()
        for relation in (*step.relations, *step.next, *step.later_round):
            steps = relation.anchor.step
            named |= {steps} if isinstance(steps, str) else set(steps or ())
        return named | self._asks_for(step)

    def _asks_for(self, step: Step) -> set[str]:
        """The steps whose doses, results or decided flags say whether a step applies or may be done."""
        asked = set(asked_of(step.when)) if step.when is not None else set()
        asked |= {name for need in step.requires if (name := need.valid_result)}
        asked |= {name for relation in step.relations if (name := relation.anchor.result)}
        flags = asked - set(self.tests) - set(self.step_named)
        return {
            other.name
            for other in self.steps
            if other.name in asked or other.test in asked or (flags and (other.rounds or other.measures))
        }
