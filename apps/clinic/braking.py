"""Braking a clinic's messages and releasing the brake. Part of the clinic's write path."""

from __future__ import annotations

from datetime import datetime

from apps.clinic.access import require_verified
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.brake_models import Brake
from apps.clinic.changes import record_change
from apps.clinic.day_changes import locked_clinic
from apps.clinic.errors import Conflict, Invalid
from apps.clinic.models import Clinic
from apps.clinic.queries import brake_of

_LONGEST = 200


def brake(*, clinic: Clinic, reason: str, actor: Actor, at: datetime) -> Brake:
    """From this commit on nothing is sent for the clinic: what is due waits, and what becomes pointless meanwhile expires.

    Whoever works there and signed in may do it. A brake that is on already is returned as it stands. `reason` says in
    up to 200 signs why, for colleagues; Invalid without one.
    """
    require_verified(actor, "nurse", "doctor", "manager", "lab")
    reason = reason.strip()
    if not 0 < len(reason) <= _LONGEST:
        raise Invalid(
            "A brake needs a reason.", field="reason", remedy=f"Say why, in up to {_LONGEST} signs."
        )
    with acting(actor):
        locked_clinic(clinic, actor, "nurse", "doctor", "manager", "lab")
        standing = brake_of(clinic)
        if standing is not None:
            return standing
        made = Brake.objects.create(
            clinic=clinic, since=at, by_name=actor.name[:150], by_user_id=actor.user_id, reason=reason
        )
        _tell(made, "clinic.braked", actor, at)
    return made


def release_brake(*, clinic: Clinic, actor: Actor, at: datetime) -> Brake:
    """Messages go out again: what is still to the point at once, what is not never. Conflict if no brake is on.

    A nurse, doctor or manager who signed in.
    """
    require_verified(actor, "nurse", "doctor", "manager")
    with acting(actor):
        locked_clinic(clinic, actor, "nurse", "doctor", "manager")
        standing = brake_of(clinic)
        if standing is None:
            raise Conflict("No brake is on.", code="no_brake", field="clinic", remedy="Open the page again.")
        standing.released_at, standing.released_by = at, actor.name[:150]
        standing.save(update_fields=["released_at", "released_by"])
        _tell(standing, "clinic.brake_released", actor, at)
    return standing


def _tell(row: Brake, kind: str, actor: Actor, at: datetime) -> None:
    record_change(
        clinic_id=row.clinic_id, kind=kind, subject_type="brake", subject_id=row.pk, actor=actor, at=at
    )
