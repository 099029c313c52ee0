"""Protocols, treatments, plans and records over HTTP."""

import json
from typing import Any
from uuid import uuid4

import pytest

from apps.clinic.models import Change
from apps.treatments.models import Appointment, Record, Treatment
from apps.treatments.queries import plan_of, treatment_by_id
from tests.apps.api.calls import a_program, fields_of, problem_of, signed_in
from tests.apps.api.conftest import Clock
from tests.rows import AT, a_clinic, a_couple, a_protocol, a_treatment, after_three_doses, consented, staff

pytestmark = pytest.mark.django_db

TODAY = AT.date().isoformat()


def test_protocols_are_listed_with_their_steps() -> None:
    clinic = a_clinic()
    api, version = a_program(clinic), a_protocol(clinic)
    (listed,) = api.get("protocols/").json()["results"]
    assert listed == api.get(f"protocols/{version.pk}/").json()
    assert (listed["name"], listed["version"]) == ("lit-standard", version.version)
    steps = {step["name"]: step for step in listed["steps"]}
    assert steps["sensitisation"]["most"] == 6
    assert steps["early-pregnancy-booster"]["optional"] is True
    assert "conception-attempt" in listed["milestones"]
    assert listed["evidence"]


def test_a_treatment_is_started_and_its_visits_are_there_at_once() -> None:
    clinic = a_clinic()
    api, version, couple = a_program(clinic), a_protocol(clinic), a_couple(clinic)
    made = api.post(
        "treatments/",
        {"couple": str(couple.pk), "protocol": str(version.pk), "started_on": TODAY, "notify": False},
    )
    assert made.status_code == 201, made.content
    body = made.json()
    assert made.headers["Location"] == f"/api/v1/treatments/{body['id']}/"
    assert body["couple"] == str(couple.pk)
    assert body["couple_code"] == couple.code
    assert body["protocol"] == {"id": str(version.pk), "name": "lit-standard", "version": version.version}
    assert (body["started_on"], body["notify"], body["closed"]) == (TODAY, False, False)
    assert (body["created_at"], body["zone"]) == ("2026-01-05T11:30:00+05:30", "Asia/Kolkata")
    assert api.get(f"treatments/{body['id']}/").json() == body
    assert api.get("treatments/", {"couple": str(couple.pk)}).json()["results"] == [body]
    assert Appointment.objects.filter(treatment_id=body["id"]).exists()


def test_a_response_is_told_with_all_that_the_laboratory_said_and_starts_a_clock(clock: Clock) -> None:
    clinic = a_clinic()
    nurse = staff(clinic, "nurse")
    treatment, clock.at = after_three_doses(clinic, nurse)
    api, day = a_program(clinic), clock.at.date().isoformat()
    made = api.post(
        f"treatments/{treatment.pk}/records/",
        {"kind": "result", "test": "apca", "sampled_on": day, "resulted_on": day, "value": 80,
         "laboratory": "central", "donor": "partner"},
    )  # fmt: skip
    assert made.status_code == 201, made.content
    plan = api.get(f"treatments/{treatment.pk}/plan/").json()
    told = plan["verdicts"][-1]
    assert (told["verdict"], told["laboratory"], told["donor"]) == ("responded", "central", "partner")
    assert told["assay"]
    assert "cutoff_version" in told
    assert [(one["name"], one["state"]) for one in plan["clocks"]] == [
        ("try_by", "running"),
        ("redose_by", "running"),
    ]
    assert plan["clocks"][0]["starts_on"] < plan["clocks"][0]["until_on"]


def test_a_program_opens_no_past_of_another_clinic() -> None:
    clinic = a_clinic()
    treatment = a_treatment(clinic)
    body = {"kind": "joined", "on": TODAY, "evidence": "document", "place": "Pune"}
    answer = a_program(clinic).post(f"treatments/{treatment.pk}/records/", body)
    assert (answer.status_code, problem_of(answer)["code"]) == (403, "not_verified")
    assert not Record.objects.filter(kind="joined").exists()


def test_a_treatment_may_start_without_a_date() -> None:
    clinic = a_clinic()
    made = a_program(clinic).post(
        "treatments/", {"couple": str(a_couple(clinic).pk), "protocol": str(a_protocol(clinic).pk)}
    )
    assert (made.status_code, made.json()["started_on"], made.json()["notify"]) == (201, None, True)


def test_a_wrong_treatment_is_refused_with_every_fault() -> None:
    api = a_program(a_clinic())
    answer = api.post(
        "treatments/", {"couple": "7", "started_on": "5 January", "notify": 1, "protokoll": "x"}
    )
    assert answer.status_code == 400
    assert fields_of(answer) == {"couple", "protocol", "started_on", "notify", "protokoll"}
    assert api.post("treatments/", {"couple": str(uuid4()), "protocol": str(uuid4())}).status_code == 404


def test_the_plan_is_the_cores_own() -> None:
    clinic = a_clinic()
    treatment = a_treatment(clinic)
    shown = a_program(clinic).get(f"treatments/{treatment.pk}/plan/").json()
    own = plan_of(treatment_by_id(clinic, treatment.pk), AT).as_json()
    # What a visit still lacks names a donor's tests, which not every client may read.
    for visit in (*own["visits"], *shown["visits"]):
        del visit["missing"]
    assert shown == own
    assert shown["today"] == TODAY
    assert {"step", "state", "window", "because_text"} <= set(shown["visits"][0])


def test_a_preview_shows_what_would_change_and_stores_nothing() -> None:
    clinic = a_clinic()
    treatment = a_treatment(clinic)
    api = a_program(clinic)
    before = (Record.objects.count(), Change.objects.count())
    result = {"kind": "result", "test": "apca", "sampled_on": TODAY, "resulted_on": TODAY, "value": 4}
    shown = api.post(f"treatments/{treatment.pk}/preview/", {"records": [result]})
    assert shown.status_code == 200, shown.content
    assert shown.json()["plan"] != api.get(f"treatments/{treatment.pk}/plan/").json()
    assert set(shown.json()["changes"]) == {"create", "move", "withdraw", "raised", "refresh", "clear"}
    assert (Record.objects.count(), Change.objects.count()) == before
    wrong = api.post(f"treatments/{treatment.pk}/preview/", {"records": [{"kind": "wish"}]})
    assert (wrong.status_code, fields_of(wrong)) == (400, {"kind"})
    assert fields_of(api.post(f"treatments/{treatment.pk}/preview/", {"records": []})) == {"records"}


def test_a_record_is_stored_as_the_callers_and_answers_with_the_open_flags() -> None:
    clinic = a_clinic()
    treatment = a_treatment(clinic)
    api = a_program(clinic, name="lab system")
    body = {"kind": "result", "test": "apca", "sampled_on": TODAY, "resulted_on": TODAY, "value": 60}
    said = {**body, "id": "mine", "by": "Dr Nobody", "recorded_at": "2020-01-01T00:00:00Z"}
    made = api.post(f"treatments/{treatment.pk}/records/", said)
    assert made.status_code == 201, made.content
    answer = made.json()
    assert {name: answer[name] for name in body} == body
    assert answer["by"] == {"name": "lab system", "role": "client"}
    assert answer["recorded_at"] == "2026-01-05T11:30:00+05:30"
    assert answer["id"] == str(Record.objects.get(kind="result").pk)
    assert "baseline_already_positive" in {flag["code"] for flag in answer["flags"]}
    listed = api.get(f"treatments/{treatment.pk}/records/").json()["results"]
    (stored,) = (one for one in listed if one["kind"] == "result")
    assert stored == {name: value for name, value in answer.items() if name != "flags"}
    row = Record.objects.get(kind="result")
    assert (row.route, row.by_role, row.by_user_id) == ("api", "client", None)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"kind"}),
        ({"kind": "wish"}, {"kind"}),
        ({"kind": 7}, {"kind"}),
        ({"kind": "note"}, {"text"}),
        ({"kind": "note", "text": "hello", "colour": "red"}, {"colour"}),
        ({"kind": "result", "test": 7, "value": "high"}, {"test", "value", "sampled_on", "resulted_on"}),
        ({"kind": "fulfilled", "step": "sensitisation", "occurrence": 0, "on": "x"}, {"occurrence", "on"}),
        ({"kind": "milestone", "name": "pregnancy", "on": "2026-02-01"}, {"on"}),
        ([], {""}),
        ("note", {""}),
        (None, {""}),
    ],
)
def test_a_wrong_record_is_refused_with_every_fault(body: Any, fields: set[str]) -> None:
    clinic = a_clinic()
    treatment = a_treatment(clinic)
    before = Record.objects.count()
    api = a_program(clinic)
    answer = api.http.post(
        f"/api/v1/treatments/{treatment.pk}/records/",
        json.dumps(body),
        content_type="application/json",
        headers=api.headers,
    )
    assert (answer.status_code, fields_of(answer)) == (400, fields)
    assert Record.objects.count() == before


def test_a_booking_is_not_a_record() -> None:
    clinic = a_clinic()
    treatment = a_treatment(clinic)
    body = {"kind": "booked", "step": "sensitisation", "occurrence": 1, "on": "2026-02-02"}
    answer = a_program(clinic).post(f"treatments/{treatment.pk}/records/", body)
    assert (answer.status_code, problem_of(answer)["code"]) == (400, "not_a_record")


def test_a_program_neither_consents_nor_decides_in_whatever_wrapping() -> None:
    clinic = a_clinic()
    nurse = staff(clinic, "nurse")
    treatment = a_treatment(clinic)
    consented(treatment, nurse)
    signed = Record.objects.filter(kind="consent").first()
    assert signed is not None
    program = a_program(clinic)
    consent = {"kind": "consent", "person": "recipient", "on": TODAY}
    decision = {
        "kind": "decision",
        "flag": "x",
        "choice": "continue",
        "on": TODAY,
        "by": "Dr Rao",
        "reason": "y",
    }
    withdrawn = {"kind": "correction", "of": str(signed.pk), "reason": "wrong"}
    note = Record.objects.filter(kind="milestone").get()
    swapped = {"kind": "correction", "of": str(note.pk), "reason": "wrong", "replacement": consent}
    before = Record.objects.count()
    for body in (consent, decision, {"kind": "decision"}, {"kind": "consent"}, withdrawn, swapped):
        answer = program.post(f"treatments/{treatment.pk}/records/", body)
        assert (answer.status_code, problem_of(answer)["code"]) == (403, "not_verified"), body
    assert Record.objects.count() == before
    by_nurse = signed_in(clinic, nurse.user_id)
    assert by_nurse.post(f"treatments/{treatment.pk}/records/", consent).status_code == 201


def test_a_decision_needs_its_scope_by_way_of_records_too() -> None:
    clinic = a_clinic()
    nurse, doctor = staff(clinic, "nurse"), staff(clinic, "doctor")
    treatment, _ = after_three_doses(clinic, nurse)
    body = {"kind": "decision", "flag": "x", "choice": "continue", "on": TODAY, "reason": "y"}
    answer = signed_in(clinic, doctor.user_id, "treatments:write").post(
        f"treatments/{treatment.pk}/records/", body
    )
    assert (answer.status_code, problem_of(answer)["code"]) == (403, "insufficient_scope")


def test_a_loss_stops_everything_ahead() -> None:
    clinic = a_clinic()
    treatment = a_treatment(clinic)
    api = a_program(clinic)
    body = {"kind": "milestone", "name": "loss", "on": TODAY}
    pregnancy = {"kind": "milestone", "name": "pregnancy", "on": TODAY}
    assert api.post(f"treatments/{treatment.pk}/records/", pregnancy).status_code == 201
    assert api.post(f"treatments/{treatment.pk}/records/", body).status_code == 201
    couple = api.get(f"couples/{treatment.couple_id}/").json()
    assert couple["silent"] is True
    assert "silent_reason" not in couple
    assert not Appointment.objects.filter(treatment=treatment, status="booked").exists()


def cost(path: str) -> int:
    """Who asks, how many, the rows; records look up their treatment too, appointments the activities of all at once."""
    return 4 if path.endswith(("records/", "appointments/")) else 3


def test_lists_cost_the_same_for_one_row_and_for_many(django_assert_num_queries: Any) -> None:
    clinic = a_clinic()
    nurse = staff(clinic, "nurse")
    api = a_program(clinic)
    first = a_treatment(clinic)
    paths = ["treatments/", "protocols/", "appointments/", "flags/", f"treatments/{first.pk}/records/"]
    costs = {}
    for path in paths:
        with django_assert_num_queries(cost(path)):
            costs[path] = len(api.get(path).json()["results"])
    treatment, _ = after_three_doses(clinic, nurse)
    paths[-1] = f"treatments/{treatment.pk}/records/"
    assert Treatment.objects.count() == 2
    for path in paths:
        with django_assert_num_queries(cost(path)):
            api.get(path)


def test_dates_that_cannot_be_computed_with_are_refused() -> None:
    clinic = a_clinic()
    treatment = a_treatment(clinic)
    api = a_program(clinic)
    for on in ("0001-01-01", "9999-12-31", "1900-01-01"):
        for kind in ("milestone", "fulfilled"):
            body = {"kind": kind, "on": on, **({"name": "conception-attempt"} if kind == "milestone" else {})}
            body |= (
                {"step": "sensitisation", "occurrence": 1}
                if kind == "fulfilled"
                else {"certainty": "planned"}
            )
            assert api.post(f"treatments/{treatment.pk}/records/", body).status_code < 500, body
    far = {"kind": "fulfilled", "step": "sensitisation", "occurrence": 10**9, "on": TODAY}
    assert api.post(f"treatments/{treatment.pk}/records/", far).status_code in (400, 409)
