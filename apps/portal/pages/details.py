"""More than time and place, for who asks to see it and has given a code."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from apps.portal.frame import Frame, at_page, opened, page
from apps.portal.more import courses_of, words_to


@at_page
@opened
def more(request: HttpRequest, frame: Frame) -> HttpResponse:
    shown = {
        "courses": courses_of(frame.person, frame.language, frame.at),
        "words": words_to(frame.person),
    }
    return page(frame, "portal/more.html", shown)
