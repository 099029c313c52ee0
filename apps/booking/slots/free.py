"""What is free in a clinic on some days: a fixed number of queries, however many the days and the bookings."""

from __future__ import annotations

import sys
from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from apps.booking.slots.chains import Room, Run, Spot
from apps.booking.slots.grid import GRAIN, Day, span
from apps.clinic.models import (
    Batch,
    Clinic,
    OpeningHours,
    Resource,
    ResourceClosure,
    ResourceHours,
    ResourceKind,
)

Spans = list[tuple[time, time]]
Listed = dict[str, list[tuple[UUID, int]]]
_SECONDS = int(GRAIN.total_seconds())
_MICROSECONDS = _SECONDS * 1_000_000
_YEAR_2000 = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) // _SECONDS
# What a couple has kept after a loss or a move it may take back; what the visit itself has taken is in nobody's way.
# One row for each place and person: what a busy month holds is thousands of rows, and each costs more to fetch than to
# add. Its moments come as PostgreSQL sends them: eight bytes each, the highest first, microseconds since 2000.
_TAKEN = """
SELECT resource_id, place, person_id,
       string_agg(timestamptz_send(starts_at) || timestamptz_send(ends_at), ''::bytea)
FROM treatments_occupation
WHERE clinic_id = %(clinic)s AND starts_at >= %(long_before)s AND starts_at < %(last)s AND ends_at > %(first)s
  AND (resource_id = ANY(%(resources)s) OR person_id = ANY(%(people)s))
  AND (until IS NULL OR until > %(at)s)
  AND appointment_id <> %(appointment)s
  AND NOT (purpose = 'kept' AND appointment_id IN (
      SELECT a.id FROM treatments_appointment a JOIN treatments_treatment t ON t.id = a.treatment_id
      WHERE t.couple_id = %(couple)s))
GROUP BY resource_id, place, person_id
"""


@dataclass(frozen=True, slots=True)
class Whose:
    """For whom room is looked for: the visit, its couple, and the people who come to it."""

    appointment_id: UUID
    couple_id: UUID
    people: Sequence[UUID]


class _Served(NamedTuple):
    """One resource on one day: the fives of its hours, and of each of its batches start, cut-off, end and all its fives."""

    resource_id: UUID
    places: int
    there: int
    runs: tuple[tuple[int, int, int, int], ...] | None = None


@dataclass(slots=True)
class Free:
    """Everything that says what is free, loaded once. `room` answers for one day."""

    at: datetime
    resources: Listed
    opening: dict[int, Spans]
    hours: dict[UUID, dict[int, Spans]]
    batches: dict[UUID, list[tuple[time, time, time]]]
    closures: list[tuple[UUID | None, datetime, datetime]]
    places: dict[tuple[UUID, int], int]
    people: dict[UUID, int]
    base: int
    _usual: dict[int, dict[str, tuple[_Served, ...]]] = field(default_factory=dict)

    def room(self, day: Day) -> Room:
        """The room of that day, what has passed by `at` left out."""
        shut = self._shut(day, None)
        opening = self._within(day, self.opening) & ~shut & ~span(0, day.ceil(self.at))
        spots = {
            kind: tuple(self._spots(day, served, opening, shut)) for kind, served in self._served(day).items()
        }
        people = {pk: day.whole & ~self._of_day(bits, day) for pk, bits in self.people.items()}
        return Room(day.length, opening, day.beginnings, spots, people)

    def share_taken(self, day: Day) -> float:
        """How much of what its places could serve on that day is taken, from 0 to 1."""
        most = sum(
            served.places * served.there.bit_count()
            for listed in self._served(day).values()
            for served in listed
        )
        taken = sum(self._of_day(bits, day).bit_count() for bits in self.places.values())
        return min(taken / most, 1.0) if most else 0.0

    def _spots(self, day: Day, listed: tuple[_Served, ...], opening: int, shut: int) -> Iterable[Spot]:
        offset = _fives(day.starts_at) - self.base
        for served in listed:
            pk, closed = served.resource_id, shut
            if self.closures:
                closed |= self._shut(day, pk)
            if served.runs is None:
                free = served.there & opening & ~closed
                for place in range(1, served.places + 1):
                    yield Spot(pk, place, free & ~(self._taken(pk, place) >> offset))
                continue
            taken = [self._taken(pk, place) >> offset for place in range(1, served.places + 1)]
            runs = [
                (Run(starts, cutoff, ends, any(bits & whole for bits in taken)), whole)
                for starts, cutoff, ends, whole in served.runs
                if not closed & whole
            ]
            for place, bits in enumerate(taken, 1):
                yield Spot(pk, place, 0, tuple(run for run, whole in runs if not bits & whole))

    def _taken(self, pk: UUID, place: int) -> int:
        return self.places.get((pk, place), 0)

    def _served(self, day: Day) -> dict[str, tuple[_Served, ...]]:
        """What each kind serves on that day, by its hours and batches alone: the same on all usual days of a weekday."""
        weekday = day.on.weekday()
        if day.is_usual and weekday in self._usual:
            return self._usual[weekday]
        found = {
            kind: tuple(self._one_served(day, pk, places) for pk, places in listed)
            for kind, listed in self.resources.items()
        }
        if day.is_usual:
            self._usual[weekday] = found
        return found

    def _one_served(self, day: Day, pk: UUID, places: int) -> _Served:
        there = self._within(day, self.hours.get(pk) or self.opening)
        if pk not in self.batches:
            return _Served(pk, places, there)
        runs = [
            (day.last_at(first), day.last_at(cutoff), day.first_at(last))
            for first, cutoff, last in self.batches[pk]
            if there
        ]
        return _Served(pk, places, there, tuple((*run, span(run[0], run[2])) for run in runs))

    def _within(self, day: Day, spans: dict[int, Spans]) -> int:
        return day.within(spans.get(day.on.weekday(), ()))

    def _shut(self, day: Day, pk: UUID | None) -> int:
        bits = 0
        for resource_id, first, last in self.closures:
            if resource_id == pk:
                bits |= day.touched(first, last)
        return bits

    def _of_day(self, bits: int, day: Day) -> int:
        return bits >> (_fives(day.starts_at) - self.base) & day.whole if bits else 0


def listed_of(clinic: Clinic, kinds: Iterable[str] = ResourceKind.values) -> Listed:
    """The clinic's resources in use of these kinds, each with its number of places.

    A clinic that has listed none books plain times.
    """
    listed: Listed = defaultdict(list)
    found = Resource.objects.filter(clinic=clinic, is_active=True, kind__in=list(kinds)).order_by(
        "kind", "name"
    )
    for pk, kind, places in found.values_list("pk", "kind", "places"):
        listed[kind].append((pk, places))
    return dict(listed)


def load_free(clinic: Clinic, listed: Listed, whose: Whose, days: Sequence[Day], *, at: datetime) -> Free:
    """What these of the clinic's resources and the people are free for on the days, which are in order.

    Five queries. Rows that have ended by `at` count no more.
    """
    pks = [pk for of_kind in listed.values() for pk, _ in of_kind]
    first, last = days[0].starts_at, days[-1].moment(days[-1].length)
    base = _fives(first)
    places, people = _taken(clinic, pks, whose, (first, last), at)
    return Free(
        at=at,
        resources=listed,
        opening=_by_weekday(OpeningHours.objects.filter(clinic=clinic).values_list(*_HOURS)),
        hours=_hours(pks),
        batches=_batches(pks),
        closures=_closures(clinic, pks, first, last),
        places=places,
        people=people,
        base=base,
    )


_HOURS = ("weekday", "opens_at", "closes_at")


def _by_weekday(rows: Iterable[tuple[int, time, time]]) -> dict[int, Spans]:
    found: dict[int, Spans] = defaultdict(list)
    for weekday, opens, closes in rows:
        found[weekday].append((opens, closes))
    return dict(found)


def _hours(pks: list[UUID]) -> dict[UUID, dict[int, Spans]]:
    found: dict[UUID, dict[int, Spans]] = {}
    rows = ResourceHours.objects.filter(resource_id__in=pks).order_by().values_list("resource_id", *_HOURS)
    for pk, weekday, opens, closes in rows:
        found.setdefault(pk, {}).setdefault(weekday, []).append((opens, closes))
    return found


def _batches(pks: list[UUID]) -> dict[UUID, list[tuple[time, time, time]]]:
    found: dict[UUID, list[tuple[time, time, time]]] = defaultdict(list)
    rows = Batch.objects.filter(resource_id__in=pks).order_by("starts_at")
    for pk, *times in rows.values_list("resource_id", "starts_at", "cutoff_at", "ends_at"):
        found[pk].append((times[0], times[1], times[2]))
    return dict(found)


def _closures(
    clinic: Clinic, pks: list[UUID], first: datetime, last: datetime
) -> list[tuple[UUID | None, datetime, datetime]]:
    rows = ResourceClosure.objects.filter(clinic=clinic, ends_at__gt=first, starts_at__lt=last).order_by()
    wanted = {None, *pks}
    return [row for row in rows.values_list("resource_id", "starts_at", "ends_at") if row[0] in wanted]


def _taken(
    clinic: Clinic, pks: list[UUID], whose: Whose, between: tuple[datetime, datetime], at: datetime
) -> tuple[dict[tuple[UUID, int], int], dict[UUID, int]]:
    """What is taken of each place and of each person, from the first moment on."""
    first, last = between
    base, end = _fives(first), -(-int(last.timestamp()) // _SECONDS)
    places: dict[tuple[UUID, int], int] = {}
    people: dict[UUID, int] = dict.fromkeys(whose.people, 0)
    asked: dict[str, Any] = {
        "clinic": clinic.pk,
        # Nothing that is taken lasts longer than a day; the index is on the beginning.
        "long_before": first - timedelta(days=1, hours=1),
        "first": first,
        "last": last,
        "resources": pks,
        "people": list(whose.people),
        "at": at,
        "appointment": whose.appointment_id,
        "couple": whose.couple_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, asked)
        for resource_id, place, person_id, spans in cursor.fetchall():
            bits = _bits(spans, base, end - base)
            if resource_id is not None:
                places[resource_id, place] = bits
            else:
                people[person_id] = people[person_id] | bits
    return places, people


def _bits(sent: bytes, base: int, length: int) -> int:
    """Spans of moments, one after the other, as one number: each five that one of them touches."""
    moments = array("q", sent)
    if sys.byteorder == "little":
        moments.byteswap()
    before = base - _YEAR_2000
    firsts = [moment // _MICROSECONDS - before for moment in moments[::2]]
    lasts = [-(-moment // _MICROSECONDS) - before for moment in moments[1::2]]
    apart = len(set(lasts)) == len(lasts) == len(set(firsts))
    if apart and min(firsts) >= 0 and max(lasts) <= length:
        bits = _marked(lasts, length) - _marked(firsts, length)
        # Spans apart are the difference of their ends and beginnings. Where two of them meet (times of before the clinic
        # counted in fives, rounded outwards) something is carried, and bits are missing.
        if bits.bit_count() == sum(lasts) - sum(firsts):
            return bits
    bits = 0
    for first, last in zip(firsts, lasts, strict=True):
        bits |= span(max(first, 0), min(last, length))
    return bits


def _marked(places: list[int], length: int) -> int:
    row = bytearray(b"0") * (length + 1)
    one = ord("1")
    for place in places:
        row[length - place] = one
    return int(row, 2)


def _fives(moment: datetime) -> int:
    return int(moment.timestamp()) // _SECONDS
