"""Couples over HTTP: enrolment with every fault at once, look-up by name and by another system's number."""

from datetime import timedelta
from typing import Any

import pytest

from apps.couples.models import Couple
from tests.apps.api.calls import Api, a_program, fields_of, problem_of, signed_in
from tests.rows import LONDON, a_clinic, a_couple, staff

pytestmark = pytest.mark.django_db

BODY: dict[str, Any] = {
    "recipient": {
        "given_name": "Lalitha",
        "family_name": "Rao",
        "birth_on": "1992-03-01",
        "email": "l@example.org",
        "contact_consent_at": "2026-01-05T10:00:00+05:30",
        "identifiers": [{"system": "mrn", "value": "H-1001"}],
    },
    "partner": {"given_name": "Arjun", "phone": "+91 98480 22338", "language": "te"},
}


def test_a_couple_is_enrolled_and_found_again() -> None:
    clinic = a_clinic()
    api = a_program(clinic)
    made = api.post("couples/", BODY)
    assert made.status_code == 201
    assert made.headers["Location"] == f"/api/v1/couples/{made.json()['id']}/"
    assert made.json()["code"] == "HYD-0001"
    assert made.json()["enrolled_at"] == "2026-01-05T11:30:00+05:30"
    assert made.json()["zone"] == "Asia/Kolkata"
    assert made.json()["recipient"]["identifiers"] == [{"system": "mrn", "value": "H-1001"}]
    assert made.json()["recipient"]["contact_consent_at"] == "2026-01-05T10:00:00+05:30"
    assert api.get(f"couples/{made.json()['id']}/").json() == made.json()
    for query in (
        {},
        {"search": "lalitha"},
        {"search": "98480 22338"},
        {"search": "HYD-0001"},
        {"identifier_system": "mrn", "identifier_value": "H-1001"},
        {"search": "rao", "identifier_system": "mrn", "identifier_value": "H-1001"},
    ):
        assert api.get("couples/", query).json()["results"] == [made.json()], query
    lab = signed_in(clinic, staff(clinic, "lab").user_id)
    for text in ("98480 22338", "+919848022338", "2233", "l@example.org"):
        assert lab.get("couples/", {"search": text}).json()["results"] == []
    assert lab.get("couples/", {"search": "HYD-0001"}).json()["results"] != []
    for query in ({"search": "nobody"}, {"identifier_system": "abha", "identifier_value": "H-1001"}):
        assert api.get("couples/", query).json()["results"] == [], query


def test_one_of_the_two_may_be_known_already() -> None:
    clinic = a_clinic()
    api, first = a_program(clinic), a_couple(clinic)
    made = api.post(
        "couples/", {"recipient": {"id": str(first.recipient_id)}, "partner": {"given_name": "Vikram"}}
    )
    assert made.status_code == 201
    assert made.json()["recipient"]["id"] == str(first.recipient_id)
    both = {"id": str(first.recipient_id), "given_name": "Other"}
    assert fields_of(api.post("couples/", {"recipient": both, "partner": {"given_name": "V"}})) == {
        "recipient.id"
    }


def test_every_fault_is_told_at_once_and_nothing_is_enrolled() -> None:
    api = a_program(a_clinic())
    answer = api.post(
        "couples/",
        {
            "recipient": {
                "birth_on": "1992-13-01",
                "contact_consent_at": "2026-01-05T10:00:00",
                "identifiers": [{"system": "mrn"}],
                "nick_name": "L",
            },
            "partner": {"given_name": 7, "wants_email": "no"},
            "donor": {},
        },
    )
    assert answer.status_code == 400
    assert problem_of(answer)["code"] == "invalid"
    assert fields_of(answer) == {
        "recipient.birth_on",
        "recipient.contact_consent_at",
        "recipient.identifiers.0.value",
        "recipient.nick_name",
        "partner.given_name",
        "partner.wants_email",
        "donor",
    }
    assert not Couple.objects.exists()


def test_what_the_clinic_itself_refuses_has_the_same_form() -> None:
    api = a_program(a_clinic())
    assert api.post("couples/", BODY).status_code == 201
    again = api.post("couples/", BODY)
    assert again.status_code == 400
    assert fields_of(again) == {"recipient.identifiers.0"}
    wrong = {
        "recipient": {"given_name": "L", "email": "nobody"},
        "partner": {"given_name": "A", "language": "xx"},
    }
    assert fields_of(api.post("couples/", wrong)) == {"recipient.email", "partner.language"}


def test_half_an_identifier_is_a_fault() -> None:
    answer = a_program(a_clinic()).get("couples/", {"identifier_system": "mrn"})
    assert (answer.status_code, fields_of(answer)) == (400, {"identifier_value"})


def test_a_list_costs_the_same_for_one_couple_and_for_many(django_assert_num_queries: Any) -> None:
    clinic = a_clinic()
    api = a_program(clinic)
    a_couple(clinic)
    with django_assert_num_queries(
        5
    ):  # token, client with its clinic, couples with people, identifiers of each
        assert len(api.get("couples/").json()["results"]) == 1
    for _ in range(6):
        a_couple(clinic)
    with django_assert_num_queries(5):
        assert len(api.get("couples/").json()["results"]) == 7


def test_pages_follow_each_other_without_loss() -> None:
    clinic = a_clinic()
    api = a_program(clinic)
    codes = [a_couple(clinic).code for _ in range(5)]
    Couple.objects.filter(code=codes[0]).update(
        enrolled_at=Couple.objects.get(code=codes[0]).enrolled_at - timedelta(1)
    )
    seen: list[str] = []
    answer = api.get("couples/", {"page_size": 2})
    while True:
        seen += [couple["code"] for couple in answer.json()["results"]]
        following = answer.json()["next"]
        if following is None:
            break
        answer = api.get(following.removeprefix("http://testserver/api/v1/"))
    assert seen[0] == codes[0]
    assert sorted(seen) == codes


@pytest.mark.parametrize(
    "query",
    [
        {"page_size": "0"},
        {"page_size": "201"},
        {"page_size": "many"},
        {"cursor": "!"},
        {"cursor": "bm90IG91cnM="},
        {"cursor": "cD1ub3RhZGF0ZQ=="},
        {"cursor": "bz0tNQ=="},
    ],
)
def test_a_page_that_cannot_be_is_a_fault(query: dict[str, str]) -> None:
    answer = a_program(a_clinic()).get("couples/", query)
    assert (answer.status_code, fields_of(answer)) == (400, set(query))


def test_couples_of_another_clinic_are_not_there() -> None:
    theirs = a_couple(a_clinic(LONDON))
    ours = a_clinic()
    for api in (a_program(ours), signed_in(ours, staff(ours, "doctor").user_id)):
        assert api.get(f"couples/{theirs.pk}/").status_code == 404
        assert api.get("couples/", {"search": "lalitha"}).json()["results"] == []
        known = {"recipient": {"id": str(theirs.recipient_id)}, "partner": {"given_name": "Vikram"}}
        assert api.post("couples/", known).status_code in (400, 404)
    assert Couple.objects.count() == 1


def test_without_a_token_nothing_is_answered() -> None:
    a_couple(a_clinic())
    for token in ("", "made-up"):
        answer = Api(token).get("couples/")
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert problem_of(answer)["code"] == "not_authenticated"
