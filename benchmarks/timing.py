"""Measuring: variants interleaved in one run, so that what disturbs one disturbs the others too."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

ROUNDS = 7
Work = Callable[[], object]


@dataclass(frozen=True)
class Spread:
    """Median and range of one measure over the rounds."""

    median: float
    low: float
    high: float

    @staticmethod
    def of(values: Sequence[float]) -> Spread:
        return Spread(median(values), min(values), max(values))

    def as_json(self) -> dict[str, object]:
        return {"median": _rounded(self.median), "range": [_rounded(self.low), _rounded(self.high)]}


def _rounded(value: float) -> float:
    """Four digits that mean something."""
    return float(f"{value:.4g}")


def cpu_seconds(
    variants: Mapping[str, Work],
    *,
    elsewhere: Mapping[str, Callable[[], float]] | None = None,
    rounds: int = ROUNDS,
    turns: int = 4,
    slice_seconds: float = 0.02,
) -> dict[str, list[float]]:
    """CPU-seconds per call of each variant, one value a round; a round gives each variant `turns` slices.

    `elsewhere` are variants of another process, each as a measure that takes one slice there.
    """
    calls = {name: _calls_in(work, slice_seconds) for name, work in variants.items()}
    measures = {
        name: lambda name=name: _cpu(variants[name], calls[name]) / calls[name]  # type: ignore[misc]
        for name in variants
    }
    return _interleaved({**measures, **(elsewhere or {})}, rounds, turns)


def wall_seconds(
    variants: Mapping[str, Work], *, rounds: int = ROUNDS, turns: int = 1
) -> dict[str, list[float]]:
    """Seconds by the clock per call, for work that waits for a database; a round gives each variant `turns` calls."""
    for work in variants.values():
        work()
    return _interleaved(
        {name: lambda work=work: _wall(work) for name, work in variants.items()},  # type: ignore[misc]
        rounds,
        turns,
    )


def _interleaved(
    measures: Mapping[str, Callable[[], float]], rounds: int, turns: int
) -> dict[str, list[float]]:
    """The mean of each measure over a round's turns. Variants alternate within a round too, each turn in another order:
    whoever always came after the same one would always find what that one leaves in the processor's caches.
    """
    names = list(measures)
    order = random.Random(0)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        sums = dict.fromkeys(names, 0.0)
        for _ in range(turns):
            for name in order.sample(names, len(names)):
                sums[name] += measures[name]()
        for name in names:
            taken[name].append(sums[name] / turns)
    return taken


def _calls_in(work: Work, seconds: float) -> int:
    """How many calls fill the slice; measured, which also warms the variant up."""
    calls = 1
    while (used := _cpu(work, calls)) < seconds:
        calls *= 2
    return max(1, round(calls * seconds / used))


def _cpu(work: Work, calls: int) -> float:
    start = time.process_time()
    for _ in range(calls):
        work()
    return time.process_time() - start


def _wall(work: Work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
