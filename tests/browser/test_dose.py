"""Recording a dose in a real browser: four typed characters, the live verdict, two people, on a phone and a desk."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from apps.booking.models import DonorUnit, UnitCheck
from apps.clinic.models import User
from apps.treatments.models import Record
from tests.apps.booking.a_session import (
    DAY,
    SECRET,
    Session,
    a_released_unit,
    a_session,
    with_password,
)
from tests.browser.seats import fits, seated

NOON = DAY + timedelta(hours=1)


@pytest.fixture
def session(transactional_db: None, stand_at: Any) -> Session:
    stand_at(NOON)
    return a_session(chain=False)


def test_a_dose_is_recorded_by_two_people_with_the_verdict_in_sight(
    browser: Browser, live_server: LiveServer, session: Session
) -> None:
    unit = a_released_unit(session.row, session.by("nurse"), session.by("doctor"), NOON)
    second = User.objects.get(pk=session.by("lab").user_id).username
    with_password(session.by("lab"))
    with seated(browser, live_server, session.clinic, "nurse", 390) as page:
        page.goto(f"/admin/treatments/appointment/{session.row.pk}/attend/")
        expect(page).to_have_url(re.compile(r"/dose/$"))
        fits(page)
        verdict = page.get_by_role("region", name="Verdict")
        page.get_by_role("textbox", name="Label of the unit", exact=True).fill("XXXX")
        expect(verdict).to_contain_text("MISMATCH")
        page.get_by_role("textbox", name="Label of the unit", exact=True).fill(unit.check_code.lower())
        expect(verdict).to_contain_text("MATCH: this is the unit of this couple")
        page.get_by_label("She said herself").check()
        page.get_by_label("Label of the unit, read by the second person").fill(unit.check_code)
        page.get_by_label("Second person: sign-on name").fill(second)
        page.get_by_label("Second person: password").fill(SECRET)
        page.get_by_label("Cells (million)").fill("2")
        expect(verdict).to_contain_text("Does not count because")
        page.get_by_label("Cells (million)").fill("8.5")
        expect(verdict).not_to_contain_text("Does not count")
        expect(verdict).to_contain_text("Counts")
        page.get_by_label("Volume injected (ml)").fill("1")
        page.get_by_label("Sites").fill("4")
        page.get_by_role("combobox", name="Route", exact=True).select_option("intradermal")
        page.get_by_label("Arm").select_option("left")
        fits(page)
        page.get_by_role("button", name="Record the dose").click()
        page.wait_for_url("**/treatments/treatment/**")
        expect(page.get_by_text("The dose is recorded")).to_be_visible()
        assert Record.objects.get(kind="fulfilled").data["given"]["unit"] == unit.code
        assert UnitCheck.objects.get().matches


def test_a_unit_is_labelled_by_the_nurse_and_released_by_the_doctor(
    browser: Browser, live_server: LiveServer, session: Session
) -> None:
    with seated(browser, live_server, session.clinic, "nurse") as nurse:
        nurse.goto(f"/admin/treatments/appointment/{session.row.pk}/dose/")
        expect(nurse.get_by_text("NO UNIT")).to_be_visible()
        fits(nurse)
        nurse.get_by_label("Drawn at").fill("09:30")
        nurse.get_by_role("button", name="Label the unit").click()
        expect(nurse.get_by_text("NOT RELEASED")).to_be_visible()
    with seated(browser, live_server, session.clinic, "doctor") as doctor:
        doctor.goto(f"/admin/treatments/appointment/{session.row.pk}/dose/")
        doctor.get_by_role("button", name="Release it in my name").click()
        expect(doctor.get_by_text("The unit is released.")).to_be_visible()
        fits(doctor)
        assert DonorUnit.objects.get().released_at is not None


def test_a_failed_fitness_check_leads_to_the_best_days(
    browser: Browser, live_server: LiveServer, session: Session
) -> None:
    with seated(browser, live_server, session.clinic, "nurse", 390) as page:
        page.goto(f"/admin/treatments/appointment/{session.row.pk}/fitness/")
        fits(page)
        for group in page.get_by_role("group").filter(has=page.get_by_role("radio")).all():
            if group.get_by_role("group").count() == 0:
                group.get_by_role("radio").first.check()
        page.get_by_role("group", name="Donor", exact=True).get_by_label(
            "Yes: stop the session"
        ).first.check()
        page.get_by_role("button", name="Both were asked").click()
        page.wait_for_url("**/again/")
        fits(page)
        page.get_by_role("button", name="Book both").first.click()
        expect(page.get_by_text("Both are booked again.")).to_be_visible()
        assert session.row.status == "booked"
