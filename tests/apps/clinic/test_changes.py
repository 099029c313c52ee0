"""The list of changes: append-only, and read so that no slow transaction falls out of it."""

import time
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction

from apps.clinic.models import Change, ChangeReader, Clinic
from apps.clinic.queries import read_changes
from apps.clinic.services import Draft, advance, beat, lock_reader, record_change, record_changes
from tests.rows import AT, HYDERABAD, SYSTEM, a_clinic

INSERT = """
    INSERT INTO clinic_change (clinic_id, at, kind, subject_type, subject_id, actor, route, detail)
    VALUES (%s, now(), 'record.added', 'record', gen_random_uuid(), 'slow', 'shell', '{}')
"""


@pytest.fixture
def slow() -> Iterator[psycopg.Connection]:
    """A second session with a transaction of its own."""
    params = connection.get_connection_params()
    wanted = {key: params[key] for key in ("dbname", "user", "password", "host", "port") if key in params}
    with psycopg.connect(**wanted) as other:
        yield other


def add(clinic: Clinic, kind: str = "record.added") -> Change:
    return record_change(
        clinic_id=clinic.pk, kind=kind, subject_type="record", subject_id=uuid4(), actor=SYSTEM, at=AT
    )


def eventually(reader: str, count: int) -> list[Change]:
    """Transactions of other databases on this server hold the horizon back too: readers are patient."""
    for _ in range(200):
        found = read_changes(reader, 100)
        if len(found) >= count:
            break
        time.sleep(0.05)
    return found


@pytest.mark.django_db(transaction=True)
def test_a_slow_transaction_is_waited_for_and_never_lost(slow: psycopg.Connection) -> None:
    clinic = a_clinic()
    advance(reader="mail", change=eventually("mail", 2)[-1])

    slow.execute(INSERT, [clinic.pk])  # takes its transaction id and its row id, and lingers
    fast = add(clinic)
    assert read_changes("mail", 10) == []  # the fast one is committed, yet nobody may pass the slow one

    slow.commit()
    found = eventually("mail", 2)
    assert [change.actor for change in found] == ["slow", "system"]
    assert found[-1].pk == fast.pk
    advance(reader="mail", change=found[-1])
    assert read_changes("mail", 10) == []


@pytest.mark.django_db(transaction=True)
def test_a_row_with_a_later_id_and_an_earlier_transaction_comes_first(slow: psycopg.Connection) -> None:
    clinic = a_clinic()
    advance(reader="mail", change=eventually("mail", 2)[-1])
    slow.execute("SELECT pg_current_xact_id()")
    fast = add(clinic)
    slow.execute(INSERT, [clinic.pk])
    slow.commit()
    first, second = eventually("mail", 2)
    assert first.pk > second.pk == fast.pk
    advance(reader="mail", change=first)
    assert [change.pk for change in eventually("mail", 1)] == [fast.pk]


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_was_rolled_back_leaves_nothing_and_blocks_nobody(
    slow: psycopg.Connection,
) -> None:
    clinic = a_clinic()
    slow.execute(INSERT, [clinic.pk])
    slow.rollback()
    fast = add(clinic)
    assert eventually("mail", 3)[-1].pk == fast.pk


@pytest.mark.django_db(transaction=True)
def test_every_reader_has_its_own_watermark_and_reads_in_portions() -> None:
    clinic = a_clinic()
    for _ in range(3):
        add(clinic)
    everything = eventually("feeds", 5)
    assert read_changes("feeds", 2) == everything[:2]
    advance(reader="feeds", change=everything[1])
    assert read_changes("feeds", 100) == everything[2:]
    assert read_changes("mail", 100) == everything


@pytest.mark.django_db
def test_a_watermark_never_moves_backwards() -> None:
    clinic = a_clinic()
    first, second = add(clinic), add(clinic)
    assert first.xid == second.xid  # one transaction: the id decides
    assert advance(reader="mail", change=second) is True
    assert advance(reader="mail", change=first) is False
    assert advance(reader="mail", change=second) is False
    mark = ChangeReader.objects.get(pk="mail")
    assert (mark.xid, mark.last_id) == (second.xid, second.pk)


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_of_one_reader_take_turns(slow: psycopg.Connection) -> None:
    with transaction.atomic():
        lock_reader(reader="mail")
        found = slow.execute("SELECT name FROM clinic_changereader FOR UPDATE SKIP LOCKED").fetchall()
        assert found == []
    slow.rollback()
    found = slow.execute("SELECT name FROM clinic_changereader FOR UPDATE SKIP LOCKED").fetchall()
    assert found == [("mail",)]


@pytest.mark.django_db
@pytest.mark.parametrize("sql", ["UPDATE clinic_change SET kind = 'other'", "DELETE FROM clinic_change"])
def test_a_change_can_be_neither_altered_nor_deleted(sql: str) -> None:
    a_clinic()
    with pytest.raises(ProgrammingError, match="Cannot"), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.django_db
def test_many_changes_are_one_query_and_know_their_transaction(django_assert_num_queries: object) -> None:
    clinic = a_clinic()
    couple = UUID(int=7)
    drafts = [
        Draft(clinic.pk, "appointment.moved", "appointment", uuid4(), couple_id=couple, detail={"n": n})
        for n in range(5)
    ]
    with django_assert_num_queries(1):  # type: ignore[operator]
        written = record_changes(drafts=drafts, actor=SYSTEM, at=AT)
    assert len({change.xid for change in written}) == 1
    assert all(change.xid > 0 for change in written)
    assert [row.detail["n"] for row in Change.objects.filter(couple_id=couple).order_by("id")] == list(
        range(5)
    )


@pytest.mark.django_db
def test_a_change_row_names_the_actor_and_the_route() -> None:
    clinic = a_clinic(replace(HYDERABAD, slug="other"))
    row = Change.objects.filter(clinic=clinic).latest("id")
    assert (row.kind, row.actor, row.user_id, row.route, row.at) == (
        "clinic.days",
        "system",
        None,
        "shell",
        AT,
    )


@pytest.mark.django_db
def test_a_heartbeat_is_kept_once_per_name() -> None:
    beat(name="sweep", at=AT)
    beat(name="sweep", at=AT.replace(hour=7))
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, beat_at FROM clinic_heartbeat")
        assert cursor.fetchall() == [("sweep", AT.replace(hour=7))]
