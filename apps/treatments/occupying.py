"""What a visit has taken is given back when it leaves force: in the act's own transaction, never by a sweep."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.clinic.clock import day_bounds, local_date
from apps.clinic.models import Resource
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
    """One statement a kind of giving back, none where nothing was. What a move has kept stays kept."""
    taken = Occupation.objects.exclude(purpose=Purpose.KEPT)
    if gathered.slots_freed:
        taken.filter(appointment_id__in=gathered.slots_freed).delete()
    if gathered.rest_freed:
        taken.filter(appointment_id__in=gathered.rest_freed, starts_at__gt=at).delete()
    if gathered.slots_kept:
        keep(gathered, gathered.slots_kept)
    gathered.slots_freed, gathered.rest_freed, gathered.slots_kept = set(), set(), set()


def keep(gathered: Gathered, appointments: Iterable[UUID]) -> None:
    """Blocks the places until the end of the clinic's next working day; the people are free at once."""
    taken = Occupation.objects.filter(appointment_id__in=appointments).exclude(purpose=Purpose.KEPT)
    taken.filter(Q(person__isnull=False) | Q(purpose=Purpose.HELD)).delete()
    taken.update(purpose=Purpose.KEPT, until=kept_until(gathered))


def kept_until(gathered: Gathered) -> datetime:
    """The end of the clinic's next working day after today."""
    following = gathered.workdays.next_open(gathered.today.toordinal() + 1)
    return day_bounds(gathered.treatment.clinic.zone, gathered.today.fromordinal(following))[1]


def pencil_until(gathered: Gathered, row: Appointment, held_by: Iterable[str]) -> datetime:
    """The end of the day on which the last of the holding flags is due, and not before the end of today.

    What holds without a deadline, such as a pause, keeps the places until the end of the visit's own day.
    """
    zone = gathered.treatment.clinic.zone
    due = [gathered.flags[key].due_on for key in held_by if key in gathered.flags]
    if len(due) < len(tuple(held_by)) and row.starts_at is not None:
        due.append(local_date(zone, row.starts_at))
    return day_bounds(zone, max([gathered.today, *due]))[1]


def has_its_place(row: Appointment) -> bool:
    """Whether what a pencilled visit took is still its own, and stays so until this transaction ends.

    Its rows outlive their deadline until somebody needs one of their places, who then deletes all of them.
    """
    taken = Occupation.objects.filter(appointment=row, purpose__in=(Purpose.BOOKED, Purpose.PENCILLED))
    if taken.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True):
        return True
    took_nothing = row.recipient_id is None and row.partner_id is None
    return took_nothing and not Resource.objects.filter(clinic_id=row.clinic_id, is_active=True).exists()


def firm(gathered: Gathered, row: Appointment) -> None:
    """A pencil became a booking: what it had taken no longer ends by itself."""
    gathered.made_firm.add(row.pk)


def write_firm(gathered: Gathered) -> None:
    if gathered.made_firm:
        pencilled = Occupation.objects.filter(purpose=Purpose.PENCILLED)
        pencilled.filter(appointment_id__in=gathered.made_firm).update(purpose=Purpose.BOOKED, until=None)
        gathered.made_firm = set()
