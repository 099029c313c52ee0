"""One occurrence to place: which, timed by what, and what asked for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from protocols.because import AnchorDate, Awaited, Key
from protocols.facts import Entry
from protocols.records import Fulfilled, Result
from protocols.template import Relation, Step


@dataclass(slots=True)
class Slot:
    """`depends` says that it is wanted only if a result to come asks for it; `sampled` that its sample is known."""

    step: Step
    occurrence: int
    relations: tuple[Relation, ...]
    previous: AnchorDate | Awaited | None = None
    asked: AnchorDate | None = None
    round_end: AnchorDate | Awaited | None = None
    dose: int | None = None
    donor: str | None = None
    sampled: Entry[Fulfilled] | Entry[Result] | None = None
    state_reason: str | None = None
    depends: bool = False
    key: Key = field(init=False)

    def __post_init__(self) -> None:
        self.key = (self.step.name, self.occurrence)

    @property
    def label(self) -> str:
        """The visit as an anchor says it: ``dose 2``, ``the booster``."""
        numbered = self.dose and self.step.several
        return f"{self.step.noun} {self.dose}" if numbered else f"the {self.step.noun}"
