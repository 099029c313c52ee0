"""A slot held for five minutes while somebody confirms it, and places that were kept given free."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

from apps.booking.placing import Terms, take_hold
from apps.booking.retrying import retried
from apps.booking.slots.picking import pick
from apps.booking.slots.values import Hold
from apps.booking.slots.wanted import refuse_odd, wanted
from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_changes
from apps.clinic.clock import local_moment
from apps.treatments.models import Appointment, Occupation, Purpose
from apps.treatments.reconciling import locked

HELD_FOR = timedelta(minutes=5)


@retried
def hold(*, appointment: Appointment, starts_at: datetime, actor: Actor, at: datetime) -> Hold:
    """Keeps the slot that begins then (aware, or wall time of the clinic) from everybody else for five minutes.

    It replaces an earlier hold of the same visit and frees itself. The rules are those of `book`, but for the reason
    that a day outside the window needs: that is asked when the visit is booked.
    """
    with _verb(appointment, actor):
        gathered = locked(treatment_id=appointment.treatment_id, at=at)
        row = gathered.visit_of(appointment)
        asked = wanted(gathered, row, pencil=None, at=at)
        wall = local_moment(gathered.treatment.clinic.zone, starts_at)
        if not asked.recipe.plain:
            refuse_odd(wall, None)
        asked = asked.as_booked()
        minutes = asked.usual_minutes()
        asked.refuse(wall, minutes or asked.recipe.first_minutes, reason="asked when it is booked")
        slot = pick(asked, wall, minutes)
        until = at.astimezone(UTC) + HELD_FOR
        take_hold(gathered, row, slot, Terms(Purpose.HELD, until, actor.name[:150]), at=at)
    return Hold(until, slot)


@retried
def drop_hold(*, appointment: Appointment, actor: Actor, at: datetime) -> None:
    """Gives a held slot free at once. Without a hold it does nothing."""
    with _verb(appointment, actor):
        row = locked(treatment_id=appointment.treatment_id, at=at).visit_of(appointment)
        Occupation.objects.filter(appointment=row, purpose=Purpose.HELD).delete()


@retried
def release_kept(*, appointment: Appointment, actor: Actor, at: datetime) -> int:
    """Gives free what the visit has kept after a loss or a move; how many rows that were. For a nurse who knows that it
    was no slip.
    """
    with _verb(appointment, actor):
        gathered = locked(treatment_id=appointment.treatment_id, at=at)
        row = gathered.visit_of(appointment)
        freed, _ = Occupation.objects.filter(appointment=row, purpose=Purpose.KEPT).delete()
        if freed:
            gathered.tell("appointment.kept_released", row)
            record_changes(drafts=gathered.drafts, actor=actor, at=at)
    return freed


def _verb(appointment: Appointment, actor: Actor) -> AbstractContextManager[None]:
    require_clinic(actor, appointment.clinic_id)
    require_role(actor, "nurse", "doctor", "manager", "client")
    return acting(actor)
