"""The page of a couple in a real browser: the picture on three widths, notes, files, and a record that is moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from apps.booking.services import book
from apps.couples.models import Note
from apps.couples.services import write_note
from apps.treatments.models import Attachment, Record, Treatment
from tests import rows
from tests.browser.seats import WIDTHS, fits, seated

Shown = tuple[Treatment, datetime]


@pytest.fixture
def busy(transactional_db: None, stand_at: Any) -> Shown:
    """Two doses given, the third booked, he is away, she is RhD-negative; another couple sounds like them."""
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse", "earlier-nurse")
    her = replace(rows.LALITHA, given_name="Lakshmi", family_name="Reddy", blood_group="O-")
    him = replace(
        rows.ARJUN, given_name="Kiran", family_name="Reddy", blood_group="A+", allergies="penicillin"
    )
    couple = rows.a_couple(clinic, recipient=her, partner=him)
    treatment = rows.a_treatment(clinic, couple=couple)
    rows.consented(treatment, nurse)
    rows.resulted(treatment, nurse, rows.AT, 4)
    for number in (1, 2):
        rows.dosed(treatment, nurse, rows.AT + timedelta(weeks=4 * number - 3), number)
    at = rows.AT + timedelta(weeks=6)
    away = {"person": "partner", "from_on": at.date() + timedelta(8), "to_on": at.date() + timedelta(18)}
    rows.said(treatment, nurse, at, "absence", **away)
    rows.said(treatment, nurse, at, "milestone", name="conception-attempt", certainty="planned",
        on=at.date() + timedelta(weeks=16),
    )  # fmt: skip
    write_note(couple=couple, text="Ask for her sister.", kind="say", actor=nurse, at=at)
    write_note(
        couple=couple, text="Redness of 30 mm for three days.", kind="adverse_event", severity="moderate",
        on=rows.AT.date() + timedelta(weeks=5), actor=nurse, at=at,
    )  # fmt: skip
    book(
        appointment=rows.visit(treatment, "sensitisation", 3),
        starts_at=datetime.combine(at.date() + timedelta(weeks=3), time(10, 0)),
        minutes=60,
        actor=nurse,
        at=at,
    )
    alike = replace(rows.LALITHA, given_name="Laxmi", family_name="Reddy")
    other = rows.a_treatment(clinic, couple=rows.a_couple(clinic, recipient=alike), at=at)
    rows.consented(other, nurse, at)
    stand_at(at + timedelta(days=1))
    return treatment, at + timedelta(days=1)


def address(treatment: Treatment) -> str:
    return reverse("admin:couples_couple_change", args=[treatment.couple_id])


def test_the_page_of_a_couple_shows_what_matters_on_every_screen(
    browser: Browser, live_server: LiveServer, busy: Shown
) -> None:
    treatment, _ = busy
    with seated(browser, live_server, treatment.clinic, "nurse") as page:
        page.goto(address(treatment))
        fits(page)
        banner = page.get_by_role("region", name="Couple", exact=True)
        for text in ("Lakshmi Reddy, 33", "Kiran Reddy, 35", "O- / A+", "penicillin", "Laxmi Reddy"):
            assert text in banner.inner_text()
        assert (
            "Next: Sensitisation dose 3, booked for" in page.get_by_role("region", name="Next").inner_text()
        )
        alerts = page.get_by_role("region", name="Alerts").inner_text()
        assert "RhD-negative" in alerts
        assert "Redness of 30 mm" in alerts
        assert "Ask for her sister." in alerts
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            pictures = [one for one in page.locator(".tl svg").all() if one.is_visible()]
            assert len(pictures) == 1
            box = pictures[0].bounding_box()
            assert box is not None
            assert box["width"] <= width
            # Letters of the picture are as large as those of a small print, on every screen.
            sizes = page.evaluate(
                "() => [...document.querySelectorAll('.tl .tl-name')].filter(n => n.getBoundingClientRect().height)"
                ".map(n => n.getBoundingClientRect().height)"
            )
            assert min(sizes) >= 11
        page.get_by_text("Why: Sensitisation dose 3").locator("..").click()
        assert page.get_by_text("4 weeks after dose 2").is_visible()


def test_a_note_is_written_and_pinned(browser: Browser, live_server: LiveServer, busy: Shown) -> None:
    treatment, _ = busy
    with seated(browser, live_server, treatment.clinic, "nurse", 390) as page:
        page.goto(address(treatment))
        page.get_by_role("link", name="Write a note").click()
        fits(page)
        page.get_by_label("What is it").select_option("do_not_say")
        page.get_by_label("Note", exact=False).last.fill("Never at his work.")
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Noted.").wait_for()
        assert "Never at his work." in page.get_by_role("region", name="Alerts").inner_text()
    assert Note.objects.filter(kind="do_not_say").count() == 1


def test_a_file_is_attached_to_a_record_and_comes_back_as_a_download(
    browser: Browser, live_server: LiveServer, busy: Shown, tmp_path: Path
) -> None:
    treatment, _ = busy
    record = Record.objects.filter(treatment=treatment, kind="result").first()
    assert record is not None
    report = tmp_path / "report.pdf"
    report.write_bytes(b"%PDF-1.4\n%%EOF\n")
    with seated(browser, live_server, treatment.clinic, "nurse", 390) as page:
        page.goto(reverse("admin:record_attach", args=[record.pk]))
        fits(page)
        page.get_by_label("File").set_input_files(report)
        page.get_by_role("button", name="Attach").click()
        page.get_by_text("The file is attached.").wait_for()
        older = page.get_by_text("older record")
        if older.count():
            older.first.click()
        fits(page)
        with page.expect_download() as download:
            page.get_by_role("link", name="report.pdf", exact=True).click()
        assert download.value.suggested_filename == "report.pdf"
    assert Attachment.objects.get().readings.count() == 1


def test_a_record_in_the_wrong_couple_is_moved_after_a_look_at_both_plans(
    browser: Browser, live_server: LiveServer, busy: Shown
) -> None:
    treatment, at = busy
    nurse = rows.staff(treatment.clinic, "nurse", "hasty-nurse")
    wrong = rows.resulted(treatment, nurse, at, 2)
    with seated(browser, live_server, treatment.clinic, "nurse") as page:
        page.goto(reverse("admin:record_move", args=[wrong.pk]))
        page.get_by_label("The right couple").fill("Laxmi")
        page.get_by_role("button", name="Search").click()
        fits(page)
        page.get_by_role("link", name="Show what changes: HYD-0002").click()
        page.get_by_role("heading", name="Sent since then").wait_for()
        fits(page)
        page.get_by_label("How it came to the wrong couple").fill("Similar names")
        page.get_by_role("button", name="Move the record").click()
        page.get_by_text("Moved.").wait_for()
        fits(page)
    assert Record.objects.filter(treatment__couple__code="HYD-0002", kind="result").count() == 1
    assert Record.objects.filter(treatment=treatment, kind="correction").count() == 1


def test_the_picture_follows_the_dark_theme(browser: Browser, live_server: LiveServer, busy: Shown) -> None:
    treatment, _ = busy
    with seated(browser, live_server, treatment.clinic, "nurse") as page:
        page.goto(address(treatment))
        light = page.evaluate("() => getComputedStyle(document.querySelector('.tl .tl-name')).fill")
        page.evaluate("() => document.documentElement.classList.add('dark')")
        assert page.evaluate("() => getComputedStyle(document.querySelector('.tl .tl-name')).fill") != light
