"""Calendar links of one person: issued, shown once, renewed, withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse

from apps.clinic.errors import LitError
from apps.couples.models import Person
from apps.couples.queries import couples_with, person_by_id
from apps.desk.access import Desk, desk_of
from apps.desk.forms.base import in_one_line
from apps.desk.pages.base import page, press
from apps.desk.ports import Link, links, links_read


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    person = desk.find(lambda clinic: person_by_id(clinic, pk))
    desk.require("issue links", person.clinic)
    return _page(request, person)


def issue(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A new link; its address stands on the answer to this request and nowhere else."""
    desk = desk_of(request)
    person = desk.find(lambda clinic: person_by_id(clinic, pk))
    actor = desk.require("issue links", person.clinic)
    return _told_once(
        request, person, lambda: links().issue_link(person=person, label="Phone", actor=actor, at=desk.at)
    )


def renew(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A new address in place of one that somebody else has seen."""
    desk = desk_of(request)
    link = _link(desk, pk)
    actor = desk.require("issue links", link.person.clinic)
    return _told_once(request, link.person, lambda: links().rotate(link=link, actor=actor, at=desk.at))


def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    link = _link(desk, pk)
    actor = desk.require("issue links", link.person.clinic)
    return press(
        request,
        lambda: links().revoke(link=link, actor=actor, at=desk.at),
        done="The link is withdrawn. Calendars that hold it empty themselves.",
        back=reverse("admin:person_links", args=[link.person.pk]),
    )


def _link(desk: Desk, pk: UUID) -> Link:
    return desk.find(lambda clinic: links_read().link_by_id(clinic, pk))


def _told_once(request: HttpRequest, person: Person, make: Callable[[], tuple[Link, str]]) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        _, token = make()
    except LitError as error:
        messages.error(request, in_one_line(error))
        return HttpResponseRedirect(reverse("admin:person_links", args=[person.pk]))
    https = f"{settings.BASE_URL}{feed_path(token)}"
    webcal = f"webcal://{https.split('://', 1)[1]}"
    return _page(request, person, [("Address", https), ("To tap on a phone", webcal)])


def feed_path(token: str) -> str:
    """The path under which the calendar of this token is answered."""
    return f"/feeds/{token}.ics"


def _page(
    request: HttpRequest, person: Person, token_urls: list[tuple[str, str]] | None = None
) -> HttpResponse:
    couple = couples_with(person.clinic, person).order_by("-enrolled_at").first()
    back = reverse("admin:couples_couple_change", args=[couple.pk]) if couple else reverse("admin:index")
    context = {
        "person": person,
        "links": list(links_read().links_of(person)),
        "token_urls": token_urls or [],
        "back": back,
    }
    answer = page(request, "desk/links.html", "Calendar links", context)
    # The address is a key: no cache, shared or the browser's own, may keep the page that shows it.
    answer["Cache-Control"] = "no-store"
    return answer
