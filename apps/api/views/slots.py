"""/appointments/{id}/slots/ and /hold/: when a visit can be, and one of those times kept while somebody confirms it."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.idempotency import idempotent
from apps.api.shapes.fields import NoQuery, read, read_query
from apps.api.shapes.slots import HoldRequest, HoldShape, SlotsQuery, SlotsShape
from apps.api.views.base import ApiView
from apps.booking import services
from apps.booking.queries import expected_of, slots_of
from apps.treatments.queries import appointment_by_id


class Slots(ApiView):
    reads = "appointments:read"

    @extend_schema(operation_id="appointments_slots", parameters=[SlotsQuery], responses=SlotsShape)
    def get(self, request: Request, appointment_id: UUID) -> Response:
        """When the whole session fits, day by day. Refused where the visit cannot be booked at all."""
        asked = read_query(request, SlotsQuery)
        appointment = appointment_by_id(self.caller.clinic, appointment_id)
        found = {
            "expected": expected_of(appointment, at=self.at),
            "days": slots_of(appointment, at=self.at, from_on=asked.get("from"), to_on=asked.get("to")),
        }
        return Response(SlotsShape(found, context=self.context).data)


class Hold(ApiView):
    writes = "appointments:write"
    deletes = "appointments:write"

    @extend_schema(operation_id="appointments_hold", request=HoldRequest, responses=HoldShape)
    @idempotent
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Keep a slot from everybody else for five minutes. It replaces an earlier hold and frees itself."""
        read_query(request, NoQuery)
        appointment = appointment_by_id(self.caller.clinic, appointment_id)
        given = read(HoldRequest, request.data)
        held = services.hold(appointment=appointment, actor=self.caller.actor, at=self.at, **given)
        return Response(HoldShape(held, context=self.context).data)

    @extend_schema(operation_id="appointments_drop_hold", responses={204: None})
    def delete(self, request: Request, appointment_id: UUID) -> Response:
        """Give the held slot free at once. Without a hold it does nothing."""
        read_query(request, NoQuery)
        appointment = appointment_by_id(self.caller.clinic, appointment_id)
        services.drop_hold(appointment=appointment, actor=self.caller.actor, at=self.at)
        return Response(status=status.HTTP_204_NO_CONTENT)
