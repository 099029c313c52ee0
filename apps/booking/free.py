"""What is free in a clinic on some days: a fixed number of queries, however many the days and the bookings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.booking.chains import Room, Run, Spot
from apps.booking.grid import GRAIN, Day, span
from apps.clinic.models import Batch, Clinic, OpeningHours, Resource, ResourceClosure, ResourceHours

Spans = list[tuple[time, time]]
_SECONDS = int(GRAIN.total_seconds())
# What a couple has kept after a loss or a move it may take back; what the visit itself has taken is in nobody's way.
# One row for each place and person: what a busy month holds is thousands of rows, and each costs more to fetch than to add.
_TAKEN = """
SELECT resource_id, place, person_id,
       string_agg(floor(date_part('epoch', starts_at) / %(grain)s)::bigint - %(base)s || ' '
                  || ceil(date_part('epoch', ends_at) / %(grain)s)::bigint - %(base)s, ' ')
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


@dataclass(slots=True)
class Free:
    """Everything that says what is free, loaded once. `room` answers for one day."""

    at: datetime
    resources: dict[str, list[tuple[UUID, int]]]
    opening: dict[int, Spans]
    hours: dict[UUID, dict[int, Spans]]
    batches: dict[UUID, list[tuple[time, time, time]]]
    closures: list[tuple[UUID | None, datetime, datetime]]
    places: dict[tuple[UUID, int], int]
    people: dict[UUID, int]
    base: int
    _there: dict[tuple[UUID | None, int], int] = field(default_factory=dict)

    def room(self, day: Day) -> Room:
        """The room of that day, what has passed by `at` left out."""
        ahead = day.whole & ~span(0, day.ceil(self.at))
        shut = self._shut(day, None)
        opening = self._within(day, None, self.opening) & ~shut
        spots = {
            kind: tuple(self._spots(day, listed, opening & ahead, shut))
            for kind, listed in self.resources.items()
        }
        people = {pk: day.whole & ~self._of_day(bits, day) for pk, bits in self.people.items()}
        return Room(day.length, opening & ahead, day.beginnings, spots, people)

    def share_taken(self, day: Day) -> float:
        """How much of what its places could serve on that day is taken, from 0 to 1."""
        most = sum(
            places * self._hours_of(day, pk).bit_count()
            for listed in self.resources.values()
            for pk, places in listed
        )
        taken = sum(self._of_day(bits, day).bit_count() for bits in self.places.values())
        return min(taken / most, 1.0) if most else 0.0

    def _spots(self, day: Day, listed: list[tuple[UUID, int]], opening: int, shut: int) -> Iterable[Spot]:
        offset, whole = _fives(day.starts_at) - self.base, day.whole
        for pk, places in listed:
            there = self._hours_of(day, pk)
            closed = shut | self._shut(day, pk) if self.closures else shut
            taken = [self.places.get((pk, place), 0) >> offset & whole for place in range(1, places + 1)]
            if pk not in self.batches:
                free = there & opening & ~closed
                for number, bits in enumerate(taken, 1):
                    yield Spot(pk, number, free & ~bits)
                continue
            runs = [run for run in self._runs(day, pk) if not closed & span(run[0], run[2])] if there else []
            begun = [any(bits & span(run[0], run[2]) for bits in taken) for run in runs]
            for number, bits in enumerate(taken, 1):
                left = [
                    Run(*run, is_begun)
                    for run, is_begun in zip(runs, begun, strict=True)
                    if not bits & span(run[0], run[2])
                ]
                yield Spot(pk, number, 0, tuple(left))

    def _runs(self, day: Day, pk: UUID) -> list[tuple[int, int, int]]:
        return [
            (day.last_at(first), day.last_at(cutoff), day.first_at(last))
            for first, cutoff, last in self.batches[pk]
        ]

    def _hours_of(self, day: Day, pk: UUID) -> int:
        own = self.hours.get(pk)
        return self._within(day, pk, own) if own else self._within(day, None, self.opening)

    def _within(self, day: Day, pk: UUID | None, spans: dict[int, Spans]) -> int:
        weekday = day.on.weekday()
        if not day.is_usual:
            return day.within(spans.get(weekday, ()))
        key = (pk, weekday)
        if key not in self._there:
            self._there[key] = day.within(spans.get(weekday, ()))
        return self._there[key]

    def _shut(self, day: Day, pk: UUID | None) -> int:
        bits = 0
        for resource_id, first, last in self.closures:
            if resource_id == pk:
                bits |= day.touched(first, last)
        return bits

    def _of_day(self, bits: int, day: Day) -> int:
        return bits >> (_fives(day.starts_at) - self.base) & day.whole if bits else 0


def is_equipped(clinic: Clinic) -> bool:
    """Whether the clinic has listed what it can do at one time; else it books plain times."""
    return Resource.objects.filter(clinic=clinic, is_active=True).exists()


def load_free(
    clinic: Clinic, kinds: Iterable[str], whose: Whose, days: Sequence[Day], *, at: datetime
) -> Free:
    """What the clinic's resources of these kinds and the people are free for on the days, which are in order.

    Six queries. Rows that have ended by `at` count no more.
    """
    listed: dict[str, list[tuple[UUID, int]]] = defaultdict(list)
    found = Resource.objects.filter(clinic=clinic, is_active=True, kind__in=list(kinds))
    for pk, kind, count in found.order_by("kind", "name").values_list("pk", "kind", "places"):
        listed[kind].append((pk, count))
    pks = [pk for of_kind in listed.values() for pk, _ in of_kind]
    first, last = days[0].starts_at, days[-1].moment(days[-1].length)
    base = _fives(first)
    places, people = _taken(clinic, pks, whose, (first, last), at)
    return Free(
        at=at,
        resources=dict(listed),
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
        "grain": _SECONDS,
        "base": base,
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
            bits = _bits(spans, end - base)
            if resource_id is not None:
                places[resource_id, place] = bits
            else:
                people[person_id] = people[person_id] | bits
    return places, people


def _bits(spans: str, length: int) -> int:
    """Spans of fives, written one after the other, as one number."""
    numbers = list(map(int, spans.split()))
    firsts, lasts = numbers[::2], numbers[1::2]
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
