"""Local time of a clinic: pure functions, no clock is read here.

Appointments live in wall-clock time. Twice a year a wall clock skips an hour or shows one twice; programs
disagree about such times (half of the calendar clients take the first, half the second): none is scheduled.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apps.clinic.errors import Invalid

_REMEDY = "Pick a time outside the hour in which the clocks change."


def is_zone(name: str) -> bool:
    """True for a name of the IANA time zone database that this machine knows, such as "Asia/Kolkata"."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return bool(name)


def local_date(zone: str, at: datetime) -> date:
    """The calendar day that `at` (aware) falls on in the zone."""
    if at.tzinfo is None:
        raise ValueError("a moment needs an offset")
    return at.astimezone(ZoneInfo(zone)).date()


def local_moment(zone: str, moment: datetime) -> datetime:
    """The moment as an aware datetime in the clinic's zone.

    A naive `moment` is wall time in `zone`; an aware one is converted. Raises Invalid (codes `skipped_hour`,
    `repeated_hour`) for a wall time that the zone skips or shows twice, whichever way it was given.
    """
    tz = ZoneInfo(zone)
    if moment.tzinfo is None:
        wall = moment.replace(tzinfo=tz, fold=0)
    else:
        _refuse_skipped(moment)
        wall = moment.astimezone(UTC).astimezone(tz)
    _refuse_skipped(wall)
    if wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset():
        raise Invalid(
            f"{wall:%d %b %Y %H:%M} happens twice in {zone}: the clocks go back.",
            code="repeated_hour",
            field="starts_at",
            remedy=_REMEDY,
        )
    return wall


def day_bounds(zone: str, on: date) -> tuple[datetime, datetime]:
    """First moment of the local day and of the next one, in UTC: 23 to 25 hours apart."""
    return _first_moment(zone, on), _first_moment(zone, on + timedelta(days=1))


def _first_moment(zone: str, on: date) -> datetime:
    # Where midnight is skipped (Cairo in spring), fold=0 carries the offset from before the change, and the
    # same instant then reads 01:00: exactly the first moment of that day.
    return datetime(on.year, on.month, on.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _refuse_skipped(moment: datetime) -> None:
    there_and_back = moment.astimezone(UTC).astimezone(moment.tzinfo)
    if there_and_back.replace(tzinfo=None, fold=0) != moment.replace(tzinfo=None, fold=0):
        raise Invalid(
            f"{moment:%d %b %Y %H:%M} does not exist there: the clocks go forward.",
            code="skipped_hour",
            field="starts_at",
            remedy=_REMEDY,
        )
