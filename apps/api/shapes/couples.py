"""Couples and their two people, as JSON."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apps.api.pages import PageQuery
from apps.api.shapes.fields import Day, Moment, Strict, StrictBoolean, StrictText, Zone, remedied
from apps.couples.inputs import Identifier, PersonInput
from apps.couples.models import BloodGroup, Language


class IdentifierShape(Strict):
    """A number that another system knows the person by, unique in the clinic per system."""

    system = StrictText(max_length=120, help_text='"mrn", "abha" or a URI')
    value = StrictText(max_length=120)


class NewPerson(Strict):
    """A person to enrol: either `id` alone, of one whom the clinic knows, or what is known of a new one."""

    id = serializers.UUIDField(required=False)
    given_name = StrictText(required=False, max_length=100)
    family_name = StrictText(required=False, allow_blank=True, max_length=100)
    birth_on = Day(required=False, allow_null=True)
    email = StrictText(required=False, allow_blank=True, max_length=254)
    phone = StrictText(required=False, allow_blank=True, max_length=32)
    language = StrictText(required=False, help_text=", ".join(Language.values))
    zone = StrictText(
        required=False,
        allow_blank=True,
        max_length=64,
        help_text="IANA zone of where they live; empty: the clinic's",
    )
    blood_group = StrictText(required=False, allow_blank=True, help_text=", ".join(BloodGroup.values))
    wants_email = StrictBoolean(required=False)
    contact_consent_at = Moment(required=False, allow_null=True, help_text="Without it nothing is ever sent")
    alternative_email = StrictText(required=False, allow_blank=True, max_length=254)
    hard_news_note = StrictText(required=False, allow_blank=True, max_length=300)
    identifiers = IdentifierShape(many=True, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "id" in attrs and len(attrs) > 1:
            fault = remedied(
                "A person known by id brings nothing else.", "invalid", "Send id alone or leave it out."
            )
            raise ValidationError({"id": [fault]})
        if "id" not in attrs and "given_name" not in attrs:
            raise ValidationError({"given_name": [remedied("A new person needs it.", "required", "Add it.")]})
        return attrs


class NewCouple(Strict):
    """Both people of a couple to enrol."""

    recipient = NewPerson()
    partner = NewPerson()


def person_given(data: dict[str, Any]) -> PersonInput | UUID:
    """What the service takes for a checked NewPerson."""
    if "id" in data:
        known: UUID = data["id"]
        return known
    identifiers = tuple(Identifier(one["system"], one["value"]) for one in data.get("identifiers", ()))
    return PersonInput(**{**data, "identifiers": identifiers})


_CONTACT = ("email", "phone", "alternative_email", "hard_news_note")


class PersonShape(serializers.Serializer[Any]):
    """One of the two people. To somebody of the laboratory numbers, addresses and notes are empty."""

    id = serializers.UUIDField()
    given_name = serializers.CharField()
    family_name = serializers.CharField()
    birth_on = serializers.DateField(allow_null=True)
    email = serializers.CharField()
    phone = serializers.CharField()
    language = serializers.ChoiceField(choices=Language.choices)
    zone = serializers.CharField(help_text="Where they live; empty: the clinic's zone")
    blood_group = serializers.CharField()
    wants_email = serializers.BooleanField()
    contact_consent_at = Moment(allow_null=True)
    alternative_email = serializers.CharField()
    hard_news_note = serializers.CharField()
    identifiers = IdentifierShape(many=True)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        return shown if self.context.get("sees_contact", True) else shown | dict.fromkeys(_CONTACT, "")


class CoupleShape(serializers.Serializer[Any]):
    """A couple. While `silent` nothing may be sent to either; why is not told."""

    id = serializers.UUIDField()
    code = serializers.CharField()
    recipient = PersonShape()
    partner = PersonShape()
    silent = serializers.BooleanField(source="is_silent")
    silent_since = Moment(allow_null=True)
    enrolled_at = Moment()
    changed_at = Moment()
    zone = Zone()


class CoupleQuery(PageQuery):
    """Words of names, the code or a phone number; or one identifier."""

    search = serializers.CharField(required=False, max_length=100)
    identifier_system = serializers.CharField(required=False, max_length=120)
    identifier_value = serializers.CharField(required=False, max_length=120)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        pair = {"identifier_system", "identifier_value"}
        for missing in pair - set(attrs) if pair & set(attrs) else ():
            raise ValidationError(
                {missing: [remedied("An identifier has two parts.", "required", "Add it.")]}
            )
        return attrs
