"""What stands without a code: the next appointment, the list, and the stop of all messages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from apps.couples.wishes import stop_messages
from apps.portal.acts import ask_to_be_rung
from apps.portal.facts import facts_of
from apps.portal.frame import Frame, at_page, go, page

_RING = "Stopped all messages at their own page and asks to be rung."


@at_page
def home(request: HttpRequest, frame: Frame) -> HttpResponse:
    return page(frame, "portal/home.html", {"facts": facts_of(frame.person, frame.at)})


@at_page
def stop(request: HttpRequest, frame: Frame) -> HttpResponse:
    """At once, without a code and without a reason, at any hour. Only then it is asked how to reach her."""
    if request.method != "POST":
        return go(frame)
    shown = bool(facts_of(frame.person, frame.at).ahead)
    stop_messages(person=frame.person, actor=frame.actor, at=frame.at)
    return go(frame, f"stopped/{'?ahead=1' if shown else ''}")


@at_page
def stopped(request: HttpRequest, frame: Frame) -> HttpResponse:
    if request.method == "POST":
        if request.POST.get("reach") != "call":
            return go(frame, said="thanks")
        ask_to_be_rung(person=frame.person, note=_RING, actor=frame.actor, at=frame.at)
        return go(frame, said="call")
    return page(frame, "portal/stopped.html", {"ahead": "ahead" in request.GET})
