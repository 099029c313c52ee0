"""/couples/: find and enrol."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.idempotency import idempotent
from apps.api.pages import page
from apps.api.shapes.couples import CoupleQuery, CoupleShape, NewCouple, person_given
from apps.api.shapes.fields import NoQuery, read, read_query
from apps.api.views.base import ApiView
from apps.couples import queries, services
from apps.couples.models import Couple


class Couples(ApiView):
    """The clinic's couples, in the order in which they were enrolled."""

    reads, writes = "couples:read", "couples:write"

    @extend_schema(operation_id="couples_list", parameters=[CoupleQuery], responses=CoupleShape(many=True))
    def get(self, request: Request) -> Response:
        """Find couples. `search` matches names, code, phone and identifiers; for the laboratory no phone."""
        asked = read_query(request, CoupleQuery)
        return page(request, with_people(self._found(asked)), ("enrolled_at", "id"), self.show)

    @extend_schema(operation_id="couples_enrol", request=NewCouple, responses={201: CoupleShape})
    @idempotent
    def post(self, request: Request) -> Response:
        """Enrol a couple: both people, new or known by id."""
        read_query(request, NoQuery)
        given = read(NewCouple, request.data)
        couple = services.enrol_couple(
            clinic=self.caller.clinic,
            recipient=person_given(given["recipient"]),
            partner=person_given(given["partner"]),
            actor=self.caller.actor,
            at=self.at,
        )
        stored = with_people(queries.couples_of(self.caller.clinic)).get(pk=couple.pk)
        where = reverse("api:couple", kwargs={"couple_id": couple.pk})
        return Response(self.show([stored])[0], status=201, headers={"Location": where})

    def show(self, couples: list[Any]) -> list[Any]:
        return list(CoupleShape(couples, many=True, context=self.context).data)

    def _found(self, asked: dict[str, Any]) -> QuerySet[Couple]:
        clinic = self.caller.clinic
        found = queries.couples_of(clinic)
        if "search" in asked:
            found = queries.search(clinic, asked["search"], by_contact=self.context["sees_contact"])
        if "identifier_system" in asked:
            person = queries.person_by_identifier(
                clinic, asked["identifier_system"], asked["identifier_value"]
            )
            found = found & queries.couples_with(clinic, person) if person else found.none()
        return found


class OneCouple(ApiView):
    reads = "couples:read"

    @extend_schema(operation_id="couples_get", responses=CoupleShape)
    def get(self, request: Request, couple_id: UUID) -> Response:
        """One couple."""
        read_query(request, NoQuery)
        couple = queries.couple_by_id(self.caller.clinic, couple_id)
        return Response(CoupleShape(couple, context=self.context).data)


def with_people(couples: QuerySet[Couple]) -> QuerySet[Couple]:
    """The identifiers of both people in two more queries, however many couples there are."""
    return couples.prefetch_related("recipient__identifiers", "partner__identifiers")
