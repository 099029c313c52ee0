"""From days to places: the span of time that a picture of a plan shows, and the months along its edge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from protocols.drawing.measure import width_of
from protocols.plan import PlannedVisit, State

# The shortest span that is drawn: less would make a day as wide as a week looks elsewhere.
_SHORTEST = 42
_EDGE = 7
_MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_STEPS = (1, 2, 3, 6, 12, 24)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Whole days from `first` to `last`, ends inclusive, along a line from `left` to `right`."""

    first: date
    last: date
    left: float
    right: float

    def at(self, on: date) -> float:
        """The middle of a day; days outside lie on the edge."""
        day = min(max((on - self.first).days, 0), self.days - 1)
        return self.left + (day + 0.5) * self.day

    def from_to(self, first: date | None, last: date | None) -> tuple[float, float]:
        """Where a span of days begins and ends; one that is open runs to the edge."""
        start = self.left if first is None else self.at(first) - self.day / 2
        end = self.right if last is None else self.at(last) + self.day / 2
        return max(start, self.left), min(end, self.right)

    def months(self, size: float) -> Iterator[tuple[float, str]]:
        """The first days of months that fit beside each other, the year where it begins or the line does."""
        room = width_of("Sep 2026", size) + 6
        step = next((n for n in _STEPS if n * 30.4 * self.day >= room), _STEPS[-1])
        named: int | None = None
        for on in self._firsts():
            if (on.month - 1) % min(step, 12) or (step > 12 and on.year % (step // 12)):
                continue
            if self.at(on) + room > self.right + 6:
                continue
            yield self.at(on) - self.day / 2, _MONTHS[on.month] + (f" {on.year}" if on.year != named else "")
            named = on.year

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def day(self) -> float:
        """How wide one day is."""
        return (self.right - self.left) / self.days

    def _firsts(self) -> Iterator[date]:
        on = self.first if self.first.day == 1 else _next_month(self.first)
        while on <= self.last:
            yield on
            on = _next_month(on)


def calendar_of(
    visits: Iterable[PlannedVisit], others: Iterable[date], today: date, left: float, right: float
) -> Calendar:
    """The days of everything that is drawn, with a little room; last possible days alone do not stretch it."""
    days = [today, *others]
    for visit in visits:
        window = visit.window
        days += [day for day in (visit.on, visit.proposed_on) if day]
        if window is not None and visit.state is not State.FULFILLED:
            days += [day for day in (window.earliest, window.target, window.latest) if day]
    first, last = min(days) - timedelta(days=_EDGE), max(days) + timedelta(days=_EDGE)
    return Calendar(first, max(last, first + timedelta(days=_SHORTEST)), left, right)


def _next_month(on: date) -> date:
    return date(on.year + on.month // 12, on.month % 12 + 1, 1)
