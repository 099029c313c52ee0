"""Calendar links of one person: issued, shown once, chosen anew, renewed, withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.clinic.errors import LitError
from apps.couples.models import Person
from apps.couples.queries import couples_with, person_by_id
from apps.desk.access import Desk, desk_of
from apps.desk.forms.base import in_one_line
from apps.desk.forms.links import ChoiceForm, IssueForm
from apps.desk.pages.base import FormPage, page, press
from apps.desk.ports import CalendarLink, Subscribing, links, links_read


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One link and what staff should know of it."""

    link: CalendarLink
    is_live: bool
    is_widely_used: bool


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    person = desk.find(lambda clinic: person_by_id(clinic, pk))
    desk.require("issue links", person.clinic)
    return _page(request, desk, person)


def issue(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A new link; its address stands on the answer to this request and nowhere else."""
    desk = desk_of(request)
    person = desk.find(lambda clinic: person_by_id(clinic, pk))
    actor = desk.require("issue links", person.clinic)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form = IssueForm(request.POST, zone=person.clinic.zone)
    if form.is_valid():
        try:
            _link_made, token = links().issue_link(person=person, actor=actor, at=desk.at, **form.wanted())
        except LitError as error:
            form.take(error)
        else:
            return _page(request, desk, person, ways=links().subscribing(token))
    return _page(request, desk, person, form=form)


def choose(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What a link shows, changed under the address that the person already has."""
    desk = desk_of(request)
    link = _link(desk, pk)
    actor = desk.require("issue links", link.person.clinic)
    now = {name: getattr(link, name) for name in ("shows_windows", "shows_details", "has_alarms")}
    form = ChoiceForm(request.POST if request.method == "POST" else None, now=now)
    back = reverse("admin:person_links", args=[link.person.pk])

    def act() -> str:
        links().choose(link=link, actor=actor, at=desk.at, **form.cleaned_data)
        return back

    return FormPage(
        title=_("What this calendar shows: %(label)s") % {"label": link.label},
        form=form,
        act=act,
        done=_("Saved. Calendars show it when they look again."),
        back=back,
    ).answer(request)


def renew(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A new address in place of one that somebody else has seen."""
    desk = desk_of(request)
    link = _link(desk, pk)
    actor = desk.require("issue links", link.person.clinic)
    return _told_once(request, desk, link.person, lambda: links().rotate(link=link, actor=actor, at=desk.at))


def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    link = _link(desk, pk)
    actor = desk.require("issue links", link.person.clinic)
    return press(
        request,
        lambda: links().revoke(link=link, actor=actor, at=desk.at),
        done=_("The link is withdrawn. Calendars that hold it empty themselves."),
        back=reverse("admin:person_links", args=[link.person.pk]),
    )


def _link(desk: Desk, pk: UUID) -> CalendarLink:
    return desk.find(lambda clinic: links_read().link_by_id(clinic, pk))


def _told_once(
    request: HttpRequest, desk: Desk, person: Person, make: Callable[[], tuple[CalendarLink, str]]
) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        _link_made, token = make()
    except LitError as error:
        messages.error(request, in_one_line(error))
        return HttpResponseRedirect(reverse("admin:person_links", args=[person.pk]))
    return _page(request, desk, person, ways=links().subscribing(token))


def feed_path(token: str) -> str:
    """The path under which the calendar of this token is answered."""
    return f"/feeds/{token}.ics"


def _page(
    request: HttpRequest,
    desk: Desk,
    person: Person,
    *,
    ways: Subscribing | None = None,
    form: IssueForm | None = None,
) -> HttpResponse:
    couple = couples_with(person.clinic, person).order_by("-enrolled_at").first()
    back = reverse("admin:couples_couple_change", args=[couple.pk]) if couple else reverse("admin:index")
    rows = [
        LinkRow(link, link.is_live_at(desk.at), links_read().widely_used(link))
        for link in links_read().links_of(person)
    ]
    context = {
        "person": person,
        "rows": rows,
        "ways": ways,
        "form": form or IssueForm(zone=person.clinic.zone),
        "back": back,
    }
    status = 422 if form is not None else 200
    answer = page(request, "desk/links.html", _("Calendar links"), context, status=status)
    # The address is a key: no cache, shared or the browser's own, may keep the page that shows it.
    answer["Cache-Control"] = "no-store"
    return answer
