"""Appointments and flags, as JSON."""

from __future__ import annotations

from datetime import date
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apps.api.pages import PageQuery
from apps.api.shapes.fields import Day, Moment, Strict, StrictBoolean, StrictText, Zone, remedied
from apps.api.shapes.plans import BookableShape, WindowShape
from apps.api.shapes.slots import ActivityShape
from apps.treatments.models import FlagState
from apps.treatments.sensitivity import donor_tests_as_one, flag_without_donor_tests
from protocols.plan import State
from protocols.status import Status

STATUSES = [status.value for status in Status]
ARMS = ("left", "right", "both")


class Lacking(serializers.ListField):
    """What a visit lacks: no program learns which test of a donor it is."""

    def to_representation(self, data: Any) -> list[Any]:
        return super().to_representation(list(donor_tests_as_one(data or ())))


class AppointmentShape(serializers.Serializer[Any]):
    """A stored visit. `status` is what people did with it, `state` what the plan says of it."""

    id = serializers.UUIDField()
    treatment = serializers.UUIDField(source="treatment_id")
    couple = serializers.UUIDField(source="treatment.couple_id")
    couple_code = serializers.CharField(source="treatment.couple.code")
    step = serializers.CharField()
    occurrence = serializers.IntegerField()
    title = serializers.CharField()
    status = serializers.ChoiceField(choices=STATUSES)
    state = serializers.ChoiceField(choices=[state.value for state in State])
    starts_at = Moment(allow_null=True)
    ends_at = Moment(allow_null=True)
    zone = Zone()
    pencilled = serializers.BooleanField()
    held = serializers.BooleanField(help_text="A flag waits for a decision: may only be pencilled")
    proposed_on = serializers.DateField(allow_null=True)
    window = WindowShape(source="plan.window", allow_null=True)
    bookable = BookableShape(source="plan.bookable", allow_null=True, default=None)
    missing = Lacking(
        source="plan.missing",
        child=serializers.CharField(),
        help_text="Due at arrival; the tests of a donor are said as one",
    )
    attends = serializers.ListField(child=serializers.CharField())
    activities = ActivityShape(
        many=True, help_text="Its session; none where the clinic has listed no resources"
    )
    deviation_reason = serializers.CharField()
    cancel_reason = serializers.CharField()
    changed_at = Moment()


class DaysQuery(PageQuery):
    """`from` and `to` are days of the clinic's own calendar, ends inclusive. `from` is no name in Python."""

    to = Day(required=False, help_text="Last day, in the clinic's zone")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        first = Day(required=False, help_text="First day, in the clinic's zone")
        return {"from": first, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        first, last = attrs.get("from", date.min), attrs.get("to", date.max)
        if last < first:
            raise ValidationError(
                {"to": [remedied("The last day lies before the first.", "invalid", "Swap them.")]}
            )
        return attrs


class AppointmentQuery(DaysQuery):
    """Which appointments. `status` may name several, joined by commas."""

    status = serializers.CharField(required=False, help_text=f"One or several of {', '.join(STATUSES)}")
    treatment = serializers.UUIDField(required=False)
    couple = serializers.UUIDField(required=False)

    def validate_status(self, value: str) -> list[str]:
        wanted = value.split(",")
        for one in wanted:
            if one not in STATUSES:
                raise ValidationError(
                    [remedied(f"There is no status {one!r}.", "unknown", f"Known: {', '.join(STATUSES)}.")]
                )
        return wanted


class BookRequest(Strict):
    """When. `reason` is needed outside the window or `bookable`; `pencil` keeps a place while a flag holds the visit.

    `minutes` set the length of a session of one activity, and may lengthen the last of a chain. With `expected`, as
    `slots` gave it, the booking is refused where the plan has changed since.
    """

    starts_at = Moment()
    minutes = serializers.IntegerField(required=False, min_value=5, max_value=24 * 60)
    reason = StrictText(required=False, allow_blank=True, max_length=300)
    pencil = StrictBoolean(required=False)
    expected = StrictText(required=False, allow_blank=True, max_length=64)


class MoveRequest(Strict):
    """The new time. Without `minutes` it stays as long as it is, without `pencil` as sure as it may be; `expected` as in
    booking.
    """

    starts_at = Moment()
    minutes = serializers.IntegerField(required=False, min_value=5, max_value=24 * 60)
    reason = StrictText(required=False, allow_blank=True, max_length=300)
    pencil = StrictBoolean(required=False)
    expected = StrictText(required=False, allow_blank=True, max_length=64)


class ConfirmRequest(Strict):
    """`reason` is needed outside the window or `bookable`."""

    reason = StrictText(required=False, allow_blank=True, max_length=300)


class ReasonRequest(Strict):
    """Why, in a few words."""

    reason = StrictText(max_length=300)


class EmptyRequest(Strict):
    """Nothing: an empty object, or no body."""


class RouteRequest(Strict):
    """Millilitres by route."""

    intradermal = serializers.FloatField(required=False, min_value=0)
    subcutaneous = serializers.FloatField(required=False, min_value=0)
    intramuscular = serializers.FloatField(required=False, min_value=0)
    intravenous = serializers.FloatField(required=False, min_value=0)


class GivenRequest(Strict):
    """What a dose contained and how it was given, as far as it was measured.

    `volume_ml` is what was injected, `route_ml` how it was split, `irradiation_gy` 0 where nothing was irradiated.
    """

    cells_million = serializers.FloatField(required=False, allow_null=True, min_value=0)
    viability_percent = serializers.FloatField(required=False, allow_null=True, min_value=0, max_value=100)
    volume_ml = serializers.FloatField(required=False, allow_null=True, min_value=0)
    hours_to_injection = serializers.FloatField(
        required=False, allow_null=True, min_value=0, help_text="From the donor's draw"
    )
    arm = serializers.ChoiceField(choices=ARMS, required=False, allow_null=True)
    route_ml = RouteRequest(required=False, allow_null=True)
    irradiation_gy = serializers.FloatField(required=False, allow_null=True, min_value=0)
    medium_lot = StrictText(required=False, allow_null=True, max_length=100)
    sites = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=100)
    unit = StrictText(required=False, allow_null=True, max_length=200, help_text="The code on the label")
    drawn_at = Moment(required=False, allow_null=True)
    ready_at = Moment(required=False, allow_null=True)
    released_at = Moment(required=False, allow_null=True)
    injected_at = Moment(required=False, allow_null=True)
    reaction_mm = serializers.FloatField(
        required=False, allow_null=True, min_value=0, help_text="Widest redness at the place of injection"
    )
    reaction = StrictText(required=False, allow_null=True, max_length=300)


class AttendRequest(Strict):
    """What took place: `on` is the clinic's today unless given."""

    on = Day(required=False, allow_null=True)
    given = GivenRequest(required=False, allow_null=True)


class FlagText(serializers.CharField):
    """The text of a flag, the tests of a donor said as one."""

    def to_representation(self, value: Any) -> str:
        return flag_without_donor_tests(super().to_representation(value))


class FlagShape(serializers.Serializer[Any]):
    """A review task. While it is open the steps that it `holds` can be neither booked nor performed."""

    id = serializers.UUIDField()
    treatment = serializers.UUIDField(source="treatment_id")
    couple = serializers.UUIDField(source="treatment.couple_id")
    couple_code = serializers.CharField(source="treatment.couple.code")
    key = serializers.CharField()
    code = serializers.CharField()
    text = FlagText()
    severity = serializers.CharField()
    owner = serializers.CharField()
    state = serializers.ChoiceField(choices=FlagState.values)
    cause = serializers.ListField(child=serializers.CharField(), help_text="Ids of records")
    cause_on = serializers.DateField()
    due_on = serializers.DateField()
    holds = serializers.ListField(child=serializers.CharField())
    decisions = serializers.ListField(child=serializers.CharField())
    step = serializers.CharField()
    occurrence = serializers.IntegerField(allow_null=True)
    proposed_on = serializers.DateField(allow_null=True)
    previous_decision = serializers.DictField(allow_null=True)
    decision = serializers.UUIDField(
        source="decision_id", allow_null=True, help_text="The record that closed it"
    )
    raised_at = Moment()
    closed_at = Moment(allow_null=True)
    zone = Zone()


class FlagQuery(PageQuery):
    """Which flags; the open ones unless `state` says otherwise."""

    state = serializers.ChoiceField(choices=FlagState.values, required=False)
    treatment = serializers.UUIDField(required=False)


class DecideRequest(Strict):
    """A decision: one of the flag's `decisions`, why, and what the choice needs (`doses`, `donor`)."""

    choice = StrictText(max_length=40)
    reason = StrictText(max_length=1000)
    parameters = serializers.DictField(required=False)
