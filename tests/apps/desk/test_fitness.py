"""The fitness check on the desk: both on one page, a failure leads to the best days for both."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.booking.models import FitnessCheck, FitnessSetting
from apps.treatments.models import Record
from tests.apps.booking.a_session import DAY, Session, a_session
from tests.apps.desk.conftest import Seat

FIT = {
    "recipient-fever": "no",
    "recipient-pregnancy": "clear",
    "recipient-medicines": "no",
    "recipient-vaccine": "no",
    "recipient-reaction": "no",
    "donor-fever": "no",
    "donor-medicines": "no",
    "donor-vaccine": "no",
    "donor-donor_fit": "yes",
}


@pytest.fixture
def session(db: None) -> Session:
    return a_session(screened=False)


@pytest.fixture
def client(session: Session, seat: Seat) -> Client:
    return seat(session.by("nurse"), DAY)


def address(session: Session, name: str) -> str:
    return reverse(f"admin:{name}", args=[session.row.pk])


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_both_are_asked_on_one_page_and_the_days_test_is_recorded(session: Session, client: Client) -> None:
    page = words(client.get(address(session, "visit_fitness")))
    for text in (
        "Fever or an infection",
        "Pregnancy test of today",
        "vaccine",
        "reaction",
        "No earlier draw",
    ):
        assert text in page
    answer = client.post(address(session, "visit_fitness"), {**FIT, "last_period_on": "2026-01-12"})
    assert answer.status_code == 302, answer.context["form"].errors
    assert FitnessCheck.objects.filter(fit=True).count() == 2
    assert Record.objects.filter(
        kind="screening", data__test="pregnancy-test", data__outcome="clear"
    ).exists()
    assert Record.objects.filter(kind="note", data__text="Last period began on 12 Jan 2026.").exists()
    assert session.activity("fitness").state == "done"


@pytest.mark.parametrize("name", ["recipient-fever", "donor-fever"])
def test_one_failure_stops_the_session_and_offers_both_new_slots(
    session: Session, client: Client, name: str
) -> None:
    answer = client.post(address(session, "visit_fitness"), {**FIT, name: "stop"})
    assert answer.headers["Location"] == address(session, "visit_again")
    assert session.row.status == "cancelled"
    page = client.get(address(session, "visit_again"))
    slots = page.context["slots"]
    assert slots
    client.post(address(session, "visit_again"), {"starts_at": slots[0]["starts_at"]})
    assert session.row.status == "booked"
    assert session.row.starts_at is not None
    assert session.row.starts_at.isoformat() == slots[0]["starts_at"]


def test_a_positive_test_is_recorded_and_stops_the_session(session: Session, client: Client) -> None:
    client.post(address(session, "visit_fitness"), {**FIT, "recipient-pregnancy": "stop"})
    assert session.row.status == "cancelled"
    assert Record.objects.filter(kind="screening", data__outcome="reactive").exists()


def test_an_answer_that_is_missing_or_needs_a_note_stands_at_its_field(
    session: Session, client: Client
) -> None:
    unsaid = client.post(address(session, "visit_fitness"), {**FIT, "donor-fever": ""})
    assert set(unsaid.context["form"].errors) == {"donor-fever"}
    unexplained = client.post(address(session, "visit_fitness"), {**FIT, "donor-vaccine": "judged_fit"})
    assert set(unexplained.context["form"].errors) == {"donor-vaccine"}
    assert unexplained.status_code == 422
    assert not FitnessCheck.objects.exists()
    assert not Record.objects.filter(data__test="pregnancy-test").exists()


def test_equipment_fails_and_the_session_stops(session: Session, client: Client) -> None:
    answer = client.post(address(session, "visit_stop"), {"cause": "equipment"})
    assert answer.headers["Location"] == address(session, "visit_again")
    assert session.row.cancel_reason == "Equipment failed"


def test_a_doctor_sets_the_least_days_between_draws_and_a_nurse_does_not(
    session: Session, seat: Seat
) -> None:
    where = reverse("admin:clinic_draws", args=[session.clinic.pk])
    assert seat(session.by("nurse"), DAY).get(where).status_code == 403
    doctor = seat(session.by("doctor"), DAY)
    assert doctor.post(where, {"days": "28"}).status_code == 302
    assert FitnessSetting.objects.get().days_between_draws == 28
    assert doctor.post(where, {"days": ""}).status_code == 302
    assert FitnessSetting.objects.get().days_between_draws is None
