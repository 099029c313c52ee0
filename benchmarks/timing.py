"""Measuring: variants interleaved in one run, so that what disturbs one disturbs the others too."""

from __future__ import annotations

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
    variants: Mapping[str, Work], *, rounds: int = ROUNDS, slice_seconds: float = 0.08
) -> dict[str, list[float]]:
    """CPU-seconds per call of each variant, one value a round. The order turns from round to round."""
    calls = {name: _calls_in(work, slice_seconds) for name, work in variants.items()}
    names = list(variants)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            taken[name].append(_cpu(variants[name], calls[name]) / calls[name])
    return taken


def _calls_in(work: Work, seconds: float) -> int:
    """How many calls fill the slice; measured, which also warms the variant up."""
    calls = 1
    while (used := _cpu(work, calls)) < seconds / 4:
        calls *= 2
    return max(1, round(calls * seconds / used))


def _cpu(work: Work, calls: int) -> float:
    start = time.process_time()
    for _ in range(calls):
        work()
    return time.process_time() - start


def wall_seconds(
    variants: Mapping[str, Work], *, rounds: int = ROUNDS, calls: int = 1
) -> dict[str, list[float]]:
    """Seconds by the clock per call of each variant, for work that waits for a database. One round more warms up."""
    names = list(variants)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds + 1):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            start = time.perf_counter()
            for _ in range(calls):
                variants[name]()
            if number:
                taken[name].append((time.perf_counter() - start) / calls)
    return taken
