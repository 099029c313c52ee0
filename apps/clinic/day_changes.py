"""What every change of a clinic's days begins and ends with: its row locked, and others told which days."""

from __future__ import annotations

from datetime import date, datetime

from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor, ActorRole
from apps.clinic.changes import record_change
from apps.clinic.errors import NotFound
from apps.clinic.models import Clinic


def locked_clinic(clinic: Clinic, actor: Actor, *roles: ActorRole) -> Clinic:
    """The clinic's row, locked, if the actor may change it: changes to its days come one after another."""
    require_clinic(actor, clinic.pk)
    require_role(actor, *roles)
    found = Clinic.objects.select_for_update(no_key=True).filter(pk=clinic.pk).first()
    if found is None:
        raise NotFound("There is no such clinic.", field="clinic")
    return found


def tell_days(clinic: Clinic, from_on: date, to_on: date, actor: Actor, at: datetime) -> None:
    record_change(
        clinic_id=clinic.pk,
        kind="clinic.days",
        subject_type="clinic",
        subject_id=clinic.pk,
        actor=actor,
        at=at,
        detail={"from_on": from_on.isoformat(), "to_on": to_on.isoformat()},
    )
