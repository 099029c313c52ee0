"""The five dates of an occurrence: from one relation, and as the intersection of several."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from protocols.durations import Duration, MonthEnds, add, earliest_reaching, latest_reaching

WINDOW_DATES = ("absolute_minimum", "earliest", "target", "latest", "maximum")


class Window(NamedTuple):
    """The five dates that the protocol asks, ends inclusive; None where it asks none. Never narrowed."""

    absolute_minimum: date | None = None
    earliest: date | None = None
    target: date | None = None
    latest: date | None = None
    maximum: date | None = None

    def dates(self) -> tuple[date | None, ...]:
        return (self.absolute_minimum, self.earliest, self.target, self.latest, self.maximum)

    def as_json(self) -> dict[str, str | None]:
        return {
            name: day.isoformat() if day else None
            for name, day in zip(WINDOW_DATES, self.dates(), strict=True)
        }


def window_after(anchor: date, offsets: Sequence[Duration | None], month_ends: MonthEnds) -> Window:
    """The dates that lie the offsets after `anchor`."""
    minimum, earliest, target, latest, maximum = offsets
    earliest_on = None if earliest is None else add(anchor, earliest, month_ends)
    maximum_on = None if maximum is None else add(anchor, maximum, month_ends)
    return Window(
        earliest_on if minimum is earliest or minimum is None else add(anchor, minimum, month_ends),
        earliest_on,
        None if target is None else add(anchor, target, month_ends),
        maximum_on if latest is maximum or latest is None else add(anchor, latest, month_ends),
        maximum_on,
    )


def window_before(anchor: date, offsets: Sequence[Duration | None], month_ends: MonthEnds) -> Window:
    """The dates that lie the offsets before `anchor`, by the inverse of addition and never by subtraction.

    "At most D before" bounds from below: the first day v with ``add(v, D) >= anchor``. "At least D before" bounds from
    above: the last day v with ``add(v, D) <= anchor``, and the target is read that way too.
    """
    minimum, earliest, target, latest, maximum = offsets

    def floor(offset: Duration | None) -> date | None:
        return None if offset is None else earliest_reaching(anchor, offset, month_ends)

    def ceiling(offset: Duration | None) -> date | None:
        return None if offset is None else latest_reaching(anchor, offset, month_ends)

    return Window(floor(minimum), floor(earliest), ceiling(target), ceiling(latest), ceiling(maximum))


def intersect(windows: Sequence[Window]) -> Window | None:
    """What satisfies all windows; None when nothing does. The target is the first that has one, kept inside the rest."""
    if len(windows) == 1:
        return windows[0]
    minimum, earliest, target, latest, maximum = windows[0]
    for other in windows[1:]:
        minimum = _later(minimum, other.absolute_minimum)
        earliest = _later(earliest, other.earliest)
        target = target or other.target
        latest = _sooner(latest, other.latest)
        maximum = _sooner(maximum, other.maximum)
    if minimum and maximum and minimum > maximum:
        return None
    if earliest and latest and earliest > latest:
        return None
    if target and earliest and target < earliest:
        target = earliest
    if target and latest and target > latest:
        target = latest
    return Window(minimum, earliest, target, latest, maximum)


def _later(one: date | None, other: date | None) -> date | None:
    return other if one is None else one if other is None or one >= other else other


def _sooner(one: date | None, other: date | None) -> date | None:
    return other if one is None else one if other is None or one <= other else other
