"""The activities of a session, as JSON, and what a clinic's system says of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.shapes.fields import Moment, Strict, StrictText, Zone
from apps.booking.models import ActivityState


class SessionActivityShape(serializers.Serializer[Any]):
    """One link of the chain of a booked visit: when it is planned, and what became of it."""

    id = serializers.UUIDField()
    appointment = serializers.UUIDField(source="appointment_id")
    position = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.CharField()
    attends = serializers.ListField(child=serializers.CharField())
    state = serializers.ChoiceField(choices=ActivityState.values)
    starts_at = Moment()
    ends_at = Moment()
    started_at = Moment(allow_null=True)
    done_at = Moment(allow_null=True)
    zone = Zone()


class HappenedRequest(Strict):
    """`happened_at` is the true time where it is said later: on the day of the booking, now unless given."""

    happened_at = Moment(required=False, allow_null=True)


class RefuseRequest(HappenedRequest):
    """Why the unit is not released. Only doctors and the laboratory read it; no answer of the API holds it."""

    reason = StrictText(max_length=2000)


class StopRequest(HappenedRequest):
    """What stops the session. A unit that is not released has an address of its own."""

    cause = serializers.ChoiceField(choices=["equipment", "not_fit"])
