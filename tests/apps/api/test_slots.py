"""Slots, holds and sessions over HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.clinic.models import Clinic
from apps.treatments.models import Appointment, Occupation
from tests.apps.api.calls import Api, a_program, fields_of, problem_of
from tests.apps.api.conftest import Clock
from tests.rows import AT, PersonInput, a_clinic, a_couple, a_treatment, equipped, visit

pytestmark = pytest.mark.django_db
EIGHT = "2026-01-27T08:00:00+05:30"
DAY = {"from": "2026-01-27", "to": "2026-01-27"}


@pytest.fixture
def api(clock: Clock) -> Api:
    clock.at = AT
    clinic = a_clinic()
    listed = equipped(clinic)
    type(listed["Nurse 2"]).objects.filter(name="Nurse 2").update(is_active=False)
    return a_program(clinic)


def dose(name: str = "Meena") -> Appointment:
    clinic = Clinic.objects.get()
    couple = a_couple(
        clinic, recipient=PersonInput(given_name=name), partner=PersonInput(given_name=f"{name}s")
    )
    return visit(a_treatment(clinic, couple=couple), "sensitisation")


def test_slots_are_found_held_and_booked_as_a_whole_session(api: Api) -> None:
    one = f"appointments/{dose().pk}"
    found = api.get(f"{one}/slots/", DAY).json()
    assert found["zone"] == "Asia/Kolkata"
    (day,) = found["days"]
    assert (day["on"], day["state"], day["why"]) == ("2026-01-27", "good", "")
    slot = day["slots"][0]
    assert (slot["starts_at"], slot["distance"], slot["needs_reason"]) == (EIGHT, 1, False)
    assert [one["name"] for one in slot["activities"]][:2] == ["fitness", "draw"]
    assert set(slot["activities"][0]["takes"][0]) == {"resource", "place"}

    held = api.post(f"{one}/hold/", {"starts_at": EIGHT})
    assert held.status_code == 200, held.content
    assert held.json()["until"] == "2026-01-05T11:35:00+05:30"
    assert held.json()["slot"] == slot
    booked = api.post(f"{one}/book/", {"starts_at": EIGHT, "expected": found["expected"]}).json()
    assert [(one["name"], one["state"]) for one in booked["activities"]][:1] == [("fitness", "planned")]
    listed = api.get("appointments/", {"status": "booked"}).json()["results"]
    assert listed[0]["activities"] == booked["activities"]


def test_a_hold_is_dropped_and_dropping_none_is_nothing(api: Api) -> None:
    one = f"appointments/{dose().pk}"
    api.post(f"{one}/hold/", {"starts_at": EIGHT})
    assert Occupation.objects.exists()
    assert api.delete(f"{one}/hold/").status_code == 204
    assert not Occupation.objects.exists()
    assert api.delete(f"{one}/hold/").status_code == 204


def test_whoever_comes_second_gets_a_clear_conflict(api: Api, clock: Clock) -> None:
    first, second = dose("Meena"), dose("Kavya")
    expected = api.get(f"appointments/{second.pk}/slots/", DAY).json()["expected"]
    api.post(f"appointments/{first.pk}/hold/", {"starts_at": EIGHT})
    for verb in ("hold", "book"):
        taken = api.post(f"appointments/{second.pk}/{verb}/", {"starts_at": EIGHT})
        assert (taken.status_code, problem_of(taken)["code"]) == (409, "slot_taken")
        assert "08:15" in problem_of(taken)["errors"][0]["remedy"]
    clock.at = AT + timedelta(minutes=5)
    stale = api.post(f"appointments/{second.pk}/book/", {"starts_at": EIGHT, "expected": "0" * 64})
    assert (stale.status_code, problem_of(stale)["code"]) == (409, "plan_changed")
    booked = api.post(f"appointments/{second.pk}/book/", {"starts_at": EIGHT, "expected": expected})
    assert booked.status_code == 200, booked.content


def test_days_that_make_no_span_and_a_body_without_a_moment_are_named(api: Api) -> None:
    one = f"appointments/{dose().pk}"
    assert fields_of(api.get(f"{one}/slots/", {"from": "2026-01-27", "to": "2026-01-26"})) == {"to"}
    assert fields_of(api.get(f"{one}/slots/", {"day": "2026-01-27"})) == {"day"}
    assert fields_of(api.post(f"{one}/hold/", {})) == {"starts_at"}


def test_a_page_of_visits_asks_once_for_all_their_sessions(api: Api, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    for number, name in enumerate(("Meena", "Kavya", "Divya")):
        starts_at = f"2026-01-{27 + number}T08:00:00+05:30"
        api.post(f"appointments/{dose(name).pk}/book/", {"starts_at": starts_at})
    with django_assert_max_num_queries(9):
        found = api.get("appointments/", {"status": "booked"}).json()["results"]
    assert [len(one["activities"]) for one in found] == [7, 7, 7]
