"""VTIMEZONE that a calendar program cannot misread: verified against the zone database, then emitted. Pure.

Programs differ. Outlook follows RRULE only; lists of single changes give it wrong times, and full histories
with local mean time are refused by others. So a zone is written as one STANDARD part, or as one STANDARD and
one DAYLIGHT part with a yearly rule since 1970, and only for events that this puts at their true moment, in
years around which the rule holds. Any other event is written in UTC.

Whether an event can be written in its zone hangs on its own moment alone. If it hung on the other events of
the calendar, adding one would rewrite the others without raising their revision.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise, product
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vRecur

_EPOCH = 1970
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class Onset:
    """A change of clocks: the first moment of the new offset (UTC), and the offsets and name on both
    sides."""

    at: datetime
    before: timedelta
    after: timedelta
    name: str

    @property
    def wall(self) -> datetime:
        """What the clocks show when they are changed."""
        return (self.at + self.before).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class Rule:
    """A change of every year: in `month`, on the n-th (-1: last) `weekday`, at wall time `at`. Equal rules
    mean the same, whichever year they were read from."""

    month: int
    weekday: int
    nth: int
    at: time
    before: timedelta
    after: timedelta
    name: str

    def wall_in(self, year: int) -> datetime:
        return datetime.combine(_nth(year, self.month, self.weekday, self.nth), self.at)

    def moment_in(self, year: int) -> datetime:
        return self.wall_in(year).replace(tzinfo=UTC) - self.before


@dataclass(frozen=True, slots=True)
class ZoneForm:
    """How a zone is written: a fixed offset, or the pair of yearly rules (standard, daylight)."""

    zone: str
    offset: timedelta
    name: str
    rules: tuple[Rule, Rule] | None = None

    def offset_at(self, wall: datetime) -> timedelta:
        """The offset that a program reads out of this form for a wall time."""
        if self.rules is None:
            return self.offset
        changes = sorted(
            (rule.wall_in(year), rule.after)
            for rule in self.rules
            for year in range(wall.year - 1, wall.year + 1)
        )
        return changes[bisect_right([at for at, _ in changes], wall) - 1][1]

    def component(self) -> Timezone:
        if self.rules is None:
            part = TimezoneStandard()
            part.add("dtstart", datetime.fromisoformat(f"{_EPOCH}-01-01"))
            part.add("tzoffsetfrom", self.offset)
            part.add("tzoffsetto", self.offset)
            part.add("tzname", self.name)
            return _component(self.zone, part)
        standard, daylight = self.rules
        return _component(
            self.zone, _yearly(TimezoneStandard(), standard), _yearly(TimezoneDaylight(), daylight)
        )


def form_for(zone: str, moment: datetime) -> ZoneForm | None:
    """How to write the zone for an event at `moment` (aware); None: write the event in UTC."""
    tz = ZoneInfo(zone)
    wall = moment.astimezone(tz).replace(tzinfo=None)
    form = _form_around(zone, wall.year)
    if form is None or wall.replace(tzinfo=UTC) - form.offset_at(wall) != moment:
        return None
    return form


@lru_cache(maxsize=256)
def _form_around(zone: str, year: int) -> ZoneForm | None:
    """The one simple form that is right from the year before to five years on. Seven years tell the last
    Sunday of a month from the fourth."""
    tz = ZoneInfo(zone)
    first, last = year - 1, year + 5
    start = datetime(first, 1, 1, tzinfo=tz)
    changes = list(onsets(tz, first, last))
    if not changes:
        return ZoneForm(zone, _offset(tz, start), start.tzname() or zone)
    rules = _rules(changes, first, last)
    return None if rules is None else ZoneForm(zone, rules[0].after, rules[0].name, rules)


def onsets(tz: ZoneInfo, first: int, last: int) -> Iterator[Onset]:
    """The changes of clocks from 1 January of `first` to the end of `last`, to the minute."""
    day = timedelta(days=1)
    start, end = datetime(first, 1, 1, tzinfo=UTC) - day, datetime(last + 1, 1, 1, tzinfo=UTC) + day
    days = [start + n * day for n in range((end - start) // day + 1)]
    for low, high in pairwise(days):
        if _offset(tz, low) != _offset(tz, high):
            at = _change_between(tz, low, high)
            if first <= (at + _offset(tz, low)).year <= last:
                local = at.astimezone(tz)
                yield Onset(at, _offset(tz, low), _offset(tz, at), local.tzname() or "")


def _change_between(tz: ZoneInfo, low: datetime, high: datetime) -> datetime:
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) / 2
        if _offset(tz, middle) == _offset(tz, low):
            low = middle
        else:
            high = middle
    return high.replace(second=0, microsecond=0)


def _rules(changes: list[Onset], first: int, last: int) -> tuple[Rule, Rule] | None:
    """The pair of yearly rules that gives exactly these changes; None if there is none."""
    to_summer = [change for change in changes if change.after > change.before]
    to_winter = [change for change in changes if change.after < change.before]
    years = range(first, last + 1)
    if len(to_summer) != len(years) or len(to_winter) != len(years):
        return None
    for pair in product(_candidates(to_winter[0]), _candidates(to_summer[0])):
        wanted = sorted(rule.moment_in(year) for rule in pair for year in years)
        if wanted == [change.at for change in changes] and pair[0].after == pair[1].before:
            return pair
    return None


def _candidates(onset: Onset) -> list[Rule]:
    """The rules that this one change may follow: n-th weekday of the month, and last where it is that too."""
    on, at = onset.wall.date(), onset.wall.time()
    numbers = [(on.day - 1) // 7 + 1]
    if (on + timedelta(days=7)).month != on.month:
        numbers.insert(0, -1)
    return [
        Rule(on.month, on.weekday(), nth, at, onset.before, onset.after, onset.name)
        for nth in numbers
        if nth < 5
    ]


def _yearly(part: TimezoneStandard | TimezoneDaylight, rule: Rule) -> TimezoneStandard | TimezoneDaylight:
    part.add("dtstart", rule.wall_in(_EPOCH))
    part.add("rrule", vRecur(freq="YEARLY", bymonth=rule.month, byday=f"{rule.nth}{_DAYS[rule.weekday]}"))
    part.add("tzoffsetfrom", rule.before)
    part.add("tzoffsetto", rule.after)
    part.add("tzname", rule.name)
    return part


def _component(zone: str, *parts: TimezoneStandard | TimezoneDaylight) -> Timezone:
    component = Timezone()
    component.add("tzid", zone)
    for part in parts:
        component.add_component(part)
    return component


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    if nth > 0:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - weekday) % 7)


def _offset(tz: ZoneInfo, moment: datetime) -> timedelta:
    offset = moment.astimezone(tz).utcoffset()
    return offset if offset is not None else timedelta()
