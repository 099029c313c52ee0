"""Claims beside claims and beside people who change the same rows: each row is had once, and none is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from random import Random
from threading import Barrier
from typing import TypeVar
from uuid import UUID

import pytest
from django.db import connections, transaction

from apps.reminders.models import Delivery
from apps.reminders.sending import LEASE, Claim, claim_due, recover_leases
from tests import rows

AT = rows.AT
ROWS, CLAIMERS, CHANGERS, CHANGES = 240, 4, 3, 60
# Where a changer takes a row: still due, due only in an hour, or not to be sent at all.
STAYS, WAITS, GOES = "stays", "waits", "goes"
Answer = TypeVar("Answer")

pytestmark = pytest.mark.django_db(transaction=True)


def due(number: int) -> list[UUID]:
    """So many messages to one person, one second apart, the last one due at AT."""
    clinic = rows.a_clinic()
    person = rows.a_couple(clinic).recipient
    made = Delivery.objects.bulk_create(
        Delivery(
            clinic=clinic,
            person=person,
            kind="test",
            key=str(place),
            created_at=AT,
            due_at=AT - timedelta(seconds=number - place),
            next_try_at=AT - timedelta(seconds=number - place),
            not_after=AT + timedelta(days=9),
        )
        for place in range(number)
    )
    return [row.pk for row in made]


def change(random: Random, ids: list[UUID]) -> dict[UUID, str]:
    """As a derivation does it: locks what is still open, writes several rows, and commits them together."""
    done: dict[UUID, str] = {}
    for _ in range(CHANGES):
        with transaction.atomic():
            chosen = sorted(random.sample(ids, 3))
            open_rows = Delivery.objects.select_for_update().filter(pk__in=chosen, state="pending")
            for row in open_rows.order_by("pk"):
                fate = random.choices((STAYS, WAITS, GOES), (6, 1, 1))[0]
                row.body = "x" * random.randrange(900)  # it moves to another place of the table
                row.next_try_at += timedelta(hours=1 if fate == WAITS else 0)
                row.state = "withdrawn" if fate == GOES else "pending"
                row.save()
                done[row.pk] = fate if fate != STAYS else done.get(row.pk, STAYS)
    return done


def test_many_claimers_and_changers_at_once_have_each_row_once_and_leave_none() -> None:
    ids = due(ROWS)
    together = Barrier(CLAIMERS + CHANGERS)

    def begin(work: Callable[[int], Answer], number: int) -> Answer:
        try:
            together.wait(20)
            return work(number)
        finally:
            connections.close_all()

    def claims(number: int) -> list[Claim]:
        found: list[Claim] = []
        while mine := claim_due(limit=3, at=AT):
            found += mine
        return found

    with ThreadPoolExecutor(CLAIMERS + CHANGERS) as threads:
        claimers: list[Future[list[Claim]]] = [
            threads.submit(begin, claims, number) for number in range(CLAIMERS)
        ]
        changers = [
            threads.submit(begin, lambda number: change(Random(number), ids), number)
            for number in range(CHANGERS)
        ]
    had = Counter(claim.delivery_id for one in claimers for claim in one.result())
    changed = [one.result() for one in changers]
    left = Counter(claim.delivery_id for claim in claim_due(limit=ROWS, at=AT))
    withheld = {pk for one in changed for pk, fate in one.items() if fate != STAYS}
    assert set((had + left).values()) == {1}
    assert (had + left).keys() | withheld == set(ids)
    kept = Delivery.objects.filter(pk__in=had + left)
    assert set(kept.values_list("state", "lease_no")) == {("leased", 1)}
    assert not Delivery.objects.filter(state="pending", next_try_at__lte=AT).exists()


def test_a_row_that_somebody_else_holds_is_left_to_the_next_claim() -> None:
    first, second = due(2)
    with transaction.atomic():
        Delivery.objects.select_for_update().get(pk=first)
        assert elsewhere(lambda: claim_due(limit=9, at=AT)) == [Claim(second, 1)]
    assert claim_due(limit=9, at=AT) == [Claim(first, 1)]


def test_the_oldest_come_first_and_no_more_than_asked_for() -> None:
    ids = due(9)
    assert [claim.delivery_id for claim in claim_due(limit=4, at=AT)] == ids[:4]
    assert [claim.delivery_id for claim in claim_due(limit=9, at=AT)] == ids[4:]


def test_what_comes_back_is_claimed_under_the_next_number() -> None:
    (only,) = due(1)
    later: datetime = AT + LEASE
    assert claim_due(limit=1, at=AT) == [Claim(only, 1)]
    assert recover_leases(at=later) == 1
    assert claim_due(limit=1, at=later) == [Claim(only, 2)]


def elsewhere(work: Callable[[], Answer]) -> Answer:
    """What another connection answers meanwhile."""

    def there() -> Answer:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        return threads.submit(there).result(20)
