"""Closing a day in a real browser: drafted, changed, applied; whom to call when something fails; who comes earlier."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from apps.booking import services
from apps.booking.closing.applying import apply_closing_lines
from apps.booking.models import Closing
from apps.booking.waiting import want_earlier
from apps.clinic.actors import Actor
from apps.clinic.models import Clinic
from apps.treatments.models import Treatment
from tests import rows
from tests.apps.booking.closing.test_closing import BOOKED, DAY, NINE, booked, couples, dose
from tests.browser.seats import fits, seated

Cast = tuple[Clinic, Actor, list[Treatment]]


@pytest.fixture
def cast(transactional_db: None, stand_at: Any) -> Cast:
    """Four couples whose first dose can be booked, at a clinic that has named no resources."""
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse", "earlier-nurse")
    stand_at(BOOKED)
    return clinic, nurse, couples(clinic, nurse, 4)


def test_a_nurse_closes_a_day_changes_one_slot_and_applies_the_rest(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    _clinic, nurse, treatments = cast
    for number, treatment in enumerate(treatments[:3]):
        booked(treatment, nurse, NINE + timedelta(hours=number))
    with seated(browser, live_server, treatments[0].clinic, "nurse", 390) as page:
        page.goto("/admin/booking/closing/")
        fits(page)
        page.get_by_role("link", name="Close a day", exact=True).last.click()
        page.get_by_label("First day").fill(DAY.isoformat())
        page.get_by_label("Reason").fill("Flood")
        fits(page)
        page.get_by_role("button", name="Show what it hits").click()
        expect(page.get_by_text("3 of 3 sessions have a new slot.")).to_be_visible()
        fits(page)
        first = page.locator("li.closing-line").first
        first.get_by_label("If it moves, to").fill("2026-01-16T15:00")
        page.locator("li.closing-line").last.get_by_label("What becomes of it").select_option("stay")
        page.get_by_label("Close: The whole clinic").check()
        page.get_by_role("button", name="Close and apply").click()
        expect(page.get_by_text("Being applied")).to_be_visible()
        apply_closing_lines(at=BOOKED)
        page.reload()
        expect(page.get_by_text("Done: 3 sessions")).to_be_visible()
        expect(page.get_by_text("Fri 16 Jan, 15:00")).to_be_visible()
        fits(page)
    assert Closing.objects.get().state == "applied"
    assert dose(treatments[2]).starts_at == NINE + timedelta(hours=2)


def test_whom_to_call_when_something_fails_during_the_day(
    browser: Browser, live_server: LiveServer, cast: Cast, stand_at: Any
) -> None:
    clinic, nurse, treatments = cast
    for number, treatment in enumerate(treatments[:3]):
        booked(treatment, nurse, NINE + timedelta(hours=2 * number))
    services.arrive(appointment=dose(treatments[0]), actor=nurse, at=NINE)
    stand_at(NINE + timedelta(minutes=30))
    with seated(browser, live_server, treatments[0].clinic, "nurse", 390) as page:
        page.goto(f"/admin/clinic/clinic/{clinic.pk}/closing/now/")
        page.get_by_label("Reason").fill("Centrifuge")
        page.get_by_role("button", name="Show whom to call").click()
        lines = page.locator("li.closing-line")
        expect(lines.nth(0)).to_contain_text("Not left home")
        expect(lines.nth(2)).to_contain_text("Arrived")
        fits(page)
        page.get_by_label("Close: The whole clinic").check()
        page.get_by_role("button", name="Close and apply").click()
        expect(page.get_by_text("Being applied")).to_be_visible()
    apply_closing_lines(at=NINE + timedelta(minutes=31))
    assert {dose(one).status for one in treatments[:3]} == {"cancelled"}


def test_a_cancelled_place_is_offered_to_who_waits_and_an_act_is_undone(
    browser: Browser, live_server: LiveServer, cast: Cast
) -> None:
    _clinic, nurse, treatments = cast
    booked(treatments[0], nurse)
    booked(treatments[1], nurse, NINE + timedelta(days=1))
    want_earlier(appointment=dose(treatments[1]), note="Two hours' notice", actor=nurse, at=BOOKED)
    services.cancel(appointment=dose(treatments[0]), reason="ill", actor=nurse, at=BOOKED)
    with seated(browser, live_server, treatments[0].clinic, "nurse") as page:
        page.goto("/admin/booking/waiting/")
        fits(page)
        page.locator(".waiting-offer").get_by_role("link", name="Mira1 Das & Ravi1 Das to").click()
        page.wait_for_url(f"**/{dose(treatments[1]).pk}/move/**")
        fits(page)
        page.goto(f"/admin/treatments/appointment/{dose(treatments[0]).pk}/change/")
        fits(page)
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_text("Undone: the visit stands as it did before.")).to_be_visible()
    assert dose(treatments[0]).starts_at == NINE
    assert dose(treatments[0]).in_force
