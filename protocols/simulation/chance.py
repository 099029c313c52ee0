"""What chance decides for one couple, drawn from the scenario when it is asked for and at no other time.

So a couple that is looked at every day meets the same chances as one that is looked at only when something is due.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Literal

from protocols.laboratory import Assay, Band, LabTest
from protocols.simulation.scenario import Scenario

Turnout = Literal["keep", "late", "miss"]


@dataclass(slots=True)
class Chance:
    """One couple's fate: after which dose it would respond, whether it is positive before, whether it drops out."""

    scenario: Scenario
    random: Random
    responds_after: int | None = field(init=False)
    already_positive: bool = field(init=False)
    drops_out_after: int | None = field(init=False)

    def __post_init__(self) -> None:
        self.responds_after = self._first_response()
        positive, leaving = self.scenario.already_positive, self.scenario.drop_out
        self.already_positive = positive is not None and self.random.random() < positive.chance
        leaves = leaving is not None and self.random.random() < leaving.chance
        last = len(self.scenario.response.converted_after)
        self.drops_out_after = self.random.randint(1, last) if leaves else None

    def new_donor(self) -> None:
        """Antibodies are against one donor's antigens: with another donor the couple may respond anew."""
        self.responds_after = self._first_response()

    def _first_response(self) -> int | None:
        """After each dose the hazard of those who had not responded before it; the chain gives back the counts."""
        for dose, hazard in enumerate(self.scenario.response.hazards, 1):
            if self.random.random() < hazard:
                return dose
        return None

    def turnout(self) -> Turnout:
        behaviour, drawn = self.scenario.behaviour, self.random.random()
        if drawn < behaviour.keep:
            return "keep"
        return "late" if drawn < behaviour.keep + behaviour.late else "miss"

    def days_late(self) -> int:
        return self.random.randint(1, self.scenario.behaviour.late_by_days)

    def laboratory(self) -> timedelta:
        delay = self.scenario.result_after
        return timedelta(days=self.random.randint(delay.least.days, delay.most.days))

    def wants_optional(self) -> bool:
        return self.random.random() < self.scenario.behaviour.wants_optional

    def conceives(self) -> bool:
        conception = self.scenario.conception
        return conception is not None and self.random.random() < conception.monthly

    def value(self, test: LabTest, *, responded: bool, earlier: int) -> tuple[str, float]:
        """A whole value inside a band that says so, by the first assay; without bands one that doubles each time."""
        name, assay = next(iter(test.assays.items()))
        wanted = "responded" if responded else "none"
        bands = [band for band in assay.bands if band.response == wanted]
        if not bands:
            return name, min(assay.maximum, max(assay.minimum, 1.0) * 50 * 2**earlier)
        low, high = _ends(assay, self.random.choice(bands))
        return name, float(self.random.randint(int(low), max(int(low), int(high))))


def _ends(assay: Assay, band: Band) -> tuple[float, float]:
    starts = [other.from_value for other in assay.bands if other.from_value is not None]
    low = band.from_value if band.from_value is not None else assay.minimum
    return low, min((start - 1 for start in starts if start > low), default=assay.maximum)
