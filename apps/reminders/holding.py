"""A claimed delivery that does not go now: ended, waiting for a moment, or held for a person."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.reminders.handing import ask_staff_to_call
from apps.reminders.models import Delivery, DeliveryState
from apps.reminders.texts import SECRET
from apps.reminders.wording import changes_plans

# How soon after a brake is released the last of what waited for it goes out.
BRAKE_LOOK = timedelta(minutes=5)


def end(row: Delivery, state: DeliveryState, reason: str) -> None:
    """It never goes, for `reason`."""
    row.state, row.last_error, row.lease_until = state, reason, None
    if row.kind in SECRET:
        row.blanks = {}
    row.save(update_fields=["state", "last_error", "lease_until", "blanks", "attempt_began_at", "sent_to"])


def hold(row: Delivery, now: datetime, why: str) -> None:
    """Waits for a person. Who would travel for nothing meanwhile, or to the wrong hour, is rung at once."""
    if row.last_error != why and changes_plans(row, now):
        row.last_error = why
        ask_staff_to_call(row, now)
    wait(row, now + BRAKE_LOOK, why)


def wait(row: Delivery, until: datetime, why: str) -> None:
    """Is due again at the moment `until`."""
    row.state, row.lease_until, row.next_try_at, row.last_error = DeliveryState.PENDING, None, until, why
    row.save(update_fields=["state", "lease_until", "next_try_at", "last_error"])
