"""The activities of a session on its day: started and finished by any system, released by a named person alone."""

from __future__ import annotations

from typing import Any, Protocol
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.idempotency import idempotent
from apps.api.pages import PageQuery, page
from apps.api.shapes.appointments import AppointmentShape
from apps.api.shapes.fields import NoQuery, read, read_query
from apps.api.shapes.sessions import HappenedRequest, RefuseRequest, SessionActivityShape, StopRequest
from apps.api.views.appointments import AppointmentAct
from apps.api.views.base import ApiView
from apps.booking.day.queries import activity_by_id
from apps.booking.models import SessionActivity
from apps.booking.session import running
from apps.treatments import queries
from apps.treatments.gates import require_may_release
from apps.treatments.models import Appointment


class _Verb(Protocol):
    def __call__(self, *, activity: SessionActivity, actor: Any, at: Any, happened_at: Any) -> object: ...


class Activities(ApiView):
    """The chain of one visit; empty where the clinic books plain times."""

    reads = "appointments:read"

    @extend_schema(
        operation_id="activities_list", parameters=[PageQuery], responses=SessionActivityShape(many=True)
    )
    def get(self, request: Request, appointment_id: UUID) -> Response:
        """What the session is made of, in its order."""
        read_query(request, PageQuery)
        visit = queries.appointment_by_id(self.caller.clinic, appointment_id)
        found = SessionActivity.objects.filter(clinic=self.caller.clinic, appointment=visit)
        return page(request, found, ("position", "id"), self.show)

    def show(self, activities: list[Any]) -> list[Any]:
        return list(SessionActivityShape(activities, many=True, context=self.context).data)


class _ActivityAct(ApiView):
    writes = "appointments:write"

    def perform(self, request: Request, activity_id: UUID, verb: _Verb) -> Response:
        read_query(request, NoQuery)
        activity = activity_by_id(self.caller.clinic, activity_id)
        if activity.kind == "gate":
            require_may_release(self.caller.actor)
        given = read(HappenedRequest, request.data)
        done = verb(
            activity=activity, actor=self.caller.actor, at=self.at, happened_at=given.get("happened_at")
        )
        return Response(SessionActivityShape(done, context=self.context).data)


class StartActivity(_ActivityAct):
    @extend_schema(operation_id="activities_start", request=HappenedRequest, responses=SessionActivityShape)
    @idempotent
    def post(self, request: Request, activity_id: UUID) -> Response:
        """It has begun. Refused (409) while a fitness check or a release before it is open."""
        return self.perform(request, activity_id, running.start_activity)


class FinishActivity(_ActivityAct):
    @extend_schema(operation_id="activities_finish", request=HappenedRequest, responses=SessionActivityShape)
    @idempotent
    def post(self, request: Request, activity_id: UUID) -> Response:
        """It has ended. The end of the draw labels the unit; a release needs a verified doctor or the laboratory (403)."""
        return self.perform(request, activity_id, running.finish_activity)


class _Signed(AppointmentAct):
    """An act of a named person: who may not do it learns that before the body is looked at."""

    def signed(self, request: Request, appointment_id: UUID) -> Response:
        queries.appointment_by_id(self.caller.clinic, appointment_id)
        require_may_release(self.caller.actor)
        return self.perform(request, appointment_id)


class Release(_Signed):
    shape = HappenedRequest

    @extend_schema(operation_id="appointments_release", request=HappenedRequest, responses=AppointmentShape)
    @idempotent
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """The signed-in doctor or laboratory releases the unit. A program alone gets 403."""
        return self.signed(request, appointment_id)

    def act(self, appointment: Appointment, given: dict[str, Any]) -> object:
        return running.pass_gate(appointment=appointment, actor=self.caller.actor, at=self.at, **given)


class RefuseRelease(_Signed):
    shape = RefuseRequest

    @extend_schema(
        operation_id="appointments_refuse_release", request=RefuseRequest, responses=AppointmentShape
    )
    @idempotent
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """The unit is not released: the visit is cancelled, both are told, a nurse calls. A program alone gets 403."""
        return self.signed(request, appointment_id)

    def act(self, appointment: Appointment, given: dict[str, Any]) -> object:
        return running.fail_gate(appointment=appointment, actor=self.caller.actor, at=self.at, **given)


class Stop(AppointmentAct):
    shape = StopRequest

    @extend_schema(operation_id="appointments_stop", request=StopRequest, responses=AppointmentShape)
    @idempotent
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """The session stops where it stands; the visit is cancelled and asked for again."""
        return self.perform(request, appointment_id)

    def act(self, appointment: Appointment, given: dict[str, Any]) -> object:
        return running.stop_session(appointment=appointment, actor=self.caller.actor, at=self.at, **given)
