"""The day in a real browser: a session is moved by keys and by dragging, an arrival is ticked off in place."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from apps.clinic.models import Clinic
from apps.treatments.models import Appointment
from tests import days, rows
from tests.browser.seats import fits, seated

DAY, START = days.DAY, days.START
MORNING = START - timedelta(hours=2)


@pytest.fixture
def dose(transactional_db: None, stand_at: Any) -> Appointment:
    """A dose that is booked in a clinic with rooms and people, seen two hours before it."""
    clinic = rows.a_clinic()
    rows.equipped(clinic)
    stand_at(MORNING)
    return days.a_dose(clinic, rows.staff(clinic, "nurse", "earlier-nurse"))


def address(name: str, clinic: Clinic) -> str:
    return reverse(f"admin:{name}", args=[clinic.pk, DAY.isoformat()])


def bar(page: Page) -> Any:
    return page.get_by_role("slider", name="Time of HYD-0001")


def test_every_page_of_the_day_fits_its_screen(
    browser: Browser, live_server: LiveServer, dose: Appointment
) -> None:
    with seated(browser, live_server, dose.treatment.clinic, "nurse") as page:
        for name in ("day_sheet", "day_board", "load_week", "load_month"):
            page.goto(address(name, dose.clinic))
            fits(page)
        page.goto(reverse("admin:day_papers", args=[dose.clinic_id]))
        page.get_by_role("button", name="Make the sheet").click()
        page.get_by_role("link", name="Download").wait_for()
        fits(page)


def test_arrow_keys_move_a_session_after_a_preview_and_one_undo_takes_it_back(
    browser: Browser, live_server: LiveServer, dose: Appointment
) -> None:
    before = dose.starts_at
    assert before is not None
    with seated(browser, live_server, dose.treatment.clinic, "nurse") as page:
        page.goto(address("day_sheet", dose.clinic))
        slider, shown = bar(page), bar(page).get_attribute("aria-valuetext") or ""
        slider.focus()
        page.keyboard.press("ArrowRight")
        assert slider.get_attribute("aria-valuetext") != shown
        page.keyboard.press("Enter")
        page.get_by_text("Nothing is saved yet.").wait_for()
        fits(page)
        page.keyboard.press("Escape")
        expect(bar(page)).to_have_attribute("aria-valuetext", shown)  # the dialog closes in a task of its own
        expect(bar(page)).to_be_focused()
        assert rows.visit(dose.treatment, dose.step).starts_at == before
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Confirm the move").click()
        page.get_by_role("button", name="Undo").wait_for()
        assert rows.visit(dose.treatment, dose.step).starts_at == before + timedelta(minutes=15)
        page.get_by_role("button", name="Undo").click()
        page.get_by_text("Taken back.").first.wait_for()
    assert rows.visit(dose.treatment, dose.step).starts_at == before


def test_a_bar_is_dragged_and_nothing_is_saved_before_the_confirmation(
    browser: Browser, live_server: LiveServer, dose: Appointment
) -> None:
    before = dose.starts_at
    with seated(browser, live_server, dose.treatment.clinic, "nurse") as page:
        page.goto(address("day_sheet", dose.clinic))
        bar(page).scroll_into_view_if_needed()
        box = bar(page).bounding_box()
        assert box is not None
        x, y = box["x"] + 10, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 120, y, steps=4)
        page.mouse.up()
        page.get_by_role("button", name="Leave it as it was").click()
    assert rows.visit(dose.treatment, dose.step).starts_at == before


def test_an_arrival_is_ticked_off_without_leaving_the_page(
    browser: Browser, live_server: LiveServer, dose: Appointment, stand_at: Any
) -> None:
    stand_at(START)
    nurse = rows.staff(dose.clinic, "doctor", "earlier-doctor")
    rows.consented(dose.treatment, nurse)
    rows.screened(dose.treatment, nurse, START)
    with seated(browser, live_server, dose.treatment.clinic, "nurse", 390) as page:
        page.goto(address("day_board", dose.clinic))
        page.get_by_role("button", name="Arrived: HYD-0001").click()
        page.get_by_role("link", name="Fitness questions: HYD-0001").wait_for()
        assert page.get_by_role("status").filter(has_text="Marked as arrived.").count() == 1
        assert page.url.endswith("/board/")
        fits(page)
    assert rows.visit(dose.treatment, dose.step).status == "arrived"


def test_without_javascript_a_link_leads_to_the_page_that_moves(
    browser: Browser, live_server: LiveServer, dose: Appointment
) -> None:
    with seated(browser, live_server, dose.treatment.clinic, "nurse", 390) as page:
        page.goto(address("day_sheet", dose.clinic))
        page.get_by_role("link", name="Move: HYD-0001").click()
        page.wait_for_url(f"**{reverse('admin:visit_move', args=[dose.pk])}")


def test_paper_has_what_the_screen_has_and_no_buttons(
    browser: Browser, live_server: LiveServer, dose: Appointment
) -> None:
    couple = rows.a_couple(dose.clinic, recipient=replace(rows.LALITHA, given_name="Meera"))
    assert couple.code == "HYD-0002"
    with seated(browser, live_server, dose.treatment.clinic, "nurse") as page:
        page.goto(address("day_sheet", dose.clinic))
        page.emulate_media(media="print")
        assert page.get_by_role("link", name="Move: HYD-0001").count() == 0
        assert page.get_by_text("Lalitha Rao").first.is_visible()
        assert page.get_by_role("heading", name="Charminar Clinic").is_visible()
