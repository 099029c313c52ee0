"""The first page and a call in a real browser, from a phone to a wide screen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from apps.booking.call_models import CallOutcome
from apps.booking.services import book, cancel
from apps.clinic.models import User
from apps.couples.notes import write_note
from apps.treatments.models import Treatment
from tests import rows

WIDTHS = [1440, 390]
TEST = "baseline-antibody-test"
BEYOND = "() => document.documentElement.scrollWidth - window.innerWidth"
# What can be pressed and is smaller than a finger needs; links inside a sentence are exempt.
SMALL = """() => [...document.querySelectorAll('.desk button, .desk a.desk-button, .desk select, .desk-kinds a')]
  .filter(one => { const box = one.getBoundingClientRect(); return box.width && (box.height < 24 || box.width < 24) })
  .map(one => one.textContent)"""


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


@pytest.fixture(params=WIDTHS)
def page(
    request: pytest.FixtureRequest,
    browser: Browser,
    live_server: LiveServer,
    treatment: tuple[Treatment, datetime],
) -> Iterator[Page]:
    """A nurse's, signed in; errors of the console fail the test."""
    client = Client()
    client.force_login(User.objects.get(pk=rows.staff(treatment[0].clinic, "nurse").user_id))
    context = browser.new_context(
        viewport={"width": request.param, "height": 900}, base_url=live_server.url, locale="en-GB"
    )
    session = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    context.add_cookies([session])  # type: ignore[list-item]
    shown = context.new_page()
    wrong: list[str] = []
    shown.on("pageerror", lambda error: wrong.append(str(error)))
    yield shown
    context.close()
    assert not wrong


def fits(page: Page) -> None:
    page.wait_for_load_state()
    assert page.evaluate(BEYOND) <= 0, page.url
    assert page.evaluate(SMALL) == [], page.url


def test_a_nurse_rings_says_what_came_of_it_and_takes_it_back(page: Page) -> None:
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


def test_a_filter_is_set_with_the_keyboard_and_stays(page: Page) -> None:
    page.goto("/admin/")
    page.get_by_label("Nurse").focus()
    page.get_by_label("Nurse").select_option("nobody")
    page.get_by_role("button", name="Show", exact=True).press("Enter")
    page.get_by_role("button", name="Show all").wait_for()
    fits(page)
    page.goto("/admin/worklist/list/calls/")
    fits(page)
    assert page.get_by_label("Nurse").input_value() == "nobody"
