"""The plan as the schema tells it. What goes out is `Plan.as_json()`; a test holds the two together."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from protocols.plan import Response as LabResponse
from protocols.plan import State, Timing

_SEVERITIES = ["info", "warning", "urgent"]


class WindowShape(serializers.Serializer[Any]):
    """The five dates that the protocol asks, ends inclusive."""

    absolute_minimum = serializers.DateField(allow_null=True)
    earliest = serializers.DateField(allow_null=True)
    target = serializers.DateField(allow_null=True)
    latest = serializers.DateField(allow_null=True)
    maximum = serializers.DateField(allow_null=True)


class BookableShape(serializers.Serializer[Any]):
    """The days that leave room for everything that is not fixed yet, ends inclusive; null where nothing bounds.

    `from` is no name in Python.
    """

    to = serializers.DateField(allow_null=True)
    bound_by = serializers.ListField(
        child=serializers.CharField(), help_text="What makes an end narrower than the window, in words"
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"from": serializers.DateField(allow_null=True), **super().get_fields()}


class ClockShape(serializers.Serializer[Any]):
    """How long something counts: `try_by` with a response, `redose_by` the next dose. `of`: the test or the step."""

    name = serializers.ChoiceField(choices=["try_by", "redose_by"])
    of = serializers.CharField()
    starts_on = serializers.DateField()
    until_on = serializers.DateField()
    state = serializers.ChoiceField(
        choices=["running", "run_out", "paused", "closed"],
        help_text="Pregnancy pauses it, the end of the treatment closes it",
    )


class PlannedVisitShape(serializers.Serializer[Any]):
    """One occurrence of a step. `because` derives its dates, `because_text` does so in words."""

    step = serializers.CharField()
    occurrence = serializers.IntegerField()
    attempt = serializers.IntegerField()
    dose = serializers.IntegerField(allow_null=True)
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=[state.value for state in State])
    on = serializers.DateField(allow_null=True, help_text="The actual or booked day")
    window = WindowShape(allow_null=True)
    partial = serializers.BooleanField(  # type: ignore[assignment]  # the plan's own name for it
        help_text="The window lacks an anchor that is still unknown"
    )
    bookable = BookableShape(allow_null=True)
    proposed_on = serializers.DateField(allow_null=True)
    waiting_for = serializers.ListField(child=serializers.CharField())
    held_by = serializers.ListField(child=serializers.CharField(), help_text="Keys of flags")
    pencilled = serializers.BooleanField()
    provisional = serializers.BooleanField()
    attends = serializers.ListField(child=serializers.CharField())
    donor = serializers.CharField(
        allow_null=True, help_text="Whose lymphocytes the visit needs, by role or name; null if it needs none"
    )
    missing = serializers.ListField(child=serializers.CharField(), help_text="What blocks the act on the day")
    because = serializers.ListField(child=serializers.DictField())
    because_text = serializers.CharField()


class VerdictShape(serializers.Serializer[Any]):
    """What was done or measured against what was asked: the timing of a dose, or the response in a result."""

    kind = serializers.ChoiceField(choices=["timing", "response"])
    verdict = serializers.ChoiceField(
        choices=[*(one.value for one in Timing), *(one.value for one in LabResponse)]
    )
    step = serializers.CharField(allow_null=True)
    occurrence = serializers.IntegerField(allow_null=True)
    text = serializers.CharField()
    on = serializers.DateField(required=False)
    counts = serializers.BooleanField(required=False)
    dose = serializers.IntegerField(required=False, allow_null=True)
    content = serializers.CharField(required=False, allow_null=True)
    test = serializers.CharField(required=False)
    value = serializers.FloatField(required=False, allow_null=True)
    unit = serializers.CharField(required=False)
    band = serializers.CharField(required=False, allow_null=True)
    dose_number = serializers.IntegerField(required=False)
    sampled_on = serializers.DateField(required=False)
    resulted_on = serializers.DateField(required=False)
    record = serializers.CharField(required=False)
    assay = serializers.CharField(required=False)
    laboratory = serializers.CharField(required=False, allow_null=True)
    donor = serializers.CharField(
        required=False, allow_null=True, help_text="Whose cells the sample was tested against"
    )
    cutoff_version = serializers.CharField(required=False, allow_null=True)


class PlannedFlagShape(serializers.Serializer[Any]):
    """A review task as the plan raises it; `key` is one per cause."""

    key = serializers.CharField()
    code = serializers.CharField()
    text = serializers.CharField()
    severity = serializers.ChoiceField(choices=_SEVERITIES)
    owner = serializers.CharField()
    cause = serializers.ListField(child=serializers.CharField())
    cause_on = serializers.DateField()
    due_on = serializers.DateField()
    step = serializers.CharField(allow_null=True)
    occurrence = serializers.IntegerField(allow_null=True)
    holds = serializers.ListField(child=serializers.CharField())
    decisions = serializers.ListField(child=serializers.CharField())
    proposed_on = serializers.DateField(allow_null=True)
    previous_decision = serializers.DictField(allow_null=True)


class PlanShape(serializers.Serializer[Any]):
    """Everything computed of one treatment on one day of the clinic."""

    today = serializers.DateField()
    visits = PlannedVisitShape(many=True)
    verdicts = VerdictShape(many=True)
    flags = PlannedFlagShape(many=True)
    clocks = ClockShape(many=True)
    replan_on = serializers.DateField(allow_null=True)
    closed = serializers.CharField(allow_null=True)


class OccurrenceShape(serializers.Serializer[Any]):
    """A step and which of its occurrences."""

    step = serializers.CharField()
    occurrence = serializers.IntegerField()


class ChangesShape(serializers.Serializer[Any]):
    """What would change in the stored visits and flags."""

    create = PlannedVisitShape(many=True)  # type: ignore[assignment]  # diff's own name for it
    move = PlannedVisitShape(many=True)
    withdraw = OccurrenceShape(many=True)
    raised = PlannedFlagShape(many=True)
    refresh = PlannedFlagShape(many=True)
    clear = serializers.ListField(child=serializers.CharField(), help_text="Keys of flags")


class PreviewShape(serializers.Serializer[Any]):
    """The plan as it would be, and what that would change."""

    plan = PlanShape()
    changes = ChangesShape()
