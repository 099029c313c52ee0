"""Claiming due reminders, beside a direct UPDATE .. RETURNING, and how it grows with what is not due."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from django.db import connection, transaction

from apps.reminders.sending import claim_due
from benchmarks.clinic import AT, enrol, start
from benchmarks.figures import Figure, Target, compared
from benchmarks.timing import wall_seconds

DUE = 1000
SMALL, LARGE = 20_000, 200_000
_LOAD = """
INSERT INTO reminders_delivery (
    id, clinic_id, person_id, role, treatment_id, appointment_id, kind, starts_at, due_at, not_after, channel,
    state, created_at, next_try_at, lease_no, attempts, sent_to, subject, body, last_error,
    key, blanks, language, only_route, provider, provider_id, receipt, asks)
SELECT gen_random_uuid(), %(clinic)s, %(person)s, 'recipient', %(treatment)s, gen_random_uuid(), 'reminder',
       at + interval '3 days', at, at + interval '2 days', 'email', 'pending', %(at)s, at, 0, 0, '', '', '', '',
       '', '{}', '', false, '', '', '', 0
  FROM generate_series(%(first)s::int, %(last)s::int) AS number,
       LATERAL (SELECT %(at)s::timestamptz + interval '1 minute' * (number - %(due)s) AS at) AS moment
"""
_DIRECT = """
UPDATE reminders_delivery
   SET state = 'leased', lease_until = %(at)s::timestamptz + interval '5 minutes', lease_no = lease_no + 1
 WHERE state = 'pending' AND next_try_at <= %(at)s AND not_after > %(at)s
RETURNING id, lease_no
"""


def figures() -> Iterator[Figure]:
    couple = enrol()
    treatment = start(couple)
    ids = {
        "clinic": couple.clinic_id,
        "person": couple.recipient_id,
        "treatment": treatment.pk,
        "at": AT,
        "due": DUE,
    }
    load(ids, 1, SMALL)
    small = wall_seconds({"claim": _undone(_claim), "direct": _undone(_update)}, turns=3)
    load(ids, SMALL + 1, LARGE)
    large = wall_seconds({"claim": _undone(_claim), "direct": _undone(_update)}, turns=3)
    name = f"claiming {DUE:,} due of {LARGE:,} reminders"
    claim = [value * 1000 for value in large["claim"]]
    direct = [value * 1000 for value in large["direct"]]
    yield compared(name, "ms", claim, "direct UPDATE .. RETURNING", direct, Target("at most", 1.2))
    before = [value * 1000 for value in small["claim"]]
    yield compared(f"{name}, growth", "ms", claim, f"of {SMALL:,}", before, Target("at most", 1.5))


def load(ids: dict[str, object], first: int, last: int) -> None:
    """Reminders numbered by their minute: the first DUE of them are due at AT, the others later."""
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, {**ids, "first": first, "last": last})
        cursor.execute("VACUUM ANALYZE reminders_delivery")


def _undone(claim: Callable[[], int]) -> Callable[[], None]:
    """The claim, rolled back, so that the next one finds the same rows due."""

    def work() -> None:
        with transaction.atomic():
            if claim() != DUE:
                raise RuntimeError(f"a claim must find {DUE} reminders")
            transaction.set_rollback(True)

    return work


def _claim() -> int:
    return len(claim_due(limit=2 * DUE, at=AT + timedelta(seconds=1)))


def _update() -> int:
    # `claim_due` opens a transaction, here a savepoint: so does its floor.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_DIRECT, {"at": AT + timedelta(seconds=1)})
        return len(cursor.fetchall())
