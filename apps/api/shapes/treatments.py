"""Protocol versions, treatments and records, as JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apps.api.pages import PageQuery
from apps.api.shapes.appointments import FlagShape
from apps.api.shapes.fields import Day, Moment, Strict, StrictBoolean, Zone, remedied
from apps.treatments.loading import template_of
from apps.treatments.models import ProtocolVersion, Record
from protocols.diff import Changes
from protocols.records import KINDS
from protocols.template import Step


class StepShape(serializers.Serializer[Any]):
    """One step of a protocol, in short."""

    name = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.CharField()
    phase = serializers.CharField()
    optional = serializers.BooleanField()
    attends = serializers.ListField(child=serializers.CharField())
    most = serializers.IntegerField(help_text="How many occurrences there can be")


class ProtocolShape(serializers.Serializer[Any]):
    """A published protocol version: it never changes."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.CharField()
    title = serializers.CharField()
    published_at = Moment()
    published_by = serializers.CharField()
    zone = Zone()
    evidence = serializers.CharField()
    milestones = serializers.ListField(child=serializers.CharField())
    steps = StepShape(many=True)


class PinnedProtocolShape(serializers.Serializer[Any]):
    """The version that a treatment is pinned to."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.CharField()


class TreatmentShape(serializers.Serializer[Any]):
    """One couple on one protocol version."""

    id = serializers.UUIDField()
    couple = serializers.UUIDField(source="couple_id")
    couple_code = serializers.CharField(source="couple.code")
    protocol = PinnedProtocolShape(source="protocol_version")
    started_on = serializers.DateField(allow_null=True)
    notify = serializers.BooleanField()
    closed = serializers.BooleanField(source="is_closed")
    closed_reason = serializers.CharField()
    replan_on = serializers.DateField(allow_null=True)
    created_at = Moment()
    changed_at = Moment()
    zone = Zone()


class NewTreatment(Strict):
    """What starts a treatment. `notify: false` is for back-filled ones: nothing is ever sent of them."""

    couple = serializers.UUIDField()
    protocol = serializers.UUIDField(help_text="A protocol version's id")
    started_on = Day(required=False, allow_null=True)
    notify = StrictBoolean(required=False)


class TreatmentQuery(PageQuery):
    """Treatments of one couple, or all."""

    couple = serializers.UUIDField(required=False)


class ByShape(serializers.Serializer[Any]):
    """Who recorded it."""

    name = serializers.CharField()
    role = serializers.CharField()


class NewRecord(serializers.Serializer[Any]):
    """One record. Its further fields depend on `kind`; one that the kind does not have is a fault."""

    kind = serializers.ChoiceField(choices=list(KINDS))


class RecordShape(serializers.Serializer[Any]):
    """One record: the body that was sent, and who recorded it when."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=list(KINDS))
    recorded_at = Moment()
    by = ByShape()
    zone = Zone()


class StoredRecordShape(RecordShape):
    """A record that has just been made, and the flags that are open after it."""

    flags = FlagShape(many=True)


class PreviewRequest(Strict):
    """Records that have not been made, in the order in which they would be."""

    records = serializers.ListField(child=serializers.DictField(), allow_empty=False, max_length=50)


def record_json(record: Record, zone: str) -> dict[str, Any]:
    """The record's own body with its columns around it."""
    return {
        "id": str(record.pk),
        **record.data,
        "kind": record.kind,
        "recorded_at": Moment.shown(record.recorded_at, zone),
        "by": {"name": record.by_name, "role": record.by_role},
        "zone": zone,
    }


def record_body(data: Any) -> dict[str, Any]:
    """The body of a record to make. `id`, `recorded_at` and `by` may stand in it; the server's own take their place."""
    if not isinstance(data, dict):
        raise ValidationError([remedied("A record is one JSON object.", "invalid", "Send one object.")])
    return data


def kinds_in(body: dict[str, Any]) -> set[Any]:
    """The kinds that a body says: its own, and that of what a correction puts in place."""
    replacement = body.get("replacement")
    inner = replacement.get("kind") if isinstance(replacement, dict) else None
    return {kind for kind in (body.get("kind"), inner) if isinstance(kind, str)}


def protocol_json(version: ProtocolVersion, zone: str) -> dict[str, Any]:
    """A version with a summary of what its document says."""
    template = template_of(version)
    return {
        "id": str(version.pk),
        "name": version.name,
        "version": version.version,
        "title": version.title,
        "published_at": Moment.shown(version.published_at, zone),
        "published_by": version.published_by,
        "zone": zone,
        "evidence": template.evidence,
        "milestones": list(template.milestones),
        "steps": [_step_json(step) for step in template.steps],
    }


def _step_json(step: Step) -> dict[str, Any]:
    return {
        "name": step.name,
        "title": step.title,
        "kind": step.kind,
        "phase": step.phase,
        "optional": step.optional,
        "attends": list(step.attends),
        "most": most.at_most if (most := step.rounds or step.repeat) else step.count,
    }


def changes_json(changes: Changes) -> dict[str, Any]:
    """What a preview would write."""
    return {
        "create": [visit.as_json() for visit in changes.create],
        "move": [visit.as_json() for visit in changes.move],
        "withdraw": [{"step": step, "occurrence": number} for step, number in changes.withdraw],
        "raised": [flag.as_json() for flag in changes.raised],
        "refresh": [flag.as_json() for flag in changes.refresh],
        "clear": list(changes.clear),
    }
