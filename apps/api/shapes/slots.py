"""Sessions and slots, as JSON."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apps.api.shapes.fields import Day, Moment, Strict, Zone, remedied
from apps.booking.models import ActivityState
from apps.booking.slots.searching import MOST_DAYS
from apps.booking.slots.values import DayState


class TakeShape(serializers.Serializer[Any]):
    """One place of a resource."""

    resource = serializers.UUIDField(source="resource_id")
    place = serializers.IntegerField()


class LinkShape(serializers.Serializer[Any]):
    """One activity of a session, at its time."""

    name = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.CharField()
    starts_at = Moment()
    ends_at = Moment()
    attends = serializers.ListField(child=serializers.CharField(), help_text="Who comes to it, by role")


class SlotLinkShape(LinkShape):
    """One activity of a slot, with the places that it would take."""

    takes = TakeShape(many=True)


class ActivityShape(LinkShape):
    """One activity of a booked session. `done_at` is when it truly ended."""

    state = serializers.ChoiceField(choices=ActivityState.values)
    started_at = Moment(allow_null=True)
    done_at = Moment(allow_null=True)


class SlotShape(serializers.Serializer[Any]):
    """A time at which the whole session fits. `distance` counts days from the target."""

    on = serializers.DateField()
    starts_at = Moment()
    ends_at = Moment()
    distance = serializers.IntegerField()
    needs_reason = serializers.BooleanField()
    joins_batch = serializers.BooleanField(
        help_text="It fills a batch of the laboratory that has begun to fill"
    )
    activities = SlotLinkShape(many=True, source="links")


class DaySlotsShape(serializers.Serializer[Any]):
    """One day. `why` says what speaks against it, where anything does."""

    on = serializers.DateField()
    state = serializers.ChoiceField(choices=get_args(DayState))
    why = serializers.CharField()
    slots = SlotShape(many=True)


class SlotsShape(serializers.Serializer[Any]):
    """The days that were looked at. `expected` names the plan on which they rest: send it along when you book."""

    expected = serializers.CharField()
    zone = Zone()
    days = DaySlotsShape(many=True)


class HoldShape(serializers.Serializer[Any]):
    """A slot that nobody else gets until then."""

    until = Moment()
    zone = Zone()
    slot = SlotShape()


class SlotsQuery(Strict):
    """Days of the clinic's calendar, ends inclusive; by default every day on which the visit can be."""

    to = Day(
        required=False, help_text=f"Last day, in the clinic's zone; at most {MOST_DAYS} days are looked at"
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        first = Day(required=False, help_text="First day, in the clinic's zone")
        return {"from": first, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("to", date.max) < attrs.get("from", date.min):
            raise ValidationError(
                {"to": [remedied("The last day lies before the first.", "invalid", "Swap them.")]}
            )
        return attrs


class HoldRequest(Strict):
    """When the session would begin."""

    starts_at = Moment()
