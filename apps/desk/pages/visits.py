"""One appointment: its window and why, and the acts on it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.booking.services import attend, cancel, confirm, miss
from apps.desk import words
from apps.desk.access import Desk, desk_of
from apps.desk.donor_rows import cancelling_words
from apps.desk.forms.visits import AttendForm, ReasonForm
from apps.desk.pages.base import FormPage, page, press
from apps.desk.rows import (
    PREGNANCY_TEST,
    asks_on_arrival,
    buttons,
    flag_row,
    lacking,
    local,
    number,
    who,
)
from apps.treatments.models import Appointment
from apps.treatments.queries import appointment_by_id, flags_of, template
from apps.treatments.services import record
from protocols.template import Step


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk, visit = found(request, pk)
    context = {
        **frame(visit, desk),
        "buttons": buttons(visit, desk),
        "flags": _flags(visit, desk),
        "sees_contact": desk.may("see contact data", visit.clinic),
    }
    return page(request, "desk/visit.html", visit.title, context)


def call_off(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk, visit = found(request, pk)
    actor = desk.require("book", visit.clinic)
    form = ReasonForm(request.POST or None)

    def act() -> str:
        cancel(appointment=visit, reason=form.cleaned_data["reason"], actor=actor, at=desk.at)
        return address(visit)

    return _reason_page(
        request,
        desk,
        visit,
        form,
        act,
        title="Cancel",
        done="The visit is cancelled.",
        intro=cancelling_words(visit),
    )


def not_come(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk, visit = found(request, pk)
    actor = desk.require("book", visit.clinic)
    form = ReasonForm(request.POST or None, required=False)

    def act() -> str:
        miss(appointment=visit, reason=form.cleaned_data["reason"], actor=actor, at=desk.at)
        return address(visit)

    return _reason_page(request, desk, visit, form, act, title="Missed", done="Recorded as missed.")


def _reason_page(
    request: HttpRequest,
    desk: Desk,
    visit: Appointment,
    form: ReasonForm,
    act: Callable[[], str | None],
    *,
    title: str,
    done: str,
    intro: str = "",
) -> HttpResponse:
    return FormPage(
        title=f"{title}: {visit.title}",
        form=form,
        act=act,
        done=done,
        button="Cancel the visit" if title == "Cancel" else "Record as missed",
        back=address(visit),
        intro=intro,
        template="desk/visit_form.html",
        context=frame(visit, desk),
    ).answer(request)


def ink(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A pencilled booking becomes a real one, once nothing holds the visit."""
    desk, visit = found(request, pk)
    actor = desk.require("book", visit.clinic)
    return press(
        request,
        lambda: confirm(appointment=visit, actor=actor, at=desk.at),
        done="The booking is confirmed.",
        back=address(visit),
    )


def perform(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The visit took place; a dose with its content."""
    desk, visit = found(request, pk)
    desk.require("perform", visit.clinic)
    on = local(visit).date() if visit.in_force and visit.starts_at else desk.today(visit.clinic)
    form = AttendForm(
        request.POST or None,
        today=min(on, desk.today(visit.clinic)),
        dose=step_of(visit) if "donor" in visit.attends else None,
        asks_pregnancy=asks_on_arrival(visit),
    )

    def act() -> str:
        _record_the_visit(request, desk, visit, form)
        return reverse("admin:treatments_treatment_change", args=[visit.treatment_id])

    return FormPage(
        title=f"Record the visit: {visit.title}",
        form=form,
        act=act,
        button="Record the visit",
        back=address(visit),
        template="desk/visit_form.html",
        context=frame(visit, desk),
    ).answer(request)


def step_of(visit: Appointment) -> Step:
    return template(visit.treatment.protocol_version).step_named[visit.step]


def _record_the_visit(request: HttpRequest, desk: Desk, visit: Appointment, form: AttendForm) -> None:
    """The test of the day and the visit, both or neither; after a positive test no dose."""
    actor = desk.require("perform", visit.clinic)
    on, tested = form.cleaned_data["on"], form.cleaned_data.get("pregnancy_test")
    with transaction.atomic():
        if tested:
            test = {"kind": "screening", "person": "recipient", "test": PREGNANCY_TEST, "sampled_on": on}
            record(treatment=visit.treatment, data={**test, "outcome": tested}, actor=actor, at=desk.at)
        if tested != "reactive":
            attend(appointment=visit, on=on, given=form.content(), actor=actor, at=desk.at)
    if tested == "reactive":
        messages.warning(request, "The positive test is recorded and no dose was. Record the pregnancy next.")
    else:
        messages.success(request, "The visit is recorded and the plan made anew.")


def found(request: HttpRequest, pk: UUID) -> tuple[Desk, Appointment]:
    desk = desk_of(request)
    return desk, desk.find(lambda clinic: appointment_by_id(clinic, pk))


def frame(visit: Appointment, desk: Desk) -> dict[str, object]:
    """What every page of a visit shows: whom, what, its window and why."""
    today = desk.today(visit.clinic)
    window, room = words.window_of(visit.plan), words.room_of(visit.plan)
    held = [words.flag_words(key.split(":", 1)[0]) for key in visit.plan.get("held_by") or []]
    return {
        "visit": visit,
        "who": who(visit.treatment.couple, desk),
        "number": number(visit.plan),
        "status": words.STATUSES[visit.status],
        "state": words.STATES[visit.state],
        "starts": f"{words.day(local(visit).date(), today)}, {local(visit):%H:%M}" if visit.starts_at else "",
        "good": words.good_days(window, today, room),
        "narrowed": words.narrowed(visit.plan, today),
        "bounds": words.bounds(window, today),
        "proposed": words.day(visit.proposed_on, today) if visit.proposed_on else "",
        "because": visit.plan.get("because_text", ""),
        "missing": lacking(visit.plan.get("missing") or [], desk, visit),
        "held_by": held,
        "treatment_url": reverse("admin:treatments_treatment_change", args=[visit.treatment_id]),
    }


def _flags(visit: Appointment, desk: Desk) -> list[object]:
    flags = flags_of(visit.clinic, treatment=visit.treatment)
    flags = flags.filter(step=visit.step, occurrence=visit.occurrence)
    return [flag_row(flag, desk) for flag in flags]


def address(visit: Appointment) -> str:
    return reverse("admin:treatments_appointment_change", args=[visit.pk])
