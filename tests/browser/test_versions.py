"""Versions in a real browser: a doctor reads what differs, moves what was seen, and undoes it, wide and on a phone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from apps.booking import services as booking
from apps.treatments.models import Treatment
from apps.treatments.moving import apply_lines
from apps.treatments.services import publish_protocol
from protocols import library_text
from tests import rows
from tests.browser.seats import fits, seated

AT = rows.AT
NOW = AT + timedelta(weeks=1, hours=1)
GAP = "target: {at: P4W, source: S02, grade: A}\n        latest: {at: P6W, source: S43, grade: B}"


@pytest.fixture
def treatments(transactional_db: None, stand_at: Any) -> list[Treatment]:
    """Three couples after their first dose, one of them with a booking that a shorter version leaves outside."""
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse", "earlier-nurse")
    found = []
    for name in ("Lalitha", "Asha", "Farah"):
        couple = rows.a_couple(clinic, recipient=replace(rows.LALITHA, given_name=name))
        treatment = rows.a_treatment(clinic, couple=couple)
        rows.consented(treatment, nurse)
        rows.resulted(treatment, nurse, AT, 4)
        rows.dosed(treatment, nurse, AT + timedelta(weeks=1), 1)
        found.append(treatment)
    booking.book(
        appointment=rows.visit(found[2], "sensitisation", 2),
        starts_at=AT + timedelta(weeks=5),
        reason="",
        actor=nurse,
        at=NOW,
    )
    shorter = GAP.replace("P4W", "P3W").replace(
        "P6W, source: S43, grade: B", "P24D, source: clinic, grade: setting"
    )
    text = library_text("lit-standard").replace('version: "1"', 'version: "2"').replace(GAP, shorter, 1)
    publish_protocol(clinic=clinic, document=text, signed_by="Dr Sen", actor=rows.SYSTEM, at=NOW)
    stand_at(NOW)
    return found


def test_a_doctor_moves_treatments_as_they_were_seen_and_takes_one_back(
    browser: Browser, live_server: LiveServer, treatments: list[Treatment]
) -> None:
    with seated(browser, live_server, treatments[0].clinic, "doctor") as page:
        page.goto("/admin/treatments/protocolversion/")
        page.get_by_role("link", name="LIT, standard course").first.click()
        page.get_by_role("link", name="Compare with another version").click()
        expect(page.locator("#differences")).to_contain_text("target 4 weeks -> 3 weeks")
        fits(page)
        page.get_by_role("link", name="Back").click()
        page.get_by_role("link", name="Move treatments to this version (3)").click()
        expect(page.locator("#out_of_window")).to_contain_text("Farah")
        expect(page.locator("#moved")).to_contain_text("Sensitisation dose 2: 9 Feb 2026 -> 2 Feb 2026")
        fits(page)
        expect(page.get_by_label("Move HYD-0003", exact=False)).not_to_be_checked()
        page.get_by_role("button", name="Move all 2 of these").click()
        expect(page.get_by_text("Moving: 0 of 2 done")).to_be_visible()
        fits(page)
        apply_lines(at=NOW)
        expect(page.get_by_text("Done: 2 of 2 moved")).to_be_visible(timeout=10_000)
        page.get_by_role("button", name="Undo: ", exact=False).first.click()
        expect(page.get_by_text("Undone: the treatment is on its earlier version again.")).to_be_visible()
        fits(page)
    versions = [Treatment.objects.get(pk=one.pk).protocol_version.version for one in treatments]
    assert sorted(versions) == ["1", "1", "2"]
