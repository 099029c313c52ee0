"""Whose own word it is that no messages are wanted: read off the changes that tell of it."""

from __future__ import annotations

from uuid import UUID

from apps.clinic.models import Change
from apps.couples.models import Couple

STOPPED, STARTED = "person.stopped_messages", "person.started_messages"


def stop_stands(person_id: UUID, couple: Couple) -> bool:
    """Whether this person's last own word since the wish began is that they want none."""
    if couple.own_wish_since is None:
        return False
    said = Change.objects.filter(
        couple_id=couple.pk,
        subject_id=person_id,
        kind__in=(STOPPED, STARTED),
        at__gte=couple.own_wish_since,
    )
    last = said.order_by("-id").first()
    return last is not None and last.kind == STOPPED
