"""Two enrolments at one moment: one identifier goes to one person, one code to one couple."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from apps.clinic.errors import Conflict
from apps.clinic.models import Clinic
from apps.couples.models import Couple, Person
from apps.couples.services import Identifier
from tests.rows import ARJUN, LALITHA, a_clinic, a_couple

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other() -> Iterator[psycopg.Connection]:
    """Another session, in the middle of its transaction."""
    params = connection.get_connection_params()
    wanted = {key: params[key] for key in ("dbname", "user", "password", "host", "port") if key in params}
    with psycopg.connect(**wanted) as session:
        yield session


def test_whoever_comes_second_to_an_identifier_is_told_so(other: psycopg.Connection) -> None:
    clinic = a_clinic()
    somebody = a_couple(clinic).recipient
    other.execute(
        "INSERT INTO couples_personidentifier (id, clinic_id, person_id, system, value) "
        "VALUES (%s, %s, %s, 'mrn', '1')",
        [uuid4(), clinic.pk, somebody.pk],
    )
    soon = threading.Timer(0.3, other.commit)
    soon.start()
    with pytest.raises(Conflict) as refused:
        a_couple(clinic, recipient=replace(LALITHA, identifiers=(Identifier("mrn", "1"),)))
    soon.join()
    assert refused.value.remedy
    assert (Couple.objects.count(), Person.objects.count()) == (1, 2)


def test_enrolments_at_one_moment_get_different_codes() -> None:
    clinic = a_clinic()

    def enrol(clinic: Clinic) -> str:
        try:
            return a_couple(clinic, partner=ARJUN).code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(enrol, [clinic] * 8))
    assert sorted(codes) == [f"HYD-{number:04d}" for number in range(1, 9)]
