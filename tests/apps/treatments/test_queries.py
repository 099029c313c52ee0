"""Lists cost the same however long they are, and days are the clinic's own."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.booking import services as booking
from apps.clinic import services as clinic_services
from apps.clinic.models import Clinic
from apps.clinic.services import Span
from apps.treatments import queries
from tests import rows

pytestmark = pytest.mark.django_db


def touch_everything(clinic: Clinic) -> int:
    """Reads every list as a page would; returns how many queries that took."""
    with CaptureQueriesContext(connection) as asked:
        for treatment in queries.treatments_of(clinic):
            assert treatment.couple.recipient.full_name
            assert treatment.couple.partner.full_name
            assert treatment.protocol_version.name
            assert treatment.clinic.zone
        for row in queries.appointments_of(clinic):
            assert row.treatment.couple.recipient.full_name
            assert row.treatment.protocol_version.name
            assert row.clinic.zone
        for flag in queries.flags_of(clinic, state=None):
            assert flag.treatment.couple.partner.full_name
            assert flag.decision is None
    return len(asked)


def test_lists_take_one_query_each_however_many_rows() -> None:
    clinic = rows.a_clinic()
    counts = []
    for _ in range(2):
        rows.a_treatment(clinic)
        counts.append(touch_everything(clinic))
    assert counts == [3, 3]


def test_a_day_of_appointments_is_the_clinics_own_day() -> None:
    clinic = rows.a_clinic()
    early = [Span(day, time(4), time(18)) for day in range(7)]
    clinic_services.set_hours(clinic=clinic, spans=early, actor=rows.SYSTEM, at=rows.AT)
    nurse, treatment = rows.staff(clinic, "nurse"), rows.a_treatment(clinic)
    # 23:00 UTC on the 13th is 04:30 on the 14th in Hyderabad.
    starts_at = datetime(2026, 1, 13, 23, tzinfo=UTC)
    row = booking.book(
        appointment=rows.visit(treatment, "sensitisation"), starts_at=starts_at, actor=nurse, at=rows.AT
    )
    day = date(2026, 1, 14)
    found = queries.appointments_of(clinic, from_=day, to=day, status=["booked"])
    assert [one.pk for one in found] == [row.pk]
    before = day - timedelta(days=1)
    assert not queries.appointments_of(clinic, from_=before, to=before, status=["booked"]).exists()


def test_a_visit_without_a_time_counts_on_its_proposed_day() -> None:
    clinic = rows.a_clinic()
    rows.a_treatment(clinic)
    found = queries.appointments_of(clinic, from_=date(2026, 1, 5), to=date(2026, 1, 5))
    assert [row.step for row in found] == ["baseline-antibody-test"]
