"""Many want one slot at one moment: real transactions, one winner, and a clear answer to everybody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import OperationalError

from apps.booking import services as booking
from apps.booking.placing import insert
from apps.booking.retrying import MOST_TRIES, retried
from apps.clinic.errors import Conflict
from apps.clinic.models import Clinic, Resource
from apps.treatments.models import Appointment, Occupation
from tests import rows
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)
AT = rows.AT
EIGHT = datetime(2026, 1, 27, 2, 30, tzinfo=UTC)
ROUNDS, RACERS = 10, 8
PATIENCE = {"ready_in": 60, "done_in": 120}


def couples(clinic: Clinic, count: int) -> list[Appointment]:
    return [rows.visit(rows.another(clinic, number), "sensitisation") for number in range(count)]


def test_of_all_who_want_one_slot_one_gets_it_each_time() -> None:
    clinic = rows.a_clinic()
    rows.equipped(clinic)
    Resource.objects.filter(name="Nurse 2").update(is_active=False)
    nurse, visits = rows.staff(clinic, "nurse"), couples(clinic, RACERS)
    for number in range(ROUNDS):
        start = EIGHT + timedelta(minutes=15 * (number % 8))
        acts = [
            lambda visit=visit: booking.book(appointment=visit, starts_at=start, actor=nurse, at=AT)  # noqa: B023
            for visit in visits
        ]
        if number % 3 == 2:
            acts[0] = lambda: booking.hold(appointment=visits[0], starts_at=start, actor=nurse, at=AT)  # noqa: B023
        answers = at_once(acts, **PATIENCE)
        refused = [answer for answer in answers if isinstance(answer, Exception)]
        assert [getattr(error, "code", error) for error in refused] == ["slot_taken"] * (RACERS - 1)
        owners = set(Occupation.objects.values_list("appointment", flat=True))
        assert len(owners) == 1
        booking.drop_hold(appointment=visits[0], actor=nurse, at=AT)
        for row in Appointment.objects.filter(status="booked"):
            booking.cancel(appointment=row, reason="the next round", actor=nurse, at=AT)


def test_what_gets_past_the_locks_is_stopped_by_the_database_and_told_in_the_same_words() -> None:
    clinic = rows.a_clinic()
    listed = rows.equipped(clinic)
    first, second = couples(clinic, 2)

    def taking(visit: Appointment, **what: object) -> Occupation:
        return Occupation(
            clinic=clinic,
            appointment=visit,
            activity="x",
            starts_at=EIGHT,
            ends_at=EIGHT + timedelta(hours=1),
            **what,
        )

    chair, person = listed["Chair 1"], first.treatment.couple.recipient
    for what, code in (({"resource": chair}, "slot_taken"), ({"person": person}, "two_places")):
        insert([taking(first, **what)], instead_of=())
        with pytest.raises(Conflict) as raised:
            insert([taking(second, **what)], instead_of=())
        assert raised.value.code == code
        assert raised.value.remedy


@pytest.mark.parametrize("cause", [psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure])
def test_a_transaction_that_postgresql_ended_begins_anew_and_not_for_ever(cause: type[Exception]) -> None:
    tried = []

    def failing(times: int) -> str:
        tried.append(1)
        if len(tried) <= times:
            raise OperationalError("ended") from cause("ended")
        return "done"

    assert retried(failing)(MOST_TRIES - 1) == "done"
    tried.clear()
    with pytest.raises(Conflict) as raised:
        retried(failing)(MOST_TRIES)
    assert (raised.value.code, len(tried)) == ("busy", MOST_TRIES)


def test_what_is_no_such_failure_stays_loud() -> None:
    def failing() -> None:
        raise OperationalError("the server is gone")

    with pytest.raises(OperationalError):
        retried(failing)()


def test_couples_who_move_into_each_others_places_at_once_never_wait_for_ever() -> None:
    clinic = rows.a_clinic()
    rows.equipped(clinic)
    nurse, visits = rows.staff(clinic, "nurse"), couples(clinic, 4)
    for number, visit in enumerate(visits):
        start = EIGHT + timedelta(days=number)
        booking.book(appointment=visit, starts_at=start, actor=nurse, at=AT)
    later = AT + timedelta(days=2)
    acts = [
        lambda visit=visit, number=number: booking.move(
            appointment=visit, starts_at=EIGHT + timedelta(days=(number + 1) % 4), actor=nurse, at=later
        )
        for number, visit in enumerate(visits)
    ]
    answers = at_once(acts, **PATIENCE)
    assert all(isinstance(answer, Appointment | Conflict) for answer in answers), answers
