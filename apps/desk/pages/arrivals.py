"""The couple is here: last period and the day's pregnancy test are asked before anybody is drawn."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from apps.booking.services import arrive
from apps.clinic.actors import Actor
from apps.desk.access import Desk
from apps.desk.forms.visits import ArrivalForm
from apps.desk.pages.base import FormPage, press
from apps.desk.pages.day import VIEWS
from apps.desk.pages.day_acts import address_of_day
from apps.desk.pages.visits import address, found, frame
from apps.desk.rows import PREGNANCY_TEST, asks_on_arrival
from apps.treatments.models import Appointment
from apps.treatments.services import record_together
from protocols.because import full_day


def come(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One press; before a dose that asks for it, one short form."""
    desk, visit = found(request, pk)
    actor = desk.require("book", visit.clinic)
    if not asks_on_arrival(visit):
        return press(
            request,
            lambda: arrive(appointment=visit, actor=actor, at=desk.at),
            done="Marked as arrived.",
            back=_back(request, visit),
        )
    form = ArrivalForm(request.POST or None)

    def act() -> str:
        _arrive_asked(request, desk, visit, form, actor)
        return _back(request, visit)

    return FormPage(
        title=f"Arrived: {visit.title}",
        form=form,
        act=act,
        button="Mark as arrived",
        back=_back(request, visit),
        intro="Asked before the donor is drawn.",
        template="desk/visit_form.html",
        context=frame(visit, desk),
    ).answer(request)


def _arrive_asked(
    request: HttpRequest, desk: Desk, visit: Appointment, form: ArrivalForm, actor: Actor
) -> None:
    """The answers and the arrival, both or neither. A positive test blocks the dose from here on."""
    today, tested = desk.today(visit.clinic), form.cleaned_data["pregnancy_test"]
    test = {"kind": "screening", "person": "recipient", "test": PREGNANCY_TEST, "sampled_on": today}
    items: list[dict[str, object]] = [{**test, "outcome": tested}]
    period = form.cleaned_data.get("last_period_on")
    if period is not None:
        items.append({"kind": "note", "on": today, "text": f"Last period began on {full_day(period)}."})
    with transaction.atomic():
        record_together(treatment=visit.treatment, items=items, actor=actor, at=desk.at)
        arrive(appointment=visit, actor=actor, at=desk.at)
    if tested == "reactive":
        messages.warning(
            request, "The test is positive: do not draw, no dose can be recorded. Record the pregnancy next."
        )
    else:
        messages.success(request, "Marked as arrived.")


def _back(request: HttpRequest, visit: Appointment) -> str:
    """Where the nurse came from: the day sheet or the board (`?back=`), else the visit's own page."""
    view = request.GET.get("back", "")
    return address_of_day(visit, view) if view in VIEWS and visit.starts_at else address(visit)
