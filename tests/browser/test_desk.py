"""The desk in a real browser: a nurse books, a doctor decides, on a wide screen and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from apps.clinic.actors import Actor
from apps.clinic.models import User
from apps.treatments.models import FlagState, Treatment
from tests import rows

WIDTHS = [1440, 390]
PASSWORD = "a-long-enough-secret"
# Fields without a name for a screen reader, and how far the page reaches beyond the screen.
UNNAMED = """() => [...document.querySelectorAll('#content input:not([type=hidden]), #content select, #content textarea')]
  .filter(field => !field.labels?.length && !field.ariaLabel).map(field => field.name)"""
BEYOND = "() => document.documentElement.scrollWidth - window.innerWidth"


@pytest.fixture
def couple(transactional_db: None, stand_at: Any) -> tuple[Treatment, datetime]:
    """Three doses without a response; the doctor has to say how to go on."""
    nurse = rows.staff(rows.a_clinic(), "nurse", "earlier-nurse")
    treatment, at = rows.after_three_doses(nurse_clinic(nurse), nurse)
    rows.said(treatment, nurse, at, "fulfilled", step="antibody-test", occurrence=1, on=at.date())
    rows.resulted(treatment, nurse, at, 2)
    stand_at(at + timedelta(days=1))
    return treatment, at + timedelta(days=1)


def nurse_clinic(nurse: Actor) -> Any:
    return User.objects.get(pk=nurse.user_id).memberships.get().clinic


@contextmanager
def signed_in(
    browser: Browser, server: LiveServer, treatment: Treatment, role: str, width: int
) -> Iterator[Page]:
    """A page of that role, after its log-in by hand; errors of the console fail the test."""
    actor = rows.staff(treatment.clinic, role)
    user = User.objects.get(pk=actor.user_id)
    user.set_password(PASSWORD)
    user.save()
    context = browser.new_context(
        viewport={"width": width, "height": 900}, base_url=server.url, locale="en-GB"
    )
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto("/admin/login/")
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin/")
    yield page
    context.close()
    assert not wrong


def fits(page: Page) -> None:
    page.wait_for_load_state()  # a link's page may have been promised and have no content yet
    assert page.evaluate(BEYOND) <= 0, page.url
    assert page.evaluate(UNNAMED) == [], page.url


@pytest.mark.parametrize("width", WIDTHS)
def test_a_past_from_elsewhere_is_entered_in_one_sitting(
    browser: Browser, live_server: LiveServer, couple: tuple[Treatment, datetime], width: int
) -> None:
    first, at = couple
    two = rows.a_couple(first.clinic, recipient=replace(rows.LALITHA, given_name="Asha"))
    treatment = rows.a_treatment(first.clinic, couple=two, at=at)
    with signed_in(browser, live_server, treatment, "nurse", width) as page:
        page.goto(reverse("admin:treatments_treatment_change", args=[treatment.pk]))
        page.get_by_role("link", name="Joined in mid-course").click()
        fits(page)
        page.get_by_label("Treated before at").fill("Pune")
        dose, result = page.get_by_role("group", name="Dose 1"), page.get_by_role("group", name="Result 1")
        dose.get_by_label("Given on").fill(at.date().isoformat())
        result.get_by_label("Sample taken").fill("2025-10-01")
        result.get_by_label("Value").fill("2")
        page.get_by_role("button", name="Record the past").click()
        dose.get_by_role("alert").wait_for()
        fits(page)
        dose.get_by_label("Given on").fill("2025-10-06")
        page.get_by_role("button", name="Record the past").click()
        page.wait_for_url("**/change/")
        page.get_by_text("was given elsewhere, as documented").first.wait_for()
        fits(page)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_doctor_decides_and_a_nurse_books_what_follows(
    browser: Browser, live_server: LiveServer, couple: tuple[Treatment, datetime], width: int
) -> None:
    treatment, at = couple
    with signed_in(browser, live_server, treatment, "doctor", width) as page:
        page.get_by_role("link", name="Decide: HYD-0001").click()
        page.get_by_role("heading", name="What each choice does").wait_for()
        fits(page)
        page.get_by_label("Give extra doses").check()
        page.get_by_label("How many extra doses").fill("2")
        page.get_by_label("Reason").fill("Many respond to later doses")
        page.get_by_role("button", name="Sign the decision").click()
        page.get_by_text("Decided and signed").wait_for()
        fits(page)
    assert rows.flag(treatment, "no_antibody_response").state == FlagState.DECIDED
    with signed_in(browser, live_server, treatment, "nurse", width) as page:
        page.goto(f"/admin/treatments/treatment/{treatment.pk}/change/")
        page.get_by_role("link", name="Book: Sensitisation dose 4").click()
        page.get_by_label("Time").fill("10:30")
        page.get_by_role("button", name="Show what changes").click()
        page.get_by_text("Nothing is saved yet").wait_for()
        page.get_by_role("button", name="Book", exact=True).click()
        page.get_by_text("Saved.").wait_for()
        fits(page)
    booked = rows.visit(treatment, "sensitisation", 4)
    assert booked.status == "booked"
    assert booked.local_start.endswith("T10:30")
    assert booked.starts_at is not None
    assert booked.starts_at > at


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_fits_its_screen_and_names_its_fields(
    browser: Browser, live_server: LiveServer, couple: tuple[Treatment, datetime], width: int
) -> None:
    treatment, _ = couple
    flag = rows.flag(treatment, "no_antibody_response")
    held = rows.visit(treatment, "preconception-booster")
    test = rows.visit(treatment, "antibody-test")
    person, couple_id, clinic = treatment.couple.recipient_id, treatment.couple_id, treatment.clinic_id
    with signed_in(browser, live_server, treatment, "nurse", width) as page:
        for path in (
            "",
            "couples/couple/",
            "couples/couple/add/",
            f"couples/couple/{couple_id}/change/",
            f"couples/person/{person}/change/",
            f"couples/person/{person}/links/",
            "treatments/treatment/",
            f"treatments/treatment/{treatment.pk}/change/",
            f"treatments/treatment/{treatment.pk}/record/result/",
            f"treatments/treatment/{treatment.pk}/loss/",
            "treatments/appointment/",
            f"treatments/appointment/{held.pk}/book/",
            f"treatments/appointment/{test.pk}/change/",
            "treatments/flag/",
            f"treatments/flag/{flag.pk}/change/",
            "treatments/protocolversion/",
            f"treatments/protocolversion/{treatment.protocol_version_id}/change/",
            "clinic/clinic/",
            f"clinic/clinic/{clinic}/change/",
            f"clinic/clinic/{clinic}/close/",
        ):
            answer = page.goto(f"/admin/{path}")
            assert answer is not None
            assert answer.status == 200, path
            fits(page)
