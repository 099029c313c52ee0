"""The records: what happened and what people decided, as one closed set of shapes.

The same shape is what the command line reads as YAML, what the API takes as JSON and what a row stores. Dates are
whole days of the clinic's own calendar; `recorded_at` is a moment with its offset. Nothing is ever edited: a
`correction` takes an earlier record out of force and may carry its replacement.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from protocols.given import Given as Given
from protocols.given import Route as Route

# Far-off years are slips of the pen, and calendar arithmetic ends at year 9999.
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]
Certainty = Literal["planned", "happened", "cancelled"]
Evidence = Literal["document", "reported"]
DatingBasis = Literal["lmp", "ovulation", "d3", "d5", "d6", "scan"]


class By(BaseModel):
    """Who stands behind a record. The role decides what they may decide."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    role: str | None = None


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str | None = None
    recorded_at: datetime | None = None
    by: By | None = None

    @field_validator("by", mode="before")
    @classmethod
    def _name_alone(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @field_validator("recorded_at")
    @classmethod
    def _with_offset(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("give the moment with its offset from UTC, such as 2026-01-12T09:00:00+05:30")
        return value


class Milestone(_Record):
    """A dated event outside the steps. `occurrence` may be left out; repeats are then numbered by date."""

    kind: Literal["milestone"]
    name: str
    on: Day
    certainty: Certainty = "happened"
    occurrence: int | None = Field(None, ge=1)


class Dating(_Record):
    """What a pregnancy is dated by: the day of the basis, and for a scan the gestational age measured on it (``8w2d``)."""

    kind: Literal["dating"]
    basis: DatingBasis
    on: Day
    ga: str | None = Field(None, pattern=r"^\d{1,2}w[0-6]d$")

    @model_validator(mode="after")
    def _scan_measures(self) -> Dating:
        if (self.basis == "scan") != (self.ga is not None):
            raise ValueError("give ga (such as 8w2d) with a scan, and only with a scan")
        return self


class _OfStep(_Record):
    step: str
    occurrence: int = Field(1, ge=1)
    on: Day


class Fulfilled(_OfStep):
    """A step was done on a day: a dose given, a sample taken.

    `elsewhere` says that another clinic did it and on what evidence; a doctor decides whether such a dose counts.
    """

    kind: Literal["fulfilled"]
    given: Given | None = None
    donor: str | None = None
    elsewhere: Evidence | None = None


class Missed(_OfStep):
    """A person says that a booked visit did not take place. The same occurrence is tried again."""

    kind: Literal["missed"]
    reason: str = ""


class Stopped(_OfStep):
    """A session began, or was about to, and was stopped on its day. It changes no window: the visit is asked for again.

    The cause says no more than that; why a unit was not released is nobody's business here.
    """

    kind: Literal["stopped"]
    cause: Literal["not_fit", "not_released", "equipment"]


class Skipped(_OfStep):
    """A person decided that this occurrence will not be done."""

    kind: Literal["skipped"]
    reason: str = Field(min_length=1)


class Booked(_OfStep):
    """A booking in force. A pencilled one keeps its place while the step is held."""

    kind: Literal["booked"]
    pencilled: bool = False


class Result(_Record):
    """A laboratory result. `donor` is who the sample was tested against; absent means the donor of that day.

    `assay` may be left out where the test has one. `elsewhere` marks a result brought from another clinic: it is
    compared with nothing until a doctor accepts it.
    """

    kind: Literal["result"]
    test: str
    sampled_on: Day
    resulted_on: Day
    value: float | None = None
    outcome: Literal["final", "invalid"] = "final"
    unit: str | None = None
    assay: str | None = None
    laboratory: str | None = None
    cutoff_version: str | None = None
    donor: str | None = None
    elsewhere: Evidence | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Result:
        if self.resulted_on < self.sampled_on:
            raise ValueError("resulted_on lies before sampled_on; check both dates")
        if (self.value is None) == (self.outcome == "final"):
            raise ValueError("give a value with a final result, and none with an invalid one")
        return self


class Decision(_Record):
    """What a clinician decided on a flag. `flag` is the flag's key, or its code while one of that code is meant.

    `cause` holds the ids of the records that the flag was raised on; where it is absent the decision covers what was
    known on its day. `parameters` carries what the choice needs: ``doses`` for extra doses, ``donor`` for a change.
    """

    kind: Literal["decision"]
    flag: str
    choice: str
    on: Day
    by: By
    reason: str = Field(min_length=1)
    cause: tuple[str, ...] | None = None
    parameters: dict[str, int | str] = Field(default_factory=dict)


class OptIn(_Record):
    """The couple asks for an optional step, or no longer does."""

    kind: Literal["opt_in"]
    step: str
    on: Day
    wanted: bool = True


class Consent(_Record):
    """A person in the treatment signed, or withdrew, consent."""

    kind: Literal["consent"]
    person: str
    on: Day
    given: bool = True
    document: str | None = None


class Screening(_Record):
    """An infection screen of one person. `outcome` is clear, reactive or pending."""

    kind: Literal["screening"]
    person: str
    test: str
    sampled_on: Day
    outcome: Literal["clear", "reactive", "pending"]


class Donor(_Record):
    """Whose lymphocytes are used from this day on: ``partner``, ``unrelated``, ``partner+unrelated``."""

    kind: Literal["donor"]
    donor: str = Field(min_length=1)
    on: Day


class Absence(_Record):
    """Days on which a person cannot come, ends inclusive."""

    kind: Literal["absence"]
    person: str
    from_on: Day
    to_on: Day

    @model_validator(mode="after")
    def _in_order(self) -> Absence:
        if self.to_on < self.from_on:
            raise ValueError("to_on lies before from_on; check both dates")
        return self


class Joined(_Record):
    """The couple was treated elsewhere before and joined on this day.

    What was done there is recorded in further records, each marked `elsewhere` with its evidence. What was due before
    the day is not overdue.
    """

    kind: Literal["joined"]
    on: Day
    evidence: Evidence
    place: str = ""


class Pause(_Record):
    """Nothing is proposed from this day until the treatment is resumed."""

    kind: Literal["pause"]
    on: Day
    reason: str = ""


class Resume(_Record):
    """A paused treatment, or one that a loss ended, goes on from this day at a person's word."""

    kind: Literal["resume"]
    on: Day
    reason: str = ""


class Close(_Record):
    """The treatment ends. Nothing further is planned."""

    kind: Literal["close"]
    on: Day
    reason: str = Field(min_length=1)


class Note(_Record):
    """A remark. It changes nothing."""

    kind: Literal["note"]
    text: str
    on: Day | None = None


class Correction(_Record):
    """Takes the record `of` out of force; `replacement`, if any, stands in its place."""

    kind: Literal["correction"]
    of: str
    reason: str = Field(min_length=1)
    replacement: Record | None = None


Record = Annotated[
    Milestone | Dating | Fulfilled | Missed | Stopped | Skipped | Booked | Result | Decision | OptIn | Consent | Screening
    | Donor | Absence | Joined | Pause | Resume | Close | Note | Correction,
    Field(discriminator="kind"),
]  # fmt: skip
Correction.model_rebuild()
KINDS = (
    "milestone", "dating", "fulfilled", "missed", "stopped", "skipped", "booked", "result", "decision", "opt_in", "consent",
    "screening", "donor", "absence", "joined", "pause", "resume", "close", "note", "correction",
)  # fmt: skip
