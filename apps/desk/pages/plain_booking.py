"""Booking where a clinic has listed no resources: a day and a time, and what follows from it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from apps.booking.rules import MINUTES
from apps.booking.services import book, move
from apps.clinic.actors import Actor
from apps.desk import words
from apps.desk.access import Desk
from apps.desk.consequences import consequences_of
from apps.desk.forms.visits import BookForm, first_choice
from apps.desk.pages.base import FormPage
from apps.desk.pages.visits import address, frame, step_of
from apps.treatments.models import Appointment


def answer(
    request: HttpRequest, desk: Desk, visit: Appointment, actor: Actor, *, moving: bool
) -> HttpResponse:
    """Books, moves or pencils in at any time at which the clinic is open; the page can first show what follows."""
    form = _form(request, visit)

    def act() -> str | None:
        if "preview" in request.POST:
            return None
        given = {
            "appointment": visit,
            "starts_at": form.starts_at(),
            "minutes": form.cleaned_data["minutes"],
            "actor": actor,
            "at": desk.at,
            "reason": form.reason_text(),
            "expected": request.POST.get("expected", ""),
        }
        if moving:
            move(**given)
        else:
            book(**given, pencil=bool(form.cleaned_data.get("pencil")))
        return address(visit)

    button = _("Move") if moving else _("Pencil in") if visit.held else _("Book")
    return FormPage(
        title=f"{button}: {visit.title}",
        form=form,
        act=act,
        done=_("Saved. The plan has been made anew."),
        button=button,
        back=address(visit),
        template="desk/book.html",
        context={**frame(visit, desk), **_preview(request, desk, visit, form)},
    ).answer(request)


def _preview(request: HttpRequest, desk: Desk, visit: Appointment, form: BookForm) -> dict[str, object]:
    """What would follow from the time in the form, if that was asked."""
    if request.method != "POST" or "preview" not in request.POST or not form.is_valid():
        return {}
    pencil = bool(form.cleaned_data.get("pencil")) or visit.pencilled
    minutes = form.cleaned_data["minutes"]
    return {"told": consequences_of(visit, form.wall(), desk, pencil=pencil, minutes=minutes)}


def _form(request: HttpRequest, visit: Appointment) -> BookForm:
    start = visit.starts_at if visit.in_force else None
    length = visit.ends_at - visit.starts_at if visit.in_force and visit.ends_at and visit.starts_at else None
    return BookForm(
        request.POST or None,
        zone=visit.clinic.zone,
        with_reason=not words.window_of(visit.plan),
        with_pencil=visit.held and not visit.in_force,
        minutes=int(length.total_seconds()) // 60 if length else MINUTES[step_of(visit).kind],
        initial=first_choice(visit.proposed_on or visit.earliest_on, start, visit.clinic.zone),
    )
