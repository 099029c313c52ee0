"""Calls: who has to be rung, and what came of it. Part of booking's write path."""

from __future__ import annotations

from datetime import datetime

from apps.booking.call_models import CallState, CallTask, CallWhy
from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.errors import Invalid, NotFound
from apps.couples.models import Couple
from apps.treatments.models import Appointment

_NOTE_LENGTH = 300


def ask_for_call(
    *,
    couple: Couple,
    why: str,
    due_at: datetime,
    actor: Actor,
    at: datetime,
    appointment: Appointment | None = None,
    note: str = "",
) -> CallTask:
    """Puts a call to the couple on the worklist, due at a moment (aware), and returns it.

    `why` is one of `CallWhy`; Invalid for another word. Asking twice for the same call (couple, why, visit and its
    time) gives the one that is not done yet, due at the earlier of the two moments and open again. It takes no lock
    of treatment or couple, so a verb that holds them may call it.
    """
    require_clinic(actor, couple.clinic_id)
    require_role(actor, "nurse", "doctor", "manager", "lab", "client")
    if why not in CallWhy.values:
        known = ", ".join(CallWhy.values)
        raise Invalid("Nobody is rung for that.", code="no_why", field="why", remedy=f"One of: {known}.")
    if appointment is not None and appointment.clinic_id != couple.clinic_id:
        raise NotFound("There is no such appointment.", field="appointment")
    said = note.strip()[:_NOTE_LENGTH]
    with acting(actor):
        task, is_new = CallTask.objects.select_for_update(no_key=True).get_or_create(
            couple=couple,
            why=why,
            appointment_id=appointment.pk if appointment else None,
            about_at=appointment.starts_at if appointment else None,
            state__in=(CallState.OPEN, CallState.DECLINED),
            defaults={
                "clinic_id": couple.clinic_id,
                "treatment_id": appointment.treatment_id if appointment else None,
                "note": said,
                "due_at": due_at,
                "state": CallState.OPEN,
                "asked_by": actor.name[:150],
                "asked_at": at,
                "changed_at": at,
            },
        )
        if is_new:
            tell_of_call(task, "call.asked", actor=actor, at=at)
        elif due_at < task.due_at or task.state == CallState.DECLINED or (said and said != task.note):
            task.due_at, task.note, task.changed_at = min(due_at, task.due_at), said or task.note, at
            task.state = CallState.OPEN
            task.save(update_fields=["due_at", "note", "state", "changed_at"])
            tell_of_call(task, "call.asked", actor=actor, at=at)
    return task


def tell_of_call(task: CallTask, kind: str, *, actor: Actor, at: datetime, **detail: object) -> None:
    """One change row; ids and dates only."""
    record_change(
        clinic_id=task.clinic_id,
        kind=kind,
        subject_type="calltask",
        subject_id=task.pk,
        treatment_id=task.treatment_id,
        couple_id=task.couple_id,
        actor=actor,
        at=at,
        detail=detail,
    )
