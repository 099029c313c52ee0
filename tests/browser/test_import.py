"""A file of couples in a real browser: the trial run, confirming it and the release, on a wide screen and on a phone."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from openpyxl import Workbook
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from apps.clinic.models import Clinic
from apps.couples.models import Couple
from apps.couples.services import PersonInput
from apps.treatments.intake.columns import COLUMNS
from apps.treatments.intake.services import work_lines
from tests import rows
from tests.browser.seats import fits, pictured, seated
from tests.rows import AT

EXAMPLE = {column.name: column.example for column in COLUMNS if column.example}


@pytest.fixture
def clinic(transactional_db: None, stand_at: Any, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    monkeypatch.setattr("apps.desk.pages.importing.work_import_soon", lambda pk: None)
    stand_at(AT)
    made = rows.a_clinic()
    rows.a_protocol(made)
    rows.a_couple(made)
    return made


def good(page: Page, name: str) -> None:
    """It fits, and nothing of the page itself is out of reach for anybody."""
    fits(page)
    pictured(page, f"import-{name}")
    found = Axe().run(page, context="#content")
    assert found.violations_count == 0, found.generate_report()


def a_file(tmp_path: Path) -> Path:
    """Two good couples, one of whom looks like somebody here, and one with three faults."""
    wrong = {
        "recipient_given_name": "Meera",
        "partner_given_name": "Dev",
        "recipient_birth_on": "03/04/1992",
        "recipient_phone": "9.84802E+09",
    }
    alike = {**EXAMPLE, "recipient_given_name": "Lalita", "recipient_family_name": "Rao"}
    lines = [EXAMPLE, {**alike, "recipient_mrn": "9", "recipient_phone": "", "partner_mrn": "8"}, wrong]
    book = Workbook()
    sheet = book.active
    heads = list(dict.fromkeys(name for line in lines for name in line))
    for line in (heads, *([one.get(name) for name in heads] for one in lines)):
        sheet.append(line)
    written = io.BytesIO()
    book.save(written)
    path = tmp_path / "list.xlsx"
    path.write_bytes(written.getvalue())
    return path


def test_a_file_is_tried_confirmed_carried_out_and_released(
    browser: Browser, live_server: LiveServer, clinic: Clinic, tmp_path: Path
) -> None:
    with seated(browser, live_server, clinic, "nurse") as page:
        page.goto("/admin/couples/couple/")
        good(page, "list")
        page.get_by_role("link", name="Import", exact=True).click()
        good(page, "upload")
        page.get_by_label("File").set_input_files(a_file(tmp_path))
        page.get_by_role("button", name="Try it").click()
        expect(page.get_by_text("1 row has faults; 2 would be imported")).to_be_visible()
        expect(page.get_by_text("may be two different days")).to_be_visible()
        expect(page.get_by_text("looks like somebody in HYD-0001", exact=False)).to_be_visible()
        good(page, "trial")
        page.get_by_role("button", name="Import 2 good rows, leave 1 out").click()
        expect(page.get_by_text("Importing: 0 of 3 rows")).to_be_visible()
        good(page, "running")
        work_lines(at=AT)
        expect(page.get_by_text("Done: 2 couples imported")).to_be_visible(timeout=10_000)
        good(page, "done")
        page.get_by_role("link", name="Imported, still silent").click()
        good(page, "silent")
        page.get_by_label("HYD-0002", exact=False).check()
        page.get_by_role("button", name="Release the ticked").click()
        expect(page.get_by_text("1 couple is released")).to_be_visible()
    assert list(Couple.objects.order_by("code").values_list("silent_reason", flat=True)) == [
        "",
        "",
        "imported",
    ]


def test_somebody_who_is_here_is_offered_and_two_entries_become_one(
    browser: Browser, live_server: LiveServer, clinic: Clinic
) -> None:
    other = PersonInput("Suresh", "Babu")
    rows.a_couple(clinic, recipient=replace(rows.LALITHA, given_name="Lalita"), partner=other)
    with seated(browser, live_server, clinic, "nurse", 390) as page:
        page.goto("/admin/couples/couple/add/")
        recipient = page.get_by_role("group", name="Recipient")
        recipient.get_by_label("Given name").fill("Lalitha")
        recipient.get_by_label("Family name").fill("Rao")
        page.get_by_role("group", name="Partner").get_by_label("Given name").fill("Kiran")
        page.get_by_role("button", name="Enrol").click()
        expect(page.get_by_text("Use this person: Lalitha Rao")).to_be_visible()
        good(page, "enrol")
        page.get_by_label("Use this person: Lalitha Rao", exact=False).check()
        page.get_by_role("button", name="Enrol").click()
        expect(page.get_by_text("The couple is enrolled.")).to_be_visible()
        page.get_by_role("link", name="Entered twice?").first.click()
        good(page, "candidates")
        page.get_by_role("link", name="Compare").first.click()
        good(page, "merge")
        page.get_by_label("It is one human being", exact=False).check()
        page.get_by_role("button", name="Merge", exact=True).click()
        expect(page.get_by_role("button", name="Take it back")).to_be_visible()
        good(page, "merged")
    assert Couple.objects.values("recipient").distinct().count() == 1
