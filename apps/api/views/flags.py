"""/flags/: review tasks, and the decisions that close them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.idempotency import idempotent
from apps.api.pages import page
from apps.api.shapes.appointments import DecideRequest, FlagQuery, FlagShape
from apps.api.shapes.fields import NoQuery, read, read_query
from apps.api.views.base import ApiView
from apps.clinic.access import require_verified
from apps.treatments import queries, services


class Flags(ApiView):
    """The clinic's flags, in the order in which they were raised."""

    reads = "flags:read"

    @extend_schema(operation_id="flags_list", parameters=[FlagQuery], responses=FlagShape(many=True))
    def get(self, request: Request) -> Response:
        """Flags of the clinic or of one treatment; of every state unless one is named."""
        asked = read_query(request, FlagQuery)
        clinic = self.caller.clinic
        found = queries.flags_of(clinic, state=asked.get("state"))
        if "treatment" in asked:
            found = found.filter(treatment=queries.treatment_by_id(clinic, asked["treatment"]))
        return page(request, found, ("raised_at", "id"), self.show)

    def show(self, flags: list[Any]) -> list[Any]:
        return list(FlagShape(flags, many=True, context=self.context).data)


class OneFlag(ApiView):
    reads = "flags:read"

    @extend_schema(operation_id="flags_get", responses=FlagShape)
    def get(self, request: Request, flag_id: UUID) -> Response:
        """One flag."""
        read_query(request, NoQuery)
        flag = queries.flag_by_id(self.caller.clinic, flag_id)
        return Response(FlagShape(flag, context=self.context).data)


class Decide(ApiView):
    writes = "flags:decide"

    @extend_schema(operation_id="flags_decide", request=DecideRequest, responses=FlagShape)
    @idempotent
    def post(self, request: Request, flag_id: UUID) -> Response:
        """Decide a flag, as the member of staff whose token this is. A program's own token gets 403."""
        read_query(request, NoQuery)
        flag = queries.flag_by_id(self.caller.clinic, flag_id)
        # Before the body is looked at, so that a program learns who may decide and not what it spelled wrong.
        require_verified(self.caller.actor)
        given = read(DecideRequest, request.data)
        services.decide(
            flag=flag,
            choice=given["choice"],
            reason=given["reason"],
            parameters=given.get("parameters", {}),
            actor=self.caller.actor,
            at=self.at,
        )
        stored = queries.flag_by_id(self.caller.clinic, flag_id)
        return Response(FlagShape(stored, context=self.context).data)
