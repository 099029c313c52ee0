"""More than time and place, for who asks to see it and has given a code."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from apps.portal.frame import Frame, at_page, opened, page
from apps.portal.more import courses_of


@at_page
@opened
def more(request: HttpRequest, frame: Frame) -> HttpResponse:
    return page(frame, "portal/more.html", {"courses": courses_of(frame.person)})
