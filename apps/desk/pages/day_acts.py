"""What is ticked off on the day sheet and the board, in place: arrivals, links, gates, outcomes, and the day itself.

Each button is a form that posts; with htmx the row alone comes back, without it the page.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.booking.day.queries import activity_by_id
from apps.booking.day.services import end_day
from apps.booking.models import SessionActivity
from apps.booking.services import arrive, attend, miss
from apps.booking.session.running import finish_activity, pass_gate, start_activity
from apps.clinic.actors import Actor
from apps.clinic.clock import local_date
from apps.clinic.errors import LitError
from apps.desk.access import Desk, desk_of
from apps.desk.forms.base import in_one_line
from apps.desk.pages.base import press
from apps.desk.pages.day import VIEWS, day_of, fragment, row_of, sheet_address
from apps.desk.pages.visits import found
from apps.treatments.models import Appointment
from apps.treatments.queries import appointment_by_id


def come(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The couple is here. Before a dose that asks a test on arrival the button is a link to its form instead."""
    desk, visit = found(request, pk)
    actor = desk.require("book", visit.clinic)

    def act() -> None:
        arrive(appointment=visit, actor=actor, at=desk.at)

    return in_place(request, desk, visit, act, _("Marked as arrived."))


def done(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The visit took place on its day. A dose is recorded on its own form, with its content."""
    desk, visit = found(request, pk)
    actor = desk.require("perform", visit.clinic)

    def act() -> None:
        attend(appointment=visit, actor=actor, at=desk.at)

    return in_place(request, desk, visit, act, _("The visit is recorded."))


def not_come(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A person says that nobody came."""
    desk, visit = found(request, pk)
    actor = desk.require("book", visit.clinic)

    def act() -> None:
        miss(appointment=visit, reason="", actor=actor, at=desk.at)

    return in_place(request, desk, visit, act, _("Recorded as missed."))


def tick(request: HttpRequest, pk: UUID, act: str) -> HttpResponse:
    """A link has begun or ended, or a gate is passed by the named person who is signed in."""
    desk = desk_of(request)
    activity = desk.find(lambda clinic: activity_by_id(clinic, pk))
    visit = desk.find(lambda clinic: appointment_by_id(clinic, activity.appointment_id))
    actor = desk.require("release units" if activity.kind == "gate" else "tick off", visit.clinic)
    verb = _verb(act, activity, actor, desk)
    return in_place(request, desk, visit, verb, _("%(what)s: ticked off.") % {"what": activity.title})


def end(request: HttpRequest, clinic: UUID, on: str) -> HttpResponse:
    """Closes the day; refused, with the couples' codes, while a visit has no outcome."""
    desk = desk_of(request)
    where, day = desk.clinic(clinic), day_of(on)
    actor = desk.require("end the day", where)
    return press(
        request,
        lambda: end_day(clinic=where, on=day, actor=actor, at=desk.at),
        done=_("The day is closed."),
        back=sheet_address(where, day),
    )


def in_place(
    request: HttpRequest, desk: Desk, visit: Appointment, act: Callable[[], object], said: str
) -> HttpResponse:
    """Runs the act on POST. The row comes back as it stands now, with what was said or why it was refused."""
    view = request.POST.get("view", "sheet")
    if view not in VIEWS:
        raise Http404("There is no such view.")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    back, wrong = address_of_day(visit, view), ""
    try:
        act()
    except LitError as error:
        wrong = in_one_line(error)
    if request.headers.get("HX-Request") and "whole" not in request.POST:
        row = row_of(visit.clinic, visit.pk, desk)
        return fragment(request, row, view, said="" if wrong else said, wrong=wrong)
    if wrong:
        messages.error(request, wrong)
    else:
        messages.success(request, said)
    return HttpResponseRedirect(back)


def address_of_day(visit: Appointment, view: str) -> str:
    """Sheet or board of the visit's own day, at its row."""
    assert visit.starts_at is not None
    on = local_date(visit.clinic.zone, visit.starts_at)
    return reverse(f"admin:day_{view}", args=[visit.clinic_id, on.isoformat()]) + f"#v-{visit.pk}"


def _verb(act: str, activity: SessionActivity, actor: Actor, desk: Desk) -> Callable[[], object]:
    if act == "pass":
        return lambda: pass_gate(appointment=activity.appointment, actor=actor, at=desk.at)
    if act == "start":
        return lambda: start_activity(activity=activity, actor=actor, at=desk.at)
    if act == "finish":
        return lambda: finish_activity(activity=activity, actor=actor, at=desk.at)
    raise Http404("There is no such act.")
