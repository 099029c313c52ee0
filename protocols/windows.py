"""The five dates of an occurrence: from one relation, and as the intersection of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from protocols.durations import Duration, MonthEnds, add, earliest_reaching, latest_reaching

WINDOW_DATES = ("absolute_minimum", "earliest", "target", "latest", "maximum")


@dataclass(frozen=True, slots=True)
class Window:
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
    return Window(*[None if offset is None else add(anchor, offset, month_ends) for offset in offsets])


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
    minimum = _largest([window.absolute_minimum for window in windows])
    earliest = _largest([window.earliest for window in windows])
    latest = _smallest([window.latest for window in windows])
    maximum = _smallest([window.maximum for window in windows])
    target = next((window.target for window in windows if window.target), None)
    if minimum and maximum and minimum > maximum:
        return None
    if earliest and latest and earliest > latest:
        return None
    if target and earliest and target < earliest:
        target = earliest
    if target and latest and target > latest:
        target = latest
    return Window(minimum, earliest, target, latest, maximum)


def _largest(days: Sequence[date | None]) -> date | None:
    return max((day for day in days if day), default=None)


def _smallest(days: Sequence[date | None]) -> date | None:
    return min((day for day in days if day), default=None)
