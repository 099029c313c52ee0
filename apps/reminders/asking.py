"""What nobody knew the fate of: asked of the provider, where it can be asked; never guessed, never sent on a guess."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from apps.reminders.channels import Channel, Letter, Outcome, Verdict
from apps.reminders.clock import moment
from apps.reminders.handing import ask_staff_to_call
from apps.reminders.models import Delivery, DeliveryState
from apps.reminders.resting import is_resting, note_answer
from apps.reminders.settling import MAX_ATTEMPTS, accept
from apps.reminders.sharing import let_others_go
from apps.reminders.texts import SECRET

MAX_ASKS = 5
# So long a provider may take to list what it has; only then "nothing there" means that it surely took nothing.
SURELY = timedelta(minutes=10)
PAUSE = timedelta(minutes=10)


def ask_unknown(
    channel: Channel,
    *,
    at: datetime | None = None,
    limit: int = 20,
    go_on: Callable[[], bool] = lambda: True,
) -> int:
    """Asks about up to `limit` messages whose fate is unknown, while `go_on` says so; returns how many are known now.

    Each is asked five times at most, first two minutes after the attempt, then every ten. E-mail cannot be asked, and
    who does not answer is not asked for a while. What surely was not taken is due again, and everything that sending
    asks of the present is asked anew.
    """
    known = 0
    for _ in range(limit):
        row = _claimed(at) if go_on() else None
        if row is None:
            break
        try:
            outcome = channel.ask(_letter(row))
        except Exception as fault:
            outcome = Outcome(Verdict.UNKNOWN, type(fault).__name__, silent=isinstance(fault, OSError))
        known += _settle(row, outcome, at)
        if outcome.silent or outcome.verdict is Verdict.ACCEPTED:
            note_answer(row, outcome, at=at)
    return known


def _claimed(at: datetime | None) -> Delivery | None:
    """Two sweeps never ask about the same row at once: the next time is written before anybody is asked."""
    with transaction.atomic():
        due = Delivery.objects.select_for_update(skip_locked=True).filter(
            state=DeliveryState.UNKNOWN,
            next_try_at__lte=moment(at),
            asks__lt=MAX_ASKS,
            attempt_began_at__isnull=False,
        )
        due = due.exclude(provider="").exclude(kind__in=SECRET).exclude(is_resting(moment(at)))
        row = due.order_by("next_try_at").first()
        if row is not None:
            mine = Delivery.objects.filter(pk=row.pk)
            mine.update(asks=F("asks") + 1, next_try_at=moment(at) + PAUSE)
    return row


def _letter(row: Delivery) -> Letter:
    """What was handed over, as the log keeps it."""
    return Letter(
        delivery_id=row.pk,
        to=row.sent_to,
        sender="",
        subject=row.subject,
        body=row.body,
        channel=row.channel,
        clinic_id=row.clinic_id,
        language=row.language,
        began_at=row.attempt_began_at,
        provider=row.provider,
    )


def _settle(asked: Delivery, outcome: Outcome, at: datetime | None) -> bool:
    """Writes what the provider said; False if nobody is the wiser."""
    if outcome.verdict is Verdict.UNKNOWN:
        return False
    with transaction.atomic():
        row = (
            Delivery.objects.select_for_update(of=("self",))
            .filter(pk=asked.pk, state=DeliveryState.UNKNOWN, lease_no=asked.lease_no)
            .select_related("clinic", "person", "treatment__couple")
            .annotate(now=moment(at))
            .first()
        )
        if row is None or row.attempt_began_at is None:
            return False
        if outcome.verdict is Verdict.ACCEPTED:
            accept(row, provider_id=outcome.provider_id, now=row.now)
            return True
        if outcome.verdict is Verdict.LATER and row.attempt_began_at > row.now - SURELY:
            return False
        row.last_error = outcome.error[:80]
        row.provider_id = outcome.provider_id or row.provider_id
        if outcome.verdict is Verdict.LATER and row.attempts < MAX_ATTEMPTS and row.now < row.not_after:
            row.state, row.attempt_began_at, row.next_try_at = DeliveryState.PENDING, None, row.now
        else:
            row.state = DeliveryState.DEAD
        row.save()
        let_others_go(row, row.now, bad_address=outcome.bad_address)
        if row.state == DeliveryState.DEAD:
            ask_staff_to_call(row, row.now)
    return True
