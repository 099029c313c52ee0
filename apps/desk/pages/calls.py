"""Ringing a couple: the numbers, what to say and not to say, and what came of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.booking.call_models import OF_THE_DONOR, READ_OFF_THE_VISIT, CallOutcome, CallTask, CallWhy
from apps.booking.calls.outcomes import (
    record_call,
    record_call_about,
    record_call_after_silence,
    take_note,
    undo_outcome,
)
from apps.booking.calls.queries import (
    call_about_silence,
    call_about_visit,
    call_by_id,
    outcome_by_id,
    outcomes_of,
)
from apps.booking.calls.services import ask_for_call, assign_call
from apps.clinic.clock import day_bounds
from apps.clinic.errors import NotFound
from apps.clinic.models import Clinic
from apps.couples.models import Couple, SilenceReason
from apps.couples.queries import couple_by_id, pinned_of
from apps.desk import words
from apps.desk.access import Desk, desk_of
from apps.desk.call_parts import number_of, outcomes_for, past_of, why_words
from apps.desk.forms.calls import AskForm, OutcomeForm
from apps.desk.pages.base import FormPage, press
from apps.desk.pages.responsible import choices, staff_of
from apps.desk.rows import buttons, local, who
from apps.desk.units_left import UnitLeft, units_left
from apps.desk.worklist_rows import local_day, pinned, visit_title
from apps.treatments.models import Appointment
from apps.treatments.queries import appointment_by_id, appointments_of


def ring(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A call that somebody asked for, or of which somebody spoke already."""
    desk = desk_of(request)
    task = desk.find(lambda clinic: call_by_id(clinic, pk))
    if task.why in OF_THE_DONOR:
        return HttpResponseRedirect(reverse("admin:call_donor", args=[task.appointment_id]))
    about = task.appointment_id
    visit = appointments_of(task.clinic).filter(pk=about).first() if about else None
    return _page(request, desk, task.couple, task, visit)


def ring_about(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A visit without a booking, or not as somebody was told. Nothing is stored until something came of the call."""
    desk = desk_of(request)
    visit = desk.find(lambda clinic: appointment_by_id(clinic, pk))
    return _page(request, desk, visit.treatment.couple, call_about_visit(visit), visit)


def ring_couple(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A couple for whom everything was stopped. Nothing is stored until something came of the call."""
    desk = desk_of(request)
    couple = desk.find(lambda clinic: couple_by_id(clinic, pk))
    return _page(request, desk, couple, call_about_silence(couple), None)


def _page(
    request: HttpRequest, desk: Desk, couple: Couple, task: CallTask | None, visit: Appointment | None
) -> HttpResponse:
    clinic = desk.clinic(couple.clinic_id)
    actor = desk.require("call", clinic)
    both = {str(person.pk): person for person in (couple.recipient, couple.partner)}
    outcomes = outcomes_for(task, visit)
    people = [(pk, person.full_name) for pk, person in both.items() if person.phone]
    form = OutcomeForm(request.POST or None, outcomes=outcomes, people=people)

    def act() -> str:
        said: dict[str, Any] = {
            "outcome": form.cleaned_data["outcome"],
            "again_on": form.cleaned_data["again_on"],
            "person": both.get(form.cleaned_data["person"]),
            "note": form.cleaned_data["note"],
        }
        if task is not None:
            row = record_call(task=task, actor=actor, at=desk.at, **said)
        elif visit is not None:
            row = record_call_about(appointment=visit, actor=actor, at=desk.at, **said)
        else:
            row = record_call_after_silence(couple=couple, actor=actor, at=desk.at, **said)
        return f"{reverse('admin:index')}?said={row.pk}"

    return FormPage(
        title=_("Call"),
        form=form,
        act=act,
        button=_("Save the call"),
        back=reverse("admin:index"),
        template="desk/call.html",
        context=_frame(couple, clinic, task, visit, desk),
    ).answer(request)


def _frame(
    couple: Couple, clinic: Clinic, task: CallTask | None, visit: Appointment | None, desk: Desk
) -> dict[str, Any]:
    today = desk.today(clinic)
    able = buttons(visit, desk) if visit is not None else []
    notes = pinned_of([couple]).get(couple.pk, ())
    return {
        "who": who(couple, desk),
        "couple": couple,
        "task": task,
        "why": why_words(task, visit),
        "due": words.day(local_day(task.due_at, clinic.zone), today) if task else "",
        "visit": visit,
        "visit_title": visit_title(visit) if visit else "",
        "visit_state": words.STATUSES[visit.status] if visit else "",
        "visit_when": f"{words.day(local(visit).date(), today)}, {local(visit):%H:%M}"
        if visit and visit.starts_at
        else "",
        "visit_url": reverse("admin:treatments_appointment_change", args=[visit.pk]) if visit else "",
        "good": words.good_days(words.window_of(visit.plan), today, words.room_of(visit.plan))
        if visit
        else "",
        "book": next((one for one in able if one.primary), None),
        "numbers": [number_of(person) for person in (couple.recipient, couple.partner)],
        "pinned": pinned(notes),
        "units": _units(couple, task, desk),
        "past": past_of(outcomes_of(task), clinic, desk) if task else [],
        **(_whose(task, clinic, desk) if task and task.why not in READ_OFF_THE_VISIT else {}),
    }


def _units(couple: Couple, task: CallTask | None, desk: Desk) -> list[UnitLeft]:
    """Where one of the two has ended it: what was prepared and is still there."""
    ended = couple.silent_reason == SilenceReason.SEPARATED or (
        task is not None and task.why == CallWhy.ENDED
    )
    return units_left(couple, desk) if ended else []


def _whose(task: CallTask, clinic: Clinic, desk: Desk) -> dict[str, Any]:
    """Whose call it is, and to whom it can be given: one's own name stands first in the hand of a nurse."""
    nurses = choices(staff_of(clinic), "nurse")
    names, own = dict(nurses), str(desk.user.pk)
    given = str(task.assigned_id or "")
    return {
        "nurses": nurses,
        "whose": names.get(given, ""),
        "chosen": given or (own if own in names else ""),
        "whose_url": reverse("admin:call_whose", args=[task.pk]),
    }


def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Takes back what was just said of a call."""
    desk = desk_of(request)
    outcome = desk.find(lambda clinic: outcome_by_id(clinic, pk))
    actor = desk.require("call", desk.clinic(outcome.clinic_id))
    return press(
        request,
        lambda: undo_outcome(outcome=outcome, actor=actor, at=desk.at),
        done=_("Taken back. The call stands as before."),
        back=reverse("admin:index"),
    )


def whose(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Gives the call to one nurse, or back to the couple's own."""
    desk = desk_of(request)
    task = desk.find(lambda clinic: call_by_id(clinic, pk))
    actor = desk.require("call", task.clinic)
    chosen = request.POST.get("nurse", "")

    def act() -> None:
        staff = {str(one.user_id): one.user for one in staff_of(task.clinic)}
        if chosen and chosen not in staff:
            raise NotFound(_("There is no such nurse."), field="nurse", remedy=_("Choose one of the list."))
        assign_call(task=task, nurse=staff.get(chosen), actor=actor, at=desk.at)

    back = reverse("admin:call", args=[task.pk])
    return press(request, act, done=_("Saved: whose call it is."), back=back)


def note(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A doctor takes note that a couple declined; it can be taken back at once."""
    desk = desk_of(request)
    task = desk.find(lambda clinic: call_by_id(clinic, pk))
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    said: list[CallOutcome] = []
    actor = desk.require("call", task.clinic)
    answer = press(
        request,
        lambda: said.append(take_note(task=task, actor=actor, at=desk.at)),
        done=_("You have taken note."),
        back=reverse("admin:index"),
    )
    return HttpResponseRedirect(f"{reverse('admin:index')}?said={said[0].pk}") if said else answer


def ask(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Puts a call to this couple on the list, for a day."""
    desk = desk_of(request)
    couple = desk.find(lambda clinic: couple_by_id(clinic, pk))
    clinic = desk.clinic(couple.clinic_id)
    actor = desk.require("call", clinic)
    form = AskForm(request.POST or None, initial={"due_on": desk.today(clinic)})
    back = reverse("admin:couples_couple_change", args=[couple.pk])

    def act() -> str:
        ask_for_call(
            couple=couple,
            why=CallWhy.OTHER,
            due_at=day_bounds(clinic.zone, form.cleaned_data["due_on"])[0],
            actor=actor,
            at=desk.at,
            note=form.cleaned_data["note"],
        )
        return back

    return FormPage(
        title=_("Put a call on the list"),
        form=form,
        act=act,
        done=_("The call is on the worklist."),
        back=back,
        context={"who": who(couple, desk)},
    ).answer(request)
