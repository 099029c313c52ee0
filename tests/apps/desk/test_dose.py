"""The page of a dose: the unit in words, the live verdict, and nothing saved before all of it is right."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.booking.models import DonorUnit, UnitCheck, WitnessAttempt
from apps.treatments.models import Record
from tests import rows
from tests.apps.booking.a_session import (
    DAY,
    SECRET,
    Session,
    a_released_unit,
    a_session,
    dose_given,
    with_password,
)
from tests.apps.desk.conftest import Seat

NOON = DAY + timedelta(hours=1)


@pytest.fixture
def session(db: None) -> Session:
    return a_session(chain=False)


@pytest.fixture
def unit(session: Session) -> DonorUnit:
    return a_released_unit(session.row, session.by("nurse"), session.by("doctor"), NOON)


@pytest.fixture
def client(session: Session, seat: Seat) -> Client:
    return seat(session.by("nurse"), NOON)


def address(session: Session, name: str = "visit_dose") -> str:
    return reverse(f"admin:{name}", args=[session.row.pk])


def sent(session: Session, labelled: DonorUnit, /, **changed: str) -> dict[str, str]:
    return dose_given(labelled, session.by("lab"), **{"injected_time": "12:30", **changed})


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_the_page_shows_two_identifiers_the_unit_and_who_released_it(
    session: Session, unit: DonorUnit, client: Client
) -> None:
    page = words(client.get(address(session)))
    for text in (
        "Lalitha Rao",
        "1 Mar 1992",
        session.treatment.couple.code,
        unit.code,
        "Arjun Rao (partner)",
        session.by("doctor").name,
        "<dd>09:30</dd>",  # by the clinic's clock, not the server's
        "<dd>11:30, ",
    ):
        assert text in page


def test_a_dose_is_recorded_and_read_back(session: Session, unit: DonorUnit, client: Client) -> None:
    answer = client.post(address(session), sent(session, unit))
    assert answer.status_code == 302, answer.context["form"].errors
    given = Record.objects.get(kind="fulfilled").data["given"]
    assert (given["sites"], given["route_ml"], given["hours_to_injection"]) == (4, {"intradermal": 1.0}, 3.0)
    assert UnitCheck.objects.get().second_user_id == session.by("lab").user_id
    page = words(client.get(answer.headers["Location"]))
    assert f"unit {unit.code}" in page


@pytest.mark.parametrize(("read", "said"), [("right", "MATCH"), ("XXXX", "MISMATCH")])
def test_the_verdict_says_match_or_mismatch_in_words(
    session: Session, unit: DonorUnit, client: Client, read: str, said: str
) -> None:
    typed = sent(session, unit, unit=unit.check_code if read == "right" else read)
    answer = words(client.post(address(session, "visit_dose_verdict"), typed))
    assert f"> {said}:" in answer
    assert not UnitCheck.objects.exists()
    assert not Record.objects.filter(kind="fulfilled").exists()


def test_the_verdict_says_whether_the_dose_counts(session: Session, unit: DonorUnit, client: Client) -> None:
    enough = words(client.post(address(session, "visit_dose_verdict"), sent(session, unit)))
    assert ">Counts<" in enough
    thin = words(client.post(address(session, "visit_dose_verdict"), sent(session, unit, cells_million="2")))
    assert "Does not count because" in thin
    assert "2 million cells" in thin


def test_without_scripts_the_same_verdict_stands_on_the_page(
    session: Session, unit: DonorUnit, client: Client
) -> None:
    page = words(client.post(address(session), sent(session, unit, preview="1")))
    assert "> MATCH:" in page
    assert ">Counts<" in page
    assert SECRET not in page
    assert not Record.objects.filter(kind="fulfilled").exists()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"second_password": "wrong"}, "second_password"),
        ({"second_unit": "XXXX"}, "unit"),
        ({"unit": "XXXX"}, "unit"),
        ({"asked": ""}, "asked"),
        ({"cells_million": ""}, "cells_million"),
        ({"cells_million": "8000"}, "cells_million"),
        ({"route_intradermal": "3", "route": ""}, "volume_ml"),
        ({"injected_time": "10:00"}, "injected_time"),
        ({"injected_time": "18:00"}, "injected_time"),
    ],
)
def test_whatever_is_wrong_stands_at_its_field_and_nothing_is_recorded(
    session: Session, unit: DonorUnit, client: Client, changed: dict[str, str], field: str
) -> None:
    answer = client.post(address(session), sent(session, unit, **changed))
    assert answer.status_code == 422
    errors = answer.context["form"].errors
    assert field in errors or "__all__" in errors, errors
    assert not Record.objects.filter(kind="fulfilled").exists()


def test_an_unusual_number_is_kept_once_somebody_says_that_it_is_right(
    session: Session, unit: DonorUnit, client: Client
) -> None:
    assert client.post(address(session), sent(session, unit, sites="40")).status_code == 422
    assert client.post(address(session), sent(session, unit, sites="40", sure="on")).status_code == 302


def test_the_first_person_cannot_be_the_second(session: Session, unit: DonorUnit, seat: Seat) -> None:
    typed = sent(session, unit) | {"second_name": with_password(session.by("nurse"))}
    client = seat(session.by("nurse"), NOON)
    answer = client.post(address(session), typed)
    assert answer.status_code == 422
    assert "somebody else" in str(answer.context["form"].errors["second_name"])


def test_wrong_tries_are_counted_also_though_the_form_is_refused(
    session: Session, unit: DonorUnit, client: Client
) -> None:
    for _ in range(6):
        answer = client.post(address(session), sent(session, unit, second_password="wrong"))
    assert "Too many" in str(answer.context["form"].errors["second_name"])
    assert WitnessAttempt.objects.count() == 5


def test_the_unit_is_labelled_and_released_on_the_same_page(session: Session, seat: Seat) -> None:
    client = seat(session.by("nurse"), NOON)
    assert "NO UNIT" in words(client.get(address(session)))
    client.post(address(session, "visit_label"), {"drawn_time": "09:30"})
    assert DonorUnit.objects.get().drawn_at == NOON - timedelta(hours=3)
    page = words(client.get(address(session)))
    assert "NOT RELEASED" in page
    assert "Release it in my name" not in page
    assert client.post(address(session, "visit_release")).status_code == 403
    doctor = seat(session.by("doctor"), NOON)
    assert "Release it in my name" in words(doctor.get(address(session)))
    doctor.post(address(session, "visit_release"))
    assert DonorUnit.objects.get().released_by == session.by("doctor").name


@pytest.mark.parametrize("role", ["lab", "manager"])
def test_who_may_not_perform_sees_no_dose_form(session: Session, seat: Seat, role: str) -> None:
    client = seat(session.by(role), NOON)
    for name in ("visit_dose", "visit_dose_verdict", "visit_fitness", "visit_stop"):
        assert client.get(address(session, name)).status_code == 403


def test_another_clinic_finds_no_dose(session: Session, seat: Seat) -> None:
    stranger = seat(rows.staff(rows.a_clinic(rows.LONDON), "doctor"), NOON)
    for name in ("visit_dose", "visit_fitness", "visit_refuse", "visit_reasons", "visit_again"):
        assert stranger.get(address(session, name)).status_code == 404


def test_why_a_unit_was_not_released_is_on_one_page_for_two_roles(session: Session, seat: Seat) -> None:
    a_unit = seat(session.by("nurse"), NOON)
    a_unit.post(address(session, "visit_label"), {"drawn_time": "09:30"})
    doctor = seat(session.by("doctor"), NOON)
    answer = doctor.post(address(session, "visit_refuse"), {"reason": "serology reactive"})
    assert answer.status_code == 302
    assert "serology reactive" in words(doctor.get(address(session, "visit_reasons")))
    nurse = seat(session.by("nurse"), NOON)
    assert nurse.get(address(session, "visit_reasons")).status_code == 403
    treatment = reverse("admin:treatments_treatment_change", args=[session.treatment.pk])
    visit = reverse("admin:treatments_appointment_change", args=[session.row.pk])
    for page in (treatment, visit, address(session, "visit_again")):
        for client in (nurse, doctor):
            text = words(client.get(page))
            assert "serology reactive" not in text
        assert "nit not released" in words(nurse.get(treatment))
