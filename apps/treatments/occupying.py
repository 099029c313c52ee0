"""What a visit has taken is given back when it leaves force: in the act's own transaction, never by a sweep."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from apps.clinic.clock import day_bounds
from apps.treatments.gathered import Gathered
from apps.treatments.models import Appointment, Occupation, Purpose
from protocols.status import Act


def give_back(gathered: Gathered, row: Appointment, act: Act) -> None:
    """Notes for the end of the verb what becomes of the visit's time: a done one keeps what has begun.

    `Gathered.keeps_slots` says that the act is a loss: its places stay blocked, in case it was a slip.
    """
    if act is Act.FULFIL:
        gathered.rest_freed.add(row.pk)
    elif gathered.keeps_slots:
        gathered.slots_kept.add(row.pk)
    else:
        gathered.slots_freed.add(row.pk)


def write_freed(gathered: Gathered, at: datetime) -> None:
    """One statement a kind of giving back, none where nothing was."""
    if gathered.slots_freed:
        Occupation.objects.filter(appointment_id__in=gathered.slots_freed).delete()
    if gathered.rest_freed:
        Occupation.objects.filter(appointment_id__in=gathered.rest_freed, starts_at__gt=at).delete()
    if gathered.slots_kept:
        keep(gathered, gathered.slots_kept)
    gathered.slots_freed, gathered.rest_freed, gathered.slots_kept = set(), set(), set()


def keep(gathered: Gathered, appointments: Iterable[UUID]) -> None:
    """Blocks the places until the end of the clinic's next working day; the people are free at once."""
    taken = Occupation.objects.filter(appointment_id__in=appointments)
    taken.filter(person__isnull=False).delete()
    taken.update(purpose=Purpose.KEPT, until=kept_until(gathered))


def kept_until(gathered: Gathered) -> datetime:
    """The end of the clinic's next working day after today."""
    following = gathered.workdays.next_open(gathered.today.toordinal() + 1)
    return day_bounds(gathered.treatment.clinic.zone, gathered.today.fromordinal(following))[1]


def firm(gathered: Gathered, row: Appointment) -> None:
    """A pencil became a booking: what it had taken no longer ends by itself."""
    gathered.made_firm.add(row.pk)


def write_firm(gathered: Gathered) -> None:
    if gathered.made_firm:
        Occupation.objects.filter(appointment_id__in=gathered.made_firm).update(
            purpose=Purpose.BOOKED, until=None
        )
        gathered.made_firm = set()
