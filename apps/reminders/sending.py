"""One delivery from due to done. The law:

    claim    pending -> leased                    one statement, SKIP LOCKED, then commit
    begin    leased -> leased with attempt_began  re-reads the present, words the message, then commit
    send     outside every transaction
    settle   -> sent | pending (later) | dead | unknown

A crash before `begin` committed leaves a lease that runs out and the row is due again: nothing had left. A
crash after it leaves `unknown`: the message may have left, mail cannot be asked, so it is never sent again.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from apps.clinic.models import Brake
from apps.reminders.channels import Channel, Letter, Outcome, Verdict
from apps.reminders.clock import moment
from apps.reminders.messages import plain, render, wording
from apps.reminders.models import Delivery, DeliveryState
from apps.reminders.present import address_of, load_visit, why_not
from apps.reminders.words import ClinicalWord

LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 5
FIRST_PAUSE = timedelta(minutes=2)
# How soon after a brake is released the last of what waited for it goes out.
BRAKE_LOOK = timedelta(minutes=5)
BRAKES_ON = Brake.objects.filter(released_at__isnull=True)
_log = logging.getLogger(__name__)

# The id list is computed once by the sub-select, so the partial index is used whatever the table's size;
# joined to the UPDATE instead, the same sub-select makes PostgreSQL read the whole table.
CLAIM = """
UPDATE reminders_delivery
   SET state = 'leased', lease_until = {now} + make_interval(secs => %(seconds)s),
       lease_no = lease_no + 1, attempt_began_at = NULL
 WHERE id = ANY(ARRAY(
       SELECT id FROM reminders_delivery
        WHERE state = 'pending' AND next_try_at <= {now}
        ORDER BY next_try_at
        LIMIT %(limit)s
          FOR UPDATE SKIP LOCKED))
RETURNING next_try_at, id, lease_no
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that is ours until its lease ends. `lease_no` proves it."""

    delivery_id: UUID
    lease_no: int


def claim_statement(at: datetime | None) -> str:
    """The claim with the database's own clock, or with the moment that is passed in."""
    return CLAIM.format(now="statement_timestamp()" if at is None else "%(at)s::timestamptz")


def claim_due(*, limit: int, at: datetime | None = None) -> list[Claim]:
    """Leases up to `limit` due deliveries, oldest first. Two sweeps never get the same row."""
    seconds = LEASE.total_seconds()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(claim_statement(at), {"seconds": seconds, "limit": limit, "at": at})
        return [Claim(pk, lease_no) for _, pk, lease_no in sorted(cursor.fetchall())]


def release(claims: Sequence[Claim]) -> int:
    """Gives back what was claimed and not begun, so that it is due again at once."""
    return sum(
        _held(claim)
        .filter(attempt_began_at__isnull=True)
        .update(state=DeliveryState.PENDING, lease_until=None)
        for claim in claims
    )


def deliver(claim: Claim, channel: Channel, *, at: datetime | None = None) -> str:
    """Begins, sends and settles one claimed delivery; returns the state that it is left in, or `braked`. Raises nothing
    that one row can cause: a poisoned one is pushed back and given up after five attempts."""
    try:
        letter = begin(claim, at=at)
    except ClinicalWord as fault:
        return settle(claim, Outcome(Verdict.REFUSED, type(fault).__name__), at=at)
    except (OperationalError, InterfaceError):
        raise  # the database is away: the lease runs out and the row is due again
    except Exception as fault:
        _log.error("delivery %s cannot be worded: %s", claim.delivery_id, type(fault).__name__)
        return settle(claim, Outcome(Verdict.LATER, type(fault).__name__), at=at)
    if letter is None:
        state = Delivery.objects.values_list("state", flat=True).get(pk=claim.delivery_id)
        return "braked" if state == DeliveryState.PENDING else state
    try:
        outcome = channel.send(letter)
    except Exception as fault:
        # A channel that breaks its promise may have sent before it broke.
        outcome = Outcome(Verdict.UNKNOWN, type(fault).__name__)
    return settle(claim, outcome, at=at)


def begin(claim: Claim, *, at: datetime | None = None) -> Letter | None:
    """Marks the attempt as begun and returns the letter; None when nothing is to be sent, which is then
    written down.

    Reads the visit, the couple's silence, the person's wishes and the clinic's brake in this transaction, so each
    takes effect at once; what a brake holds back stays due, and is looked at again every five minutes. Raises
    ClinicalWord, and whatever a wrong wording raises; the attempt is then not begun.
    """
    with transaction.atomic():
        row = (
            _held(claim)
            .select_for_update(of=("self",))
            .filter(attempt_began_at__isnull=True, lease_until__gt=moment(at))
            .select_related("clinic", "person")
            .annotate(now=moment(at), braked=Exists(BRAKES_ON.filter(clinic=OuterRef("clinic"))))
            .first()
        )
        if row is None:
            return None
        now: datetime = row.now
        visit = load_visit(row.appointment_id)
        reason = why_not(visit, person=row.person, kind=row.kind, starts_at=row.starts_at)
        if reason or now >= row.not_after:
            row.state = DeliveryState.WITHDRAWN if reason else DeliveryState.EXPIRED
            row.last_error, row.lease_until = reason, None
            row.save(update_fields=["state", "last_error", "lease_until"])
            return None
        if row.braked:
            row.state, row.lease_until, row.next_try_at = DeliveryState.PENDING, None, now + BRAKE_LOOK
            row.save(update_fields=["state", "lease_until", "next_try_at"])
            return None
        letter = _letter(row, now)
        row.attempt_began_at, row.attempts = now, row.attempts + 1
        row.lease_until = now + LEASE
        row.subject, row.body, row.sent_to = letter.subject, letter.body, letter.to
        row.save(update_fields=["attempt_began_at", "attempts", "lease_until", "subject", "body", "sent_to"])
    return letter


def settle(claim: Claim, outcome: Outcome, *, at: datetime | None = None) -> str:
    """Writes what became of it; returns the state. Only whoever holds the lease may say so: an overtaken
    sender's word still turns `unknown` into `sent`, because it knows better, and changes nothing else."""
    mine = Delivery.objects.filter(pk=claim.delivery_id, lease_no=claim.lease_no)
    if outcome.verdict is Verdict.ACCEPTED:
        mine.filter(state__in=[DeliveryState.LEASED, DeliveryState.UNKNOWN]).update(
            state=DeliveryState.SENT, sent_at=moment(at), lease_until=None, last_error=""
        )
        return DeliveryState.SENT
    row = mine.filter(state=DeliveryState.LEASED).annotate(now=moment(at)).first()
    if row is None:
        return ""
    # A row that failed before it had begun (its wording) counts as an attempt all the same.
    attempts = row.attempts + (1 if row.attempt_began_at is None else 0)
    changes: dict[str, object] = {"lease_until": None, "attempts": attempts, "last_error": outcome.error[:80]}
    if outcome.verdict is Verdict.UNKNOWN:
        changes["state"] = DeliveryState.UNKNOWN
    elif outcome.verdict is Verdict.REFUSED or attempts >= MAX_ATTEMPTS:
        changes["state"] = DeliveryState.DEAD
    else:
        changes["state"] = DeliveryState.PENDING
        changes["attempt_began_at"] = None
        changes["next_try_at"] = row.now + pause_after(attempts, random.random())
    mine.filter(state=DeliveryState.LEASED).update(**changes)
    return str(changes["state"])


def pause_after(attempts: int, spread: float) -> timedelta:
    """2, 4, 8, 16 minutes, each stretched by up to a half, so that what failed together does not return
    together.

    `spread` lies in [0, 1).
    """
    return FIRST_PAUSE * (2.0 ** (attempts - 1) * (1 + spread / 2))


def recover_leases(*, at: datetime | None = None) -> int:
    """Leases that ran out: due again if nothing had begun, else unknown. Returns how many."""
    stale = Delivery.objects.filter(state=DeliveryState.LEASED, lease_until__lte=moment(at))
    again = stale.filter(attempt_began_at__isnull=True).update(state=DeliveryState.PENDING, lease_until=None)
    unknown = stale.filter(attempt_began_at__isnull=False).update(
        state=DeliveryState.UNKNOWN, lease_until=None, last_error="interrupted"
    )
    return again + unknown


def expire(*, at: datetime | None = None, limit: int = 5000) -> int:
    """Pending deliveries whose time has passed: never sent from here on. Returns how many."""
    stale = (
        Delivery.objects.select_for_update(skip_locked=True)
        .filter(state=DeliveryState.PENDING, not_after__lte=moment(at))
        .order_by("not_after")
        .values_list("pk", flat=True)[:limit]
    )
    with transaction.atomic():
        return Delivery.objects.filter(pk__in=list(stale)).update(state=DeliveryState.EXPIRED)


def _held(claim: Claim) -> QuerySet[Delivery]:
    return Delivery.objects.filter(pk=claim.delivery_id, lease_no=claim.lease_no, state=DeliveryState.LEASED)


def _letter(row: Delivery, now: datetime) -> Letter:
    told_before = (
        Delivery.objects.filter(
            person=row.person_id, appointment_id=row.appointment_id, attempt_began_at__isnull=False
        )
        .exclude(starts_at=row.starts_at)
        .exclude(pk=row.pk)
        .exists()
    )
    text = render(
        wording(row.kind, starts_at=row.starts_at, at=now, zone=row.clinic.zone, told_before=told_before),
        clinic=row.clinic,
        starts_at=row.starts_at,
        language=row.person.language,
    )
    return Letter(
        delivery_id=row.pk,
        to=address_of(row.person),
        sender=plain(row.clinic.discreet_name),
        subject=text.subject,
        body=text.body,
    )
