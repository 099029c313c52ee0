"""Which messages a booking would change, before it is saved. Derived by the same rules as the messages themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from apps.reminders.derivation import decide
from apps.reminders.messages import wording
from apps.reminders.models import Delivery
from apps.reminders.present import load_visits_as_if
from apps.treatments.models import Appointment, Treatment


@dataclass(frozen=True, slots=True)
class MessageChange:
    """One message that would be withdrawn, or newly be due, to whoever comes in `role`.

    `text` is which of the texts it would use: confirmation, moved, reminder, cancelled or cancelled today. `due_at` is when
    it would be sent, `about` the time of the visit of which it speaks.
    """

    change: Literal["withdrawn", "due"]
    appointment_id: UUID
    role: str
    text: str
    due_at: datetime
    about: datetime


def foretell(*, treatment: Treatment, rows: Iterable[Appointment], at: datetime) -> tuple[MessageChange, ...]:
    """What would be withdrawn and what would be due if the treatment's visits stood as in `rows` at the moment `at`.

    `rows` need not hold every visit; the others stand as they are stored. In order of time. Writes nothing. What is
    silent, back-filled, held or pencilled foretells nothing, as it sends nothing.
    """
    as_if = {row.pk: row for row in rows}
    stored = list(Delivery.objects.filter(treatment=treatment).order_by("created_at", "id"))
    outcome = decide(load_visits_as_if(treatment.pk, as_if), stored, at)
    by_id = {row.pk: row for row in stored}
    # What only waits for the next sweep would come anyway, whether this is saved or not.
    coming = decide(load_visits_as_if(treatment.pk, {}), stored, at)
    anyway = {_key(row) for row in coming.new}
    zone = treatment.clinic.zone
    gone = [_told("withdrawn", by_id[pk], stored, zone, at) for pk in outcome.withdrawn]
    back = [_told("due", by_id[pk], stored, zone, at) for pk in outcome.revived]
    new = [
        _told("due", row, stored, zone, at)
        for row in outcome.new
        if row.state != "withdrawn" and _key(row) not in anyway
    ]
    return tuple(
        sorted((*gone, *back, *new), key=lambda one: (one.due_at, one.change != "withdrawn", one.role))
    )


def _key(row: Delivery) -> tuple[object, ...]:
    return row.person_id, row.appointment_id, row.kind, row.starts_at


def _told(
    change: Literal["withdrawn", "due"], row: Delivery, stored: list[Delivery], zone: str, at: datetime
) -> MessageChange:
    told_before = any(
        one.attempt_began_at is not None and one.starts_at != row.starts_at
        for one in stored
        if (one.appointment_id, one.person_id) == (row.appointment_id, row.person_id)
    )
    about = UUID(str(row.appointment_id))
    text = wording(row.kind, starts_at=row.time, at=at, zone=zone, told_before=told_before)
    return MessageChange(change, about, row.role, text, row.due_at, row.time)
