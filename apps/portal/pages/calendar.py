"""The person's own calendar: an address of its own, shown for a moment, on every way a phone may take it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.utils.safestring import mark_safe

from apps.clinic.errors import Conflict
from apps.portal.acts import make_calendar
from apps.portal.frame import MADE, Frame, at_page, go, keep, opened, page
from apps.portal.ports import calendars
from apps.portal.qr import qr_svg
from apps.portal.words import WRONG

# So long the answer may be loaded again; the address itself stands in that browser's cookie and nowhere else.
_SHOWN_FOR = 120


@at_page
@opened
def calendar(request: HttpRequest, frame: Frame) -> HttpResponse:
    if request.method == "POST" and "make" in request.POST:
        return _make(frame)
    token, _, seal = request.COOKIES.get(MADE, "").rpartition(".")
    if not token or not constant_time_compare(seal, frame.seal(token)):
        return page(frame, "portal/calendar.html")
    ways = calendars().subscribing(token)
    return page(frame, "portal/calendar.html", {"ways": ways, "qr": mark_safe(qr_svg(ways.https))})


def _make(frame: Frame) -> HttpResponse:
    try:
        token = make_calendar(person=frame.person, actor=frame.actor, at=frame.at)
    except Conflict:
        return page(frame, "portal/calendar.html", {"wrong": WRONG["too_many_links"]}, status=409)
    return keep(go(frame, "calendar/"), MADE, f"{token}.{frame.seal(token)}", _SHOWN_FOR)
