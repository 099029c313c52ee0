"""The Book page in a real browser: by keyboard, by touch, and by plain links where its scripts do not come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from apps.treatments.models import Appointment
from tests import rows
from tests.browser.seats import fits, seated

DAY = timedelta(days=1)


@pytest.fixture
def visit(transactional_db: None, stand_at: Any) -> Appointment:
    """The second dose of a couple, to be booked in a clinic with resources."""
    clinic = rows.a_clinic()
    rows.equipped(clinic)
    nurse = rows.staff(clinic, "nurse")
    treatment = rows.a_treatment(clinic)
    rows.consented(treatment, nurse)
    rows.resulted(treatment, nurse, rows.AT, 4)
    rows.dosed(treatment, nurse, rows.AT + 7 * DAY, 1)
    stand_at(rows.AT + 21 * DAY)
    return rows.visit(treatment, "sensitisation", 2)


def address(visit: Appointment) -> str:
    return reverse("admin:visit_book", args=[visit.pk])


def test_a_visit_is_booked_without_touching_the_mouse(
    browser: Browser, live_server: LiveServer, visit: Appointment
) -> None:
    with seated(browser, live_server, visit.clinic, "nurse") as page:
        page.goto(address(visit))
        assert visit.proposed_on is not None
        page.locator('[data-month] a[tabindex="0"]').focus()
        day = f'[data-month] a[href*="day={visit.proposed_on}"]'
        for _ in range(40):
            if page.evaluate("day => document.activeElement === document.querySelector(day)", day):
                break
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        page.locator("#booking-day h2").wait_for()
        assert page.evaluate("document.activeElement.id") == "booking-day"
        assert page.locator('[data-month] td[aria-selected="true"]').count() == 1
        fits(page)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_text("Nothing is saved yet.").wait_for()
        fits(page)
        page.get_by_role("button", name="Book both").press("Enter")
        page.get_by_text("Saved.").first.wait_for()
        booked = Appointment.objects.get(pk=visit.pk)
        assert (booked.status, booked.local_start) == ("booked", f"{visit.proposed_on}T08:00")


def test_a_visit_is_booked_on_a_small_screen_by_plain_links(
    browser: Browser, live_server: LiveServer, visit: Appointment
) -> None:
    with seated(browser, live_server, visit.clinic, "nurse", 390) as page:
        for script in ("**/htmx.js", "**/booking.js"):
            page.route(script, lambda route: route.abort())
        page.goto(address(visit))
        page.locator(f'[data-month] a[href*="day={visit.proposed_on}"]').click()
        page.get_by_role("button", name="08:00").last.click()
        page.get_by_role("button", name="Book both").click()
        page.get_by_text("Saved.").first.wait_for()
        assert Appointment.objects.get(pk=visit.pk).status == "booked"


def test_every_day_and_time_is_large_enough_for_a_finger(
    browser: Browser, live_server: LiveServer, visit: Appointment
) -> None:
    with seated(browser, live_server, visit.clinic, "nurse", 390, has_touch=True) as page:
        page.goto(address(visit))
        page.locator(f'[data-month] a[href*="day={visit.proposed_on}"]').tap()
        page.locator("#booking-day h2").wait_for()
        fits(page)
        small = page.evaluate(
            """() => [...document.querySelectorAll('[data-month] a, .desk-time, .desk-book button')]
              .map(found => found.getBoundingClientRect())
              .filter(box => box.width && (box.width < 24 || box.height < 24)).length"""
        )
        assert small == 0
