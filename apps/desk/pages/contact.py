"""How a person is reached: their ways in the order of their wish, added, refused, agreed to again, taken away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.clinic.actors import Actor
from apps.couples.models import ContactRoute, Person, RouteChannel
from apps.couples.queries import couples_with, person_by_id
from apps.couples.route_queries import route_by_id, routes_of
from apps.couples.routes import RouteInput, add_route, end_route, mark_route, opt_in, opt_out
from apps.desk import languages
from apps.desk.access import desk_of
from apps.desk.forms.contact import RouteForm
from apps.desk.pages.base import FormPage, press
from apps.reminders.queries import carried_by


def _right(*, route: ContactRoute, actor: Actor, at: datetime) -> ContactRoute:
    return mark_route(route=route, wrong=False, actor=actor, at=at)


_ACTS: Mapping[str, Callable[..., ContactRoute]] = {
    "refuse": opt_out,
    "agree": opt_in,
    "right": _right,
    "end": end_route,
}


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The ways and a form for a further one; a press of a button beside one comes here too."""
    desk = desk_of(request)
    person = desk.find(lambda clinic: person_by_id(clinic, pk))
    actor = desk.require("enrol", person.clinic)
    here = reverse("admin:person_routes", args=[person.pk])
    act = _ACTS.get(request.POST.get("act", ""))
    if act is not None:
        route = desk.find(lambda clinic: route_by_id(clinic, _uuid(request.POST.get("route", ""))))
        if route.person_id != person.pk:
            raise Http404("There is no such page.")
        return press(request, lambda: act(route=route, actor=actor, at=desk.at), done=_("Saved."), back=here)
    form = RouteForm(request.POST or None)

    def add() -> str:
        given = {
            name: form.cleaned_data[name] for name in ("channel", "address", "belongs_to", "read_by", "place")
        }
        agreed = desk.at if form.cleaned_data["agreed"] else None
        add_route(person=person, given=RouteInput(**given, consented_at=agreed), actor=actor, at=desk.at)
        return here

    return FormPage(
        title=_("How %(name)s is reached") % {"name": person.full_name},
        form=form,
        act=add,
        done=_("Saved."),
        button=_("Add this way"),
        back=_back(person),
        template="desk/contact.html",
        context={
            "routes": list(routes_of(person)),
            "person": person,
            "carried": (*carried_by(person.clinic), RouteChannel.CALL, RouteChannel.CARD),
            "language": languages.with_mark(
                person.language, person.language in languages.unread([person.clinic])
            ),
        },
    ).answer(request)


def _back(person: Person) -> str:
    couple = couples_with(person.clinic, person).first()
    return reverse("admin:couples_couple_change", args=[couple.pk]) if couple else reverse("admin:index")


def _uuid(text: str) -> UUID:
    """The id, or one that nothing has."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
