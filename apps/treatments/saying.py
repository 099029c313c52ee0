"""From what a caller says to a record row, and which records stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, Invalid
from apps.treatments.gathered import invalid
from apps.treatments.loading import core_record
from apps.treatments.models import Record, Treatment
from protocols.errors import FactFaults
from protocols.reading import read_record
from protocols.records import Correction
from protocols.records import Record as CoreRecord

# What the product itself knows of a record; whatever a caller says of it is not taken.
_OURS = ("id", "recorded_at", "by")


def read(data: Mapping[str, Any], *, actor: Actor, at: datetime) -> CoreRecord:
    """The record that `data` says, in the shape of `protocols.records`, by the actor. Invalid with every
    fault.

    Identity, moment and author are the product's own: an `id`, `recorded_at` or `by` in `data` is left out.
    """
    by = {"name": actor.name, "role": actor.role}
    said = {name: value for name, value in data.items() if name not in _OURS}
    replacement = said.get("replacement")
    if isinstance(replacement, Mapping):
        inner = {name: value for name, value in replacement.items() if name not in _OURS}
        said["replacement"] = {**inner, "by": by}
    try:
        return read_record({**said, "by": by, "recorded_at": at})
    except FactFaults as error:
        raise invalid(error) from error


def new_row(treatment: Treatment, said: CoreRecord, *, actor: Actor, at: datetime) -> Record:
    """The row of a record, not yet written."""
    return Record(
        clinic_id=treatment.clinic_id,
        treatment=treatment,
        kind=said.kind,
        data=said.model_dump(mode="json", exclude=set(_OURS), exclude_none=True),
        on=_day(said),
        recorded_at=at,
        by_name=actor.name[:150],
        by_role=actor.role,
        by_user_id=actor.user_id,
        route=actor.route,
    )


def standing(rows: Iterable[Record]) -> set[UUID]:
    """Ids of the records that no standing correction takes out of force; a correction stands until
    corrected.
    """
    rows = list(rows)
    corrections: dict[str, list[str]] = {}
    for row in rows:
        if row.kind == "correction":
            corrections.setdefault(row.data["of"], []).append(str(row.pk))

    def stands(pk: str) -> bool:
        return not any(stands(correction) for correction in corrections.get(pk, ()))

    return {row.pk for row in rows if stands(str(row.pk))}


def what_it_says(row: Record) -> CoreRecord | None:
    """What the record puts in force: itself, or for a correction its replacement. None for a mere
    withdrawal.
    """
    said = core_record(row)
    return said.replacement if isinstance(said, Correction) else said


def corrections_for(
    row: Record, *, reason: str, replacement: Mapping[str, Any] | None, actor: Actor, at: datetime
) -> list[Correction]:
    """The correction that takes `row` out of force and says the replacement, if any.

    To correct a correction again takes two: the first is withdrawn, which would bring the original back,
    and the original is corrected anew. Without a replacement the original comes back.
    """
    if replacement is not None and replacement.get("kind") == "correction":
        raise Invalid(
            "A correction cannot stand in the place of another record.",
            field="replacement.kind",
            remedy="Give the record as it should have been.",
        )
    pairs = [(str(row.pk), replacement)]
    if row.kind == "correction" and replacement is not None:
        if what_it_says(row) is None:
            raise Conflict(
                "This record was withdrawn, there is nothing to replace.",
                code="withdrawn",
                field="record",
                remedy="Record it anew.",
            )
        pairs = [(str(row.pk), None), (row.data["of"], replacement)]
    made = []
    for of, said in pairs:
        data = {"kind": "correction", "of": of, "reason": reason.strip()}
        correction = read(data if said is None else {**data, "replacement": said}, actor=actor, at=at)
        if isinstance(correction, Correction):
            made.append(correction)
    return made


def _day(said: CoreRecord) -> date | None:
    for name in ("on", "resulted_on", "sampled_on", "from_on"):
        day: date | None = getattr(said, name, None)
        if day is not None:
            return day
    return None
