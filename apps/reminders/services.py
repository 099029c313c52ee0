"""The write path of messages. One function is the sweep; its parts stand in `derivation.py` and
`sending.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from apps.reminders.asking import ask_unknown
from apps.reminders.channels import Channel
from apps.reminders.derivation import derive, derive_treatments
from apps.reminders.handing import hand_over
from apps.reminders.inbound import read_text, receive_text
from apps.reminders.notices import ask_to_call, say, write_after_loss
from apps.reminders.providers import ChannelInput, keep_channel
from apps.reminders.receipts import receive_receipt
from apps.reminders.reviewing import mark_reviewed, unmark_reviewed
from apps.reminders.sending import (
    begin,
    claim_due,
    deliver,
    expire,
    recover_leases,
    release,
    settle,
)
from apps.reminders.setting import (
    forget_text,
    register_text,
    set_channel,
    set_message_hours,
    set_wording,
)
from apps.reminders.trials import begin_trial, send_trial

__all__ = [
    "ChannelInput",
    "Swept",
    "ask_to_call",
    "ask_unknown",
    "begin",
    "begin_trial",
    "claim_due",
    "deliver",
    "derive",
    "derive_treatments",
    "expire",
    "forget_text",
    "hand_over",
    "keep_channel",
    "mark_reviewed",
    "read_text",
    "receive_receipt",
    "receive_text",
    "recover_leases",
    "register_text",
    "release",
    "say",
    "send_trial",
    "set_channel",
    "set_message_hours",
    "set_wording",
    "settle",
    "sweep",
    "unmark_reviewed",
    "write_after_loss",
]

BATCH = 20
CHANGES = 500


@dataclass
class Swept:
    """What a sweep did."""

    changes: int = 0
    recovered: int = 0
    expired: int = 0
    sent: int = 0
    withdrawn: int = 0
    handed: int = 0
    braked: int = 0
    waiting: int = 0
    asked: int = 0
    failed: int = 0

    def counts(self) -> dict[str, int]:
        return asdict(self)


def sweep(*, channel: Channel, at: datetime | None = None, go_on: Callable[[], bool] = lambda: True) -> Swept:
    """Everything that is due: derive, recover, expire, then claim and send in small batches, then ask about the unknown.

    Stops early, and leaves the rest due, once `go_on` says no. Sweeps may overlap and may die at any point.
    Without `at` every comparison is by the database's clock.
    """
    done = Swept()
    while go_on():
        read = derive(at=at, limit=CHANGES)
        done.changes += read
        if read < CHANGES:
            break
    done.recovered = recover_leases(at=at)
    done.expired = expire(at=at)
    while go_on() and _send_batch(channel, at, go_on, done):
        pass
    if go_on():
        done.asked = ask_unknown(channel, at=at, limit=BATCH, go_on=go_on)
    return done


def _send_batch(channel: Channel, at: datetime | None, go_on: Callable[[], bool], done: Swept) -> bool:
    """One batch; False when nothing was due."""
    claims = claim_due(limit=BATCH, at=at)
    for place, claim in enumerate(claims):
        if not go_on():
            release(claims[place:])
            break
        state = deliver(claim, channel, at=at)
        done.sent += state == "sent"
        done.withdrawn += state == "withdrawn"
        done.expired += state == "expired"
        done.handed += state == "handed"
        done.braked += state == "braked"
        done.waiting += state == "waiting"
        done.failed += state not in ("sent", "withdrawn", "expired", "handed", "braked", "waiting")
    return bool(claims)
