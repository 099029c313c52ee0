"""The day proposed for a visit: the nearest open day to the target; once it has passed, whole weeks on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from protocols.because import ProposalReason
from protocols.facts import day_of
from protocols.slots import Slot
from protocols.windows import Window
from protocols.workdays import Workdays
from protocols.working import Working

_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)


def propose(work: Working, slot: Slot, window: Window, maximum: date | None) -> ProposalReason | None:
    """The nearest open day to the target; once it has passed, whole weeks on, inside the window."""
    target = window.target or window.earliest or window.latest or window.maximum
    if target is None:
        return None
    days = work.workdays_of(slot)
    floor, ceiling = _within(work, slot, window.earliest, window.latest or maximum)
    first = days.nearest_open(target, floor, ceiling)
    if first is None and ceiling is not None and work.today.past(ceiling):
        first = days.nearest_open(target, floor, maximum)
    if first is None:
        return None
    limits = (ceiling,) if ceiling == maximum else (ceiling, maximum)
    missed_on = max((day_of(miss.record) for miss in work.facts.missed.get(slot.key, ())), default=None)
    for weeks, day in _candidates(days, first, limits):
        if (missed_on is None or day > missed_on) and not work.today.past(day):
            return ProposalReason(
                target, first, weeks, day, (floor, ceiling if ceiling and day <= ceiling else maximum)
            )
    return None


def _within(
    work: Working, slot: Slot, floor: date | None, ceiling: date | None
) -> tuple[date | None, date | None]:
    """The window's ends, narrowed to what the visits after and before it leave, while those days have not passed."""
    low, high = work.limits.of(slot.key) if work.limits is not None else (None, None)
    if high is not None and work.today.past(high):
        return floor, ceiling
    floor = max((day for day in (floor, low) if day is not None), default=None)
    ceiling = min((day for day in (ceiling, high) if day is not None), default=None)
    return floor, ceiling


def _candidates(days: Workdays, first: date, limits: tuple[date | None, ...]) -> Iterator[tuple[int, date]]:
    """Days to propose in order: whole weeks from the first up to each limit in turn, then the last open day before it."""
    weeks, last = 0, first
    yield weeks, first
    for limit in limits:
        while limit is None or first + _WEEK * (weeks + 1) <= limit:
            weeks += 1
            day = days.nearest_open(first + _WEEK * weeks, last + _DAY, limit)
            if day is not None:
                last = day
                yield weeks, day
        end = days.last_open(last + _DAY, limit) if limit else None
        if end is not None:
            last = end
            yield weeks, end
