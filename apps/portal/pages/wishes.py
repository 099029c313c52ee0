"""What a person wishes: days when they cannot come, how and in which language they are reached, and to end."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

from django.http import HttpRequest, HttpResponse

from apps.clinic.clock import local_date
from apps.clinic.errors import Conflict, Invalid, LitError
from apps.couples.models import Language
from apps.couples.route_queries import address_of
from apps.couples.wishes import start_messages
from apps.portal.acts import end_everything, keep_wishes
from apps.portal.facts import facts_of
from apps.portal.frame import Frame, at_page, go, opened, page
from apps.portal.more import away_of
from apps.portal.ways import ways_shown
from apps.portal.words import WRONG
from apps.treatments.absences import can_come_again, cannot_come


@at_page
@opened
def away(request: HttpRequest, frame: Frame) -> HttpResponse:
    if request.method != "POST" or not {"from", "open"} & set(request.POST):
        return _away(frame)
    if "open" in request.POST:
        return _open_again(frame, request.POST["open"])
    try:
        cannot_come(
            person=frame.person,
            from_on=_day(request.POST.get("from", "")),
            to_on=_day(request.POST.get("to") or request.POST.get("from", "")),
            actor=frame.actor,
            at=frame.at,
        )
    except LitError as error:
        return _away(frame, wrong=error.code if error.code in WRONG else "days")
    return go(frame, said="away")


@at_page
@opened
def wishes(request: HttpRequest, frame: Frame) -> HttpResponse:
    if request.method == "POST" and "start" in request.POST:
        return _start(frame)
    if request.method != "POST" or request.POST.get("language") not in Language.values:
        return page(frame, "portal/wishes.html", _wishes(frame))
    # What came to the person's row after the form was opened is not theirs to refuse by it.
    shown, ticked = set(request.POST.getlist("shown")), set(request.POST.getlist("way"))
    person = frame.person
    choosable = [one.route for one in ways_shown(person) if one.can_choose and str(one.route.pk) in shown]
    keep_wishes(
        person=person,
        language=request.POST["language"],
        routes=[(route, str(route.pk) in ticked) for route in choosable],
        email="email" in ticked if "email" in shown and address_of(person) else None,
        actor=frame.actor,
        at=frame.at,
    )
    return go(frame, f"?l={request.POST['language']}", said="wishes")


@at_page
@opened
def end(request: HttpRequest, frame: Frame) -> HttpResponse:
    """Either of the two may end it, alone. The page says good-bye and is gone."""
    if request.method != "POST" or "end" not in request.POST:
        return page(frame, "portal/end.html")
    called = end_everything(person=frame.person, actor=frame.actor, at=frame.at)
    return page(frame, "portal/ended.html", {"bare": True, "called": called})


def _away(frame: Frame, wrong: str = "") -> HttpResponse:
    shown = {
        "spans": away_of(frame.person, frame.at),
        "today": local_date(frame.clinic.zone, frame.at),
        "wrong": WRONG.get(wrong, ""),
    }
    return page(frame, "portal/away.html", shown, status=422 if wrong else 200)


def _open_again(frame: Frame, which: str) -> HttpResponse:
    for span in away_of(frame.person, frame.at):
        if str(span.id) == which:
            for record in span.records:
                can_come_again(person=frame.person, record=record, actor=frame.actor, at=frame.at)
    return go(frame, said="here")


def _start(frame: Frame) -> HttpResponse:
    for couple in facts_of(frame.person, frame.at).own_wish:
        # Something stronger may have come between: what stands then is what is said.
        with suppress(Conflict):
            start_messages(person=frame.person, couple=couple, actor=frame.actor, at=frame.at)
    return go(frame, said="not-started" if facts_of(frame.person, frame.at).quiet else "started")


def _wishes(frame: Frame) -> dict[str, object]:
    return {
        "ways": ways_shown(frame.person),
        "email": address_of(frame.person),
        "wants_email": frame.person.wants_email,
        "chosen": frame.person.language,
        "may_start": bool(facts_of(frame.person, frame.at).own_wish),
    }


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid("This is no day.", code="days", field="from") from error
