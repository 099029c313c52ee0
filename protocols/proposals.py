"""The day proposed for a visit: the nearest open day to the target; once it has passed, whole weeks on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice

from protocols.because import ProposalReason
from protocols.facts import day_of
from protocols.slots import Slot
from protocols.windows import Window
from protocols.workdays import Workdays
from protocols.working import Limits, Working

_TRIED = 62  # a closed spell that keeps others from fitting is shorter than two months
_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)


def propose(work: Working, slot: Slot, window: Window, maximum: date | None) -> ProposalReason | None:
    """The nearest open day to the target; once it has passed, whole weeks on, inside the window."""
    target = window.target or window.earliest or window.latest or window.maximum
    if target is None:
        return None
    days, limits = work.workdays_of(slot), _limits(work, slot)
    floor, ceiling = window.earliest, window.latest or maximum
    if limits is not None:
        low, high = limits.of(slot.key)
        floor, ceiling = (
            max(filter(None, (floor, low)), default=None),
            min(filter(None, (ceiling, high)), default=None),
        )
    first = days.nearest_open(target, floor, ceiling)
    if limits is not None and first is not None and not limits.allows(slot.key, first):
        first = _fitting(limits, slot, days.by_nearness(target, floor, ceiling))
    if first is None and limits is not None:
        # What was proposed before has moved on with time: the visit's own window is all that is left to go by.
        floor, ceiling = window.earliest, window.latest or maximum
        first = days.nearest_open(target, floor, ceiling)
    if first is None and ceiling is not None and work.today.past(ceiling):
        first = days.nearest_open(target, floor, maximum)
    if first is None:
        return None
    ends = (ceiling,) if ceiling == maximum else (ceiling, maximum)
    missed = work.facts.missed.get(slot.key)
    missed_on = max(day_of(miss.record) for miss in missed) if missed else None
    for weeks, day in _candidates(days, first, ends):
        if (missed_on is None or day > missed_on) and not work.today.past(day):
            return ProposalReason(
                target, first, weeks, day, (floor, ceiling if ceiling and day <= ceiling else maximum)
            )
    return None


def _limits(work: Working, slot: Slot) -> Limits | None:
    """What the other visits leave, unless its last day has passed: then no day of the rest is right any more."""
    if work.limits is None:
        return None
    high = work.limits.of(slot.key)[1]
    return None if high is not None and work.today.past(high) else work.limits


def _fitting(limits: Limits, slot: Slot, days: Iterator[date]) -> date:
    """The first of the days on which the other visits still fit; the first at all where none of the next ones does."""
    first = next(days)
    return next((day for day in islice(days, _TRIED) if limits.allows(slot.key, day)), first)


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
