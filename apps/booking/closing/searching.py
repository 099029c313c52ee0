"""The sessions that a closing hits, and where each of them could go instead. Reads, writes nothing.

What is taken is read once for all of them. What a session itself has taken is free for it and for nobody else: so
whatever is proposed can be done in any order, also where some of the others stay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from django.db.models import Q, QuerySet, prefetch_related_objects

from apps.booking.session.unit_queries import NextDraw, next_draws
from apps.booking.slots.chains import Placed, Room
from apps.booking.slots.fitting import Fit
from apps.booking.slots.free import Free, Whose, listed_of, load_free
from apps.booking.slots.grid import GRAIN, QUARTER, Day, day_of, every, span
from apps.booking.slots.searching import MOST_DAYS, possible_days
from apps.booking.slots.wanted import Wanted, wanted
from apps.clinic.clock import local_date
from apps.clinic.errors import LitError
from apps.clinic.loading import workdays_of
from apps.clinic.models import Clinic, Resource
from apps.treatments.gathered import Gathered
from apps.treatments.loading import template_of
from apps.treatments.models import Appointment, Occupation, Purpose
from apps.treatments.overlap import STATUSES_IN_FORCE
from protocols import Workdays

# So many days with a place are enough to choose from; those outside the good days are asked about when so few are good.
_DAYS_ENOUGH, _GOOD_ENOUGH = 8, 3
_NEAR, _SPREAD = 3, 3


@dataclass(frozen=True, slots=True)
class Closed:
    """What is to be closed: the whole clinic, or one resource, from one moment to another (aware)."""

    clinic: Clinic
    resource: Resource | None
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Way:
    """One way to hold a session: from that five of that day."""

    day: Day
    start: int
    placed: tuple[Placed, ...]
    needs_reason: bool

    @property
    def starts_at(self) -> datetime:
        return self.day.moment(self.start)


@dataclass(frozen=True, slots=True)
class Hit:
    """A session that the closing hits. `wanted` is None where the plan lets nobody book it; then `why` says why.

    Before `draw_from` its donor is not drawn again, by the clinic's own number; None where nothing bounds it.
    """

    row: Appointment
    wanted: Wanted | None
    free: Free | None
    why: str
    own: Mapping[tuple[UUID, int], int]
    draw_from: date | None

    @property
    def old_day(self) -> date:
        assert self.row.starts_at is not None
        return local_date(self.row.zone, self.row.starts_at)

    @property
    def old_start(self) -> int:
        assert self.row.starts_at is not None
        return day_of(self.row.zone, self.old_day).floor(self.row.starts_at)


@dataclass(frozen=True, slots=True)
class Found:
    """Every hit, and what is free for somebody who has taken nothing."""

    closed: Closed
    hits: tuple[Hit, ...]
    shared: Free
    _rooms: dict[Day, Room] = field(default_factory=dict)

    def room(self, day: Day) -> Room:
        """What is free on that day for somebody who has taken nothing."""
        if day not in self._rooms:
            self._rooms[day] = self.shared.room(day)
        return self._rooms[day]

    def room_of(self, hit: Hit, day: Day) -> Room:
        """What is free on that day for the session: on its old day what it has taken itself, too."""
        assert hit.free is not None
        offset = _fives(day.starts_at) - hit.free.base
        if any(bits >> offset & day.whole for bits in hit.own.values()):
            return hit.free.room(day)
        people = {pk: day.whole & ~(bits >> offset) for pk, bits in hit.free.people.items()}
        return replace(self.room(day), people=people)


def hit_by(closed: Closed, *, at: datetime) -> QuerySet[Appointment]:
    """Bookings in force that the closing would leave without what they need, in order of time; not those that are over."""
    first = max(closed.starts_at, at)
    rows = Appointment.objects.filter(
        clinic=closed.clinic, status__in=STATUSES_IN_FORCE, starts_at__lt=closed.ends_at, ends_at__gt=first
    )
    if closed.resource is not None:
        alive = Q(purpose=Purpose.BOOKED) | Q(purpose=Purpose.PENCILLED, until__gt=at)
        taken = Occupation.objects.filter(
            alive, resource=closed.resource, starts_at__lt=closed.ends_at, ends_at__gt=first
        )
        rows = rows.filter(pk__in=taken.values("appointment"))
    return rows.select_related(
        "clinic",
        "treatment__clinic",
        "treatment__protocol_version",
        "treatment__couple__recipient",
        "treatment__couple__partner",
    ).order_by("starts_at", "id")


def find(closed: Closed, rows: Sequence[Appointment], *, at: datetime) -> Found:
    """What each of the sessions asks for and what is free for it once the closing stands."""
    prefetch_related_objects([row.treatment for row in rows], "records", "appointments")
    workdays = workdays_of(closed.clinic)
    asked = [(row, *_asked(row, workdays, at=at)) for row in rows]
    shared = _shared(closed, [found for _, found, _ in asked if found is not None], at)
    own = _own(rows, shared.base)
    draws = next_draws(closed.clinic, {row.treatment.couple.partner_id for row in rows})
    hits = tuple(
        _hit(row, found, why, shared, own[row.pk], _draw_from(row, draws)) for row, found, why in asked
    )
    return Found(closed, hits, replace(shared, people={}))


def ways(found: Found, hit: Hit) -> Iterator[Way]:
    """Where the session could go, the nearest days first: good days, and the others where few are good. Never before its
    donor can be drawn again.
    """
    if hit.wanted is None or hit.free is None:
        return
    first, last = possible_days(hit.wanted)
    first = max(first, hit.draw_from or first)
    days = [first + timedelta(days=number) for number in range(min((last - first).days + 1, MOST_DAYS))]
    days.sort(key=lambda on: (abs((on - hit.old_day).days), on < hit.old_day))
    judged = [(on, _judged(hit.wanted, on)) for on in days]
    good = 0
    for wants_reason, most in ((False, _DAYS_ENOUGH), (True, _DAYS_ENOUGH)):
        if wants_reason and good >= _GOOD_ENOUGH:
            return
        filled = 0
        for on, code in judged:
            if code == ("needs_reason" if wants_reason else "") and filled < most:
                of_day = list(_of_day(found, hit, on, needs_reason=wants_reason))
                filled += bool(of_day)
                yield from of_day
        good = good or filled


def _asked(row: Appointment, workdays: Workdays, *, at: datetime) -> tuple[Wanted | None, str]:
    treatment = row.treatment
    gathered = Gathered(
        treatment=treatment,
        template=template_of(treatment.protocol_version),
        workdays=workdays,
        today=local_date(treatment.clinic.zone, at),
        records=list(treatment.records.all()),
        visits={(one.step, one.occurrence): one for one in treatment.appointments.all()},
        flags={},
    )
    try:
        return wanted(gathered, row, pencil=None, at=at), ""
    except LitError as error:
        return None, error.message


def _shared(closed: Closed, asked: Sequence[Wanted], at: datetime) -> Free:
    """Everything that is taken on all possible days, by whomever, once the closing stands."""
    spans = [possible_days(one) for one in asked] or [(local_date(closed.clinic.zone, at),) * 2]
    first = min(start for start, _ in spans)
    last = max(min(end, start + timedelta(days=MOST_DAYS - 1)) for start, end in spans)
    count = (last - first).days + 1
    days = [day_of(closed.clinic.zone, first + timedelta(days=number)) for number in range(count)]
    kinds = dict.fromkeys(kind for one in asked for kind in one.recipe.kinds)
    people = dict.fromkeys(person for one in asked for person in one.recipe.people)
    listed = listed_of(closed.clinic, kinds)
    free = load_free(closed.clinic, listed, Whose(uuid4(), uuid4(), tuple(people)), days, at=at)
    resource = closed.resource.pk if closed.resource else None
    return replace(free, closures=[*free.closures, (resource, closed.starts_at, closed.ends_at)])


def _own(rows: Iterable[Appointment], base: int) -> dict[UUID, dict[tuple[UUID, int] | UUID, int]]:
    """What each session has taken itself, of places and of people."""
    own: dict[UUID, dict[tuple[UUID, int] | UUID, int]] = defaultdict(lambda: defaultdict(int))
    taken = Occupation.objects.filter(appointment__in=[row.pk for row in rows]).order_by()
    columns = ("appointment_id", "resource_id", "place", "person_id", "starts_at", "ends_at")
    for pk, resource, place, person, starts_at, ends_at in taken.values_list(*columns):
        first, last = _fives(starts_at) - base, -(-int(ends_at.timestamp()) // 300) - base
        own[pk][(resource, place) if resource else person] |= span(max(first, 0), max(last, 0))
    return own


def _hit(
    row: Appointment,
    found: Wanted | None,
    why: str,
    shared: Free,
    own: Mapping[tuple[UUID, int] | UUID, int],
    draw_from: date | None,
) -> Hit:
    places = {key: bits for key, bits in own.items() if isinstance(key, tuple)}
    if found is None:
        return Hit(row, None, None, why, places, draw_from)
    mine = {key: shared.places.get(key, 0) & ~bits for key, bits in places.items()}
    people = {pk: shared.people.get(pk, 0) & ~own.get(pk, 0) for pk in found.recipe.people}
    free = replace(shared, places={**shared.places, **mine}, people=people)
    return Hit(row, found, free, "", places, draw_from)


def _draw_from(row: Appointment, draws: Mapping[UUID, NextDraw]) -> date | None:
    """For a session in which the partner is drawn. Where it stands sooner than that, a person has judged so already."""
    donor = "donor" in row.attends and "partner" in (row.plan.get("donor") or "partner").split("+")
    drawn = draws.get(row.treatment.couple.partner_id) if donor else None
    if drawn is None or drawn.last_on is None or drawn.from_on is None or row.starts_at is None:
        return None
    stands_on = local_date(row.zone, row.starts_at)
    return min(drawn.from_on, stands_on) if drawn.last_on < stands_on else drawn.from_on


def _judged(asked: Wanted, on: date) -> str:
    """Empty for a good day, else the code of the rule that is against it."""
    try:
        asked.refuse_missed(on)
        asked.refuse_day(on, reason="")
    except LitError as error:
        return error.code
    return ""


def _of_day(found: Found, hit: Hit, on: date, *, needs_reason: bool) -> Iterator[Way]:
    """A few ways on that day: around the old time of day, and spread over the day."""
    assert hit.wanted is not None
    day = day_of(hit.wanted.gathered.treatment.clinic.zone, on)
    recipe = hit.wanted.recipe
    fit = Fit(recipe.blocks, found.room_of(hit, day), recipe.bound)
    left = fit.starts & every(QUARTER, day.length)
    starts = [bit for bit in range(0, day.length, QUARTER) if left >> bit & 1]
    near = sorted(starts, key=lambda bit: (abs(bit - hit.old_start), bit))[:_NEAR]
    step = max(len(starts) // _SPREAD, 1)
    for start in dict.fromkeys([*near, *starts[::step]]):
        placed = fit.place(start)
        if placed is not None:
            yield Way(day, start, placed, needs_reason)


def without(room: Room, placed: Iterable[Placed]) -> Room:
    """The room that is left once others have what they were given."""
    taken: dict[tuple[UUID, int], int] = defaultdict(int)
    for one in placed:
        for take in one.takes:
            taken[take.resource_id, take.place] |= span(take.starts, take.ends)
    spots = {
        kind: tuple(
            spot._replace(
                free=spot.free & ~taken.get((spot.resource_id, spot.place), 0),
                runs=None
                if spot.runs is None
                else tuple(
                    run
                    for run in spot.runs
                    if not taken.get((spot.resource_id, spot.place), 0) & span(run.starts, run.ends)
                ),
            )
            for spot in of_kind
        )
        for kind, of_kind in room.spots.items()
    }
    return replace(room, spots=spots)


def _fives(moment: datetime) -> int:
    return int(moment.timestamp()) // int(GRAIN.total_seconds())
