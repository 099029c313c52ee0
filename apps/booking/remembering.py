"""What a verb of booking did, kept so that it can be put back: one row an act, in the act's own transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from apps.booking.undo_models import BookingAct
from apps.clinic.actors import Actor
from apps.treatments.gathered import Gathered
from apps.treatments.models import Appointment
from apps.treatments.move_previews import acts_of

_puts_back: ContextVar[int | None] = ContextVar("the act that is being put back", default=None)


def people_said(row: Appointment) -> dict[str, Any]:
    """People's columns of a visit as they are now; the verb asks before it changes them."""
    return {
        "status": row.status,
        "starts_at": row.starts_at.isoformat() if row.starts_at else None,
        "ends_at": row.ends_at.isoformat() if row.ends_at else None,
        "zone": row.zone,
        "pencilled": row.pencilled,
        "deviation_reason": row.deviation_reason,
        "cancel_reason": row.cancel_reason,
    }


def remember(
    gathered: Gathered, row: Appointment, kind: str, before: dict[str, Any], *, actor: Actor, at: datetime
) -> BookingAct:
    """Writes the act at the end of its verb, once everything is settled. `kind` is one of `ActKind`."""
    return BookingAct.objects.create(
        clinic_id=row.clinic_id,
        appointment=row,
        kind=kind,
        before=before,
        acts_seen=acts_of(gathered),
        undoes_id=_puts_back.get(),
        at=at,
        by_name=actor.name[:150],
        by_user_id=actor.user_id,
    )


@contextmanager
def putting_back(act: BookingAct) -> Iterator[None]:
    """What is remembered inside puts this act back."""
    token = _puts_back.set(act.pk)
    try:
        yield
    finally:
        _puts_back.reset(token)
