"""Addresses of a patient's own page: issued, shown once with a card to print, renewed, withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from apps.clinic.errors import LitError
from apps.couples.models import Person
from apps.couples.queries import couples_with, person_by_id
from apps.desk.access import Desk, desk_of
from apps.desk.forms.base import in_one_line
from apps.desk.pages.base import page, press
from apps.desk.ports import Link, pages, pages_read
from apps.reminders.words import discreet


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    person = desk.find(lambda clinic: person_by_id(clinic, pk))
    desk.require("issue links", person.clinic)
    return _page(request, person)


def issue(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A new address; it stands on the answer to this request, as a card to print, and nowhere else."""
    desk = desk_of(request)
    person = desk.find(lambda clinic: person_by_id(clinic, pk))
    actor = desk.require("issue links", person.clinic)
    label = request.POST.get("label", "").strip()[:40] or _("Card")
    return _told_once(
        request, person, lambda: pages().issue_page(person=person, label=label, actor=actor, at=desk.at)
    )


def renew(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A new address in place of one that somebody else has seen."""
    desk = desk_of(request)
    link = _link(desk, pk)
    actor = desk.require("issue links", link.person.clinic)
    return _told_once(request, link.person, lambda: pages().renew_page(link=link, actor=actor, at=desk.at))


def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    link = _link(desk, pk)
    actor = desk.require("issue links", link.person.clinic)
    return press(
        request,
        lambda: pages().revoke_page(link=link, actor=actor, at=desk.at),
        done=_("The address is withdrawn. Nobody can open it any more."),
        back=reverse("admin:person_page", args=[link.person.pk]),
    )


def _link(desk: Desk, pk: UUID) -> Link:
    return desk.find(lambda clinic: pages_read().page_by_id(clinic, pk))


def _told_once(request: HttpRequest, person: Person, make: Callable[[], tuple[Link, str]]) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        _link_made, token = make()
    except LitError as error:
        messages.error(request, in_one_line(error))
        return HttpResponseRedirect(reverse("admin:person_page", args=[person.pk]))
    return _page(request, person, pages().address_of(token))


def _page(request: HttpRequest, person: Person, address: str = "") -> HttpResponse:
    couple = couples_with(person.clinic, person).order_by("-enrolled_at").first()
    back = reverse("admin:couples_couple_change", args=[couple.pk]) if couple else reverse("admin:index")
    context = {
        "person": person,
        "name": discreet(person.clinic.discreet_name),
        "links": list(pages_read().pages_of(person)),
        "address": address,
        "qr": mark_safe(pages().qr_svg(address)) if address else "",
        "back": back,
    }
    answer = page(request, "desk/own_page.html", _("Own page"), context)
    # The address is a key: no cache, shared or the browser's own, may keep the page that shows it.
    answer["Cache-Control"] = "no-store"
    return answer
