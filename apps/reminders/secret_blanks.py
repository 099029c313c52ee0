"""What fills the text of a secret message (a code, a link), sealed while it waits: the database alone tells nothing."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from apps.reminders.models import Delivery
from apps.reminders.sealing import seal, unseal
from apps.reminders.texts import SECRET


def stored_blanks(*, person_id: UUID, kind: str, key: str, blanks: Mapping[str, str]) -> dict[str, str]:
    """As a delivery's row keeps them: those of a secret message sealed, each for that row and that place in it alone."""
    if kind not in SECRET:
        return dict(blanks)
    return {name: seal(_name(person_id, kind, key, name), value) for name, value in blanks.items()}


def blanks_of(row: Delivery) -> dict[str, str]:
    """What the delivery says in its blanks, for the moment in which it is worded. Raises `sealing.CannotOpen` if the
    server's key has changed since it was asked for.
    """
    kept = {name: str(value) for name, value in row.blanks.items()}
    if row.kind not in SECRET:
        return kept
    return {
        name: unseal(_name(row.person_id, row.kind, row.key, name), value) for name, value in kept.items()
    }


def _name(person_id: UUID, kind: str, key: str, name: str) -> str:
    return f"delivery {person_id} {kind} {key} {name}"
