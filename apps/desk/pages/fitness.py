"""The fitness check that opens a session, its failure with the best days for both, and the clinic's one number."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from apps.booking.queries import best_slots
from apps.booking.services import book
from apps.booking.session.fitness import (
    LastDraw,
    check_fitness,
    days_between_draws,
    last_draw,
    set_days_between_draws,
)
from apps.clinic.clock import local_moment
from apps.clinic.errors import Invalid, LitError
from apps.desk import words
from apps.desk.access import Desk, desk_of
from apps.desk.forms.fitness import DaysBetweenForm, FitnessForm
from apps.desk.pages.base import FormPage, page, press
from apps.desk.pages.visits import found, frame
from apps.desk.rows import PREGNANCY_TEST, asks_on_arrival
from apps.treatments.models import Appointment
from apps.treatments.services import record_together
from protocols.because import full_day


def ask(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Both are asked on one page. One failure stops the session and leads to the best days for both."""
    desk, visit = found(request, pk)
    desk.require("perform", visit.clinic)
    last = last_draw(visit, at=desk.at)
    form = FitnessForm(request.POST or None, last=last, asks_pregnancy=asks_on_arrival(visit))

    def act() -> str:
        return _answered(request, desk, visit, form)

    return FormPage(
        title=_("Fitness check: %(visit)s") % {"visit": visit.title},
        form=form,
        act=act,
        button=_("Both were asked"),
        back=reverse("admin:treatments_appointment_change", args=[visit.pk]),
        template="desk/fitness.html",
        context={**frame(visit, desk), "draw": _draw_words(last)},
    ).answer(request)


def again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The session was stopped: the best new slots for both. POST books one of them."""
    desk, visit = found(request, pk)
    actor = desk.require("book", visit.clinic)
    back = reverse("admin:visit_again", args=[visit.pk])
    if request.method == "POST":
        starts_at = parse_datetime(request.POST.get("starts_at", ""))

        def act() -> None:
            if starts_at is None or starts_at.tzinfo is None:
                raise Invalid(_("This is no time."), field="starts_at", remedy=_("Pick one of the list."))
            book(appointment=visit, starts_at=starts_at, actor=actor, at=desk.at)

        return press(request, act, done=_("Both are booked again."), back=back)
    return page(
        request,
        "desk/fitness_stopped.html",
        _("Book both again: %(visit)s") % {"visit": visit.title},
        {
            **frame(visit, desk),
            "slots": [] if visit.in_force else _slots(visit, desk),
            "book_url": reverse("admin:visit_book", args=[visit.pk]),
            "visit_url": reverse("admin:treatments_appointment_change", args=[visit.pk]),
        },
    )


def setting(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The least days between two draws of one donor: a doctor's number, or none."""
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    actor = desk.require("set limits", clinic)
    form = DaysBetweenForm(request.POST or None, initial={"days": days_between_draws(clinic.pk)})

    def act() -> str:
        set_days_between_draws(clinic=clinic, days=form.cleaned_data["days"], actor=actor, at=desk.at)
        return reverse("admin:clinic_clinic_change", args=[clinic.pk])

    return FormPage(
        title=_("Days between draws: %(clinic)s") % {"clinic": clinic.name},
        form=form,
        act=act,
        done=_("Saved."),
        back=reverse("admin:clinic_clinic_change", args=[clinic.pk]),
    ).answer(request)


def _answered(request: HttpRequest, desk: Desk, visit: Appointment, form: FitnessForm) -> str:
    """The day's test, the last period and the answers, all of them or none."""
    actor = desk.require("perform", visit.clinic)
    with transaction.atomic():
        items = _findings(desk, visit, form)
        if items:
            record_together(treatment=visit.treatment, items=items, actor=actor, at=desk.at)
        checks = check_fitness(appointment=visit, answers=form.answers(), actor=actor, at=desk.at)
    if all(check.fit for check in checks):
        messages.success(request, _("Both are fit. The donor may be drawn."))
        return reverse("admin:treatments_appointment_change", args=[visit.pk])
    messages.warning(
        request, _("The session is stopped and its places are free. Both are told that it cannot take place.")
    )
    return reverse("admin:visit_again", args=[visit.pk])


def _findings(desk: Desk, visit: Appointment, form: FitnessForm) -> list[dict[str, object]]:
    """The test of the day as a screening, where it was made; the last period as a note."""
    today = desk.today(visit.clinic)
    outcome = {"clear": "clear", "stop": "reactive"}.get(form.cleaned_data["recipient-pregnancy"])
    items: list[dict[str, object]] = []
    if outcome and (asks_on_arrival(visit) or outcome == "reactive"):
        items.append(
            {
                "kind": "screening",
                "person": "recipient",
                "test": PREGNANCY_TEST,
                "sampled_on": today,
                "outcome": outcome,
            }
        )
    period = form.cleaned_data.get("last_period_on")
    if period is not None:
        items.append({"kind": "note", "on": today, "text": f"Last period began on {full_day(period)}."})
    return items


def _slots(visit: Appointment, desk: Desk) -> list[dict[str, object]]:
    today = desk.today(visit.clinic)
    try:
        found_slots = best_slots(visit, at=desk.at)
    except LitError:
        return []
    return [
        {
            "text": f"{words.day(slot.on, today)}, {_wall(visit, slot.starts_at)} – {_wall(visit, slot.ends_at)}",
            "starts_at": slot.starts_at.isoformat(),
        }
        for slot in found_slots
        if not slot.needs_reason
    ]


def _wall(visit: Appointment, moment: datetime) -> str:
    return f"{local_moment(visit.clinic.zone, moment):%H:%M}"


def _draw_words(last: LastDraw) -> str:
    if last.days is None:
        return _("No earlier draw is known.")
    said = _("%(days)d days since the last draw.") % {"days": last.days}
    if last.least is None:
        return said
    asked = _("The clinic asks at least %(least)d.") % {"least": last.least}
    return f"{said} {asked}"
