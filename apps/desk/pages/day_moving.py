"""A session that was dragged, or moved by keys: what would change, then the move itself, then one undo."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.booking.preview_values import BookingPreview, Standing, VisitChange
from apps.booking.previewing import preview_booking
from apps.booking.services import move
from apps.booking.undoing import undo
from apps.clinic.clock import local_moment
from apps.clinic.errors import LitError
from apps.desk import words
from apps.desk.access import Desk
from apps.desk.donor_rows import donor_foretold
from apps.desk.forms.base import DeskForm, in_one_line, sentence
from apps.desk.forms.visits import DEVIATIONS
from apps.desk.pages.base import page
from apps.desk.pages.day_acts import address_of_day
from apps.desk.pages.visits import found, frame
from apps.desk.rows import local
from apps.treatments.models import Appointment
from apps.treatments.sensitivity import flag_without_donor_tests


class MoveForm(DeskForm):
    """The wall time to which the session was dragged, what it was previewed against, and why where that is asked."""

    renamed = {"on": "starts_at", "appointment": "starts_at"}  # noqa: RUF012  read only

    def __init__(self, *args: object, **kwargs: object) -> None:
        asks: dict[str, forms.Field] = {
            "starts_at": forms.DateTimeField(
                input_formats=["%Y-%m-%dT%H:%M"], widget=forms.HiddenInput(), label=_("Time")
            ),
            "expected": forms.CharField(required=False, max_length=200, widget=forms.HiddenInput()),
            "reason": forms.ChoiceField(label=_("Reason for this day"), choices=DEVIATIONS, required=False),
            "other_reason": forms.CharField(label=_("Reason in your words"), required=False, max_length=300),
        }
        super().__init__(*args, asks=asks, **kwargs)

    def wall(self) -> datetime:
        """The chosen wall time, naive."""
        chosen: datetime = self.cleaned_data["starts_at"]
        return chosen.replace(tzinfo=None)

    def reason_text(self) -> str:
        picked: str = self.cleaned_data.get("reason") or ""
        said: str = self.cleaned_data.get("other_reason", "").strip()
        return said or ("" if picked == "other" else picked)


def shift(request: HttpRequest, pk: UUID) -> HttpResponse:
    """GET shows what `starts_at` would change and saves nothing; POST moves the session, if that is still true."""
    desk, visit = found(request, pk)
    actor = desk.require("book", visit.clinic)
    form = MoveForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        return HttpResponse(_("This is no time."), status=400, content_type="text/plain; charset=utf-8")
    if request.method == "GET":
        return _preview(request, desk, visit, form.wall())
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "POST"])
    try:
        move(
            appointment=visit,
            starts_at=local_moment(visit.clinic.zone, form.wall()),
            actor=actor,
            at=desk.at,
            reason=form.reason_text(),
            expected=form.cleaned_data["expected"],
        )
    except LitError as error:
        messages.error(request, in_one_line(error))
        return HttpResponseRedirect(address_of_day(visit, "sheet"))
    visit.refresh_from_db()
    messages.success(request, _("Moved to %(time)s.") % {"time": f"{local(visit):%H:%M}"})
    before, _hash, row = address_of_day(visit, "sheet").partition("#")
    return HttpResponseRedirect(f"{before}?moved={visit.pk}#{row}")


def take_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One undo of the last act on the booking."""
    desk, visit = found(request, pk)
    actor = desk.require("book", visit.clinic)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    back = address_of_day(visit, "sheet")
    try:
        undo(appointment=visit, actor=actor, at=desk.at)
    except LitError as error:
        messages.error(request, in_one_line(error))
    else:
        visit.refresh_from_db()
        back = address_of_day(visit, "sheet") if visit.starts_at else back
        messages.success(request, _("Taken back."))
    return HttpResponseRedirect(back)


def _preview(request: HttpRequest, desk: Desk, visit: Appointment, wall: datetime) -> HttpResponse:
    seen = preview_booking(
        appointment=visit, starts_at=wall, at=desk.at, pencil=visit.pencilled and bool(visit.held)
    )
    today = desk.today(visit.clinic)
    refusal = seen.refusal
    context = {
        **frame(visit, desk),
        "form": MoveForm(initial={"starts_at": f"{wall:%Y-%m-%dT%H:%M}", "expected": seen.fingerprint}),
        "was": f"{words.day(local(visit).date(), today)}, {local(visit):%H:%M}",
        "becomes": f"{words.day(wall.date(), today)}, {wall:%H:%M}",
        "can_move": seen.can_book,
        "needs_reason": refusal is not None and refusal.needs_reason,
        "refused": sentence(refusal.message, refusal.remedy) if refusal else "",
        "lines": list(_lines(seen, visit, today)),
        "flags": [flag_without_donor_tests(flag.text) for flag in seen.flags_raised],
        "cleared": [flag_without_donor_tests(flag.text) for flag in seen.flags_cleared],
        "act_url": reverse("admin:day_move", args=[visit.pk]),
    }
    if request.headers.get("X-Day-Fragment"):
        return HttpResponse(render_to_string("desk/_day_move.html", context, request))
    return page(request, "desk/day_move.html", _("Move: %(what)s") % {"what": visit.title}, context)


def _lines(seen: BookingPreview, visit: Appointment, today: date) -> Iterator[str]:
    """Every other visit that would stand otherwise, one line each, and whom somebody rings about it."""
    for change in seen.visits:
        if change.appointment_id != visit.pk:
            yield _line(change, today)
    donor = donor_foretold(seen, visit)
    if donor is not None:
        yield ": ".join(donor)


def _line(change: VisitChange, today: date) -> str:
    number = f" {change.dose}" if change.dose else f" #{change.occurrence}" if change.occurrence > 1 else ""
    return f"{change.title}{number}: {_stands(change.was, today)} → {_stands(change.becomes, today)}"


def _stands(standing: Standing | None, today: date) -> str:
    if standing is None:
        return _("not in the plan")
    on = f" {words.day(standing.on, today)}" if standing.on else ""
    return words.STATES.get(standing.state, standing.state) + on + (_(", on hold") if standing.held else "")
