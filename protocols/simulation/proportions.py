"""A share with its uncertainty: Wilson's score interval, which keeps inside 0 and 1 and serves small numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any


@dataclass(frozen=True, slots=True)
class Proportion:
    """So many of so many, with the interval that holds the true share 95 times in 100. Nothing of nobody is no share."""

    count: int
    of: int

    @property
    def share(self) -> float | None:
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.count, self.of) if self.of else None

    def as_json(self) -> dict[str, Any]:
        between = self.interval
        return {
            "count": self.count,
            "of": self.of,
            "share": None if self.share is None else round(self.share, 4),
            "interval": None if between is None else [round(end, 4) for end in between],
        }

    def words(self) -> str:
        """``30 of 43 (70 %, 95 % interval 55 to 81 %)``."""
        if self.share is None or self.interval is None:
            return "none of none"
        low, high = (round(100 * end) for end in self.interval)
        return f"{self.count} of {self.of} ({100 * self.share:.0f} %, 95 % interval {low} to {high} %)"


def wilson(count: int, of: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's interval (1927) of `count` of `of`, which is at least 1."""
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share, weight = count / of, z * z / of
    centre = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * math.sqrt(share * (1 - share) / of + weight / (4 * of))
    return max(0.0, centre - half), min(1.0, centre + half)
