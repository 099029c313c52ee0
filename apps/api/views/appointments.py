"""/appointments/: the visits, and what people do with them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.idempotency import idempotent
from apps.api.pages import page
from apps.api.shapes.appointments import (
    AppointmentQuery,
    AppointmentShape,
    AttendRequest,
    BookRequest,
    ConfirmRequest,
    EmptyRequest,
    MoveRequest,
    ReasonRequest,
)
from apps.api.shapes.fields import NoQuery, Strict, read, read_query
from apps.api.views.base import ApiView
from apps.booking import services
from apps.couples.queries import couple_by_id
from apps.treatments import queries
from apps.treatments.models import Appointment


class Appointments(ApiView):
    """The clinic's visits. Not by date: rows that move while a client pages are neither lost nor doubled."""

    reads = "appointments:read"

    @extend_schema(
        operation_id="appointments_list", parameters=[AppointmentQuery], responses=AppointmentShape(many=True)
    )
    def get(self, request: Request) -> Response:
        """Visits that are booked or proposed on the days `from` to `to`."""
        asked = read_query(request, AppointmentQuery)
        clinic = self.caller.clinic
        found = queries.appointments_of(
            clinic, from_=asked.get("from"), to=asked.get("to"), status=asked.get("status", ())
        )
        if "treatment" in asked:
            found = found.filter(treatment=queries.treatment_by_id(clinic, asked["treatment"]))
        if "couple" in asked:
            found = found.filter(treatment__couple=couple_by_id(clinic, asked["couple"]))
        found = found.prefetch_related("activities")
        return page(request, found.annotate(since=F("treatment__created_at")), ("since", "id"), self.show)

    def show(self, appointments: list[Any]) -> list[Any]:
        return list(AppointmentShape(appointments, many=True, context=self.context).data)


class OneAppointment(ApiView):
    reads = "appointments:read"

    @extend_schema(operation_id="appointments_get", responses=AppointmentShape)
    def get(self, request: Request, appointment_id: UUID) -> Response:
        """One visit."""
        read_query(request, NoQuery)
        appointment = queries.appointment_by_id(self.caller.clinic, appointment_id)
        return Response(AppointmentShape(appointment, context=self.context).data)


class AppointmentAct(ApiView):
    """What a person does with a visit: `shape` reads the body, `act` calls the verb."""

    writes = "appointments:write"
    shape: type[Strict] = EmptyRequest

    def act(self, appointment: Appointment, given: dict[str, Any]) -> object:
        raise NotImplementedError

    def perform(self, request: Request, appointment_id: UUID) -> Response:
        read_query(request, NoQuery)
        clinic = self.caller.clinic
        appointment = queries.appointment_by_id(clinic, appointment_id)
        self.act(appointment, read(self.shape, request.data))
        stored = queries.appointment_by_id(clinic, appointment_id)
        return Response(AppointmentShape(stored, context=self.context).data)


class Book(AppointmentAct):
    shape = BookRequest

    @extend_schema(operation_id="appointments_book", request=BookRequest, responses=AppointmentShape)
    @idempotent
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Book the visit. Refused while it is held; outside the window it needs a reason."""
        return self.perform(request, appointment_id)

    def act(self, appointment: Appointment, given: dict[str, Any]) -> object:
        return services.book(appointment=appointment, actor=self.caller.actor, at=self.at, **given)


class Move(AppointmentAct):
    shape = MoveRequest

    @extend_schema(operation_id="appointments_move", request=MoveRequest, responses=AppointmentShape)
    @idempotent
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Move a booked visit to another time, by the rules of booking."""
        return self.perform(request, appointment_id)

    def act(self, appointment: Appointment, given: dict[str, Any]) -> object:
        return services.move(appointment=appointment, actor=self.caller.actor, at=self.at, **given)


class Confirm(AppointmentAct):
    shape = ConfirmRequest

    @extend_schema(operation_id="appointments_confirm", request=ConfirmRequest, responses=AppointmentShape)
    @idempotent
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Make a pencilled booking a real one at its time, once nothing holds the visit."""
        return self.perform(request, appointment_id)

    def act(self, appointment: Appointment, given: dict[str, Any]) -> object:
        return services.confirm(appointment=appointment, actor=self.caller.actor, at=self.at, **given)


class Cancel(AppointmentAct):
    shape = ReasonRequest

    @extend_schema(operation_id="appointments_cancel", request=ReasonRequest, responses=AppointmentShape)
    @idempotent
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Cancel a visit. Its date no longer anchors the plan, which asks for it again."""
        return self.perform(request, appointment_id)

    def act(self, appointment: Appointment, given: dict[str, Any]) -> object:
        return services.cancel(appointment=appointment, actor=self.caller.actor, at=self.at, **given)


class Arrive(AppointmentAct):
    @extend_schema(operation_id="appointments_arrive", request=EmptyRequest, responses=AppointmentShape)
    @idempotent
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """They are here."""
        return self.perform(request, appointment_id)

    def act(self, appointment: Appointment, given: dict[str, Any]) -> object:
        return services.arrive(appointment=appointment, actor=self.caller.actor, at=self.at)


class Attend(AppointmentAct):
    shape = AttendRequest

    @extend_schema(operation_id="appointments_attend", request=AttendRequest, responses=AppointmentShape)
    @idempotent
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """The visit took place; writes the record and plans on from its date. Refused while it is held."""
        return self.perform(request, appointment_id)

    def act(self, appointment: Appointment, given: dict[str, Any]) -> object:
        return services.attend(
            appointment=appointment,
            on=given.get("on"),
            given=given.get("given"),
            actor=self.caller.actor,
            at=self.at,
        )


class Miss(AppointmentAct):
    shape = ReasonRequest

    @extend_schema(operation_id="appointments_miss", request=ReasonRequest, responses=AppointmentShape)
    @idempotent
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """They did not come: said by a person, never by the clock."""
        return self.perform(request, appointment_id)

    def act(self, appointment: Appointment, given: dict[str, Any]) -> object:
        return services.miss(appointment=appointment, actor=self.caller.actor, at=self.at, **given)
