"""Booking's read path: when a visit can be, and which of those times come first."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from apps.booking.slots.searching import MOST_DAYS, Search, possible_days, search
from apps.booking.slots.values import DaySlots, Slot
from apps.booking.slots.wanted import wanted
from apps.treatments.fingerprint import fingerprint
from apps.treatments.models import Appointment
from apps.treatments.reconciling import load

# So that what is offered first differs by more than a quarter of an hour.
_BEST_OF_A_DAY = 2


def slots_of(
    appointment: Appointment, *, at: datetime, from_on: date | None = None, to_on: date | None = None
) -> tuple[DaySlots, ...]:
    """Every day from..to (of the clinic's calendar, ends inclusive) with the slots of the whole session on it.

    By default from the first possible day of the visit, or today, to its last; never more than 92 days. A booking of
    the visit itself is in nobody's way. Conflict where the visit cannot be booked at all, NotFound where the plan
    has it no more. A constant number of queries, whatever the days and the bookings; it locks nothing.
    """
    found = _search(appointment, from_on, to_on, at=at)
    return tuple(found.of_day(day) for day in found.days)


def best_slots(appointment: Appointment, *, at: datetime, limit: int = 5) -> tuple[Slot, ...]:
    """The slots to offer first, two of a day at most: those that need no reason, then by nearness to the target, then
    such as fill a batch that has begun, then on the emptier day, then with the least waiting, then the earliest.
    """
    found = _search(appointment, None, None, at=at)
    ranked: list[tuple[tuple[object, ...], Slot]] = []
    for day in found.days:
        of_day = found.of_day(day)
        if not of_day.slots:
            continue
        load_of_day = found.free.share_taken(day)
        best = sorted(of_day.slots, key=lambda slot: (not slot.joins_batch, _length(slot), slot.starts_at))
        for slot in best[:_BEST_OF_A_DAY]:
            rank = (slot.needs_reason, slot.distance, not slot.joins_batch, load_of_day, _length(slot))
            ranked.append(((*rank, slot.starts_at), slot))
    ranked.sort(key=lambda pair: pair[0])
    return tuple(slot for _, slot in ranked[:limit])


def expected_of(appointment: Appointment, *, at: datetime) -> str:
    """The fingerprint of the plan as it is: a booking that expects it is refused once anything has changed."""
    return fingerprint(load(appointment.treatment, at=at))


def _length(slot: Slot) -> timedelta:
    return slot.ends_at - slot.starts_at


def _search(appointment: Appointment, from_on: date | None, to_on: date | None, *, at: datetime) -> Search:
    gathered = load(appointment.treatment, at=at)
    asked = wanted(gathered, gathered.visit_of(appointment), pencil=None, at=at).as_booked()
    first, last = possible_days(asked)
    first = first if from_on is None else from_on
    if to_on is None:
        to_on = last if last >= first else first + timedelta(days=MOST_DAYS - 1)
    return search(asked, first, to_on)
