"""Writing change rows, and moving the watermarks of those who read them. Part of the clinic's write path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.clinic.actors import Actor
from apps.clinic.models import Change, ChangeReader


@dataclass(frozen=True, slots=True)
class Draft:
    """One thing that happened, before it is said by whom and when. `detail` holds ids and dates, no names."""

    clinic_id: UUID
    kind: str
    subject_type: str
    subject_id: UUID
    treatment_id: UUID | None = None
    couple_id: UUID | None = None
    detail: Mapping[str, object] = field(default_factory=dict)


def record_changes(*, drafts: Iterable[Draft], actor: Actor, at: datetime) -> list[Change]:
    """One query for all. Call it inside the transaction of the change itself."""
    return Change.objects.bulk_create(
        Change(
            clinic_id=draft.clinic_id,
            kind=draft.kind,
            subject_type=draft.subject_type,
            subject_id=draft.subject_id,
            treatment_id=draft.treatment_id,
            couple_id=draft.couple_id,
            detail=dict(draft.detail),
            at=at,
            actor=actor.name[:150],
            user_id=actor.user_id,
            route=actor.route,
        )
        for draft in drafts
    )


def record_change(
    *,
    clinic_id: UUID,
    kind: str,
    subject_type: str,
    subject_id: UUID,
    actor: Actor,
    at: datetime,
    treatment_id: UUID | None = None,
    couple_id: UUID | None = None,
    detail: Mapping[str, object] | None = None,
) -> Change:
    """One change row, in the transaction of the change itself."""
    draft = Draft(clinic_id, kind, subject_type, subject_id, treatment_id, couple_id, detail or {})
    return record_changes(drafts=[draft], actor=actor, at=at)[0]


def lock_reader(*, reader: str) -> None:
    """Holds the reader's watermark until the transaction ends, so that no two sweeps deal with the same
    rows.

    Waits for whoever holds it. Call before `queries.read_changes`, in the transaction that ends with
    `advance`.
    """
    ChangeReader.objects.bulk_create([ChangeReader(name=reader)], ignore_conflicts=True)
    ChangeReader.objects.select_for_update().get(pk=reader)


def advance(*, reader: str, change: Change) -> bool:
    """Sets the watermark to this change. False, and nothing moves, if the reader is there or beyond
    already.
    """
    ChangeReader.objects.bulk_create([ChangeReader(name=reader)], ignore_conflicts=True)
    behind = Q(xid__lt=change.xid) | Q(xid=change.xid, last_id__lt=change.pk)
    moved = ChangeReader.objects.filter(behind, pk=reader).update(xid=change.xid, last_id=change.pk)
    return moved == 1
