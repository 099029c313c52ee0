"""Open days of a clinic and of the people who must come, and how a date leaves a closed one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Workdays:
    """The clinic's open days: weekdays (Monday is 0) less closed dates (ticked holidays, closures)."""

    open_weekdays: frozenset[int] = EVERY_DAY
    closed: frozenset[date] = field(default=frozenset())

    def is_open(self, day: date) -> bool:
        return day.weekday() in self.open_weekdays and day not in self.closed

    def without(self, days: Iterable[date]) -> Workdays:
        """The same clinic with further days on which somebody cannot come."""
        more = frozenset(days)
        return Workdays(self.open_weekdays, self.closed | more) if more else self

    def next_open(self, day: int) -> int:
        """The first open day (an ordinal) from `day` on; the last day looked at where none comes within a year."""
        return self._walk(day, 1)

    def previous_open(self, day: int) -> int:
        """The last open day (an ordinal) up to `day`; the last day looked at where none lies within a year."""
        return self._walk(day, -1)

    def _walk(self, day: int, step: int) -> int:
        for ordinal in range(day, day + step * 367, step):
            if self.is_open(date.fromordinal(ordinal)):
                return ordinal
        return day + step * 367

    def nearest_open(self, day: date, floor: date | None, ceiling: date | None) -> date | None:
        """The open day nearest to `day` inside floor..ceiling (ends inclusive), the later of two equally near ones.

        None if there is none. Without a bound the search ends a year from `day`: a clinic closed for longer has none.
        """
        if self.is_open(day) and (floor is None or day >= floor) and (ceiling is None or day <= ceiling):
            return day
        return next(self.by_nearness(day, floor, ceiling), None)

    def by_nearness(self, day: date, floor: date | None, ceiling: date | None) -> Iterator[date]:
        """The open days inside floor..ceiling, the nearest to `day` first and the later of two equally near ones."""
        for distance in range(367):
            for candidate in dict.fromkeys((day + timedelta(days=distance), day - timedelta(days=distance))):
                inside = (floor is None or candidate >= floor) and (ceiling is None or candidate <= ceiling)
                if inside and self.is_open(candidate):
                    yield candidate

    def last_open(self, floor: date | None, ceiling: date) -> date | None:
        """The last open day at or before `ceiling`, not before `floor`."""
        return self.nearest_open(ceiling, floor, ceiling)
