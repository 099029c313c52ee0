"""Codes: known contact only, ten minutes, five tries, five a day, the latest alone; what they open is one browser's."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client

from apps.clinic.braking import brake, release_brake
from apps.clinic.models import Clinic
from apps.couples.models import ContactRoute, Person
from apps.couples.people import update_person
from apps.couples.routes import RouteInput, add_route
from apps.couples.services import PersonInput
from apps.portal.codes import forget_codes
from apps.portal.models import PageCode, PageLink, PageVisit
from apps.reminders.models import Delivery
from apps.treatments.models import Appointment
from tests import rows
from tests.apps.portal.people import AT, Her

pytestmark = pytest.mark.django_db
PRIVATE = ("more/", "away/", "wishes/", "calendar/", "end/")


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_everything_beyond_neutral_facts_asks_for_a_code_first(her: Her, visit: Appointment) -> None:
    for where in (*PRIVATE, f"visit/{visit.pk}/coming/", f"visit/{visit.pk}/change/"):
        assert her.get(where)["Location"].endswith(f"code/?next={where}")
        assert her.post(where, {"make": "yes", "end": "yes", "from": "2026-02-01"}).status_code == 302
    assert Delivery.objects.filter(kind="code").count() == 0
    assert her.get(PRIVATE[0]).status_code == 302


def test_a_code_opens_the_page_that_was_asked_for_for_half_an_hour(her: Her, visit: Appointment) -> None:
    her.post("code/", {"next": "more/"})
    code = her.code()
    answer = her.post("code/enter/", {"code": f" {code[:3]} {code[3:]} ", "next": "more/"})
    assert answer["Location"] == f"/p/{her.token}/more/"
    cookie = answer.cookies["opened"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert visit.title in her.text("more/")
    her.wait(minutes=31)
    assert her.get("more/").status_code == 302


def test_a_code_leads_to_no_other_site(her: Her) -> None:
    her.post("code/")
    answer = her.post("code/enter/", {"code": her.code(), "next": "//evil.example/"})
    assert answer["Location"] == f"/p/{her.token}/"


def test_neither_token_nor_code_is_stored_in_the_clear(her: Her) -> None:
    her.open()
    stored = " ".join(
        str(list(model.objects.values())) for model in (PageLink, PageCode, PageVisit, Delivery)
    )
    assert her.token not in stored
    assert her.client.cookies["opened"].value not in stored
    assert re.search(rf"\b{her.code()}\b", stored) is None


def test_a_code_dies_of_five_wrong_tries_of_ten_minutes_of_use_and_of_a_newer_one(her: Her) -> None:
    her.post("code/")
    for _ in range(5):
        assert her.post("code/enter/", {"code": wrong(her.code())}).status_code == 422
    assert her.post("code/enter/", {"code": her.code()}).status_code == 422
    her.wait(minutes=1)
    her.post("code/")
    old = her.code()
    her.wait(minutes=10)
    assert her.post("code/enter/", {"code": old}).status_code == 422
    her.post("code/")
    second = her.code()
    her.wait(minutes=1)
    her.post("code/")
    if second != her.code():
        assert her.post("code/enter/", {"code": second}).status_code == 422
    assert her.post("code/enter/", {"code": her.code()}).status_code == 302
    her.client.cookies.clear()
    her.wait(seconds=11)
    assert her.post("code/enter/", {"code": her.code()}).status_code == 422


def test_five_codes_a_day_for_a_person_whatever_the_address(
    her: Her, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Her(her.person, monkeypatch)
    for _ in range(3):
        her.wait(minutes=1)
        assert her.post("code/").status_code == 302
    other.go_to(her.now)
    for _ in range(2):
        other.wait(minutes=1)
        assert other.post("code/").status_code == 302
    her.wait(minutes=2)
    assert her.post("code/").status_code == 409
    assert "Please call us" in her.post("code/").content.decode()
    her.wait(days=1)
    assert her.post("code/").status_code == 302


def test_a_second_tap_or_a_reload_sends_no_second_code_and_the_code_opens_for_both_taps(her: Her) -> None:
    answer = her.post("code/", {"next": "more/"})
    her.wait(seconds=2)
    her.post("code/", {"next": "more/"})
    assert Delivery.objects.filter(kind="code").count() == 1
    page = her.client.get(answer["Location"]).content.decode()
    assert 'name="code"' in page
    assert 'name="next" value="more/"' in page
    code = her.code()
    her.post("code/enter/", {"code": code})
    lost = her.client.cookies.pop("opened").value
    her.wait(seconds=3)
    assert her.post("code/enter/", {"code": code}).status_code == 302
    assert her.get("more/").status_code == 200
    other = Client()
    other.cookies["opened"] = lost
    assert other.get(f"/p/{her.token}/more/").status_code == 302
    assert her.post("code/enter/", {"code": wrong(code)})["Location"] == f"/p/{her.token}/"
    assert her.get("code/enter/")["Location"].endswith("code/?next=")


def test_no_code_is_promised_while_nothing_is_sent_for_the_clinic(her: Her) -> None:
    nurse = rows.staff(her.person.clinic, "nurse", "another")
    brake(clinic=her.person.clinic, reason="A wrong wording", actor=nurse, at=AT)
    for page in (her.text("code/"), her.post("code/").content.decode()):
        assert "We cannot send you a code now. Please call us." in page
        assert "Send me a code" not in page
    release_brake(clinic=her.person.clinic, actor=nurse, at=AT)
    assert "Send me a code" in her.text("code/")
    Clinic.objects.update(is_test=True)
    assert her.post("code/").status_code == 409
    assert not PageCode.objects.exists()


def test_codes_and_what_they_opened_are_forgotten_after_a_week(her: Her) -> None:
    her.open()
    assert forget_codes(at=AT + timedelta(days=6)) == 0
    assert forget_codes(at=AT + timedelta(days=8)) == 1
    assert not PageVisit.objects.exists()


def test_a_code_goes_only_where_nobody_else_reads_it(her: Her) -> None:
    person = her.person
    shared = RouteInput("sms", "+919848022338", "partner", "Her husband", 1, AT)
    add_route(person=person, given=shared, actor=rows.SYSTEM, at=AT)
    assert "e-mail" in her.text("code/")
    update_person(person=person, given=replace(PersonInput.of(person), email=""), actor=rows.SYSTEM, at=AT)
    page = her.post("code/").content.decode()
    assert "We cannot send you a code now" in page
    assert not Delivery.objects.filter(kind="code").exists()


def test_what_a_code_opened_is_of_one_browser_and_one_address(her: Her, him: Her, visit: Appointment) -> None:
    her.open()
    assert her.get("more/").status_code == 200
    assert Client().get(f"/p/{her.token}/more/").status_code == 302
    him.client = her.client
    assert him.get("more/").status_code == 302
    her.post("leave/")
    assert her.get("more/").status_code == 302


def test_whoever_may_not_be_written_to_gets_no_code(her: Her) -> None:
    Person.objects.filter(pk=her.person.pk).update(contact_consent_at=None)
    assert "Please call us" in her.text("code/")
    assert not ContactRoute.objects.exists()
    her.go_to(AT + timedelta(minutes=1))
    assert her.post("code/").status_code == 409
