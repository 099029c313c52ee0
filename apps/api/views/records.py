"""/treatments/{id}/records/: what happened, append-only."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.idempotency import idempotent
from apps.api.pages import PageQuery, page
from apps.api.shapes.appointments import FlagShape
from apps.api.shapes.fields import NoQuery, read_query
from apps.api.shapes.treatments import (
    NewRecord,
    RecordShape,
    StoredRecordShape,
    kinds_in,
    record_body,
    record_json,
)
from apps.api.views.base import ApiView, require_scope
from apps.api.views.flags import Decide
from apps.booking.session.units import record_here
from apps.clinic.access import require_verified
from apps.treatments import queries
from apps.treatments.sensitivity import without_donor_infections

DONOR_SAFETY = "donor-safety:read"


class Records(ApiView):
    """A treatment's records, in the order in which they were recorded."""

    reads, writes = "treatments:read", "treatments:write"

    @extend_schema(operation_id="records_list", parameters=[PageQuery], responses=RecordShape(many=True))
    def get(self, request: Request, treatment_id: UUID) -> Response:
        """Everything recorded of the treatment, corrected records and corrections included; infection results of a donor
        only with the scope donor-safety:read.
        """
        read_query(request, PageQuery)
        treatment = queries.treatment_by_id(self.caller.clinic, treatment_id)
        found = queries.records_of(treatment)
        if not self.may_see_donors(request):
            found = without_donor_infections(found)
        return page(request, found, ("recorded_at", "id"), self.show)

    @extend_schema(operation_id="records_add", request=NewRecord, responses={201: StoredRecordShape})
    @idempotent
    def post(self, request: Request, treatment_id: UUID) -> Response:
        """Record one thing. Answers with the record and the flags that are open after it."""
        read_query(request, NoQuery)
        treatment = queries.treatment_by_id(self.caller.clinic, treatment_id)
        body = record_body(request.data)
        self.check_rights(request, kinds_in(body))
        stored = record_here(treatment=treatment, data=body, actor=self.caller.actor, at=self.at)
        flags = queries.flags_of(self.caller.clinic, state="open", treatment=treatment)
        shown = FlagShape(flags, many=True, context=self.context).data
        return Response({**record_json(stored, self.caller.clinic.zone), "flags": shown}, status=201)

    def may_see_donors(self, request: Request) -> bool:
        """The token carries the scope, and a member of staff the role; what is left out cannot be counted."""
        token: Any = request.auth
        role = self.caller.actor.role
        return role in ("client", "doctor", "lab") and bool(token.allow_scopes([DONOR_SAFETY]))

    def check_rights(self, request: Request, kinds: set[str]) -> None:
        """Before anything else of the body is looked at: who may not decide learns that, and not what is missing."""
        if kinds & {"decision", "consent", "joined"}:
            require_verified(self.caller.actor)
        if "decision" in kinds:
            require_scope(request, Decide.writes)

    def show(self, records: list[Any]) -> list[Any]:
        return [record_json(record, self.caller.clinic.zone) for record in records]
