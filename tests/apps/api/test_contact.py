"""How people are reached, over HTTP: listed, added, agreed to, refused, marked, ended; and where they live."""

from typing import Any
from uuid import UUID

import pytest

from apps.clinic.models import Change, Clinic
from apps.couples.models import ContactRoute, Person
from apps.couples.route_queries import ways_of
from tests.apps.api.calls import Api, a_program, fields_of, problem_of, signed_in
from tests.rows import a_clinic, a_couple, staff

pytestmark = pytest.mark.django_db

SMS = {"channel": "sms", "address": "+91 98480 00001", "consented_at": "2026-01-05T10:00:00+05:30"}


def added(api: Api, person: UUID, **given: Any) -> dict[str, Any]:
    answer = api.post(f"people/{person}/routes/", SMS | given)
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == f"/api/v1/routes/{found['id']}/"
    return found


def partner(clinic: Clinic) -> UUID:
    return a_couple(clinic).partner_id


def test_a_route_is_added_once_listed_and_ended() -> None:
    clinic = a_clinic()
    api, person = a_program(clinic), partner(clinic)
    route = added(api, person)
    assert (route["address"], route["is_usable"], route["zone"]) == ("+919848000001", True, "Asia/Kolkata")
    assert route["consented_at"] == "2026-01-05T10:00:00+05:30"
    again = added(api, person, belongs_to="family", read_by="her sister", place=2)
    assert (again["id"], again["read_by"]) == (route["id"], "her sister")
    assert api.get(f"people/{person}/routes/").json()["results"] == [again]
    assert api.get(f"routes/{route['id']}/").json() == again
    ended = api.post(f"routes/{route['id']}/end/").json()
    assert ended["ended_at"] is not None
    assert not ended["is_usable"]
    assert api.get(f"people/{person}/routes/").json()["results"] == []
    assert api.get(f"routes/{route['id']}/").json() == ended
    assert Change.objects.filter(kind="person.routes", route="api").exists()


def test_a_retry_with_its_key_does_nothing_more() -> None:
    clinic = a_clinic()
    api, person = a_program(clinic), partner(clinic)
    first = api.post(f"people/{person}/routes/", SMS, Idempotency_Key="k-1")
    told = Change.objects.count()
    second = api.post(f"people/{person}/routes/", SMS, Idempotency_Key="k-1")
    assert (second.json(), second.headers["Idempotency-Replayed"]) == (first.json(), "true")
    assert (ContactRoute.objects.count(), Change.objects.count()) == (1, told)


def test_a_refusal_holds_until_staff_who_signed_in_hear_otherwise() -> None:
    clinic = a_clinic()
    api, person = a_program(clinic), partner(clinic)
    unsure = added(api, person, consented_at=None)
    assert not unsure["is_usable"]
    where = f"routes/{unsure['id']}/"
    assert api.post(f"{where}agree/").json()["is_usable"]
    assert api.post(f"{where}refuse/").json()["opted_out_at"] is not None
    assert api.post(f"{where}refuse/").status_code == 200
    assert not added(api, person)["is_usable"]
    refused = api.post(f"{where}agree/")
    assert (refused.status_code, problem_of(refused)["code"]) == (403, "not_verified")
    nurse = signed_in(clinic, staff(clinic, "nurse").user_id)
    assert nurse.post(f"{where}agree/").json()["is_usable"]
    assert api.post(f"{where}mark/", {"wrong": True}).json()["wrong_since"] is not None
    assert api.post(f"{where}mark/", {"wrong": False}).json()["is_usable"]


def test_every_fault_of_a_route_is_told_and_nothing_is_added() -> None:
    clinic = a_clinic()
    api, person = a_program(clinic), partner(clinic)
    wrong = {"channel": "sms", "address": "98480", "belongs_to": "family", "place": 0}
    assert fields_of(api.post(f"people/{person}/routes/", wrong)) == {"address", "read_by", "place"}
    odd = {"channel": 7, "consented_at": "2026-01-05T10:00:00", "owner": "x"}
    assert fields_of(api.post(f"people/{person}/routes/", odd)) == {"channel", "consented_at", "owner"}
    assert not ContactRoute.objects.exists()


def test_where_somebody_lives_and_what_they_read_is_told_and_changed() -> None:
    clinic = a_clinic()
    api = a_program(clinic)
    couple = api.post(
        "couples/",
        {
            "recipient": {"given_name": "Lalitha", "email": "l@example.org", "zone": "Asia/Dubai"},
            "partner": {"given_name": "Arjun", "identifiers": [{"system": "mrn", "value": "H-1"}]},
        },
    ).json()
    assert (couple["recipient"]["zone"], couple["partner"]["zone"]) == ("Asia/Dubai", "")
    where = f"people/{couple['partner']['id']}/"
    changed = api.post(
        f"{where}contact/", {"zone": "Europe/London", "language": "te", "wants_email": False}
    ).json()
    assert (changed["zone"], changed["language"], changed["wants_email"]) == ("Europe/London", "te", False)
    assert changed["given_name"] == "Arjun"
    assert changed["identifiers"] == [{"system": "mrn", "value": "H-1"}]
    assert api.get(where).json() == changed
    refused = api.post(f"{where}contact/", {"wants_email": True})
    assert (refused.status_code, problem_of(refused)["code"]) == (403, "not_verified")
    assert fields_of(api.post(f"{where}contact/", {"zone": "Dubai", "language": "xx"})) == {
        "zone",
        "language",
    }
    assert fields_of(api.post(f"{where}contact/", {})) == {"language"}
    assert ways_of(Person.objects.get(pk=couple["partner"]["id"])) == []


def test_a_lab_reads_no_numbers_and_a_role_that_may_not_changes_nothing() -> None:
    clinic = a_clinic()
    person = partner(clinic)
    lab = signed_in(clinic, staff(clinic, "lab").user_id)
    assert lab.post(f"people/{person}/routes/", SMS).status_code == 403
    for path in (f"people/{person}/", f"people/{person}/routes/"):
        assert lab.get(path).status_code == 403
    assert not ContactRoute.objects.exists()
    both = lab.get("couples/").json()["results"][0]
    assert (both["partner"]["phone"], both["recipient"]["email"]) == ("", "")
    assert both["partner"]["given_name"] == "Arjun"
