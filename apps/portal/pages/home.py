"""What stands without a code: the next appointment, the list, and the stop of all messages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from apps.portal.acts import ask_to_be_rung, stop_all
from apps.portal.facts import facts_of, still_stand
from apps.portal.frame import Frame, at_page, go, page
from apps.portal.words import SAID, WHILE_QUIET


@at_page
def home(request: HttpRequest, frame: Frame) -> HttpResponse:
    facts = facts_of(frame.person, frame.at)
    said = "" if facts.quiet and frame.said not in WHILE_QUIET else SAID.get(frame.said, "")
    return page(frame, "portal/home.html", {"facts": facts, "said": said})


@at_page
def stop(request: HttpRequest, frame: Frame) -> HttpResponse:
    """At once, without a code and without a reason, at any hour. Only then it is asked how to reach her."""
    if request.method != "POST":
        return go(frame)
    if not stop_all(person=frame.person, actor=frame.actor, at=frame.at):
        return go(frame, said="nothing")
    return go(frame, "stopped/")


@at_page
def stopped(request: HttpRequest, frame: Frame) -> HttpResponse:
    """Says that all is stopped while it is so, also to whoever comes back to it later."""
    facts = facts_of(frame.person, frame.at)
    if request.method == "POST":
        if request.POST.get("reach") != "call":
            return go(frame, said="thanks")
        rung = ask_to_be_rung(person=frame.person, actor=frame.actor, at=frame.at)
        return go(frame, said="call" if rung else "thanks")
    if not facts.stopped:
        return go(frame)
    return page(frame, "portal/stopped.html", {"ahead": still_stand(frame.person, facts.own_wish, frame.at)})
