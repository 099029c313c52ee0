"""Messages of visits whose moment changed and whose wall time did not: people know that time already."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from apps.booking.wall_times import KEPT
from apps.clinic.models import Change
from apps.reminders.models import Delivery, DeliveryState


def follow_kept_times(treatment_ids: Collection[UUID]) -> None:
    """Makes what was told of the old moment speak of the new one, which reads the same. What nobody has begun to send is
    taken out, to be derived anew by the hours of the new table. Done again it changes nothing.
    """
    changes = Change.objects.filter(treatment_id__in=treatment_ids, kind=KEPT).order_by("id")
    for change in changes:
        was, now = (datetime.fromisoformat(str(change.detail[name])) for name in ("from", "starts_at"))
        theirs = Delivery.objects.filter(appointment_id=change.subject_id)
        rows = theirs.filter(starts_at=was, created_at__lt=change.at)
        rows.filter(state=DeliveryState.PENDING, attempts=0).delete()
        for row in rows.select_for_update():
            taken = theirs.filter(person=row.person_id, starts_at=now).values_list("kind", flat=True)
            row.kind, row.starts_at = _free(row.kind, taken), now
            if row.due_at < now < row.not_after:
                row.not_after = now
            row.save(update_fields=["kind", "starts_at", "not_after"])


def _free(kind: str, taken: Collection[str]) -> str:
    """`kind`, or a numbered form of it that says nothing of that moment yet."""
    names = (kind, *(f"{kind}-{number}" for number in range(2, 100)))
    return next(name for name in names if name not in taken)
