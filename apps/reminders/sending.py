"""One delivery from due to done. The law:

    claim    pending -> leased                    one statement, SKIP LOCKED, then commit
    begin    leased -> leased with attempt_began  re-reads the present, words the message, then commit
    send     outside every transaction
    settle   -> sent | pending (later) | dead | unknown

A crash before `begin` committed leaves a lease that runs out and the row is due again: nothing had left. A
crash after it leaves `unknown`: the message may have left. A provider that can be asked is asked (`asking.py`), mail
cannot be, and what nobody can say is never sent again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Exists, OuterRef, QuerySet, Value

from apps.clinic.models import Brake
from apps.couples.models import WRITTEN, RouteChannel
from apps.couples.route_queries import Way
from apps.reminders.channels import Channel, Letter, Outcome, Verdict
from apps.reminders.chasing import why_stale
from apps.reminders.clock import moment
from apps.reminders.derived import SAID
from apps.reminders.handing import ask_staff_to_call, ask_staff_to_tell
from apps.reminders.holding import end, hold, wait
from apps.reminders.messages import family_of
from apps.reminders.models import Delivery, DeliveryState
from apps.reminders.present import Visit, awaits_a_reader, is_paused, load_visit, why_not_now
from apps.reminders.registered import NotRegistered
from apps.reminders.resting import RESTING, note_answer, rests_until
from apps.reminders.settling import ASK_AFTER, accept, settle_otherwise
from apps.reminders.settling import MAX_ATTEMPTS as MAX_ATTEMPTS
from apps.reminders.settling import pause_after as pause_after
from apps.reminders.sharing import ANOTHER_GOES, LOOK, Heard, heard_at
from apps.reminders.texts import ANSWERS, SECRET, UNTIMED
from apps.reminders.timing import moment_to_send
from apps.reminders.wording import changes_plans, kept_body, letter_of, way_for
from apps.reminders.words import ClinicalWord

LEASE = timedelta(minutes=5)
BRAKED = "braked"
BRAKES_ON = Brake.objects.filter(released_at__isnull=True)
_log = logging.getLogger(__name__)

# The id list is computed once by the sub-select, so the partial index is used whatever the table's size;
# joined to the UPDATE instead, the same sub-select makes PostgreSQL read the whole table. A row that somebody changed
# meanwhile is looked at again in its newest form, a locked one is left to the next claim.
CLAIM = """
WITH claimed AS (
     UPDATE reminders_delivery
        SET state = 'leased', lease_until = {now} + make_interval(secs => %(seconds)s),
            lease_no = lease_no + 1, attempt_began_at = NULL
      WHERE id = ANY(ARRAY(
            SELECT id FROM reminders_delivery
             WHERE state = 'pending' AND next_try_at <= {now}
             ORDER BY next_try_at
             LIMIT %(limit)s
               FOR NO KEY UPDATE SKIP LOCKED))
  RETURNING next_try_at, id, lease_no)
SELECT id, lease_no FROM claimed ORDER BY next_try_at, id
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
        return [Claim(pk, lease_no) for pk, lease_no in cursor.fetchall()]


def release(claims: Sequence[Claim]) -> int:
    """Gives back what was claimed and not begun, so that it is due again at once."""
    return sum(
        _held(claim)
        .filter(attempt_began_at__isnull=True)
        .update(state=DeliveryState.PENDING, lease_until=None)
        for claim in claims
    )


def deliver(claim: Claim, channel: Channel, *, at: datetime | None = None) -> str:
    """Begins, sends and settles one claimed delivery; returns the state that it is left in, or why it waits: `braked`,
    `waiting`. Raises nothing that one row can cause: a poisoned one is pushed back and given up after five attempts."""
    try:
        letter = begin(claim, at=at)
    except (ClinicalWord, NotRegistered) as fault:
        return settle(claim, Outcome(Verdict.REFUSED, type(fault).__name__), at=at)
    except (OperationalError, InterfaceError):
        raise  # the database is away: the lease runs out and the row is due again
    except Exception as fault:
        _log.error("delivery %s cannot be worded: %s", claim.delivery_id, type(fault).__name__)
        return settle(claim, Outcome(Verdict.LATER, type(fault).__name__), at=at)
    if letter is None:
        state, why = Delivery.objects.values_list("state", "last_error").get(pk=claim.delivery_id)
        return state if state != DeliveryState.PENDING else BRAKED if why == BRAKED else "waiting"
    try:
        outcome = channel.send(letter)
    except Exception as fault:
        # A channel that breaks its promise may have sent before it broke.
        outcome = Outcome(Verdict.UNKNOWN, type(fault).__name__, silent=isinstance(fault, OSError))
    state = settle(claim, outcome, at=at)
    note_answer(letter, outcome, at=at)
    return state


def begin(claim: Claim, *, at: datetime | None = None) -> Letter | None:
    """Marks the attempt as begun and returns the letter; None when nothing is to be sent, which is then
    written down.

    Reads the visit, the couple's silence, the person's wishes and the clinic's brake in this transaction, so each takes
    effect at once. What a brake, an unread text or result holds back stays due and is looked at again every five
    minutes; what would ring in quiet hours waits for their end. What a person tells or hands over is given to staff. Raises
    ClinicalWord, and whatever a wrong wording raises; the attempt is then not begun.
    """
    with transaction.atomic():
        row = (
            _held(claim)
            .select_for_update(of=("self",))
            .filter(attempt_began_at__isnull=True, lease_until__gt=moment(at))
            .select_related("clinic", "person__clinic", "route")
            .annotate(now=moment(at), braked=Exists(BRAKES_ON.filter(clinic=OuterRef("clinic"))))
            .first()
        )
        if row is None:
            return None
        now: datetime = row.now
        if row.braked and now < row.not_after:
            hold(row, now, BRAKED)
            return None
        visit = load_visit(row.appointment_id) if row.appointment_id else None
        reason = why_not_now(row, visit)
        if not reason and visit is not None and family_of(row.kind) in UNTIMED:
            reason = why_stale(row, visit)
        if reason or now >= row.not_after:
            end(row, DeliveryState.WITHDRAWN if reason else DeliveryState.EXPIRED, reason)
            return None
        if row.kind not in ANSWERS and is_paused(row.person):
            hold(row, now, "unread text")
            return None
        if row.appointment_id and awaits_a_reader(row.person):
            hold(row, now, "unread result")
            return None
        return _worded(row, visit, now)


def _worded(row: Delivery, visit: Visit | None, now: datetime) -> Letter | None:
    """The letter of a row that may go, by the first way that can be used; None where it waits or staff tell it."""
    way = way_for(row)
    if way is None:
        end(row, DeliveryState.DEAD, "no way")
        ask_staff_to_call(row, now)
        return None
    then, why = _first_moment(row, way, now)
    if then > now:
        wait(row, then, why)
        return None
    if row.appointment_id and way.address and _goes_with_another(row, way.address, now):
        return None
    letter = letter_of(row, visit, way, now)
    row.channel, row.route, row.sent_to = way.channel, way.route, way.address
    row.subject, row.body, row.language = letter.subject, kept_body(row, letter), letter.language
    row.lease_until, row.last_error = now + LEASE, ""
    if way.channel not in WRITTEN:
        row.state, row.lease_until, row.sent_at = DeliveryState.HANDED, None, now
        row.save()
        if way.channel == RouteChannel.CALL:
            ask_staff_to_tell(row, visit, letter, now)
        return None
    row.attempt_began_at, row.attempts = now, row.attempts + 1
    row.save()
    return letter


def _goes_with_another(row: Delivery, address: str, now: datetime) -> bool:
    """Whether the very same was said at the address to somebody else, or is on its way there; then written down."""
    heard = heard_at(address, row)
    if heard is Heard.ON_ITS_WAY:
        wait(row, min(now + LOOK, row.not_after), ANOTHER_GOES)
    elif heard is Heard.SAID:
        # Told all the same, by the other's message: what comes next speaks of it.
        row.attempt_began_at, row.sent_to = now, address
        end(row, DeliveryState.WITHDRAWN, SAID)
    return heard is not Heard.NOTHING


def _first_moment(row: Delivery, way: Way, now: datetime) -> tuple[datetime, str]:
    """From when on it may go this way, and what it waits for. What a rest of the provider would make too late does not
    wait for that."""
    then = moment_to_send(
        kind=row.kind,
        channel=way.channel,
        now=now,
        not_after=row.not_after,
        starts_at=row.starts_at,
        person=row.person,
        clinic=row.clinic,
    )
    rest = rests_until(clinic_id=row.clinic_id, channel=way.channel, now=now)
    if rest is not None and then < rest < row.not_after:
        return rest, RESTING
    return then, "quiet hours"


def settle(claim: Claim, outcome: Outcome, *, at: datetime | None = None) -> str:
    """Writes what became of it; returns the state. Only whoever holds the lease may say so: an overtaken
    sender's word still turns `unknown` into `sent`, because it knows better, and changes nothing else.

    What is given up becomes a call; a number where nobody is gives way to the person's next one."""
    with transaction.atomic():
        mine = Delivery.objects.filter(pk=claim.delivery_id, lease_no=claim.lease_no)
        row = (
            mine.filter(state__in=(DeliveryState.LEASED, DeliveryState.UNKNOWN))
            .select_for_update(of=("self",))
            .select_related("clinic", "person", "route")
            .annotate(now=moment(at))
            .first()
        )
        if outcome.verdict is Verdict.ACCEPTED:
            if row is not None:
                accept(row, provider_id=outcome.provider_id, now=row.now)
            return DeliveryState.SENT
        if row is None or row.state != DeliveryState.LEASED:
            return ""
        settle_otherwise(row, outcome, row.now)
        return str(row.state)


def recover_leases(*, at: datetime | None = None) -> int:
    """Leases that ran out: due again if nothing had begun, else unknown. Returns how many."""
    stale = Delivery.objects.filter(state=DeliveryState.LEASED, lease_until__lte=moment(at))
    again = stale.filter(attempt_began_at__isnull=True).update(state=DeliveryState.PENDING, lease_until=None)
    begun = stale.filter(attempt_began_at__isnull=False)
    begun.filter(kind__in=SECRET).update(blanks={})
    unknown = begun.update(
        state=DeliveryState.UNKNOWN,
        lease_until=None,
        last_error="interrupted",
        next_try_at=moment(at) + Value(ASK_AFTER),
    )
    return again + unknown


def expire(*, at: datetime | None = None, limit: int = 5000) -> int:
    """Pending deliveries whose time has passed: never sent from here on. Returns how many.

    Who was not told in time that a visit is off or at another time is rung.
    """
    stale = (
        Delivery.objects.select_for_update(skip_locked=True)
        .filter(state=DeliveryState.PENDING, not_after__lte=moment(at))
        .order_by("not_after")
        .values_list("pk", flat=True)[:limit]
    )
    with transaction.atomic():
        gone = Delivery.objects.filter(pk__in=list(stale))
        gone.filter(kind__in=SECRET).update(blanks={})
        for row in gone.select_related("clinic", "person", "treatment__couple").annotate(now=moment(at)):
            if changes_plans(row, row.now):
                row.last_error = "too late"
                ask_staff_to_call(row, row.now)
        return gone.update(state=DeliveryState.EXPIRED)


def _held(claim: Claim) -> QuerySet[Delivery]:
    return Delivery.objects.filter(pk=claim.delivery_id, lease_no=claim.lease_no, state=DeliveryState.LEASED)
