"""What pages cost: a fixed number of queries, however many rows they show. For the first page see `test_worklist`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.clinic.models import Clinic
from tests import rows
from tests.apps.desk.conftest import Seat

AT = rows.AT


def some_more(clinic: Clinic, count: int) -> None:
    """Couples whose baseline test is overdue and not booked."""
    for n in range(count):
        couple = rows.a_couple(clinic, recipient=replace(rows.LALITHA, given_name=f"Asha {n}"))
        rows.a_treatment(clinic, couple=couple)


def cost(client: Client, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


@pytest.mark.parametrize(
    "name",
    [
        "couples_couple_changelist",
        "treatments_treatment_changelist",
        "treatments_appointment_changelist",
        "treatments_flag_changelist",
    ],
)
def test_a_page_of_rows_costs_the_same_for_few_and_for_many(seat: Seat, name: str) -> None:
    clinic = rows.a_clinic()
    at: datetime = AT + timedelta(days=10)
    client = seat(rows.staff(clinic, "nurse"), at)
    path = reverse(f"admin:{name}")
    some_more(clinic, 2)
    few = cost(client, path)
    some_more(clinic, 4)
    assert cost(client, path) == few
    assert few <= 20


def test_a_plan_costs_the_same_early_and_late_in_the_course(seat: Seat) -> None:
    clinic = rows.a_clinic()
    # Other names than the second couple's: a warning of similar names is a look of its own.
    unlike = replace(rows.LALITHA, given_name="Asha", family_name="Devi")
    couple = rows.a_couple(clinic, recipient=unlike, partner=replace(rows.ARJUN, given_name="Imran"))
    early = rows.a_treatment(clinic, couple=couple)
    nurse = rows.staff(clinic, "nurse")
    client = seat(nurse, AT)
    begun = cost(client, reverse("admin:treatments_treatment_change", args=[early.pk]))
    late, at = rows.after_three_doses(clinic, nurse)
    done = cost(seat(nurse, at), reverse("admin:treatments_treatment_change", args=[late.pk]))
    assert abs(done - begun) <= 1
    assert done <= 25
