"""What becomes of a delivery by what its channel said. The caller holds the row's lock; what is given up becomes a call."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from apps.reminders.channels import Outcome, Verdict
from apps.reminders.handing import ask_staff_to_call
from apps.reminders.models import Delivery, DeliveryState, Receipt
from apps.reminders.sharing import let_others_go
from apps.reminders.texts import SECRET
from apps.reminders.wording import has_another_way

MAX_ATTEMPTS = 5
FIRST_PAUSE = timedelta(minutes=2)
# So long after nobody knew what became of it a provider is asked for the first time.
ASK_AFTER = timedelta(minutes=2)


def accept(row: Delivery, *, provider_id: str, now: datetime) -> None:
    """The provider took it. A receipt that came before this word and says that it failed stands."""
    failed = row.receipt == Receipt.FAILED
    row.state = DeliveryState.DEAD if failed else DeliveryState.SENT
    row.sent_at, row.lease_until = row.sent_at or now, None
    row.provider_id = provider_id or row.provider_id
    row.last_error = row.last_error if failed else ""
    if row.kind in SECRET:
        row.blanks = {}
    row.save(update_fields=["state", "sent_at", "lease_until", "last_error", "provider_id", "blanks"])
    if failed:
        let_others_go(row, now)
        ask_staff_to_call(row, now)


def settle_otherwise(row: Delivery, outcome: Outcome, now: datetime) -> None:
    """It was not accepted: unknown, due again later or by another way, or given up."""
    # A row that failed before it had begun (its wording) counts as an attempt all the same.
    row.attempts += 1 if row.attempt_began_at is None else 0
    row.lease_until, row.last_error = None, outcome.error[:80]
    if outcome.verdict is Verdict.UNKNOWN:
        row.state, row.next_try_at = DeliveryState.UNKNOWN, now + ASK_AFTER
    elif outcome.verdict is Verdict.REFUSED and outcome.bad_address and has_another_way(row, now):
        row.state, row.attempt_began_at, row.next_try_at = DeliveryState.PENDING, None, now
    elif outcome.verdict is Verdict.REFUSED or row.attempts >= MAX_ATTEMPTS:
        row.state = DeliveryState.DEAD
    else:
        row.state, row.attempt_began_at = DeliveryState.PENDING, None
        wished = outcome.retry_after or timedelta()
        row.next_try_at = now + max(pause_after(row.attempts, random.random()), wished)
    if row.kind in SECRET and row.state != DeliveryState.PENDING:
        row.blanks = {}
    row.save()
    if row.state != DeliveryState.UNKNOWN:
        let_others_go(row, now, bad_address=outcome.bad_address)
    if row.state == DeliveryState.DEAD:
        ask_staff_to_call(row, now)


def pause_after(attempts: int, spread: float) -> timedelta:
    """2, 4, 8, 16 minutes, each stretched by up to a half, so that what failed together does not return
    together.

    `spread` lies in [0, 1).
    """
    return FIRST_PAUSE * (2.0 ** (attempts - 1) * (1 + spread / 2))
