"""How full a clinic's days are: of what is there when, and taken by whom."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.booking.slots.loads import Load, load_of
from apps.clinic import resources
from apps.clinic import services as clinic_services
from apps.clinic.models import Clinic
from apps.treatments.models import Occupation, Purpose
from tests import days, rows

pytestmark = pytest.mark.django_db
DAY, START = days.DAY, days.START


def of_day(clinic: Clinic, on: date = DAY, at: datetime = START) -> dict[str, Load]:
    (load,) = load_of(clinic, on, on, at=at)
    return dict(load.kinds)


def test_an_empty_day_has_all_the_minutes_that_are_there(clinic: Clinic) -> None:
    rows.equipped(clinic)
    found = of_day(clinic)
    # Ten hours for each place; the bench of three serves its two batches of three hours alone.
    assert found["chair"] == Load(0, 2 * 600)
    assert found["phlebotomy"] == Load(0, 2 * 600)
    assert found["bench"] == Load(0, 3 * 360)


def test_what_a_session_takes_is_taken_of_its_kinds(clinic: Clinic) -> None:
    nurse = rows.staff(clinic, "nurse")
    rows.equipped(clinic)
    visit = days.a_dose(clinic, nurse)
    found = of_day(clinic)
    assert found["phlebotomy"].taken == 30
    assert found["chair"].taken == 45
    for kind, load in found.items():
        minutes = sum(
            int((row.ends_at - row.starts_at).total_seconds() // 60)
            for row in Occupation.objects.filter(appointment=visit, resource__kind=kind)
        )
        assert load.taken == minutes


def test_the_total_adds_the_kinds(clinic: Clinic) -> None:
    rows.equipped(clinic)
    (load,) = load_of(clinic, DAY, DAY, at=START)
    assert load.total == Load(0, sum(one.available for one in load.kinds.values()))
    assert load.total.percent == 0


def test_closures_holidays_and_rest_days_leave_nothing_to_take(clinic: Clinic) -> None:
    chair = days.a_chair(clinic)
    begins = datetime(2026, 1, 27, 2, 30, tzinfo=UTC)  # 08:00 in Hyderabad
    resources.close_resource(
        clinic=clinic,
        resource=chair,
        starts_at=begins,
        ends_at=begins + timedelta(hours=4),
        reason="Broken",
        actor=rows.SYSTEM,
        at=rows.AT,
    )
    assert of_day(clinic)["chair"].available == 360
    sunday = date(2026, 2, 1)
    assert of_day(clinic, sunday)["chair"] == Load(0, 0)
    assert of_day(clinic, sunday)["chair"].percent is None
    clinic_services.close_days(
        clinic=clinic, from_on=DAY, to_on=DAY, reason="", actor=rows.SYSTEM, at=rows.AT
    )
    assert of_day(clinic)["chair"].available == 0


def test_a_pencil_that_has_run_out_takes_nothing(clinic: Clinic) -> None:
    visit = days.a_dose(clinic, rows.staff(clinic, "nurse"))
    place = days.takes(visit, days.a_chair(clinic), "injection")
    Occupation.objects.filter(pk=place.pk).update(purpose=Purpose.PENCILLED, until=START)
    assert of_day(clinic, at=START - timedelta(minutes=1))["chair"].taken == 15
    assert of_day(clinic, at=START)["chair"].taken == 0


def test_the_past_of_a_day_still_counts(clinic: Clinic) -> None:
    visit = days.a_dose(clinic, rows.staff(clinic, "nurse"))
    days.takes(visit, days.a_chair(clinic), "injection")
    assert of_day(clinic, at=START + timedelta(days=30))["chair"] == Load(15, 600)


def test_missed_visits_are_not_counted_and_other_clinics_neither(clinic: Clinic) -> None:
    nurse = rows.staff(clinic, "nurse")
    days.a_dose(clinic, nurse)
    (load,) = load_of(clinic, DAY, DAY, at=START)
    assert (load.sessions, load.is_open, dict(load.kinds)) == (1, True, {})
    (elsewhere,) = load_of(rows.a_clinic(rows.LONDON), DAY, DAY, at=START)
    assert elsewhere.sessions == 0


def test_a_month_costs_what_a_day_costs(clinic: Clinic) -> None:
    rows.equipped(clinic)

    def cost(to_on: date) -> int:
        with CaptureQueriesContext(connection) as queries:
            load_of(clinic, DAY, to_on, at=START)
        return len(queries)

    assert cost(DAY) == cost(DAY + timedelta(days=30))
