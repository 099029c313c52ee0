"""What everything else leaves of each visit: `bookable`, and the trouble where it leaves too little.

The preferred network (earliest to latest) lies inside the absolute one (absolute minimum to maximum). While the first
holds it alone is needed. Where it does not, the plan is tight; where the second does not either, it contradicts itself.
Today is no bound of the network: the visits still fit if and only if today is past none of their last days.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from protocols.because import Key
from protocols.drafts import Draft
from protocols.network import FAR, Bounds, Constraint
from protocols.plan import Bookable, State
from protocols.telling import BoundBy
from protocols.ties import Level, Tied, free_visits, tie
from protocols.working import Working


@dataclass(slots=True)
class Trouble:
    """Constraints that leave no room: they exclude each other, or they ask a day of `late` that has passed."""

    tied: Tied
    constraints: list[Constraint]
    late: Draft | None = None
    last_on: date | None = None


@dataclass(slots=True)
class Room:
    """What is left of each visit. `preferred` is None where that network has no room, `absolute` where it was not asked."""

    tied: Tied
    preferred: Bounds | None = None
    absolute: Bounds | None = None
    tight: Trouble | None = None
    conflict: Trouble | None = None
    one_by_one: bool = False
    settled: list[Constraint] = field(default_factory=list)
    narrowed: Bounds | None = None
    tried: tuple[Key, date, list[Constraint], Bounds] | None = None

    @property
    def troubled(self) -> bool:
        return self.tight is not None or self.conflict is not None

    def of(self, key: Key) -> tuple[date | None, date | None]:
        """The first and last preferred day left of a visit, for whoever proposes one; nothing while the plan is tight."""
        number, bounds = self.tied.number.get(key), self.narrowed or self.preferred
        if number is None or bounds is None:
            return None, None
        return _day(bounds.low[number]), _day(bounds.high[number])

    def bites(self, visits: Iterable[Draft]) -> bool:
        """Whether a proposed day lies outside what the others leave, or a window is empty that need not be."""
        bounds = self.preferred
        if bounds is None:
            return False
        for visit in visits:
            if visit.proposed_on is None:
                if visit.provisional and (visit.window is None or visit.state is State.PROPOSED):
                    return True
                continue
            number = self.tied.number.get(visit.key)
            if number is None:
                continue
            if not bounds.low[number] <= visit.proposed_on.toordinal() <= bounds.high[number]:
                return True
        return False

    def fits(self, visits: Iterable[Draft]) -> bool:
        """Whether the days proposed for the visits fit together, each with all others."""
        if self.preferred is None or not self.tied.intricate:
            return True
        kept: list[Constraint] = []
        for visit in visits:
            number = self.tied.number.get(visit.key)
            if number is not None and visit.proposed_on is not None:
                kept += _on_day(number, visit.proposed_on)
        return self.tied.network.solve([*self.tied.network.constraints, *kept]).empty is None

    def allows(self, key: Key, on: date) -> bool:
        """Whether the others still fit, each on an open day, if a visit takes place on this one.

        The ends of what is left of a visit always allow that; a day between them may meet a closed spell of another.
        That is asked day by day only `one_by_one`, where days proposed without asking did not fit together: each
        question solves the network anew, so the cost of the plan grows with the square of its visits.
        """
        number = self.tied.number.get(key)
        if not self.one_by_one or number is None:
            return True
        kept = [*self.settled, *_on_day(number, on)]
        bounds = self.tied.network.solve([*self.tied.network.constraints, *kept])
        if bounds.empty is None:
            self.tried = (key, on, kept, bounds)
        return bounds.empty is None

    def settle(self, key: Key, on: date) -> None:
        """A day was proposed: whatever hangs on it is bounded by it from now on."""
        if self.allows(key, on) and self.tried is not None and self.tried[:2] == (key, on):
            self.settled, self.narrowed = self.tried[2:]

    def bookable(self, visit: Draft) -> Bookable | None:
        """The days that a visit can be booked on without harm to others; None where it is booked or in a conflict."""
        bounds, number = self.preferred or self.absolute, self.tied.number.get(visit.key)
        if bounds is None or number is None or visit.state is State.BOOKED:
            return None
        low, high = _day(bounds.low[number]), _day(bounds.high[number])
        window = visit.window
        if window is None:
            return Bookable(low, high)
        floor, ceiling = (
            (window.earliest, window.latest) if self.preferred else (window.absolute_minimum, window.maximum)
        )
        ends = []
        if low is not None and (floor is None or low > floor):
            ends.append(BoundBy(bounds, number, "low", low))
        if high is not None and (ceiling is None or high < ceiling):
            ends.append(BoundBy(bounds, number, "high", high))
        return Bookable(low, high, tuple(ends))


def _on_day(number: int, on: date) -> tuple[Constraint, Constraint]:
    day = on.toordinal()
    return Constraint("not_before", number, None, day=day), Constraint("not_after", number, None, day=day)


def _day(ordinal: int) -> date | None:
    return date.fromordinal(ordinal) if abs(ordinal) < FAR else None


def room_of(work: Working) -> Room | None:
    """Bound the free visits by each other; None where there is none.

    A booking that the absolute bounds do not allow is left out, in order of the days: it is flagged and not obeyed.
    """
    visits = free_visits(work)
    if not visits:
        return None
    booked = frozenset(visit.key for visit in visits if visit.state is State.BOOKED)
    room = _room(work, visits, booked)
    if room.absolute is None and room.conflict is not None and booked:
        kept: frozenset[Key] = frozenset()
        for visit in sorted((visit for visit in visits if visit.key in booked), key=lambda one: str(one.on)):
            if tie(work, visits, "absolute", kept | {visit.key}).network.solve().empty is None:
                kept |= {visit.key}
        room = _room(work, visits, kept)
    return room


def _room(work: Working, visits: list[Draft], booked: frozenset[Key]) -> Room:
    tied, bounds, trouble = _solved(work, visits, "preferred", booked)
    if trouble is None:
        return Room(tied, bounds)
    absolute, found, worse = _solved(work, visits, "absolute", booked)
    if worse is not None:
        return Room(absolute, None, None if found.empty is not None else found, conflict=worse)
    return Room(absolute, None, found, tight=trouble)


def _solved(
    work: Working, visits: list[Draft], level: Level, booked: frozenset[Key]
) -> tuple[Tied, Bounds, Trouble | None]:
    tied = tie(work, visits, level, booked)
    bounds = tied.network.solve()
    if bounds.empty is not None:
        return tied, bounds, Trouble(tied, tied.network.explain())
    for visit in visits:
        last_on = _last_day(tied, bounds, visit, level)
        if last_on is not None and work.today.past(last_on):
            chain = bounds.chain(tied.number[visit.key], "high")
            return tied, bounds, Trouble(tied, chain, visit, last_on)
    return tied, bounds, None


def _last_day(tied: Tied, bounds: Bounds, visit: Draft, level: Level) -> date | None:
    """The last day that leaves room for what follows, where that is before the window's own end."""
    high, window = bounds.high[tied.number[visit.key]], visit.window
    end = None if window is None else window.latest if level == "preferred" else window.maximum
    if high >= FAR or visit.state is State.BOOKED or (end is not None and end.toordinal() <= high):
        return None
    return date.fromordinal(high)
