"""Holidays of a clinic: listed from the library, ticked, confirmed and shifted by a manager."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.clock import local_date
from apps.clinic.day_changes import locked_clinic, tell_days
from apps.clinic.errors import Conflict, Invalid, NotFound
from apps.clinic.models import Clinic, Holiday
from apps.clinic.public_holidays import PublicHoliday, further_holidays, public_holidays

# How far a holiday of a moon month is ever moved from its estimate: its listed date is known by this nearness.
_NEAR = timedelta(days=2)
_DAY, _LONGEST_RUN = timedelta(days=1), timedelta(days=10)


def tick_holidays(*, clinic: Clinic, year: int, actor: Actor, at: datetime) -> list[Holiday]:
    """Seeds the year's public holidays, each ticked as closed. Days listed already keep what was decided.

    So does a holiday that was shifted by a day or two: it is not listed a second time.
    """
    with acting(actor):
        fresh = locked_clinic(clinic, actor, "manager")
        known = public_holidays(fresh.country, fresh.subdivision, _year(year))
        return _list_holidays(fresh, year, known, actor, at)


def tick_further_holidays(
    *, clinic: Clinic, year: int, days: Collection[date], actor: Actor, at: datetime
) -> list[Holiday]:
    """Ticks as closed those of the library's further days (festivals, days of authorities) that fall on `days`."""
    with acting(actor):
        fresh = locked_clinic(clinic, actor, "manager")
        known = further_holidays(fresh.country, fresh.subdivision, _year(year))
        unknown = sorted(set(days) - {day.on for day in known})
        if unknown:
            raise Invalid(
                f"No further holiday is known on {unknown[0]}.",
                field="days",
                remedy="Add it by hand, with its name.",
            )
        return _list_holidays(fresh, year, [day for day in known if day.on in days], actor, at)


def _year(year: int) -> int:
    if not 2000 <= year <= 2100:
        raise Invalid("This year is out of range.", field="year", remedy="Give a year such as 2026.")
    return year


def _list_holidays(
    clinic: Clinic, year: int, days: Sequence[PublicHoliday], actor: Actor, at: datetime
) -> list[Holiday]:
    around = (date(year, 1, 1) - _NEAR, date(year, 12, 31) + _NEAR)
    listed = list(Holiday.objects.filter(clinic=clinic, on__range=around))
    taken = {row.on for row in listed}
    moved = {
        (row.on + timedelta(days=n), name)
        for row in listed
        for name in row.name.split("; ")
        for n in range(-_NEAR.days, _NEAR.days + 1)
    }
    fresh: dict[date, Holiday] = {}
    for day in days:
        if day.on in taken or any((day.on, name) in moved for name in day.name.split("; ")):
            continue
        first = fresh.setdefault(
            day.on, Holiday(clinic=clinic, on=day.on, name=day.name, estimated=day.estimated)
        )
        if first.name != day.name:
            first.name = f"{first.name}; {day.name}"[:200]
    added = Holiday.objects.bulk_create(list(fresh.values()))
    if added:
        tell_days(clinic, date(year, 1, 1), date(year, 12, 31), actor, at)
    return added


def set_holiday(
    *,
    clinic: Clinic,
    on: date,
    closed: bool,
    actor: Actor,
    at: datetime,
    name: str = "",
    estimated: bool = False,
) -> Holiday:
    """Adds, ticks or unticks a holiday. An empty `name` keeps the listed one; `estimated=False` confirms
    it.
    """
    with acting(actor):
        locked_clinic(clinic, actor, "manager")
        holiday = Holiday.objects.filter(clinic=clinic, on=on).first() or Holiday(clinic=clinic, on=on)
        holiday.name = name.strip() or holiday.name
        if not holiday.name:
            raise Invalid("The holiday has no name.", field="name", remedy="Say which day it is.")
        holiday.closed, holiday.estimated = closed, estimated
        holiday.save()
        tell_days(clinic, on, on, actor, at)
    return holiday


def shift_holiday(*, holiday: Holiday, days: int, actor: Actor, at: datetime) -> Holiday:
    """Moves a holiday to the day before (-1) or after (+1): the old day opens, the new one closes, the date is no
    longer an estimate. Estimated days that follow one another hang on one moon and move together.

    Where a new day is a holiday already, the two become one, closed if either was.
    """
    if days not in (-1, 1):
        raise Invalid("A holiday moves by one day at a time.", field="days", remedy="Give -1 or 1.")
    clinic, step = holiday.clinic, timedelta(days=days)
    with acting(actor):
        locked_clinic(clinic, actor, "manager")
        fresh = Holiday.objects.filter(pk=holiday.pk, clinic=clinic).first()
        if fresh is None:
            raise NotFound("There is no such holiday.", field="holiday")
        run = _run(fresh)
        first, last = min(run[0].on, run[0].on + step), max(run[-1].on, run[-1].on + step)
        if first < local_date(clinic.zone, at):
            raise Conflict("This holiday is past.", code="past_holiday", field="holiday")
        for row in run if days < 0 else reversed(run):
            _shift(row, step)
        tell_days(clinic, first, last, actor, at)
    return next(row for row in run if row.pk == fresh.pk)


def _run(holiday: Holiday) -> list[Holiday]:
    """The holiday and, if it is an estimate, the estimated days that touch it, in order."""
    if not holiday.estimated:
        return [holiday]
    rows = Holiday.objects.filter(clinic_id=holiday.clinic_id, estimated=True)
    near = {
        row.on: row for row in rows.filter(on__range=(holiday.on - _LONGEST_RUN, holiday.on + _LONGEST_RUN))
    }
    first = last = holiday.on
    while first - _DAY in near:
        first -= _DAY
    while last + _DAY in near:
        last += _DAY
    return [near[date.fromordinal(day)] for day in range(first.toordinal(), last.toordinal() + 1)]


def _shift(row: Holiday, step: timedelta) -> None:
    there = Holiday.objects.filter(clinic_id=row.clinic_id, on=row.on + step).first()
    if there is not None:
        names = dict.fromkeys([*there.name.split("; "), *row.name.split("; ")])
        row.name, row.closed = "; ".join(names)[:200], row.closed or there.closed
        there.delete()
    row.on, row.estimated = row.on + step, False
    row.save()
