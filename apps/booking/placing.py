"""Writing what a visit takes: its activities, and the rows that keep bookings apart. Inside the verb's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Q

from apps.booking.models import ActivityState, SessionActivity
from apps.booking.slots.picking import slot_taken, two_places
from apps.booking.slots.values import Slot
from apps.treatments.gathered import Gathered
from apps.treatments.models import Appointment, Occupation, Purpose
from apps.treatments.occupying import kept_until
from apps.treatments.overlap import PERSON_ONCE, PLACE_ONCE


class Terms(NamedTuple):
    """For what a visit takes its places: `until` when (None: for good), by whom (of a hold)."""

    purpose: Purpose = Purpose.BOOKED
    until: datetime | None = None
    by_name: str = ""


def write_session(row: Appointment, slot: Slot, *, plain: bool) -> None:
    """The activities of the visit anew, all of them planned. One that is a stretch of time has none."""
    SessionActivity.objects.filter(appointment=row).delete()
    if plain:
        return
    SessionActivity.objects.bulk_create(
        SessionActivity(
            clinic_id=row.clinic_id,
            appointment=row,
            position=position,
            name=link.name,
            kind=link.kind,
            title=link.title,
            starts_at=link.starts_at,
            ends_at=link.ends_at,
            attends=list(link.attends),
        )
        for position, link in enumerate(slot.links)
    )


def call_off(row: Appointment) -> None:
    """What had not begun of the session takes place no more."""
    planned = SessionActivity.objects.filter(appointment=row, state=ActivityState.PLANNED)
    planned.update(state=ActivityState.CANCELLED)


def take(
    gathered: Gathered, row: Appointment, slot: Slot, terms: Terms, *, moved: bool, at: datetime
) -> None:
    """Gives the visit the places and people of the slot in place of what it had. Conflict `slot_taken` or `two_places`.

    Places that a move leaves behind are kept until the end of the next working day; what the couple itself has
    kept it may take back.
    """
    new = list(_rows(row, slot, terms))
    clear_dead(new, at)
    old = _own(gathered, row)
    left: list[Occupation] = []
    for had in old:
        if had.purpose in (Purpose.BOOKED, Purpose.PENCILLED) and moved and had.resource_id is not None:
            if had.ends_at > at:
                left += _without(had, new, Terms(Purpose.KEPT, kept_until(gathered)))
        elif had.purpose == Purpose.KEPT and had.until is not None and had.until > at:
            left += _without(had, new, Terms(Purpose.KEPT, had.until))
    insert([*new, *left], instead_of=old)


def take_hold(gathered: Gathered, row: Appointment, slot: Slot, terms: Terms, *, at: datetime) -> None:
    """Blocks what of the slot is not the visit's own already, in place of an earlier hold of it."""
    wanted = list(_rows(row, slot, terms))
    clear_dead(wanted, at)
    own = _own(gathered, row)
    held = [had for had in own if had.purpose == Purpose.HELD]
    rest = [had for had in own if had.purpose != Purpose.HELD]
    insert([piece for one in wanted for piece in _without(one, rest, terms)], instead_of=held)


def clear_dead(wanted: Sequence[Occupation], at: datetime) -> None:
    """Deletes what has ended by itself where its time is needed, and then all that its visit had taken with it: a
    pencilled visit has all of its places or none.
    """
    if not wanted:
        return
    first, last = min(one.starts_at for one in wanted), max(one.ends_at for one in wanted)
    dead = Occupation.objects.filter(until__lte=at)
    needed = Q(resource_id__in={one.resource_id for one in wanted} - {None})
    needed |= Q(person_id__in={one.person_id for one in wanted} - {None})
    hit = dead.filter(needed, starts_at__lt=last, ends_at__gt=first).values("appointment_id")
    dead.filter(appointment_id__in=hit).delete()


def insert(new: Sequence[Occupation], *, instead_of: Iterable[Occupation]) -> None:
    """Writes the rows. What the constraints refuse is a Conflict, though whoever locked first has seen it coming."""
    try:
        with transaction.atomic():
            gone = [had.pk for had in instead_of]
            if gone:
                Occupation.objects.filter(pk__in=gone).delete()
            Occupation.objects.bulk_create(new)
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if name == PLACE_ONCE:
            raise slot_taken("Look for the free times once more.") from error
        if name == PERSON_ONCE:
            raise two_places() from error
        raise


def _own(gathered: Gathered, row: Appointment) -> list[Occupation]:
    """What the visit has taken, and what its couple has kept of others."""
    kept = Q(purpose=Purpose.KEPT, appointment__treatment__couple_id=gathered.treatment.couple_id)
    found = Occupation.objects.filter(Q(appointment=row) | kept, clinic_id=row.clinic_id)
    return list(found.select_for_update(of=("self",)).order_by("pk"))


def _rows(row: Appointment, slot: Slot, terms: Terms) -> Iterator[Occupation]:
    for link in slot.links:
        for one in link.takes:
            starts_at, ends_at = one.span or (link.starts_at, link.ends_at)
            yield Occupation(
                clinic_id=row.clinic_id,
                appointment=row,
                activity=link.name,
                resource_id=one.resource_id,
                place=one.place,
                starts_at=starts_at,
                ends_at=ends_at,
                **terms._asdict(),
            )
        for person in link.people:
            yield Occupation(
                clinic_id=row.clinic_id,
                appointment=row,
                activity=link.name,
                person_id=person,
                starts_at=link.starts_at,
                ends_at=link.ends_at,
                **terms._asdict(),
            )


def _without(had: Occupation, others: Iterable[Occupation], terms: Terms) -> Iterator[Occupation]:
    """What is left of a row where others take the same place or person, on other terms."""
    pieces = [(had.starts_at, had.ends_at)]
    for other in others:
        if _of(other) != _of(had):
            continue
        pieces = [
            piece
            for first, last in pieces
            for piece in ((first, min(last, other.starts_at)), (max(first, other.ends_at), last))
            if piece[0] < piece[1]
        ]
    for starts_at, ends_at in pieces:
        yield Occupation(
            clinic_id=had.clinic_id,
            appointment_id=had.appointment_id,
            activity=had.activity,
            resource_id=had.resource_id,
            place=had.place,
            person_id=had.person_id,
            starts_at=starts_at,
            ends_at=ends_at,
            **terms._asdict(),
        )


def _of(one: Occupation) -> tuple[object, ...]:
    return (one.resource_id, one.place, one.person_id)
