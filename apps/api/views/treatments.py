"""/protocols/ and /treatments/: what is planned, what has happened."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.idempotency import idempotent
from apps.api.pages import PageQuery, page
from apps.api.shapes.fields import NoQuery, read, read_query
from apps.api.shapes.plans import PlanShape, PreviewShape
from apps.api.shapes.treatments import (
    NewTreatment,
    PreviewRequest,
    ProtocolShape,
    TreatmentQuery,
    TreatmentShape,
    changes_json,
    protocol_json,
)
from apps.api.views.base import ApiView
from apps.couples.queries import couple_by_id
from apps.treatments import queries, services
from apps.treatments.sensitivity import plan_without_donor_tests


class Protocols(ApiView):
    """The clinic's published protocol versions."""

    reads = "treatments:read"

    @extend_schema(operation_id="protocols_list", parameters=[PageQuery], responses=ProtocolShape(many=True))
    def get(self, request: Request) -> Response:
        """Published protocol versions, with a summary of their steps."""
        read_query(request, PageQuery)
        versions = queries.protocols_of(self.caller.clinic)
        return page(request, versions, ("published_at", "id"), self.show)

    def show(self, versions: list[Any]) -> list[Any]:
        return [protocol_json(version, self.caller.clinic.zone) for version in versions]


class OneProtocol(ApiView):
    reads = "treatments:read"

    @extend_schema(operation_id="protocols_get", responses=ProtocolShape)
    def get(self, request: Request, protocol_id: UUID) -> Response:
        """One protocol version."""
        read_query(request, NoQuery)
        version = queries.protocol_by_id(self.caller.clinic, protocol_id)
        return Response(protocol_json(version, self.caller.clinic.zone))


class Treatments(ApiView):
    """The clinic's treatments, in the order in which they were entered."""

    reads, writes = "treatments:read", "treatments:write"

    @extend_schema(
        operation_id="treatments_list", parameters=[TreatmentQuery], responses=TreatmentShape(many=True)
    )
    def get(self, request: Request) -> Response:
        """Treatments of the clinic, or of one couple."""
        asked = read_query(request, TreatmentQuery)
        found = queries.treatments_of(self.caller.clinic)
        if "couple" in asked:
            found = found.filter(couple=couple_by_id(self.caller.clinic, asked["couple"]))
        return page(request, found, ("created_at", "id"), self.show)

    @extend_schema(operation_id="treatments_start", request=NewTreatment, responses={201: TreatmentShape})
    @idempotent
    def post(self, request: Request) -> Response:
        """Start a treatment. Its visits, flags and reminders are there when this answers."""
        read_query(request, NoQuery)
        given = read(NewTreatment, request.data)
        clinic = self.caller.clinic
        started = services.start_treatment(
            couple=couple_by_id(clinic, given["couple"]),
            protocol_version=queries.protocol_by_id(clinic, given["protocol"]),
            started_on=given.get("started_on"),
            notify=given.get("notify", True),
            actor=self.caller.actor,
            at=self.at,
        )
        where = reverse("api:treatment", kwargs={"treatment_id": started.pk})
        stored = queries.treatment_by_id(clinic, started.pk)
        return Response(self.show([stored])[0], status=201, headers={"Location": where})

    def show(self, treatments: list[Any]) -> list[Any]:
        return list(TreatmentShape(treatments, many=True, context=self.context).data)


class OneTreatment(ApiView):
    reads = "treatments:read"

    @extend_schema(operation_id="treatments_get", responses=TreatmentShape)
    def get(self, request: Request, treatment_id: UUID) -> Response:
        """One treatment."""
        read_query(request, NoQuery)
        treatment = queries.treatment_by_id(self.caller.clinic, treatment_id)
        return Response(TreatmentShape(treatment, context=self.context).data)


class TreatmentPlan(ApiView):
    reads = "treatments:read"

    @extend_schema(operation_id="treatments_plan", responses=PlanShape)
    def get(self, request: Request, treatment_id: UUID) -> Response:
        """The plan, computed for this request on the clinic's today."""
        read_query(request, NoQuery)
        treatment = queries.treatment_by_id(self.caller.clinic, treatment_id)
        return Response(plan_without_donor_tests(queries.plan_of(treatment, self.at).as_json()))


class TreatmentPreview(ApiView):
    writes = "treatments:read"

    @extend_schema(operation_id="treatments_preview", request=PreviewRequest, responses=PreviewShape)
    @idempotent
    def post(self, request: Request, treatment_id: UUID) -> Response:
        """The plan as it would be with further records, and what that would change. Nothing is stored."""
        read_query(request, NoQuery)
        treatment = queries.treatment_by_id(self.caller.clinic, treatment_id)
        given = read(PreviewRequest, request.data)
        planned, changes = services.preview(treatment=treatment, records=given["records"], at=self.at)
        return Response(
            {"plan": plan_without_donor_tests(planned.as_json()), "changes": changes_json(changes)}
        )
