"""What one synthetic couple went through, as the report counts it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from protocols.plan import DoseVerdict

Ending = Literal[
    "responded", "went on without response", "already positive", "dropped out", "stopped", "complete", "unfinished",
    "nothing was due",
    "pregnant"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Life:
    """From the course start to its end. `doses` are those that counted, `visits` the days on which somebody came.

    `responded_after` is the number of doses before the sample that showed the response. `flags` are the keys of all that
    were raised, each once, with its code and the day on which it was first seen.
    """

    number: int
    started_on: date
    ended_on: date
    ending: Ending
    doses: int
    responded_after: int | None
    visits: tuple[tuple[str, date], ...]
    missed: int
    flags: tuple[tuple[str, str, date], ...]
    verdicts: tuple[DoseVerdict, ...]

    @property
    def days(self) -> int:
        """The length of the course in days, the first one not counted."""
        return (self.ended_on - self.started_on).days

    @property
    def treated(self) -> bool:
        return any(verdict.counts for verdict in self.verdicts)
