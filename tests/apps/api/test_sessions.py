"""A session through the API: a clinic's systems tick off its activities, and only a named person releases a unit."""

from datetime import timedelta

import pytest

from apps.booking.models import DonorUnit, ReleaseRefusal
from apps.treatments.models import Record
from tests.apps.api.calls import Api, a_program, problem_of, signed_in
from tests.apps.api.conftest import Clock
from tests.apps.booking.a_session import DAY, Session, a_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(clock: Clock) -> Session:
    clock.at = DAY
    return a_session()


@pytest.fixture
def program(session: Session) -> Api:
    return a_program(session.clinic)


def test_the_chain_is_listed_in_its_order(session: Session, program: Api) -> None:
    found = program.get(f"appointments/{session.row.pk}/activities/").json()["results"]
    assert [one["kind"] for one in found] == [
        "fitness",
        "draw",
        "serology",
        "gate",
        "preparation",
        "injection",
        "observation",
    ]
    assert {one["state"] for one in found} == {"planned"}


def test_a_program_ticks_off_the_draw_with_its_true_time(session: Session, program: Api) -> None:
    session.answered()
    moment = (DAY - timedelta(minutes=20)).isoformat()
    answer = program.post(f"activities/{session.activity('draw').pk}/finish/", {"happened_at": moment})
    assert answer.status_code == 200, answer.content
    assert answer.json()["state"] == "done"
    assert DonorUnit.objects.get().drawn_at == DAY - timedelta(minutes=20)


def test_no_program_releases_or_refuses_a_unit_on_any_route(session: Session, program: Api) -> None:
    session.drawn()
    visit, gate = f"appointments/{session.row.pk}", f"activities/{session.activity('gate').pk}"
    stopped = {
        "kind": "stopped",
        "step": "sensitisation",
        "on": DAY.date().isoformat(),
        "cause": "not_released",
    }
    for path, body in (
        (f"{visit}/release/", {}),
        (f"{visit}/refuse-release/", {"reason": "x"}),
        (f"{visit}/refuse-release/", {}),
        (f"{gate}/start/", {}),
        (f"{gate}/finish/", {}),
        (f"treatments/{session.treatment.pk}/records/", stopped),
    ):
        answer = program.post(path, body)
        assert answer.status_code == 403, (path, answer.content)
        assert problem_of(answer)["code"] == "not_verified"
    assert DonorUnit.objects.get().released_at is None
    assert session.row.status == "booked"


def test_a_doctor_who_signed_in_releases_the_unit(session: Session) -> None:
    session.drawn()
    doctor = signed_in(session.clinic, session.by("doctor").user_id)
    assert doctor.post(f"appointments/{session.row.pk}/release/").status_code == 200
    assert DonorUnit.objects.get().released_by == session.by("doctor").name
    nurse = signed_in(session.clinic, session.by("nurse").user_id)
    assert nurse.post(f"appointments/{session.row.pk}/release/").status_code == 403


def test_the_reason_of_a_refused_release_is_in_no_answer(session: Session, program: Api) -> None:
    session.drawn()
    doctor = signed_in(session.clinic, session.by("doctor").user_id)
    reason = "hepatitis B reactive"
    answer = doctor.post(f"appointments/{session.row.pk}/refuse-release/", {"reason": reason})
    assert answer.status_code == 200, answer.content
    assert ReleaseRefusal.objects.get().reason == reason
    texts = [answer.content.decode()]
    for path in (
        f"appointments/{session.row.pk}/",
        f"treatments/{session.treatment.pk}/records/",
        f"treatments/{session.treatment.pk}/plan/",
        "flags/",
    ):
        texts += [api.get(path).content.decode() for api in (program, doctor)]
    for text in texts:
        assert "reactive" not in text
    assert "Unit not released" in texts[0]


def test_a_program_stops_a_session_whose_equipment_failed(session: Session, program: Api) -> None:
    answer = program.post(f"appointments/{session.row.pk}/stop/", {"cause": "equipment"})
    assert answer.json()["status"] == "cancelled"
    assert Record.objects.get(kind="stopped").data["cause"] == "equipment"
    other = program.post(f"appointments/{session.row.pk}/stop/", {"cause": "not_released"})
    assert other.status_code == 400


def test_nothing_goes_past_an_open_release(session: Session, program: Api) -> None:
    session.drawn()
    answer = program.post(f"activities/{session.activity('injection').pk}/start/", {})
    assert answer.status_code == 409
    assert problem_of(answer)["code"] == "not_released"
