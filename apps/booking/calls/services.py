"""Calls: who has to be rung, why and by whom. Part of booking's write path."""

from __future__ import annotations

from datetime import datetime

from apps.booking.call_models import CallState, CallTask, CallWhy
from apps.clinic.access import require_clinic, require_own_or_role, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.errors import Conflict, Invalid, NotFound
from apps.clinic.models import Membership, Role, User
from apps.couples.models import RUNG_ABOUT, Couple, SilenceReason
from apps.treatments.models import Appointment

_WHY_OF = {"noshow": CallWhy.MISSED, "cancelled": CallWhy.CANCELLED, "proposed": CallWhy.OVERDUE}
_WANTED = ("proposed", "missed")
NOTE_LENGTH = 300


def ask_for_call(
    *,
    couple: Couple,
    why: str,
    due_at: datetime,
    actor: Actor,
    at: datetime,
    appointment: Appointment | None = None,
    about_at: datetime | None = None,
    donor: str = "",
    note: str = "",
) -> CallTask:
    """Puts a call to the couple on the worklist, due at a moment (aware), and returns it.

    `why` is one of `CallWhy`; Invalid for another word. `about_at` is the moment that the call speaks of, by default the
    visit's own where there is one; `donor` says which donors from outside it is for. Asking twice for the same call
    (couple, why, visit and its time, donor) gives the one that is not done yet, due at the earlier of the two moments and
    open again. It takes no lock of treatment or couple, so a verb that holds them may call it. One of the couple may ask
    for a call themself.
    """
    _require_sense(couple, why, appointment, actor)
    said = note.strip()[:NOTE_LENGTH]
    about = about_at or (appointment.starts_at if appointment else None)
    with acting(actor):
        task, is_new = CallTask.objects.select_for_update(no_key=True).get_or_create(
            couple=couple,
            why=why,
            appointment_id=appointment.pk if appointment else None,
            about_at=about,
            donor=donor,
            state__in=(CallState.OPEN, CallState.DECLINED, CallState.NOTED),
            defaults={
                "clinic_id": couple.clinic_id,
                "treatment_id": appointment.treatment_id if appointment else None,
                "note": said,
                "due_at": due_at,
                "asked_by": actor.name[:150],
                "asked_at": at,
                "changed_at": at,
            },
        )
        if is_new or _asked_anew(task, due_at, said, at):
            tell_of_call(task, "call.asked", actor=actor, at=at)
    return task


def _require_sense(couple: Couple, why: str, appointment: Appointment | None, actor: Actor) -> None:
    people = (couple.recipient_id, couple.partner_id)
    require_own_or_role(actor, couple.clinic_id, people, "nurse", "doctor", "manager", "lab", "client")
    if why not in CallWhy.values:
        known = ", ".join(CallWhy.values)
        raise Invalid("Nobody is rung for that.", code="no_why", field="why", remedy=f"One of: {known}.")
    if appointment is not None and appointment.clinic_id != couple.clinic_id:
        raise NotFound("There is no such appointment.", field="appointment")


def _asked_anew(task: CallTask, due_at: datetime, said: str, at: datetime) -> bool:
    """The earlier moment, the words of both, and open again; whether that changed anything."""
    was = (task.due_at, task.state, task.note)
    task.due_at, task.state = min(due_at, task.due_at), CallState.OPEN
    if said and said not in task.note:
        task.note = " / ".join(filter(None, (task.note, said)))[:NOTE_LENGTH]
    if (task.due_at, task.state, task.note) == was:
        return False
    task.changed_at = at
    task.save(update_fields=["due_at", "note", "state", "changed_at"])
    return True


def call_about(*, appointment: Appointment, actor: Actor, at: datetime) -> CallTask:
    """The call about a visit without a booking, or of which somebody knows nothing or what is no longer so, made now if
    nobody has spoken of it yet.

    Conflict if the visit was done: there is nothing to ring about.
    """
    why = why_of(appointment)
    if not why:
        raise Conflict(
            "This visit needs no call.",
            code="no_call",
            field="appointment",
            remedy="Look at the visit as it is now.",
        )
    with acting(actor):
        return ask_for_call(
            couple=appointment.treatment.couple,
            why=why,
            due_at=at,
            actor=actor,
            at=at,
            appointment=appointment,
        )


def why_of(visit: Appointment) -> str:
    """Why somebody would ring about the visit as it stands; empty if it was done or is under way."""
    if visit.status == "booked":
        own_wish = visit.treatment.couple.silent_reason == SilenceReason.OWN_WISH
        return CallWhy.NOT_SHOWN if own_wish else CallWhy.NOT_TOLD
    if visit.starts_at is not None and visit.state not in _WANTED and visit.status in _WHY_OF:
        return CallWhy.NOT_TOLD  # it is off for good: nobody rings to book it
    return _WHY_OF.get(visit.status, "")


def call_after_silence(*, couple: Couple, actor: Actor, at: datetime) -> CallTask:
    """The call to a couple for whom everything was stopped, made now if nobody has spoken of it yet.

    Conflict if nothing is stopped for them, or by a wish that needs no call.
    """
    if couple.silent_reason not in RUNG_ABOUT:
        raise Conflict(
            "Nothing was stopped for this couple that needs a call.",
            code="no_call",
            field="couple",
            remedy="Look at the couple as it is now.",
        )
    return ask_for_call(
        couple=couple,
        why=CallWhy.SILENCED,
        due_at=at,
        actor=actor,
        at=at,
        about_at=couple.silent_reason_since,
    )


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


def assign_call(*, task: CallTask, nurse: User | None, actor: Actor, at: datetime) -> CallTask:
    """Gives the call to one nurse; None gives it back to the couple's own."""
    require_clinic(actor, task.clinic_id)
    require_role(actor, "nurse", "doctor", "manager")
    with acting(actor):
        fresh = locked_call(task)
        if nurse is not None and not _is_nurse(fresh, nurse):
            raise Invalid("This is no nurse of the clinic.", field="nurse", remedy="Choose one of the list.")
        fresh.assigned = nurse
        store_call(fresh, "call.assigned", actor=actor, at=at)
    return fresh


def locked_call(task: CallTask) -> CallTask:
    rows = CallTask.objects.select_for_update(of=("self",), no_key=True)
    found = rows.select_related("clinic", "couple").filter(pk=task.pk, clinic_id=task.clinic_id).first()
    if found is None:
        raise NotFound("There is no such call.", field="task")
    return found


def _is_nurse(task: CallTask, user: User) -> bool:
    return Membership.objects.filter(
        clinic_id=task.clinic_id, user=user, role=Role.NURSE, is_active=True
    ).exists()


def store_call(task: CallTask, kind: str, *, actor: Actor, at: datetime, **detail: object) -> None:
    task.changed_at = at
    task.save(update_fields=["due_at", "state", "assigned", "changed_at"])
    tell_of_call(task, kind, actor=actor, at=at, **detail)
