"""The protocol document: what a template may say. Frozen; `protocols.checks` reports what contradicts itself.

Every medical number stands beside the tag of its source and that source's grade (A guideline, statute, peer-reviewed
abstract or registry; B clinic or laboratory page; C weaker; setting: a clinic's own organisational choice).
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from protocols.conditions import Condition, asked_of
from protocols.durations import Duration, MonthEnds
from protocols.laboratory import Assay, Band, LabTest, Validity
from protocols.relations import OFFSETS, Anchor, DurationText, Grade, Number, Part, Relation, Titles
from protocols.sessions import DEFAULT_SESSIONS, Session

__all__ = [
    "LIMITS", "OFFSETS", "Anchor", "Assay", "Band", "Content", "FlagSettings", "Grade", "LabTest", "MilestoneKind",
    "Number", "Part", "Relation", "ReminderSettings", "Repeat", "Requirement", "RoundSize", "Rounds", "Source", "Step",
    "Template", "Validity",
]  # fmt: skip
LIMITS = ("cells_million", "viability_percent", "volume_ml", "hours_to_injection")
Phase = Literal["pre-conception", "pregnancy", "any"]


class Source(Part):
    title: str
    grade: Grade


class RoundSize(Part):
    """So many doses before the next test. `doses: null` is a blank; `donor` where it is not the treatment's."""

    doses: int | None = Field(ge=1)
    donor: str | None = None

    @property
    def number(self) -> int:
        assert self.doses is not None, "a blank is filled before anything is planned"
        return self.doses


class Capped(Part):
    """What comes again has a cap, with where that comes from. `cap: null` is a blank that a clinician fills."""

    cap: int | None = Field(ge=1)
    cap_source: str
    cap_grade: Grade

    @property
    def at_most(self) -> int:
        assert self.cap is not None, "a blank is filled before anything is planned"
        return self.cap


class Rounds(Capped):
    """Doses in rounds with a test after each; a decision may append a round while doses are left under the cap."""

    sizes: tuple[RoundSize, ...] = Field(min_length=1)

    @field_validator("sizes", mode="before")
    @classmethod
    def _plain_number(cls, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return value
        return [{"doses": size} if isinstance(size, int | None) else size for size in value]


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


class Repeat(Capped):
    """A visit that comes again while its window still reaches `until`, and never more than `cap` times."""

    until: Relation


class Content(Part):
    """What a dose must hold at least, and how old it may be. Else it is `inadequate` and a doctor decides.

    `hours_to_injection` counts from the donor's draw to the injection.
    """

    cells_million: float | None = Field(None, gt=0)
    viability_percent: float | None = Field(None, gt=0, le=100)
    volume_ml: float | None = Field(None, gt=0)
    hours_to_injection: float | None = Field(None, gt=0)
    source: str
    grade: Grade


class Step(Part):
    """One element of the protocol; `titles` say its title in further languages.

    `relations` time its first occurrence, `next` those after it, `later_round` the first of a later round; `gaps` times
    the dose of a number where that differs from `next`."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    title: str
    titles: Titles = Field(default_factory=dict)
    noun: str
    kind: Literal["dose", "test", "review", "contact"]
    phase: Phase = "any"
    attends: tuple[Literal["recipient", "donor"], ...] = ("recipient",)
    relations: tuple[Relation, ...] = Field(min_length=1)
    next: tuple[Relation, ...] = ()
    later_round: tuple[Relation, ...] = ()
    gaps: dict[int, tuple[Relation, ...]] = Field(default_factory=dict)
    rounds: Rounds | None = None
    repeat: Repeat | None = None
    count: int = Field(1, ge=1)
    test: str | None = None
    measures: Literal["baseline", "round"] | None = None
    of: str | None = None
    when: Condition | None = None
    optional: bool = False
    redose: bool = False
    requires: tuple[Requirement, ...] = ()
    content: Content | None = None
    session: str | None = None

    @cached_property
    def sizes(self) -> tuple[RoundSize, ...]:
        """The rounds that are planned from the start; a fixed count is one round, a repeated visit many of one."""
        if self.rounds:
            return self.rounds.sizes
        return (RoundSize(doses=1),) * self.repeat.at_most if self.repeat else (RoundSize(doses=self.count),)

    @cached_property
    def several(self) -> bool:
        """Whether the protocol may ask for it more than once, so that people say its number."""
        return self.rounds is not None or self.repeat is not None or self.count > 1

    @cached_property
    def most(self) -> int | None:
        """How often the protocol asks for it at most; None for a test, which follows its rounds."""
        if self.kind == "test" and self.repeat is None and self.count == 1:
            return None
        return self.rounds.cap if self.rounds else self.repeat.cap if self.repeat else self.count

    @cached_property
    def groups(self) -> tuple[tuple[str, tuple[Relation, ...]], ...]:
        """The relations by where they stand in the document, such as ``next`` or ``gaps.3``."""
        named: list[tuple[str, tuple[Relation, ...]]] = [
            ("relations", self.relations),
            ("next", self.next),
            ("later_round", self.later_round),
            *((f"gaps.{number}", relations) for number, relations in self.gaps.items()),
        ]
        return tuple((name, relations) for name, relations in named if relations)

    @cached_property
    def all_relations(self) -> tuple[Relation, ...]:
        return tuple(relation for _, relations in self.groups for relation in relations)


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
    sessions: dict[str, Session] = Field(default_factory=dict)
    flags: dict[str, FlagSettings] = Field(default_factory=dict)
    reminders: tuple[ReminderSettings, ...] = ()
    notice: DurationText = Duration(0, 7)

    @cached_property
    def step_named(self) -> dict[str, Step]:
        return {step.name: step for step in self.steps}

    def session_of(self, step: str) -> Session:
        """What a visit of the step is made of: the session that the document names, or the usual one of its kind."""
        asked = self.step_named[step]
        if asked.session is not None:
            return self.sessions[asked.session]
        cells = asked.kind == "dose" and "donor" in asked.attends
        return DEFAULT_SESSIONS["cells" if cells else asked.kind]

    @cached_property
    def place(self) -> dict[str, int]:
        """Where each step stands in the document."""
        return {step.name: number for number, step in enumerate(self.steps)}

    @cached_property
    def dose_steps(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.rounds is not None)

    @cached_property
    def _tests_after(self) -> dict[str, tuple[Step, ...]]:
        tests = [step for step in self.steps if step.measures == "round"]
        return {step.name: tuple(test for test in tests if test.of == step.name) for step in self.steps}

    def tests_after(self, dose_step: str) -> tuple[Step, ...]:
        """The steps that test after each round of a dose step; all of them must respond."""
        return self._tests_after[dose_step]

    @cached_property
    def _taken(self) -> frozenset[str | None]:
        return frozenset(step.test for step in self.steps)

    @cached_property
    def _users(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for step in self.steps:
            for test in dict.fromkeys(need.valid_result for need in step.requires if need.valid_result):
                found[test] = (*found.get(test, ()), step.name)
        return found

    def is_taken(self, test: str) -> bool:
        """Whether a step takes samples for a test; else its results are only recorded."""
        return test in self._taken

    def users_of(self, test: str) -> tuple[str, ...]:
        """The steps that need a valid result of a test."""
        return self._users.get(test, ())

    @cached_property
    def entangled(self) -> bool:
        """Whether steps time each other's occurrences, such as a review after dose 2 that times dose 3."""
        place = {step.name: number for number, step in enumerate(self.order)}
        return any(
            place.get(name, -1) > place[step.name]
            for step in self.steps
            for relation in step.all_relations
            for name in relation.anchor.steps
        )

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
        named = {name for relation in step.all_relations for name in relation.anchor.steps}
        return named | self._asks_for(step)

    def _asks_for(self, step: Step) -> set[str]:
        """The steps whose doses, results or decided flags say whether a step applies or may be done."""
        asked = set(asked_of(step.when)) if step.when is not None else set()
        asked |= {name for need in step.requires if (name := need.valid_result)}
        asked |= {name for relation in step.all_relations if (name := relation.anchor.result)}
        flags = asked - set(self.tests) - set(self.step_named)
        return {
            other.name
            for other in self.steps
            if other.name in asked or other.test in asked or (flags and (other.rounds or other.measures))
        }
