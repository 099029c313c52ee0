"""Calls by themselves: one row, its outcomes, and the call about a visit. Each question inside one clinic."""

from __future__ import annotations

from uuid import UUID

from apps.booking.call_models import CallOutcome, CallState, CallTask, CallWhy
from apps.booking.calls.services import why_of
from apps.clinic.errors import NotFound
from apps.clinic.models import Clinic
from apps.couples.models import RUNG_ABOUT, Couple
from apps.treatments.models import Appointment

_PEOPLE = ("clinic", "couple__clinic", "couple__recipient", "couple__partner", "assigned")


def call_by_id(clinic: Clinic, call_id: UUID) -> CallTask:
    """NotFound for another clinic's call, as for one that does not exist."""
    found = CallTask.objects.filter(clinic=clinic, pk=call_id).select_related(*_PEOPLE).first()
    if found is None:
        raise NotFound("There is no such call.", field="call")
    return found


def outcome_by_id(clinic: Clinic, outcome_id: UUID) -> CallOutcome:
    found = CallOutcome.objects.filter(clinic=clinic, pk=outcome_id).select_related("task", "person").first()
    if found is None:
        raise NotFound("There is no such outcome.", field="outcome")
    return found


def outcomes_of(task: CallTask) -> list[CallOutcome]:
    """Everything ever said of the call, the newest first, what was taken back included."""
    return list(CallOutcome.objects.filter(task=task).order_by("-at", "-id"))


def call_about_visit(visit: Appointment) -> CallTask | None:
    """The call about this visit at its present time, if somebody has spoken of it and it is not done."""
    found = CallTask.objects.filter(
        clinic=visit.clinic_id,
        appointment_id=visit.pk,
        about_at=visit.starts_at,
        why=why_of(visit),
    ).exclude(state=CallState.DONE)
    return found.select_related(*_PEOPLE).order_by("-asked_at").first()


def call_about_silence(couple: Couple) -> CallTask | None:
    """The call about what was stopped for the couple, if somebody has spoken of it and it is not done."""
    if couple.silent_reason not in RUNG_ABOUT:
        return None
    found = CallTask.objects.filter(
        couple=couple, why=CallWhy.SILENCED, about_at=couple.silent_reason_since
    ).exclude(state=CallState.DONE)
    return found.select_related(*_PEOPLE).first()
