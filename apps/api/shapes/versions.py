"""What differs between protocol versions, and moves of treatments between them, as JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.shapes.fields import Moment, Strict, Zone
from apps.api.shapes.treatments import PinnedProtocolShape
from apps.treatments.models import LineState
from apps.treatments.version_queries import progress
from protocols import MoveVerdict


class DifferencesQuery(Strict):
    """With which other version of the clinic to compare."""

    other = serializers.UUIDField(help_text="A protocol version's id: what was")


class DifferencesShape(serializers.Serializer[Any]):
    """What differs from `other` to `protocol`, in sentences. `same_schedule`: no treatment gets another day by a move."""

    other = PinnedProtocolShape()
    protocol = PinnedProtocolShape()
    same_schedule = serializers.BooleanField()
    differences = serializers.ListField(child=serializers.CharField())


class ProgressShape(serializers.Serializer[Any]):
    """How many treatments of a move stand where; `waiting` and `undoing` are still to come."""

    total = serializers.IntegerField()
    waiting = serializers.IntegerField()
    moved = serializers.IntegerField()
    skipped = serializers.IntegerField()
    failed = serializers.IntegerField()
    undoing = serializers.IntegerField()
    undone = serializers.IntegerField()


class MoveShape(serializers.Serializer[Any]):
    """A move of treatments to a version, begun by a doctor at the desk."""

    id = serializers.UUIDField()
    protocol = PinnedProtocolShape(source="to_version")
    started_at = Moment()
    started_by = serializers.CharField()
    undo_asked_at = Moment(allow_null=True)
    progress = serializers.SerializerMethodField()
    zone = Zone()

    def get_progress(self, move: Any) -> ProgressShape:
        return ProgressShape(progress(move)).data  # type: ignore[return-value]  # the annotation is for the schema


class MoveLineShape(serializers.Serializer[Any]):
    """One treatment of a move: what was seen, and what became of it."""

    id = serializers.UUIDField()
    treatment = serializers.UUIDField(source="treatment_id")
    from_protocol = PinnedProtocolShape(source="from_version")
    verdict = serializers.ChoiceField(choices=[verdict.value for verdict in MoveVerdict])
    state = serializers.ChoiceField(choices=LineState.values)
    reason = serializers.CharField()
    moved_at = Moment(allow_null=True)
    zone = Zone()
