"""The Book page in a real browser: by keyboard, by touch, and by plain links where its scripts do not come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from apps.clinic.models import User
from apps.treatments.models import Appointment
from tests import rows

PASSWORD = "a-long-enough-secret"
BEYOND = "() => document.documentElement.scrollWidth - window.innerWidth"
DAY = timedelta(days=1)


@pytest.fixture
def dose(transactional_db: None, stand_at: Any) -> tuple[Appointment, str]:
    """The second dose of a couple, to be booked in a clinic with resources; and the nurse's user name."""
    clinic = rows.a_clinic()
    rows.equipped(clinic)
    nurse = rows.staff(clinic, "nurse")
    treatment = rows.a_treatment(clinic)
    rows.consented(treatment, nurse)
    rows.resulted(treatment, nurse, rows.AT, 4)
    rows.dosed(treatment, nurse, rows.AT + 7 * DAY, 1)
    stand_at(rows.AT + 21 * DAY)
    user = User.objects.get(pk=nurse.user_id)
    user.set_password(PASSWORD)
    user.save()
    return rows.visit(treatment, "sensitisation", 2), user.username


def opened(browser: Browser, server: LiveServer, name: str, visit: Appointment, **more: Any) -> Page:
    context = browser.new_context(base_url=server.url, locale="en-GB", **more)
    page = context.new_page()
    page.goto("/admin/login/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin/")
    page.goto(reverse("admin:visit_book", args=[visit.pk]))
    return page


def fits(page: Page) -> None:
    page.wait_for_load_state()
    assert page.evaluate(BEYOND) <= 0, page.url


def test_a_visit_is_booked_without_touching_the_mouse(
    browser: Browser, live_server: LiveServer, dose: tuple[Appointment, str]
) -> None:
    visit, name = dose
    page = opened(browser, live_server, name, visit, viewport={"width": 1440, "height": 900})
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


@pytest.mark.parametrize("width", [390, 820])
def test_a_visit_is_booked_on_a_small_screen_by_plain_links(
    browser: Browser, live_server: LiveServer, dose: tuple[Appointment, str], width: int
) -> None:
    visit, name = dose
    page = opened(
        browser,
        live_server,
        name,
        visit,
        viewport={"width": width, "height": 900},
    )
    for script in ("**/htmx.js", "**/booking.js"):
        page.route(script, lambda route: route.abort())
    page.reload()
    page.locator(f'[data-month] a[href*="day={visit.proposed_on}"]').click()
    page.get_by_role("button", name="08:00").last.click()
    page.get_by_role("button", name="Book both").click()
    page.get_by_text("Saved.").first.wait_for()
    assert Appointment.objects.get(pk=visit.pk).status == "booked"


def test_every_day_and_time_is_large_enough_for_a_finger(
    browser: Browser, live_server: LiveServer, dose: tuple[Appointment, str]
) -> None:
    visit, name = dose
    page = opened(browser, live_server, name, visit, viewport={"width": 390, "height": 900}, has_touch=True)
    page.locator(f'[data-month] a[href*="day={visit.proposed_on}"]').tap()
    page.locator("#booking-day h2").wait_for()
    fits(page)
    small = page.evaluate(
        """() => [...document.querySelectorAll('[data-month] a, .desk-time, .desk-book button')]
          .map(found => found.getBoundingClientRect())
          .filter(box => box.width && (box.width < 24 || box.height < 24)).length"""
    )
    assert small == 0
