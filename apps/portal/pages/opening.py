"""Asking for a code, entering it, and closing what it opened."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse

from apps.clinic.errors import LitError
from apps.portal.codes import OPEN_FOR, Refused, ask_code, close, redeem, standing_code, way_of_codes
from apps.portal.frame import MADE, OPENED, Frame, at_page, go, open_with, page
from apps.portal.words import WRONG, way_words

# Where a code may lead: the pages of this address, and nowhere else.
_NEXT = re.compile(r"(?:more/|away/|wishes/|calendar/|end/|visit/[0-9a-f-]{36}/(?:coming|change)/)?")


@at_page
def code(request: HttpRequest, frame: Frame) -> HttpResponse:
    """GET says how a code comes; POST sends one and goes on to where it is entered."""
    if request.method != "POST":
        return _page(request, frame)
    try:
        ask_code(link=frame.link, at=frame.at)
    except LitError as error:
        known = error.code if error.code in WRONG else "no_way"
        return _page(request, frame, wrong=known, status=409)
    return go(frame, f"code/enter/?next={_next(request)}")


@at_page
def enter(request: HttpRequest, frame: Frame) -> HttpResponse:
    if request.method != "POST":
        if standing_code(frame.link, frame.at) is None:
            return go(frame, f"code/?next={_next(request)}")
        return _page(request, frame, sent=True)
    found = redeem(link=frame.link, typed=request.POST.get("code", ""), at=frame.at)
    if isinstance(found, Refused) and frame.visit is not None:
        # Open already: the second tap, or an old page of this browser.
        return go(frame, _next(request))
    if isinstance(found, Refused):
        return _page(request, frame, wrong=found.value, sent=found is Refused.WRONG, status=422)
    return open_with(go(frame, _next(request)), found, int(OPEN_FOR.total_seconds()))


@at_page
def leave(request: HttpRequest, frame: Frame) -> HttpResponse:
    """Closes what a code opened, on a phone that others use too."""
    if request.method != "POST" or frame.visit is None:
        return go(frame)
    close(visit=frame.visit, at=frame.at)
    answer = go(frame, said="closed")
    for one in (OPENED, MADE):
        answer.delete_cookie(one, path="/", samesite="Lax")
    return answer


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if _NEXT.fullmatch(wanted) else ""


def _page(
    request: HttpRequest, frame: Frame, *, wrong: str = "", sent: bool = False, status: int = 200
) -> HttpResponse:
    way = way_of_codes(frame.person)
    shown = {
        "way": way_words(way) if way else "",
        "wrong": WRONG["no_way"] if way is None and not sent else WRONG.get(wrong, ""),
        "sent": sent,
        "next": _next(request),
    }
    return page(frame, "portal/code.html", shown, status=status)
