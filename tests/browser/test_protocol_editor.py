"""The editor of protocols in a real browser: with the keyboard alone, with a script and without, on screen and phone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from apps.clinic.models import Clinic
from apps.treatments.drafts import start_draft
from apps.treatments.models import ProtocolDraft, ProtocolVersion
from protocols import library_text
from protocols.editing.exchanging import with_heading, with_numbers
from tests import rows
from tests.browser.seats import fits, seated

GAP, CAP = "steps.1.next.0.target", "steps.1.rounds.cap"
LIT = with_heading(library_text("lit-standard"), {"version": "2027-1"})
MOST_TABS = 150
FOCUSED = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
  const bar = document.querySelector('.desk-editor-bar');
  const top = document.elementFromPoint(box.left + Math.min(box.width, 20) / 2, box.top + Math.min(box.height, 20) / 2);
  return {name: at.name || '', value: at.value ?? '', text: (at.innerText || '').trim(), tag: at.tagName,
          outlined: style.outlineStyle !== 'none' || getComputedStyle(at.parentElement).outlineStyle !== 'none',
          covered: Boolean(bar && !bar.contains(at) && top && bar.contains(top))};
}"""


@pytest.fixture
def clinic(transactional_db: None, stand_at: Any) -> Clinic:
    stand_at(rows.AT)
    return rows.a_clinic()


@pytest.fixture
def draft(clinic: Clinic) -> ProtocolDraft:
    doctor = rows.staff(clinic, "doctor", "earlier-doctor")
    return start_draft(clinic=clinic, document=LIT, library="lit-standard", actor=doctor, at=rows.AT)


class Keyboard:
    """Somebody without a mouse: Tab, typing, Enter, Space, arrows."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def to(self, **wanted: str) -> dict[str, Any]:
        """Tabs on until the focus is there; every stop on the way is visible and under nothing."""
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            stop: dict[str, Any] = self.page.evaluate(FOCUSED)
            if stop["tag"] == "BODY":
                continue
            assert stop["outlined"], stop
            assert not stop["covered"], stop
            if all(str(stop[name]).startswith(value) for name, value in wanted.items()):
                return stop
        raise AssertionError(f"Tab never reaches {wanted}")

    def back_to(self, **wanted: str) -> None:
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Shift+Tab")
            stop = self.page.evaluate(FOCUSED)
            if all(str(stop[name]).startswith(value) for name, value in wanted.items()):
                return
        raise AssertionError(f"Shift and Tab never reach {wanted}")

    def type_over(self, text: str) -> None:
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)


def test_a_doctor_copies_edits_mends_previews_and_signs_with_the_keyboard_alone(
    browser: Browser, live_server: LiveServer, clinic: Clinic
) -> None:
    with seated(browser, live_server, clinic, "doctor") as page:
        keys, status = Keyboard(page), page.locator("#protocol-status")
        page.goto("/admin/treatments/protocolversion/")
        keys.to(text="Copy and edit a protocol")
        keys.press("Enter")
        page.wait_for_url("**/copy/")
        keys.to(name="origin")
        page.keyboard.type("Library: LIT, standard")
        keys.to(name="version")
        page.keyboard.type("2027-1")
        keys.to(text="Copy and edit")
        keys.press("Enter")
        page.wait_for_url("**/edit/")
        # A slip, told while the focus stays where it is.
        keys.to(name=GAP)
        keys.type_over("5 wks")
        expect(status).to_have_text("1 fault to mend before publishing.")
        field = page.locator(f'[name="{GAP}"]')
        expect(field).to_be_focused()
        expect(field).to_have_attribute("aria-invalid", "true")
        told = page.locator("#" + (field.get_attribute("aria-describedby") or "").split()[-1])
        expect(told).to_contain_text("'5 wks' is no duration")
        expect(page.locator("#protocol-preview")).to_have_class("desk-stale")
        expect(page.get_by_text("As it was before the fault.")).to_be_visible()
        # The list of faults leads back to the field.
        keys.back_to(text="Sensitisation dose, Dose 2 and later")
        keys.press("Enter")
        expect(field).to_be_focused()
        keys.type_over("5")
        expect(status).to_have_text("No faults and no blanks. Ready to sign.")
        expect(page.locator("#protocol-preview")).to_contain_text("5 weeks after dose 1")
        # Another unit by its first letters.
        keys.type_over("36")
        keys.to(name=f"unit:{GAP}")
        page.keyboard.type("days")
        expect(page.locator("#protocol-preview")).to_contain_text("36 days after dose 1")
        expect(page.locator("#protocol-preview svg")).to_be_visible()
        # The document behind "advanced" opens by keyboard and lets the focus go on.
        keys.to(text="Advanced")
        keys.press("Enter")
        keys.to(name="document")
        expect(page.locator("#id_document")).to_have_value(with_numbers(LIT, {GAP: "P36D"}))
        keys.to(text="Save and go to signing")
        keys.press("Enter")
        page.wait_for_url("**/sign/")
        expect(page.get_by_text("the library says 4 weeks, S02 (A)")).to_be_visible()
        keys.to(name="read")
        keys.press("Space")
        keys.to(name="typed_name")
        page.keyboard.type("doctor-hyderabad")
        keys.to(text="Sign and publish")
        keys.press("Enter")
        page.wait_for_url("**/change/")
        expect(page.get_by_text("Signed and published")).to_be_visible()
    version = ProtocolVersion.objects.get()
    assert version.document == with_numbers(LIT, {GAP: "P36D"})
    assert version.published_by == "doctor-hyderabad"


def test_the_document_is_edited_with_line_numbers_and_its_faults_lead_to_their_line(
    browser: Browser, live_server: LiveServer, clinic: Clinic, draft: ProtocolDraft
) -> None:
    with seated(browser, live_server, clinic, "doctor") as page:
        keys = Keyboard(page)
        page.goto(f"/admin/treatments/protocolversion/draft/{draft.pk}/edit/")
        keys.to(text="Advanced")
        keys.press("Enter")
        keys.to(text="Edit the document instead")
        keys.press("Enter")
        expect(page.get_by_text("You are editing the document.")).to_be_visible()
        keys.to(name="document")
        keys.press("Control+Home")
        page.keyboard.type("colour: blue\n")
        expect(page.locator("#protocol-status")).to_have_text("1 fault to mend before publishing.")
        assert page.locator("#line-numbers").inner_text().split()[-1] == str(LIT.count("\n") + 2)
        keys.back_to(text="Line 1")
        keys.press("Enter")
        selected = page.evaluate(
            "() => { const t = document.activeElement; return t.value.slice(t.selectionStart, t.selectionEnd) }"
        )
        assert selected == "colour: blue"
        keys.press("Delete", "Delete")
        expect(page.locator("#protocol-status")).to_have_text("No faults and no blanks. Ready to sign.")
        # Tab leaves the text.
        keys.to(text="Save draft")
        keys.press("Enter")
        expect(page.get_by_text("Saved. The draft waits here.")).to_be_visible()
    draft.refresh_from_db()
    assert draft.document == LIT


def test_where_the_script_does_not_arrive_check_and_save_do_the_same(
    browser: Browser, live_server: LiveServer, clinic: Clinic, draft: ProtocolDraft
) -> None:
    with seated(browser, live_server, clinic, "doctor") as page:
        page.route("**/protocol_editor*.js", lambda route: route.abort())
        page.goto(f"/admin/treatments/protocolversion/draft/{draft.pk}/edit/")
        page.locator(f'[name="{CAP}"]').fill("2")
        page.get_by_role("button", name="Check").click()
        expect(page.get_by_text("1 fault to mend before publishing.")).to_be_visible()
        page.locator(f'[name="{CAP}"]').fill("8")
        page.get_by_role("button", name="Save draft").click()
        expect(page.get_by_text("Saved. The draft waits here.")).to_be_visible()
        expect(page.get_by_text("The clinic's own; the library says 6, S03 (A).")).to_be_visible()
    draft.refresh_from_db()
    assert draft.document == with_numbers(LIT, {CAP: "8"})


def test_every_page_of_the_editor_fits_its_screen_and_names_its_fields(
    browser: Browser, live_server: LiveServer, clinic: Clinic, draft: ProtocolDraft
) -> None:
    bad = with_numbers(LIT, {GAP: "4 wks", CAP: "2", "steps.1.content.cells_million": ""})
    doctor = rows.staff(clinic, "doctor", "another-doctor")
    faulty = start_draft(clinic=clinic, document=bad, library="lit-standard", actor=doctor, at=rows.AT)
    with seated(browser, live_server, clinic, "doctor") as page:
        for path in (
            "copy/",
            f"draft/{draft.pk}/edit/",
            f"draft/{faulty.pk}/edit/",
            f"draft/{faulty.pk}/edit/?source=document",
            f"draft/{draft.pk}/sign/",
            f"draft/{faulty.pk}/sign/",
        ):
            answer = page.goto(f"/admin/treatments/protocolversion/{path}")
            assert answer is not None
            assert answer.status == 200, path
            fits(page)
