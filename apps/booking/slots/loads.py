"""How full a clinic's days are: minutes taken of those that there are, by kind of resource and in all.

What there is comes from the loading that the search for slots uses (`free`), so a heat map and a booking cannot disagree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import uuid4

from apps.booking.slots.chains import Spot
from apps.booking.slots.free import Free, Whose, listed_of, load_free
from apps.booking.slots.grid import GRAIN, Day, day_of, span
from apps.clinic.clock import day_bounds, local_date
from apps.clinic.loading import workdays_of
from apps.clinic.models import Clinic, ResourceKind
from apps.treatments.models import Appointment
from apps.treatments.overlap import STATUSES_IN_FORCE

_MINUTES = int(GRAIN.total_seconds()) // 60
_COUNTED = frozenset({*STATUSES_IN_FORCE, "fulfilled"})


@dataclass(frozen=True, slots=True)
class Load:
    """Minutes of places on one day. What a closure came over while it was taken may exceed what there is."""

    taken: int
    available: int

    @property
    def percent(self) -> int | None:
        """Taken of available, rounded; None where there is nothing to take."""
        return round(100 * self.taken / self.available) if self.available else None


@dataclass(frozen=True, slots=True)
class DayLoad:
    """One day: whether the clinic opens, how many sessions it has, and its load by kind (those that are listed)."""

    on: date
    is_open: bool
    sessions: int
    kinds: Mapping[str, Load]

    @property
    def total(self) -> Load:
        loads = self.kinds.values()
        return Load(sum(one.taken for one in loads), sum(one.available for one in loads))


def load_of(clinic: Clinic, from_on: date, to_on: date, *, at: datetime) -> tuple[DayLoad, ...]:
    """Each of the clinic's days from..to (ends inclusive, in order). What has ended by itself before `at` is not taken.

    A fixed number of queries, however many days and sessions.
    """
    days = [day_of(clinic.zone, from_on + timedelta(days=n)) for n in range((to_on - from_on).days + 1)]
    if not days:
        return ()
    free = load_free(clinic, listed_of(clinic), Whose(uuid4(), uuid4(), ()), days, at=at)
    workdays = workdays_of(clinic)
    visits = _visits(clinic, from_on, to_on)
    loads = []
    for day in days:
        is_open = workdays.is_open(day.on)
        kinds = {
            kind: _load(free, day, kind, is_open) for kind in ResourceKind.values if kind in free.resources
        }
        loads.append(DayLoad(day.on, is_open, visits[day.on], kinds))
    return tuple(loads)


def _visits(clinic: Clinic, from_on: date, to_on: date) -> Counter[date]:
    """How many visits each of the clinic's days has, by their beginnings."""
    begins, ends = day_bounds(clinic.zone, from_on)[0], day_bounds(clinic.zone, to_on)[1]
    times = Appointment.objects.filter(
        clinic=clinic, status__in=_COUNTED, starts_at__gte=begins, starts_at__lt=ends
    )
    return Counter(
        local_date(clinic.zone, starts_at)
        for starts_at in times.values_list("starts_at", flat=True)
        if starts_at
    )


def _load(free: Free, day: Day, kind: str, is_open: bool) -> Load:
    """The kind's places on that day, with what has passed of it."""
    empty = replace(free, places={}, at=day.starts_at)
    spots: Sequence[Spot] = empty.room(day).spots.get(kind, ()) if is_open else ()
    offset = int(day.starts_at.timestamp()) // int(GRAIN.total_seconds()) - free.base
    taken = sum(
        (free.places.get((pk, place), 0) >> offset & day.whole).bit_count()
        for pk, places in free.resources[kind]
        for place in range(1, places + 1)
    )
    return Load(taken * _MINUTES, sum(map(_fives_of, spots)) * _MINUTES)


def _fives_of(spot: Spot) -> int:
    """The fives that the place serves: all that are open, or its batches alone."""
    bits = spot.free
    for run in spot.runs or ():
        bits |= span(run.starts, run.ends)
    return bits.bit_count()
