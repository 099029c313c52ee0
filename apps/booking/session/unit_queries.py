"""The trail of units: from a donor, a unit or a lot to every dose and recipient, and the way to a refused release."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Max, Q, QuerySet

from apps.booking.models import DonorUnit, ReleaseRefusal
from apps.booking.session.fitness import days_between_draws
from apps.clinic.access import require_clinic, require_verified
from apps.clinic.actors import Actor
from apps.clinic.clock import local_date
from apps.clinic.errors import NotFound
from apps.clinic.models import Clinic
from apps.couples.models import Couple, Person
from apps.treatments.models import Appointment


@dataclass(frozen=True, slots=True)
class NextDraw:
    """When the donor may be drawn again: `from_on` by the clinic's own number, None where it has set none."""

    last_on: date | None
    from_on: date | None


def units_of(
    clinic: Clinic,
    *,
    donor: Person | None = None,
    recipient: Person | None = None,
    unit: str = "",
    lot: str = "",
    injected: bool | None = None,
) -> QuerySet[DonorUnit]:
    """Units with their dose, donor and recipient, oldest first: those of a donor, for a recipient, with a code, of a
    medium's lot. `injected` picks those that were given or those that were not. One query.
    """
    found = DonorUnit.objects.filter(clinic=clinic).select_related(
        "donor_person", "recipient", "dose", "appointment__treatment__couple"
    )
    if donor is not None:
        found = found.filter(donor_person=donor)
    if recipient is not None:
        found = found.filter(recipient=recipient)
    if unit:
        found = found.filter(code=unit.strip().upper())
    if lot:
        found = found.filter(medium_lot=lot)
    if injected is not None:
        found = found.filter(injected_at__isnull=not injected)
    return found.order_by("drawn_at", "code")


def units_to_dispose(clinic: Clinic, at: datetime) -> QuerySet[DonorUnit]:
    """Units that are still there and can no longer be given: of another day, or of a visit that is not booked now."""
    today = local_date(clinic.zone, at)
    over = Q(drawn_on__lt=today) | ~Q(appointment__status__in=("booked", "arrived"))
    return units_of(clinic, injected=False).filter(over, disposed_at__isnull=True)


def unit_by_id(clinic: Clinic, unit_id: UUID) -> DonorUnit:
    """NotFound for another clinic's unit, as for one that does not exist."""
    found = units_of(clinic).filter(pk=unit_id).first()
    if found is None:
        raise NotFound("There is no such unit.", field="unit")
    return found


def units_left_of(couple: Couple) -> QuerySet[DonorUnit]:
    """Units that are still there, neither injected nor disposed of: made for a visit of the couple, drawn from one of the
    two or meant for one of them. What is asked for when care of theirs has ended.
    """
    two = (couple.recipient_id, couple.partner_id)
    theirs = Q(appointment__treatment__couple=couple) | Q(donor_person__in=two) | Q(recipient__in=two)
    return units_of(couple.clinic, injected=False).filter(theirs, disposed_at__isnull=True)


def next_draw_from(clinic: Clinic, donor: Person) -> NextDraw:
    """From when the donor may be drawn again after their last unit, whatever became of it.

    Only the clinic's own least number of days bounds it: where none is set a person judges.
    """
    return next_draws(clinic, [donor.pk]).get(donor.pk, NextDraw(None, None))


def next_draws(clinic: Clinic, donors: Iterable[UUID]) -> dict[UUID, NextDraw]:
    """`next_draw_from` of each of these people who was ever drawn, by id. Two queries."""
    least = days_between_draws(clinic.pk)
    drawn = DonorUnit.objects.filter(clinic=clinic, donor_person__in=donors).values_list("donor_person")
    return {
        donor: NextDraw(last, None if least is None else last + timedelta(days=least))
        for donor, last in drawn.annotate(Max("drawn_on")).order_by()
        if donor is not None
    }


def refusals_of(appointment: Appointment, *, actor: Actor) -> QuerySet[ReleaseRefusal]:
    """Why units of the visit were not released. Forbidden to everybody but a verified doctor or laboratory."""
    require_clinic(actor, appointment.clinic_id)
    require_verified(actor, "doctor", "lab")
    return ReleaseRefusal.objects.filter(appointment=appointment)
