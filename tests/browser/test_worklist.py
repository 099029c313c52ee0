"""The first page and a call in a real browser, from a phone to a wide screen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from apps.booking.call_models import CallOutcome
from apps.booking.services import book, cancel
from apps.couples.notes import write_note
from apps.treatments.models import Treatment
from tests import rows
from tests.browser.seats import fits, seated

TEST = "baseline-antibody-test"


@pytest.fixture
def treatment(transactional_db: None, stand_at: Any) -> tuple[Treatment, datetime]:
    """A couple that cancelled, and what must be said to them and what not."""
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse", "earlier-nurse")
    found = rows.a_treatment(clinic)
    visit = rows.visit(found, TEST)
    book(appointment=visit, starts_at=rows.AT + timedelta(days=1), actor=nurse, at=rows.AT)
    cancel(appointment=visit, reason="They are ill", actor=nurse, at=rows.AT)
    for kind, text in (("say", "Ask for Mrs Rao"), ("do_not_say", "Never name the clinic")):
        write_note(couple=found.couple, kind=kind, text=text, actor=nurse, at=rows.AT)
    stand_at(rows.AT + timedelta(hours=1))
    return found, rows.AT


def test_a_nurse_rings_says_what_came_of_it_and_takes_it_back(
    browser: Browser, live_server: LiveServer, treatment: tuple[Treatment, datetime]
) -> None:
    with seated(browser, live_server, treatment[0].clinic, "nurse") as page:
        page.goto("/admin/")
        fits(page)
        assert page.get_by_text("Never name the clinic").is_visible()
        page.get_by_role("link", name="Call: HYD-0001").click()
        fits(page)
        assert page.get_by_text("Ask for Mrs Rao").is_visible()
        page.get_by_label("Declined").check()
        page.get_by_role("button", name="Save the call").click()
        page.get_by_text("Declined, waits for a doctor").wait_for()
        fits(page)
        page.get_by_role("button", name="Undo").click()
        page.get_by_role("link", name="Call: HYD-0001").wait_for()
        assert page.get_by_text("Declined, waits for a doctor").count() == 0
        assert CallOutcome.objects.count() == 2


def test_a_filter_is_set_with_the_keyboard_and_stays(
    browser: Browser, live_server: LiveServer, treatment: tuple[Treatment, datetime]
) -> None:
    with seated(browser, live_server, treatment[0].clinic, "nurse", 390) as page:
        page.goto("/admin/")
        page.get_by_label("Nurse").focus()
        page.get_by_label("Nurse").select_option("nobody")
        page.get_by_role("button", name="Show", exact=True).press("Enter")
        page.get_by_role("button", name="Show all").wait_for()
        fits(page)
        page.goto("/admin/worklist/list/calls/")
        fits(page)
        assert page.get_by_label("Nurse").input_value() == "nobody"
