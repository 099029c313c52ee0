"""What a derivation wants written, and its writing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import count
from uuid import UUID

from django.db.models import Q

from apps.reminders.models import Delivery, DeliveryState

# Why a cancellation was withdrawn: it stays so when the silence ends.
SILENT = "silent"
# Somebody else who reads the same address was told the very same: it stays so.
SAID = "said to the same address"


@dataclass
class Outcome:
    """What a derivation wants written: gathered for many visits, applied in a few statements."""

    new: list[Delivery] = field(default_factory=list)
    withdrawn: list[UUID] = field(default_factory=list)
    revived: list[UUID] = field(default_factory=list)
    silenced: list[UUID] = field(default_factory=list)
    superseded: list[UUID] = field(default_factory=list)


def next_kind(kind: str, taken: Collection[str]) -> str:
    """`kind`, or its first numbered form that is free: confirmation, confirmation-2 ..."""
    if kind not in taken:
        return kind
    return next(name for n in count(2) if (name := f"{kind}-{n}") not in taken)


def apply(outcome: Outcome) -> None:
    """In a few statements, however many visits there are."""
    Delivery.objects.bulk_create(outcome.new, ignore_conflicts=True, batch_size=1000)
    if outcome.withdrawn:
        # Asked again in the statement itself: a sender may have begun since the row was read.
        not_begun = Q(state=DeliveryState.PENDING) | Q(
            state=DeliveryState.LEASED, attempt_began_at__isnull=True
        )
        Delivery.objects.filter(not_begun, pk__in=outcome.withdrawn).update(
            state=DeliveryState.WITHDRAWN, lease_until=None, last_error="changed"
        )
    withdrawn = Delivery.objects.filter(state=DeliveryState.WITHDRAWN)
    if outcome.silenced:
        withdrawn.filter(pk__in=outcome.silenced).update(last_error=SILENT)
    if outcome.superseded:
        withdrawn.filter(pk__in=outcome.superseded).update(last_error="changed")
    if outcome.revived:
        withdrawn.filter(pk__in=outcome.revived).update(state=DeliveryState.PENDING, last_error="")
