"""What a provider says of a message after it took it: delivered, read, or that it did not arrive."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.clinic.actors import Actor
from apps.clinic.models import Clinic
from apps.couples.routes import mark_route
from apps.reminders.handing import ask_staff_to_call
from apps.reminders.models import Delivery, DeliveryState, Receipt
from apps.reminders.settling import accept
from apps.reminders.sharing import let_others_go
from apps.reminders.texts import SECRET
from apps.reminders.trials import receive_trial_receipt

_RANK = {"": 0, Receipt.DELIVERED: 1, Receipt.READ: 2}


def receive_receipt(
    *,
    channel: str,
    receipt: str,
    at: datetime,
    clinic: Clinic | None = None,
    delivery_id: UUID | None = None,
    provider_id: str = "",
    error: str = "",
    bad_address: bool = False,
) -> bool:
    """One word of the provider on one message, whose signature the caller has checked; False if it is none of ours.

    `receipt` is one of `Receipt`, or empty for "accepted". Words come late, twice and out of order: what arrived stays
    arrived. Any word that it was taken settles an unknown one. A message that did not arrive becomes a call, and a
    number where nobody is is used no more. `clinic` bounds what a clinic's own account may speak of.
    """
    named = Q(pk=delivery_id) if delivery_id else Q(provider_id=provider_id) & ~Q(provider_id="")
    if clinic is not None:
        named &= Q(clinic=clinic)
    with transaction.atomic():
        rows = Delivery.objects.select_for_update(of=("self",)).filter(named, channel=channel)
        row = rows.select_related("clinic", "person", "route__person", "treatment__couple").first()
        if row is None:
            return receive_trial_receipt(
                channel=channel,
                receipt=receipt,
                at=at,
                clinic=clinic,
                trial_id=delivery_id,
                provider_id=provider_id,
                error=error,
            )
        if row.attempt_began_at is None:
            return _taken_after_all(row, receipt, provider_id, at)
        row.provider_id = row.provider_id or provider_id[:120]
        if receipt == Receipt.FAILED:
            _failed(row, error, bad_address, at)
        else:
            _arrived(row, receipt, at)
    return True


def _taken_after_all(row: Delivery, receipt: str, provider_id: str, at: datetime) -> bool:
    """The provider had said that it took nothing and the message waits to be sent again: its receipt knows better."""
    if row.state != DeliveryState.PENDING or not row.attempts or receipt == Receipt.FAILED:
        return False
    row.attempt_began_at = at
    row.save(update_fields=["attempt_began_at"])
    accept(row, provider_id=provider_id[:120], now=at)
    return True


def _arrived(row: Delivery, receipt: str, at: datetime) -> None:
    if row.receipt != Receipt.FAILED and _RANK.get(receipt, 0) > _RANK.get(row.receipt, 0):
        row.receipt, row.receipt_at = receipt, at
    row.save(update_fields=["receipt", "receipt_at", "provider_id"])
    if row.state == DeliveryState.UNKNOWN:
        accept(row, provider_id=row.provider_id, now=at)


def _failed(row: Delivery, error: str, bad_address: bool, at: datetime) -> None:
    if row.receipt:
        return  # it had arrived, or this was said before
    row.receipt, row.receipt_at, row.last_error = Receipt.FAILED, at, f"undelivered {error}".strip()[:80]
    # While it is leased its sender settles it, and then sees this receipt.
    is_settled = row.state in (DeliveryState.SENT, DeliveryState.UNKNOWN)
    if is_settled:
        row.state = DeliveryState.DEAD
    if row.kind in SECRET:
        row.blanks = {}
    row.save(update_fields=["receipt", "receipt_at", "provider_id", "last_error", "state", "blanks"])
    if bad_address and row.route is not None:
        mark_route(route=row.route, wrong=True, actor=Actor.system("api"), at=at)
    if is_settled:
        let_others_go(row, at, bad_address=bad_address)
        ask_staff_to_call(row, at)
