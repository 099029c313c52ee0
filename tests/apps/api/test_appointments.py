"""Visits over HTTP: found by the clinic's days, booked, moved, cancelled, attended and missed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from apps.clinic.models import Clinic
from apps.treatments.models import Appointment, Record, Treatment
from tests.apps.api.calls import Api, a_program, fields_of, problem_of
from tests.apps.api.conftest import Clock
from tests.rows import (
    AT,
    LONDON,
    a_clinic,
    a_couple,
    a_treatment,
    after_three_doses,
    consented,
    resulted,
    screened,
    staff,
    visit,
)

pytestmark = pytest.mark.django_db

BASELINE = "baseline-antibody-test"


@pytest.fixture
def api() -> Api:
    return a_program(a_clinic())


@pytest.fixture
def treatment(api: Api) -> Treatment:
    return a_treatment(Clinic.objects.get())


def the_test(treatment: Treatment) -> Appointment:
    return visit(treatment, BASELINE)


def booked(api: Api, treatment: Treatment, starts_at: str = "2026-01-06T09:00:00+05:30", **more: Any) -> Any:
    return api.post(f"appointments/{the_test(treatment).pk}/book/", {"starts_at": starts_at, **more})


def test_a_visit_is_booked_moved_and_cancelled(api: Api, treatment: Treatment) -> None:
    one = the_test(treatment)
    proposed = api.get(f"appointments/{one.pk}/").json()
    assert (proposed["status"], proposed["starts_at"], proposed["zone"]) == ("proposed", None, "Asia/Kolkata")
    assert (proposed["treatment"], proposed["couple"]) == (str(treatment.pk), str(treatment.couple_id))
    assert set(proposed["window"]) == {"absolute_minimum", "earliest", "target", "latest", "maximum"}

    answer = booked(api, treatment, "2026-01-06T04:00:00Z", minutes=45)
    assert answer.status_code == 200, answer.content
    assert answer.json()["status"] == "booked"
    assert answer.json()["starts_at"] == "2026-01-06T09:30:00+05:30"
    assert answer.json()["ends_at"] == "2026-01-06T10:15:00+05:30"

    moved = api.post(f"appointments/{one.pk}/move/", {"starts_at": "2026-01-07T09:00:00+05:30"})
    assert (moved.status_code, moved.json()["ends_at"]) == (200, "2026-01-07T09:45:00+05:30")

    assert fields_of(api.post(f"appointments/{one.pk}/cancel/")) == {"reason"}
    cancelled = api.post(f"appointments/{one.pk}/cancel/", {"reason": "called"})
    assert (cancelled.status_code, cancelled.json()["cancel_reason"]) == (200, "called")
    again = api.post(f"appointments/{one.pk}/move/", {"starts_at": "2026-01-08T09:00:00+05:30"})
    assert (again.status_code, problem_of(again)["code"]) == (409, "illegal_move")


def test_arrival_and_attendance(api: Api, treatment: Treatment, clock: Clock) -> None:
    one = the_test(treatment)
    booked(api, treatment)
    early = api.post(f"appointments/{one.pk}/arrive/")
    assert (early.status_code, problem_of(early)["code"]) == (409, "other_day")
    clock.at = AT + timedelta(days=1)
    here = api.http.generic("POST", f"/api/v1/appointments/{one.pk}/arrive/", headers=api.headers)  # no body
    assert (here.status_code, here.json()["status"]) == (200, "arrived")
    done = api.post(f"appointments/{one.pk}/attend/", {"on": "2026-01-06"})
    assert (done.status_code, done.json()["status"], done.json()["state"]) == (200, "fulfilled", "fulfilled")
    assert Record.objects.get(kind="fulfilled").route == "api"


def test_a_missed_visit_is_asked_for_again(api: Api, treatment: Treatment, clock: Clock) -> None:
    one = the_test(treatment)
    booked(api, treatment)
    clock.at = AT + timedelta(days=2)
    gone = api.post(f"appointments/{one.pk}/miss/", {"reason": "did not come"})
    assert gone.status_code == 200, gone.content
    assert gone.json()["status"] in ("noshow", "proposed")
    assert Record.objects.get(kind="missed").data["reason"] == "did not come"


def test_what_a_dose_contained_is_recorded(api: Api, treatment: Treatment, clock: Clock) -> None:
    clinic = treatment.clinic
    nurse = staff(clinic, "nurse")
    consented(treatment, nurse)
    resulted(treatment, nurse, AT, 4)
    clock.at = AT + timedelta(weeks=1)
    dose = visit(treatment, "sensitisation")
    bare = api.post(f"appointments/{dose.pk}/attend/", {"given": {"cells_million": 100, "colour": "red"}})
    assert (bare.status_code, fields_of(bare)) == (400, {"given.colour"})
    lacking = api.post(f"appointments/{dose.pk}/attend/", {"given": {"cells_million": 100}})
    assert (lacking.status_code, problem_of(lacking)["code"]) == (409, "prerequisite_missing")
    screened(treatment, nurse, clock.at)
    done = api.post(f"appointments/{dose.pk}/attend/", {"given": {"cells_million": 100}})
    assert done.status_code == 200, done.content
    assert Record.objects.get(kind="fulfilled").data["given"] == {"cells_million": 100.0}


def test_how_a_dose_was_given_is_recorded_and_what_is_no_way_is_refused(
    api: Api, treatment: Treatment, clock: Clock
) -> None:
    nurse = staff(treatment.clinic, "nurse")
    consented(treatment, nurse)
    resulted(treatment, nurse, AT, 4)
    clock.at = AT + timedelta(weeks=1)
    screened(treatment, nurse, clock.at)
    path = f"appointments/{visit(treatment, 'sensitisation').pk}/attend/"
    wrong = {"arm": "leg", "route_ml": {"oral": 1}, "hours_to_injection": -1, "irradiation_gy": "much"}
    refused = api.post(path, {"given": wrong})
    assert refused.status_code == 400
    assert fields_of(refused) == {
        "given.arm", "given.route_ml.oral", "given.hours_to_injection", "given.irradiation_gy",
    }  # fmt: skip
    given = {
        "cells_million": 100.0,
        "hours_to_injection": 3.5,
        "arm": "left",
        "route_ml": {"intradermal": 1.5, "subcutaneous": 0.5},
        "irradiation_gy": 25.0,
        "medium_lot": "RPMI 7",
    }
    done = api.post(path, {"given": given})
    assert done.status_code == 200, done.content
    assert Record.objects.get(kind="fulfilled").data["given"] == given


def test_the_days_that_the_rest_of_the_plan_leaves_are_told_with_what_bounds_them(
    api: Api, treatment: Treatment
) -> None:
    one = api.get(f"appointments/{visit(treatment, 'sensitisation').pk}/").json()
    planned = {
        (shown["step"], shown["occurrence"]): shown["bookable"]
        for shown in api.get(f"treatments/{treatment.pk}/plan/").json()["visits"]
    }
    assert set(one["bookable"]) == {"from", "to", "bound_by"}
    assert one["bookable"] == planned["sensitisation", 1]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"starts_at"}),
        ({"starts_at": "2026-01-06T09:00:00"}, {"starts_at"}),
        ({"starts_at": "2026-01-06"}, {"starts_at"}),
        (
            {"starts_at": "tomorrow", "minutes": 1, "pencil": "yes", "day": 1},
            {"starts_at", "minutes", "pencil", "day"},
        ),
        ({"starts_at": 1767675600}, {"starts_at"}),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, {"starts_at"}),
        ({"starts_at": "9999-12-31T23:59:59-12:00"}, {"starts_at"}),
        ({"starts_at": "2026-01-04T09:00:00+05:30"}, {"starts_at"}),
        ({"starts_at": "2026-01-11T09:00:00+05:30"}, {"starts_at"}),
    ],
)
def test_a_wrong_time_is_refused(
    api: Api, treatment: Treatment, body: dict[str, Any], fields: set[str]
) -> None:
    answer = api.post(f"appointments/{the_test(treatment).pk}/book/", body)
    assert answer.status_code in (400, 409), answer.content
    assert fields_of(answer) == fields
    assert the_test(treatment).status == "proposed"


def test_a_moment_without_offset_is_told_how_to_be_mended(api: Api, treatment: Treatment) -> None:
    (fault,) = problem_of(booked(api, treatment, "2026-01-06T09:00:00"))["errors"]
    assert fault["remedy"] == "End it with Z or an offset such as +05:30."


def test_a_couple_cannot_be_at_two_places(api: Api, treatment: Treatment) -> None:
    booked(api, treatment)
    second = a_treatment(treatment.clinic, couple=treatment.couple)
    answer = booked(api, second, "2026-01-06T09:15:00+05:30")
    assert (answer.status_code, problem_of(answer)["code"]) == (409, "two_places")


def test_visits_are_found_by_the_clinics_own_days(api: Api, treatment: Treatment) -> None:
    booked(api, treatment, "2026-01-05T17:00:00+05:30")
    one = str(the_test(treatment).pk)

    def ids(**query: str) -> list[str]:
        return [row["id"] for row in api.get("appointments/", query).json()["results"]]

    assert one in ids()
    assert ids(**{"from": "2026-01-05", "to": "2026-01-05"}) == [one]
    assert one not in ids(**{"from": "2026-01-06"})
    assert one not in ids(to="2026-01-04")
    assert ids(status="booked") == [one]
    assert one in ids(status="booked,arrived", treatment=str(treatment.pk), couple=str(treatment.couple_id))
    other = a_treatment(treatment.clinic, couple=a_couple(treatment.clinic))
    assert one not in ids(treatment=str(other.pk))
    assert one not in ids(couple=str(other.couple_id))
    proposed = the_test(other).proposed_on
    assert proposed is not None
    assert str(the_test(other).pk) in ids(**{"from": proposed.isoformat(), "to": proposed.isoformat()})


def test_a_day_begins_when_it_does_at_the_clinic() -> None:
    auckland = a_clinic(
        replace(LONDON, slug="auckland", zone="Pacific/Auckland", country="NZ", subdivision="")
    )
    far, one = a_program(auckland), a_treatment(auckland)
    made = booked(far, one, "2026-01-05T20:00:00Z")
    assert made.json()["starts_at"] == "2026-01-06T09:00:00+13:00"
    for day, found in (("2026-01-05", 0), ("2026-01-06", 1)):
        query = {"from": day, "to": day, "status": "booked"}
        assert len(far.get("appointments/", query).json()["results"]) == found


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({"from": "yesterday"}, {"from"}),
        ({"from": "2026-01-06", "to": "2026-01-05"}, {"to"}),
        ({"to": "9999-12-31"}, {"to"}),
        ({"status": "busy"}, {"status"}),
        ({"status": "booked,"}, {"status"}),
        ({"treatment": "7"}, {"treatment"}),
        ({"form": "2026-01-05"}, {"form"}),
        ({"from": "2026-01-05", "step": "x", "state": "y"}, {"step", "state"}),
        ({"status": ["booked", "arrived"]}, {"status"}),
        ({"status": "\x00"}, {"status"}),
    ],
)
def test_a_wrong_query_is_refused(api: Api, query: dict[str, Any], fields: set[str]) -> None:
    answer = api.get("appointments/", query)
    assert (answer.status_code, fields_of(answer)) == (400, fields)


def test_an_unknown_parameter_is_told_which_there_are(api: Api) -> None:
    (fault,) = problem_of(api.get("appointments/", {"form": "2026-01-05"}))["errors"]
    for name in ("from", "to", "status", "treatment", "couple", "cursor", "page_size"):
        assert name in fault["remedy"]


def test_the_day_of_a_clock_change_holds_every_hour_and_refuses_those_in_doubt(clock: Clock) -> None:
    clinic = a_clinic(LONDON)
    clock.at = AT.replace(month=3, day=26)
    london, one = a_program(clinic), a_treatment(clinic, at=clock.at)
    first = the_test(one)
    path = f"appointments/{first.pk}/book/"
    for missing in ("2026-03-29T01:30:00+00:00", "2026-03-29T01:30:00+01:00"):
        answer = london.post(path, {"starts_at": missing})
        assert answer.status_code in (400, 409)  # a Sunday, and an hour that is not there
    made = london.post(path, {"starts_at": "2026-03-30T09:00:00+01:00", "reason": "first free day"})
    assert (made.status_code, made.json()["starts_at"]) == (200, "2026-03-30T09:00:00+01:00")


def test_what_a_flag_holds_is_pencilled_at_most(api: Api, clock: Clock) -> None:
    clinic = Clinic.objects.get()
    nurse = staff(clinic, "nurse")
    treatment, day = after_three_doses(clinic, nurse)
    attempt = (day + timedelta(weeks=6)).date().isoformat()
    clock.at = day
    said = {"kind": "milestone", "name": "conception-attempt", "on": attempt, "certainty": "planned"}
    assert api.post(f"treatments/{treatment.pk}/records/", said).status_code == 201
    sampled = day.date().isoformat()
    result = {"kind": "result", "test": "apca", "sampled_on": sampled, "resulted_on": sampled, "value": 3}
    answer = api.post(f"treatments/{treatment.pk}/records/", result)
    (raised,) = [flag for flag in answer.json()["flags"] if flag["code"] == "no_antibody_response"]
    assert "preconception-booster" in raised["holds"]

    booster = visit(treatment, "preconception-booster")
    window = booster.plan["window"]
    starts_at = f"{window['target'] or window['earliest']}T09:00:00+05:30"
    path = f"appointments/{booster.pk}"
    held = api.post(f"{path}/book/", {"starts_at": starts_at})
    assert (held.status_code, problem_of(held)["code"]) == (409, "held")
    done = {"kind": "fulfilled", "step": "preconception-booster", "occurrence": 1, "on": sampled}
    for answer in (
        api.post(f"{path}/attend/", {}),
        api.post(f"treatments/{treatment.pk}/records/", done),
    ):
        assert (answer.status_code, problem_of(answer)["code"]) == (409, "held")
    pencilled = api.post(f"{path}/book/", {"starts_at": starts_at, "pencil": True})
    assert pencilled.status_code == 200, pencilled.content
    assert (pencilled.json()["pencilled"], pencilled.json()["held"]) == (True, True)
    assert problem_of(api.post(f"{path}/confirm/"))["code"] == "held"
    assert problem_of(api.post(f"{path}/attend/"))["code"] == "held"
