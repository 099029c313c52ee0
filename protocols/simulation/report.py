"""What a simulation comes to: every share with its denominator and its interval, every length with its quartiles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import quantiles
from typing import Any

from protocols.plan import Timing
from protocols.simulation.life import Life
from protocols.simulation.proportions import Proportion

CAVEAT = (
    "A simulation of synthetic couples: it shows what this protocol asks of a clinic under the scenario's assumptions. "
    "It says nothing of any real couple, and nothing of whether the treatment works."
)


@dataclass(frozen=True, slots=True)
class Spread:
    """Least, lower quartile, median, upper quartile and most of so many values; empty of none."""

    of: int
    points: tuple[float, float, float, float, float] | None

    @staticmethod
    def over(values: Sequence[float]) -> Spread:
        if not values:
            return Spread(0, None)
        low, middle, high = quantiles(values, n=4, method="inclusive") if len(values) > 1 else [values[0]] * 3
        return Spread(len(values), (min(values), low, middle, high, max(values)))

    def as_json(self) -> dict[str, Any]:
        names = ("least", "lower_quartile", "median", "upper_quartile", "most")
        return {"of": self.of, **dict(zip(names, self.points or (None,) * 5, strict=True))}


@dataclass(frozen=True, slots=True)
class FlagCount:
    """One flag code: how often it was raised, and for how many couples at all."""

    code: str
    raised: int
    couples: Proportion

    @property
    def per_couple(self) -> float:
        return self.raised / self.couples.of if self.couples.of else 0.0

    def as_json(self) -> dict[str, Any]:
        couples = self.couples.as_json()
        return {
            "code": self.code,
            "raised": self.raised,
            "per_couple": round(self.per_couple, 3),
            "couples": couples,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """`weeks` are the visits of each week of the clinic's calendar from the first to the last with any, by its Monday.

    The mean is over the middle half of these weeks, so that neither the filling nor the emptying of the clinic counts.
    """

    couples: int
    endings: tuple[tuple[str, Proportion], ...]
    responded_after: tuple[tuple[int, Proportion], ...]
    days: Spread
    doses: tuple[tuple[int, Proportion], ...]
    visits: Spread
    missed: Proportion
    weeks: tuple[tuple[date, int], ...]
    flags: tuple[FlagCount, ...]
    inside: Proportion
    timings: tuple[tuple[str, Proportion], ...]

    @property
    def visits_a_week(self) -> float:
        quarter = len(self.weeks) // 4
        middle = [count for _, count in self.weeks[quarter : len(self.weeks) - quarter]]
        return sum(middle) / len(middle) if middle else 0.0

    @property
    def busiest_week(self) -> tuple[date, int] | None:
        return max(self.weeks, key=lambda week: week[1], default=None)

    def as_json(self) -> dict[str, Any]:
        peak = self.busiest_week
        return {
            "caveat": CAVEAT,
            "couples": self.couples,
            "endings": _shares(self.endings),
            "responded_after": _shares(self.responded_after),
            "course_days": self.days.as_json(),
            "doses_per_couple": _shares(self.doses),
            "visits_per_couple": self.visits.as_json(),
            "missed": self.missed.as_json(),
            "visits_per_week": {
                "mean": round(self.visits_a_week, 2),
                "peak": peak[1] if peak else 0,
                "peak_week": peak[0].isoformat() if peak else None,
                "weeks": {monday.isoformat(): count for monday, count in self.weeks},
            },
            "flags": [flag.as_json() for flag in self.flags],
            "doses_inside_window": self.inside.as_json(),
            "doses_by_verdict": _shares(self.timings),
        }


def _shares(entries: Sequence[tuple[str | int, Proportion]]) -> dict[str, Any]:
    return {str(name): share.as_json() for name, share in entries}


def summarise(lives: Sequence[Life]) -> Report:
    """Count what the couples went through. Lengths and doses are of those who were treated at all."""
    treated = [life for life in lives if life.treated]
    verdicts = [verdict for life in lives for verdict in life.verdicts]
    timings = Counter(verdict.timing for verdict in verdicts)
    judged = len(verdicts) - timings[Timing.NOT_JUDGED]
    visits = sum(len(life.visits) for life in lives)
    missed = sum(life.missed for life in lives)
    return Report(
        couples=len(lives),
        endings=_of(Counter(life.ending for life in lives), len(lives)),
        responded_after=_of(Counter(life.responded_after for life in treated if life.responded_after), len(treated)),
        days=Spread.over([life.days for life in treated]),
        doses=_of(Counter(life.doses for life in treated), len(treated)),
        visits=Spread.over([len(life.visits) for life in treated]),
        missed=Proportion(missed, visits + missed),
        weeks=_weeks(lives),
        flags=_flags(lives),
        inside=Proportion(timings[Timing.ON_TIME], judged),
        timings=tuple((timing.value, Proportion(timings[timing], len(verdicts))) for timing in Timing if timings[timing]),
    )  # fmt: skip


def _of(counts: Counter[Any], of: int) -> tuple[tuple[Any, Proportion], ...]:
    """Each count as a share: numbers in their order, words by how many."""
    numbered = all(isinstance(name, int) for name in counts)
    names = sorted(counts) if numbered else sorted(counts, key=lambda name: (-counts[name], name))
    return tuple((name, Proportion(counts[name], of)) for name in names)


def _flags(lives: Sequence[Life]) -> tuple[FlagCount, ...]:
    raised = Counter(code for life in lives for _, code, _ in life.flags)
    couples = Counter(code for life in lives for code in {code for _, code, _ in life.flags})
    ordered = sorted(raised, key=lambda code: (-raised[code], code))
    return tuple(FlagCount(code, raised[code], Proportion(couples[code], len(lives))) for code in ordered)


def _weeks(lives: Sequence[Life]) -> tuple[tuple[date, int], ...]:
    counts = Counter(on - timedelta(days=on.weekday()) for life in lives for _, on in life.visits)
    if not counts:
        return ()
    first, last = min(counts), max(counts)
    mondays = (first + timedelta(weeks=number) for number in range((last - first).days // 7 + 1))
    return tuple((monday, counts[monday]) for monday in mondays)
