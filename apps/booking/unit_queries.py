"""The trail of units: from a donor, a unit or a lot to every dose and recipient, and the way to a refused release."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.booking.fitness import days_between_draws
from apps.booking.models import DonorUnit, FitnessCheck, ReleaseRefusal
from apps.clinic.access import require_clinic, require_verified
from apps.clinic.actors import Actor
from apps.clinic.clock import local_date
from apps.clinic.errors import NotFound
from apps.clinic.models import Clinic
from apps.couples.models import Person
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


def unit_by_id(clinic: Clinic, unit_id: UUID) -> DonorUnit:
    found = units_of(clinic).filter(pk=unit_id).first()
    if found is None:
        raise NotFound("There is no such unit.", field="unit")
    return found


def units_of_visit(appointment: Appointment) -> QuerySet[DonorUnit]:
    """Every unit that was ever drawn for the visit, oldest first."""
    return DonorUnit.objects.filter(appointment=appointment).order_by("drawn_at", "code")


def units_to_dispose(clinic: Clinic, at: datetime) -> QuerySet[DonorUnit]:
    """Units that are still there and can no longer be given: of another day, or of a visit that is not booked now."""
    today = local_date(clinic.zone, at)
    over = Q(drawn_on__lt=today) | ~Q(appointment__status__in=("booked", "arrived"))
    return units_of(clinic, injected=False).filter(over, disposed_at__isnull=True)


def next_draw_from(clinic: Clinic, donor: Person) -> NextDraw:
    """From when the donor may be drawn again after their last unit, whatever became of it.

    Only the clinic's own least number of days bounds it: where none is set a person judges.
    """
    last = DonorUnit.objects.filter(clinic=clinic, donor_person=donor).order_by("-drawn_on").first()
    if last is None:
        return NextDraw(None, None)
    least = days_between_draws(clinic.pk)
    return NextDraw(
        last.drawn_on, None if least is None else date.fromordinal(last.drawn_on.toordinal() + least)
    )


def checks_of(appointment: Appointment) -> QuerySet[FitnessCheck]:
    """What both answered before the draw, oldest first."""
    return FitnessCheck.objects.filter(appointment=appointment)


def refusals_of(appointment: Appointment, *, actor: Actor) -> QuerySet[ReleaseRefusal]:
    """Why units of the visit were not released. Forbidden to everybody but a verified doctor or laboratory."""
    require_clinic(actor, appointment.clinic_id)
    require_verified(actor, "doctor", "lab")
    return ReleaseRefusal.objects.filter(appointment=appointment)
