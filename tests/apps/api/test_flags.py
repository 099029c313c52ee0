"""Flags over HTTP, and who may decide them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from apps.clinic.models import Clinic
from apps.treatments.models import Record, Treatment
from tests.apps.api.calls import Api, a_program, fields_of, problem_of, signed_in
from tests.apps.api.conftest import Clock
from tests.rows import a_clinic, after_three_doses, flag, resulted, staff, visit

pytestmark = pytest.mark.django_db


@dataclass
class Case:
    """A couple without response: a doctor's flag that holds the booster."""

    clinic: Clinic
    treatment: Treatment
    day: datetime
    path: str


@pytest.fixture
def case(clock: Clock) -> Case:
    clinic = a_clinic()
    nurse = staff(clinic, "nurse")
    treatment, day = after_three_doses(clinic, nurse)
    resulted(treatment, nurse, day, 3)
    clock.at = day + timedelta(hours=1)
    return Case(clinic, treatment, day, f"flags/{flag(treatment, 'no_antibody_response').pk}")


DECISION = {"choice": "extra_doses", "reason": "two more", "parameters": {"doses": 2}}


def test_flags_are_found_by_state_and_treatment(case: Case) -> None:
    api = a_program(case.clinic)
    raised = api.get(f"{case.path}/").json()
    assert raised["state"] == "open"
    assert raised["owner"] == "doctor"
    assert raised["treatment"] == str(case.treatment.pk)
    assert "preconception-booster" in raised["holds"]
    assert "extra_doses" in raised["decisions"]
    assert (raised["zone"], raised["closed_at"], raised["decision"]) == ("Asia/Kolkata", None, None)
    for query in ({}, {"state": "open"}, {"treatment": str(case.treatment.pk)}):
        assert raised in api.get("flags/", query).json()["results"]
    assert raised not in api.get("flags/", {"state": "decided"}).json()["results"]
    assert fields_of(api.get("flags/", {"state": "shut", "owner": "x"})) == {"state", "owner"}


def test_a_doctor_decides_and_the_plan_follows(case: Case) -> None:
    doctor = staff(case.clinic, "doctor")
    api = signed_in(case.clinic, doctor.user_id)
    answer = api.post(f"{case.path}/decide/", DECISION)
    assert answer.status_code == 200, answer.content
    body = answer.json()
    record = Record.objects.get(kind="decision")
    assert (body["state"], body["decision"]) == ("decided", str(record.pk))
    assert body["closed_at"].endswith("+05:30")
    assert (record.by_role, record.by_user_id, record.route) == ("doctor", doctor.user_id, "api")
    assert record.data["cause"] == body["cause"]
    assert visit(case.treatment, "sensitisation", 5).state in ("proposed", "waiting")
    again = api.post(f"{case.path}/decide/", DECISION)
    assert (again.status_code, problem_of(again)["code"]) == (409, "flag_closed")


def test_a_programs_own_token_never_decides_whatever_its_scopes_and_body(case: Case) -> None:
    program = a_program(case.clinic)
    for body in (DECISION, {}, {"choice": "nonsense"}):
        answer = program.post(f"{case.path}/decide/", body)
        assert (answer.status_code, problem_of(answer)["code"]) == (403, "not_verified")
    assert not Record.objects.filter(kind="decision").exists()


@pytest.mark.parametrize("role", ["nurse", "lab", "manager"])
def test_staff_without_the_flags_role_do_not_decide(case: Case, role: str) -> None:
    other = staff(case.clinic, role, name=f"another-{role}")
    answer = signed_in(case.clinic, other.user_id).post(f"{case.path}/decide/", DECISION)
    assert (answer.status_code, problem_of(answer)["code"]) == (403, "wrong_role")


def test_a_doctor_who_left_does_not_decide(case: Case) -> None:
    doctor = staff(case.clinic, "doctor")
    api = signed_in(case.clinic, doctor.user_id)
    case.clinic.memberships.filter(user_id=doctor.user_id).update(is_active=False)
    answer = api.post(f"{case.path}/decide/", DECISION)
    assert (answer.status_code, problem_of(answer)["code"]) == (403, "no_clinic")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"choice", "reason"}),
        ({"choice": "extra_doses", "reason": " "}, {"reason"}),
        ({"choice": "perhaps", "reason": "x"}, {"choice"}),
        ({"choice": "continue", "reason": "x", "parameters": [1], "sign": "me"}, {"parameters", "sign"}),
        ({"choice": "continue", "reason": "x", "on": "2026-01-01"}, {"on"}),
    ],
)
def test_a_wrong_decision_is_refused(case: Case, body: dict[str, Any], fields: set[str]) -> None:
    api: Api = signed_in(case.clinic, staff(case.clinic, "doctor").user_id)
    answer = api.post(f"{case.path}/decide/", body)
    assert (answer.status_code, fields_of(answer)) == (400, fields)
    assert flag(case.treatment, "no_antibody_response").state == "open"
