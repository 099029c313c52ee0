"""Windows that bound each other: a simple temporal network over the visits that are not fixed yet.

A constraint says that one visit lies at least, or at most, so long after another, or not before, or not after, a day
(Dechter, Meiri and Pearl, Temporal constraint networks, 1991). `solve` sweeps the constraints forwards and backwards
until nothing narrows. Every bound grows with the day that it hangs on, so what is left of a visit is exact: each end
belongs to a plan in which all visits fit. Days are ordinals (`date.toordinal`) of the clinic's calendar in here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from protocols.because import Key
from protocols.durations import Duration, MonthEnds, add, earliest_reaching, latest_reaching
from protocols.workdays import Workdays

NOW = Duration(0, 0)
_LEAP_CYCLE = 1461
FAR = 10**9  # beyond every day: no bound
Kind = Literal["at_least", "at_most", "not_before", "not_after", "open_days"]


@dataclass(slots=True)
class Constraint:
    """One bound. `visit` counts from `anchor` by `offset`, or stands against `day`, or keeps to `days`.

    `source` is what it comes from, for whoever tells it; the network does not look at it.
    """

    kind: Kind
    visit: int
    source: Any
    anchor: int = -1
    offset: Duration = NOW
    day: int = 0
    days: Workdays | None = None


@dataclass(slots=True)
class Bounds:
    """What is left of each visit, and which constraint made each end; `empty` is a visit that nothing is left of."""

    low: list[int]
    high: list[int]
    low_by: list[Constraint | None]
    high_by: list[Constraint | None]
    days: list[Workdays | None]
    empty: int | None = None

    def chain(self, visit: int, side: Literal["low", "high"]) -> list[Constraint]:
        """The constraints that made one end of what is left of a visit, from the visit to the day it comes down to."""
        made = self.low_by if side == "low" else self.high_by
        found: list[Constraint] = []
        passed: set[int] = set()
        why = made[visit]
        while why is not None and visit not in passed:
            passed.add(visit)
            found.append(why)
            if why.anchor < 0:
                break
            visit = why.anchor if visit == why.visit else why.visit
            why = made[visit]
        return found

    def raise_low(self, visit: int, day: int, why: Constraint) -> bool:
        """Let `visit` not lie before `day`; whether that narrowed it."""
        if day <= self.low[visit]:
            return False
        days = self.days[visit]
        self.low[visit] = day if days is None else days.next_open(day)
        self.low_by[visit] = why
        if self.low[visit] > self.high[visit]:
            self.empty = visit
        return True

    def lower_high(self, visit: int, day: int, why: Constraint) -> bool:
        """Let `visit` not lie after `day`; whether that narrowed it."""
        if day >= self.high[visit]:
            return False
        days = self.days[visit]
        self.high[visit] = day if days is None else days.previous_open(day)
        self.high_by[visit] = why
        if self.low[visit] > self.high[visit]:
            self.empty = visit
        return True


@dataclass(slots=True)
class Network:
    """The visits that are not fixed, and what bounds them; constraints stand in the order of their visits."""

    month_ends: MonthEnds
    keys: list[Key] = field(default_factory=list)
    constraints: list[Constraint] = field(default_factory=list)

    def solve(self, constraints: Sequence[Constraint] | None = None) -> Bounds:
        """Narrow every visit as far as its neighbours ask; ends at the first that has no day left."""
        chosen = self.constraints if constraints is None else constraints
        count = len(self.keys)
        bounds = Bounds([-FAR] * count, [FAR] * count, [None] * count, [None] * count, [None] * count)
        edges: list[Constraint] = []
        ends: list[Constraint] = []
        for item in chosen:
            if item.anchor >= 0:
                edges.append(item)
            elif item.kind == "open_days":
                bounds.days[item.visit] = item.days
            else:
                ends.append(item)
        for item in ends:
            if item.kind == "not_before":
                bounds.raise_low(item.visit, item.day, item)
            else:
                bounds.lower_high(item.visit, item.day, item)
        self._sweep(bounds, edges)
        return bounds

    def _sweep(self, bounds: Bounds, edges: list[Constraint]) -> None:
        """Pass forwards and backwards in turn until nothing moves.

        A circle of days settles or empties within as many passes as visits. One of days and months may creep a day a
        pass through months of several lengths; what still creeps after a leap year's cycle never ends.
        """
        backwards = edges[::-1]
        moved = True
        for _ in range(len(self.keys) + _LEAP_CYCLE):
            if not moved or bounds.empty is not None:
                return
            moved = self._pass(bounds, edges)
            if moved and bounds.empty is None:
                moved = self._pass(bounds, backwards)
        bounds.empty = edges[-1].visit

    def _pass(self, bounds: Bounds, edges: list[Constraint]) -> bool:
        """Apply every edge once, to both of its visits; whether anything moved."""
        moved = False
        for edge in edges:
            if self._at_least(bounds, edge) if edge.kind == "at_least" else self._at_most(bounds, edge):
                if bounds.empty is not None:
                    return True
                moved = True
        return moved

    # Without months an offset is a number of days: added in place, for these sums are most of what a solution costs.

    def _at_least(self, bounds: Bounds, edge: Constraint) -> bool:
        """Keep the second visit the offset after the first, and the first so long before the second."""
        first, second, offset, narrowed = edge.anchor, edge.visit, edge.offset, False
        low, high = bounds.low[first], bounds.high[second]
        if low > -FAR:
            day = self._after(low, offset) if offset.months else low + offset.days
            narrowed = day > bounds.low[second] and bounds.raise_low(second, day, edge)
        if high < FAR:
            day = self._last_reaching(high, offset) if offset.months else high - offset.days
            narrowed |= day < bounds.high[first] and bounds.lower_high(first, day, edge)
        return narrowed

    def _at_most(self, bounds: Bounds, edge: Constraint) -> bool:
        """Keep the second visit at most the offset after the first."""
        first, second, offset, narrowed = edge.anchor, edge.visit, edge.offset, False
        high, low = bounds.high[first], bounds.low[second]
        if high < FAR:
            day = self._after(high, offset) if offset.months else high + offset.days
            narrowed = day < bounds.high[second] and bounds.lower_high(second, day, edge)
        if low > -FAR:
            day = self._first_reaching(low, offset) if offset.months else low - offset.days
            narrowed |= day > bounds.low[first] and bounds.raise_low(first, day, edge)
        return narrowed

    def _after(self, day: int, offset: Duration) -> int:
        return add(date.fromordinal(day), offset, self.month_ends).toordinal()

    def _last_reaching(self, day: int, offset: Duration) -> int:
        return latest_reaching(date.fromordinal(day), offset, self.month_ends).toordinal()

    def _first_reaching(self, day: int, offset: Duration) -> int:
        return earliest_reaching(date.fromordinal(day), offset, self.month_ends).toordinal()

    def explain(self) -> list[Constraint]:
        """An irreducible set of constraints that cannot all hold (QuickXplain, Junker 2004); empty if all can."""

        def holds(chosen: Sequence[Constraint]) -> bool:
            return self.solve(chosen).empty is None

        if holds(self.constraints):
            return []
        found = _irreducible(holds, [], self.constraints, grown=False)
        return sorted(found, key=self.constraints.index)


def _irreducible(
    holds: Callable[[Sequence[Constraint]], bool],
    kept: list[Constraint],
    left: Sequence[Constraint],
    *,
    grown: bool,
) -> list[Constraint]:
    """The constraints of `left` without which `kept` and the rest would hold."""
    if grown and not holds(kept):
        return []
    if len(left) == 1:
        return list(left)
    half = len(left) // 2
    first, second = list(left[:half]), list(left[half:])
    of_second = _irreducible(holds, [*kept, *first], second, grown=bool(first))
    of_first = _irreducible(holds, [*kept, *of_second], first, grown=bool(of_second))
    return [*of_first, *of_second]
