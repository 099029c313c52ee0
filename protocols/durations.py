"""Calendar durations: ``P4W``, ``P6M``, ``P6M-P4D``, ``P13M+P4W``.

A duration is a sum of signed terms ``P<n>Y|M|W|D``. It is added to a whole day of the clinic's calendar: years and
months first, then weeks and days. A day that the month does not have goes by the month-end policy: ``roll_forward`` to
the first of the next month (CDSi's rule), or ``clamp`` to the last day of the month.

Subtraction is never used. "v is at least D before X" means ``add(v, D) <= X``, and its latest v is found by
`latest_reaching`: subtracting under roll_forward would cut the minimum short on some dates.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from protocols.errors import DurationFault

_TERM = re.compile(r"([+-]?)P([0-9]{1,3})([YMWD])")
_DAY = timedelta(days=1)
_EVERY_MONTH = 28  # the last day that every month has; the length of the month is asked only beyond it


class MonthEnds(StrEnum):
    """What becomes of a day that a month does not have."""

    ROLL_FORWARD = "roll_forward"
    CLAMP = "clamp"


@dataclass(frozen=True, slots=True)
class Duration:
    """A number of months and a number of days, each signed."""

    months: int
    days: int
    span: timedelta = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "span", timedelta(days=self.days))

    def __str__(self) -> str:
        terms = [*_terms(self.months, 12, "Y", "M"), *_terms(self.days, 7, "W", "D")]
        return "".join(sign + term for sign, term in terms).removeprefix("+") or "P0D"

    def in_words(self) -> str:
        """The duration as a nurse says it: ``4 weeks``, ``6 months less 4 days``."""
        terms = [*_terms(self.months, 12, "Y", "M"), *_terms(self.days, 7, "W", "D")]
        words = ""
        for sign, term in terms:
            joined = {"+": " and ", "-": " less "}[sign] if words else {"+": "", "-": "minus "}[sign]
            words += joined + _word(int(term[1:-1]), term[-1])
        return words or "0 days"


def _terms(amount: int, size: int, large: str, small: str) -> list[tuple[str, str]]:
    if not amount:
        return []
    sign, amount = ("-", -amount) if amount < 0 else ("+", amount)
    whole = amount // size if amount % size == 0 else 0
    return [(sign, f"P{whole}{large}")] if whole else [(sign, f"P{amount}{small}")]


def _word(number: int, unit: str) -> str:
    name = {"Y": "year", "M": "month", "W": "week", "D": "day"}[unit]
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


def parse(text: str) -> Duration:
    """Read a duration. Raises DurationFault for anything but signed terms ``P<n>Y|M|W|D`` joined by + or -."""
    months = days = at = 0
    for term in _TERM.finditer(text):
        if term.start() != at or (at and not term[1]):
            break
        number = -int(term[2]) if term[1] == "-" else int(term[2])
        months += {"Y": 12 * number, "M": number}.get(term[3], 0)
        days += {"W": 7 * number, "D": number}.get(term[3], 0)
        at = term.end()
    if not text or at != len(text):
        raise DurationFault(f"'{text}' is no duration; write signed terms such as P4W, P6M or P6M-P4D")
    return Duration(months, days)


def add(day: date, duration: Duration, month_ends: MonthEnds = MonthEnds.ROLL_FORWARD) -> date:
    """The day that lies `duration` after `day`. Never decreases when `day` increases."""
    if not duration.months:
        return day + duration.span
    year, month = divmod(day.year * 12 + day.month - 1 + duration.months, 12)
    month += 1
    if day.day <= _EVERY_MONTH:
        return date(year, month, day.day) + duration.span
    last = calendar.monthrange(year, month)[1]
    if day.day <= last:
        moved = date(year, month, day.day)
    elif month_ends is MonthEnds.CLAMP:
        moved = date(year, month, last)
    else:
        moved = date(year, month, last) + _DAY
    return moved + duration.span


def latest_reaching(limit: date, duration: Duration, month_ends: MonthEnds) -> date:
    """The last day v with ``add(v, duration) <= limit``: v is at least `duration` before `limit`."""
    if not duration.months:
        return limit - duration.span
    day = _guess(limit, duration)
    while add(day, duration, month_ends) > limit:
        day -= _DAY
    while add(day + _DAY, duration, month_ends) <= limit:
        day += _DAY
    return day


def earliest_reaching(limit: date, duration: Duration, month_ends: MonthEnds) -> date:
    """The first day v with ``add(v, duration) >= limit``: v is at most `duration` before `limit`."""
    if not duration.months:
        return limit - duration.span
    day = _guess(limit, duration)
    while add(day, duration, month_ends) < limit:
        day += _DAY
    while add(day - _DAY, duration, month_ends) >= limit:
        day -= _DAY
    return day


def _guess(limit: date, duration: Duration) -> date:
    """A day near the answer: months and days taken back separately; the callers' steps correct the month end."""
    return add(limit, Duration(-duration.months, -duration.days), MonthEnds.CLAMP)
