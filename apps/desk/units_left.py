"""What was prepared for a couple and is still there after one of the two has ended it."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.booking.models import DonorUnit
from apps.booking.session.unit_queries import units_left_of
from apps.couples.models import Couple
from apps.desk import words
from apps.desk.access import Desk
from apps.desk.worklist_rows import visit_title


@dataclass(frozen=True, slots=True)
class UnitLeft:
    """One unit that is neither injected nor disposed of. `others`: it lies ready for a visit of another couple."""

    unit: DonorUnit
    state: str
    drawn: str
    visit_title: str
    visit_url: str
    others: bool
    dispose_url: str


def units_left(couple: Couple, desk: Desk) -> list[UnitLeft]:
    """The oldest first. Two queries."""
    clinic = desk.clinic(couple.clinic_id)
    able, today = desk.may("tick off", clinic), desk.today(clinic)
    return [
        UnitLeft(
            unit=unit,
            state=_state(unit),
            drawn=words.day(unit.drawn_on, today),
            visit_title=visit_title(unit.appointment),
            visit_url=reverse("admin:treatments_appointment_change", args=[unit.appointment_id]),
            others=unit.appointment.treatment.couple_id != couple.pk,
            dispose_url=reverse("admin:unit_dispose", args=[unit.pk]) if able else "",
        )
        for unit in units_left_of(couple)
    ]


def _state(unit: DonorUnit) -> str:
    if unit.released_at is not None:
        return _("released")
    return _("prepared") if unit.ready_at is not None else _("drawn")
