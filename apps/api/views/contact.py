"""/people/{id}/ and /routes/{id}/: how a person is reached, what they agreed to and what they refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.idempotency import idempotent
from apps.api.pages import PageQuery, page
from apps.api.shapes.contact import ContactRequest, MarkRequest, NewRoute, RouteShape
from apps.api.shapes.couples import PersonShape
from apps.api.shapes.fields import NoQuery, read, read_query
from apps.api.views.base import ApiView
from apps.clinic.access import require_role, require_verified
from apps.couples.inputs import PersonInput
from apps.couples.models import ContactRoute
from apps.couples.queries import person_by_id
from apps.couples.route_queries import route_by_id, routes_of
from apps.couples.routes import RouteInput, add_route, end_route, mark_route, opt_in, opt_out
from apps.couples.services import update_person

READS, WRITES = "contact:read", "contact:write"


class ContactView(ApiView):
    """Whoever reads numbers and addresses: programs, and all staff but the laboratory."""

    reads = READS

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        require_role(self.caller.actor, "nurse", "doctor", "manager", "client")


class OnePerson(ContactView):
    @extend_schema(operation_id="people_get", responses=PersonShape)
    def get(self, request: Request, person_id: UUID) -> Response:
        """One person, with what is written to them and in which language."""
        read_query(request, NoQuery)
        return Response(PersonShape(person_by_id(self.caller.clinic, person_id), context=self.context).data)


class Contact(ContactView):
    reads, writes = "", WRITES

    @extend_schema(operation_id="people_contact", request=ContactRequest, responses=PersonShape)
    @idempotent
    def post(self, request: Request, person_id: UUID) -> Response:
        """Change language, time zone or the wish for e-mail. A refusal of e-mail is lifted only by a member of staff who
        signed in.
        """
        read_query(request, NoQuery)
        person = person_by_id(self.caller.clinic, person_id)
        given = read(ContactRequest, request.data)
        if given.get("wants_email") and not person.wants_email:
            require_verified(self.caller.actor)
        wanted = replace(PersonInput.of(person), **given)
        stored = update_person(person=person, given=wanted, actor=self.caller.actor, at=self.at)
        return Response(PersonShape(stored, context=self.context).data)


class Routes(ContactView):
    """A person's routes, in the order in which they came to be; `place` is the order of their wish."""

    reads, writes = READS, WRITES

    @extend_schema(operation_id="routes_list", parameters=[PageQuery], responses=RouteShape(many=True))
    def get(self, request: Request, person_id: UUID) -> Response:
        """Every route that was not ended, refused and wrong ones included."""
        read_query(request, PageQuery)
        person = person_by_id(self.caller.clinic, person_id)
        return page(request, routes_of(person), ("created_at", "id"), self.show)

    @extend_schema(operation_id="routes_add", request=NewRoute, responses={201: RouteShape})
    @idempotent
    def post(self, request: Request, person_id: UUID) -> Response:
        """Add a route, or bring the one with the same channel and address up to date. What they refused stays refused."""
        read_query(request, NoQuery)
        person = person_by_id(self.caller.clinic, person_id)
        given = read(NewRoute, request.data)
        route = add_route(person=person, given=RouteInput(**given), actor=self.caller.actor, at=self.at)
        where = reverse("api:route", kwargs={"route_id": route.pk})
        return Response(self.show([route])[0], status=201, headers={"Location": where})

    def show(self, routes: list[Any]) -> list[Any]:
        return list(RouteShape(routes, many=True, context=self.context).data)


class OneRoute(ContactView):
    @extend_schema(operation_id="routes_get", responses=RouteShape)
    def get(self, request: Request, route_id: UUID) -> Response:
        """One route, also one that was ended."""
        read_query(request, NoQuery)
        route = route_by_id(self.caller.clinic, route_id)
        return Response(RouteShape(route, context=self.context).data)


class RouteAct(ContactView):
    """What is said of one route; harmless if repeated."""

    reads, writes = "", WRITES

    def act(
        self, request: Request, route_id: UUID, verb: Callable[..., ContactRoute], **given: Any
    ) -> Response:
        route = route_by_id(self.caller.clinic, route_id)
        changed = verb(route=route, actor=self.caller.actor, at=self.at, **given)
        return Response(RouteShape(changed, context=self.context).data)


class Refuse(RouteAct):
    @extend_schema(operation_id="routes_refuse", request=None, responses=RouteShape)
    @idempotent
    def post(self, request: Request, route_id: UUID) -> Response:
        """They do not wish to be reached so: nothing goes this way from now on."""
        read_query(request, NoQuery)
        return self.act(request, route_id, opt_out)


class Agree(RouteAct):
    @extend_schema(operation_id="routes_agree", request=None, responses=RouteShape)
    @idempotent
    def post(self, request: Request, route_id: UUID) -> Response:
        """They agree to be reached so. After a refusal only a member of staff who signed in may say it; else 403."""
        read_query(request, NoQuery)
        if route_by_id(self.caller.clinic, route_id).opted_out_at is not None:
            require_verified(self.caller.actor)
        return self.act(request, route_id, opt_in)


class Mark(RouteAct):
    @extend_schema(operation_id="routes_mark", request=MarkRequest, responses=RouteShape)
    @idempotent
    def post(self, request: Request, route_id: UUID) -> Response:
        """The address is nobody's or somebody else's (`wrong`), or it is right after all."""
        read_query(request, NoQuery)
        given = read(MarkRequest, request.data)
        return self.act(request, route_id, mark_route, wrong=given["wrong"])


class End(RouteAct):
    @extend_schema(operation_id="routes_end", request=None, responses=RouteShape)
    @idempotent
    def post(self, request: Request, route_id: UUID) -> Response:
        """Take the route off the person; it stays to be read."""
        read_query(request, NoQuery)
        return self.act(request, route_id, end_route)
