"""How a person is reached, as JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apps.api.shapes.fields import Moment, Strict, StrictBoolean, StrictText, Zone, remedied
from apps.couples.models import Language, RouteChannel, RouteOwner


class RouteShape(serializers.Serializer[Any]):
    """One way to a person. Used while `is_usable`: agreed to, not refused, not found wrong, not ended."""

    id = serializers.UUIDField()
    person = serializers.UUIDField(source="person_id")
    channel = serializers.ChoiceField(choices=RouteChannel.choices)
    address = serializers.CharField(help_text="Empty for a printed card")
    belongs_to = serializers.ChoiceField(
        choices=RouteOwner.choices, help_text="Whose number or address it is"
    )
    read_by = serializers.CharField(help_text="Who else reads or hears it; empty is nobody")
    place = serializers.IntegerField(help_text="Its place in the order of the person's wish")
    is_usable = serializers.BooleanField()
    consented_at = Moment(allow_null=True)
    opted_out_at = Moment(allow_null=True)
    wrong_since = Moment(allow_null=True)
    ended_at = Moment(allow_null=True)
    created_at = Moment()
    changed_at = Moment()
    zone = Zone()


class NewRoute(Strict):
    """A way to a person, or what is new of the one that they have on that channel and address."""

    channel = StrictText(help_text=", ".join(RouteChannel.values))
    address = StrictText(
        required=False, allow_blank=True, max_length=254, help_text="A number with + and the country code"
    )
    belongs_to = StrictText(required=False, help_text=", ".join(RouteOwner.values))
    read_by = StrictText(
        required=False, allow_blank=True, max_length=100, help_text="Needed unless it is their own"
    )
    place = serializers.IntegerField(required=False, help_text="1 to 99")
    consented_at = Moment(
        required=False,
        allow_null=True,
        help_text="When they agreed to be reached so; without it it is not used",
    )


class MarkRequest(Strict):
    """Whether the address is nobody's, or somebody else's."""

    wrong = StrictBoolean()


class ContactRequest(Strict):
    """In which language, by which clock and whether by e-mail the person is written to; what is left out stays."""

    language = StrictText(required=False, help_text=", ".join(Language.values))
    zone = StrictText(
        required=False,
        allow_blank=True,
        max_length=64,
        help_text="IANA zone of where they live, for quiet hours; empty: the clinic's",
    )
    wants_email = StrictBoolean(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            fault = remedied("Nothing is to be changed.", "required", "Send at least one of the fields.")
            raise ValidationError({"language": [fault]})
        return attrs
