"""The person's own calendar: an address of its own, shown once, on every way a phone may take it."""

from __future__ import annotations

from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.utils.safestring import mark_safe

from apps.clinic.errors import Conflict
from apps.portal.frame import Frame, at_page, opened, page
from apps.portal.ports import calendars
from apps.portal.qr import qr_svg
from apps.portal.words import WRONG

_GOOGLE = "https://calendar.google.com/calendar/r?cid="
_LABEL = "Made on the own page"


@at_page
@opened
def calendar(request: HttpRequest, frame: Frame) -> HttpResponse:
    if request.method != "POST" or "make" not in request.POST:
        return page(frame, "portal/calendar.html")
    try:
        _, token = calendars().issue_link(person=frame.person, label=_LABEL, actor=frame.actor, at=frame.at)
    except Conflict:
        return page(frame, "portal/calendar.html", {"wrong": WRONG["too_many_links"]}, status=409)
    https = calendars().address_of(token)
    webcal = f"webcal://{https.split('://', 1)[1]}"
    shown = {
        "https": https,
        "webcal": webcal,
        "google": f"{_GOOGLE}{quote(webcal, safe='')}",
        "qr": mark_safe(qr_svg(https)),
    }
    return page(frame, "portal/calendar.html", shown)
