"""One appointment: that she comes, and that she asks for another time. Neither changes the appointment."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse

from apps.booking.coming import say_coming, take_back_coming
from apps.booking.slots.values import Slot
from apps.clinic.errors import Conflict
from apps.portal.acts import ask_for_change, slots_for
from apps.portal.facts import Ahead, ahead_by_id
from apps.portal.frame import Frame, at_page, go, opened, page
from apps.portal.words import WRONG, moment_words


@at_page
@opened
def coming(request: HttpRequest, frame: Frame, pk: UUID) -> HttpResponse:
    """One button; what was said is taken back by another."""
    ahead = ahead_by_id(frame.person, pk, frame.at)
    if request.method != "POST" or "back" not in request.POST:
        return page(frame, "portal/coming.html", {"ahead": ahead})
    back = request.POST["back"] == "yes"
    verb = take_back_coming if back else say_coming
    try:
        verb(appointment=ahead.row, person=frame.person, actor=frame.actor, at=frame.at)
    except Conflict:
        return page(frame, "portal/coming.html", {"ahead": ahead, "wrong": WRONG["not_booked"]}, status=409)
    return go(frame, said="not-coming" if back else "coming")


@at_page
@opened
def change(request: HttpRequest, frame: Frame, pk: UUID) -> HttpResponse:
    """Times that would fit; she may tick some, and a nurse calls. The appointment stands until then."""
    ahead = ahead_by_id(frame.person, pk, frame.at)
    fits = slots_for(ahead, at=frame.at)
    if request.method != "POST" or "ask" not in request.POST:
        shown = [(slot.starts_at.isoformat(), moment_words(_local(slot, ahead))) for slot in fits]
        return page(frame, "portal/change.html", {"ahead": ahead, "fits": shown})
    wished = {moment for text in request.POST.getlist("slot") if (moment := _moment(text)) is not None}
    ask_for_change(visit=ahead.row, fits=fits, wished=wished, actor=frame.actor, at=frame.at)
    return go(frame, said="change")


def _moment(text: str) -> datetime | None:
    """The moment of a box that was ticked; None for what the page never offers."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _local(slot: Slot, ahead: Ahead) -> datetime:
    return slot.starts_at.astimezone(ZoneInfo(ahead.row.zone or ahead.row.clinic.zone))
