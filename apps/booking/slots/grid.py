"""A day as a row of bits: whole numbers in which bit n stands for the n-th five minutes of a local day.

The day is counted from its first moment by what truly passes, so a day on which the clocks change has 276 or 300
bits and no time of day is counted twice. Pure: no clock, no database.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from apps.clinic.clock import day_bounds

GRAIN = timedelta(minutes=5)
# The clinic shows and offers beginnings at the quarters of an hour.
QUARTER = 3
_USUAL = 288


@dataclass(frozen=True, slots=True)
class Day:
    """One local day: `starts_at` is its first moment (UTC), `length` its number of fives."""

    on: date
    zone: str
    starts_at: datetime
    length: int

    @property
    def whole(self) -> int:
        return span(0, self.length)

    @property
    def is_usual(self) -> bool:
        """Whether the clocks do not change on it."""
        return self.length == _USUAL

    def moment(self, bit: int) -> datetime:
        """When the five begins, in UTC."""
        return self.starts_at + bit * GRAIN

    def floor(self, moment: datetime) -> int:
        """The five in which the moment lies, 0 at least and `length` at most."""
        return min(max((moment - self.starts_at) // GRAIN, 0), self.length)

    def ceil(self, moment: datetime) -> int:
        """The first five that begins at the moment or after it, 0 at least and `length` at most."""
        return min(max(-((self.starts_at - moment) // GRAIN), 0), self.length)

    def wall(self, clock: time) -> datetime:
        """The moment at which a clock on the wall shows this time; the first one where it shows it twice."""
        return datetime.combine(self.on, clock, tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def first_at(self, clock: time) -> int:
        """The first five that begins when a clock on the wall shows this time, or after it."""
        if not self.is_usual:
            return self.ceil(self.wall(clock))
        return -(-(_minutes(clock) + bool(clock.second or clock.microsecond)) // 5)

    def last_at(self, clock: time) -> int:
        """The five in which a clock on the wall shows this time."""
        return _minutes(clock) // 5 if self.is_usual else self.floor(self.wall(clock))

    def within(self, spans: Iterable[tuple[time, time]]) -> int:
        """The fives that lie wholly inside one of the spans of wall time."""
        bits = 0
        for opens, closes in spans:
            bits |= span(self.first_at(opens), self.last_at(closes))
        return bits

    def touched(self, starts_at: datetime, ends_at: datetime) -> int:
        """The fives of which the span of moments takes any part."""
        return span(self.floor(starts_at), self.ceil(ends_at))

    @property
    def beginnings(self) -> int:
        """The fives at which something may be told to begin: not those that a clock shows twice."""
        if self.is_usual:
            return self.whole
        bits, zone = 0, ZoneInfo(self.zone)
        for bit in range(self.length):
            shown = self.moment(bit).astimezone(zone)
            if shown.replace(fold=0).utcoffset() == shown.replace(fold=1).utcoffset():
                bits |= 1 << bit
        return bits


def _minutes(clock: time) -> int:
    """Whole minutes since midnight."""
    return clock.hour * 60 + clock.minute


@lru_cache(maxsize=4096)
def day_of(zone: str, on: date) -> Day:
    first, following = day_bounds(zone, on)
    return Day(on, zone, first, (following - first) // GRAIN)


def span(first: int, last: int) -> int:
    """The bits from `first` up to, but without, `last`."""
    return (1 << last) - (1 << first) if last > first else 0


def begins(free: int, length: int) -> int:
    """Where `length` free fives in a row begin."""
    done = 1
    while done < length:
        step = min(done, length - done)
        free &= free >> step
        done += step
    return free


def reaching(free: int, end: int) -> int:
    """From where everything is free up to, but without, `end`."""
    taken = ~free & span(0, end)
    return span(taken.bit_length(), end)


def ends_before(starts: int, after: int, within: int | None) -> int:
    """Ends from which one of `starts` comes `after` fives later at least and `within` at most."""
    if within is None:
        return span(0, max(starts.bit_length() - after, 0))
    ends, width = starts >> after, within - after + 1
    done = 1
    while done < width:
        step = min(done, width - done)
        ends |= ends >> step
        done += step
    return ends


def lowest(bits: int) -> int:
    """The number of the first bit that is set; -1 where none is."""
    return (bits & -bits).bit_length() - 1


@lru_cache(maxsize=8)
def every(step: int, length: int) -> int:
    """Each `step`-th bit, the first included."""
    return sum(1 << bit for bit in range(0, length, step))
