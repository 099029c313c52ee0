"""The desk in a real browser: a nurse books on a wide screen, a doctor decides on a phone, every page fits both."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from apps.treatments.models import FlagState, Treatment
from tests import rows
from tests.browser.seats import fits, seated


@pytest.fixture
def couple(transactional_db: None, stand_at: Any) -> tuple[Treatment, datetime]:
    """Three doses without a response; the doctor has to say how to go on."""
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse", "earlier-nurse")
    treatment, at = rows.after_three_doses(clinic, nurse)
    rows.said(treatment, nurse, at, "fulfilled", step="antibody-test", occurrence=1, on=at.date())
    rows.resulted(treatment, nurse, at, 2)
    stand_at(at + timedelta(days=1))
    return treatment, at + timedelta(days=1)


def test_a_past_from_elsewhere_is_entered_in_one_sitting(
    browser: Browser, live_server: LiveServer, couple: tuple[Treatment, datetime]
) -> None:
    first, at = couple
    two = rows.a_couple(first.clinic, recipient=replace(rows.LALITHA, given_name="Asha"))
    treatment = rows.a_treatment(first.clinic, couple=two, at=at)
    with seated(browser, live_server, treatment.clinic, "nurse") as page:
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


def test_a_doctor_decides_and_a_nurse_books_what_follows(
    browser: Browser, live_server: LiveServer, couple: tuple[Treatment, datetime]
) -> None:
    treatment, at = couple
    with seated(browser, live_server, treatment.clinic, "doctor", 390) as page:
        page.goto("/admin/")
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
    with seated(browser, live_server, treatment.clinic, "nurse") as page:
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


def test_every_page_fits_its_screen_and_names_its_fields(
    browser: Browser, live_server: LiveServer, couple: tuple[Treatment, datetime]
) -> None:
    treatment, _ = couple
    flag = rows.flag(treatment, "no_antibody_response")
    held = rows.visit(treatment, "preconception-booster")
    test = rows.visit(treatment, "antibody-test")
    person, couple_id, clinic = treatment.couple.recipient_id, treatment.couple_id, treatment.clinic_id
    with seated(browser, live_server, treatment.clinic, "nurse") as page:
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
