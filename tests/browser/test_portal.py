"""A patient's page in a real browser on a phone: the whole path with and without JavaScript, four languages, its weight."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response
from pytest_django.live_server_helper import LiveServer

from apps.booking import services
from apps.booking.models import CallTask, ComingWord
from apps.booking.queries import best_slots
from apps.couples.models import Couple
from apps.portal import frame
from apps.portal.services import issue_page
from apps.reminders.models import Delivery
from apps.reminders.secret_blanks import blanks_of
from apps.treatments.models import Appointment, Record
from tests import rows

AT = rows.AT
PHONE = {"width": 390, "height": 844}
BUDGET = 100_000
# Where pictures go, if they are wanted: PORTAL_PICTURES=/tmp/pictures
PICTURES = os.environ.get("PORTAL_PICTURES", "")
pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Phone:
    """One browser at one address; every answer is counted."""

    page: Page
    home: str
    answers: list[Response] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(10_000)
        self.page.on("response", self._count)

    def _count(self, answer: Response) -> None:
        self.answers.append(answer)

    def open(self, where: str = "") -> None:
        self.page.goto(self.home + where)

    def press(self, name: str) -> None:
        found = self.page.get_by_role("button", name=name, exact=True)
        (found if found.count() else self.page.get_by_role("link", name=name, exact=True)).first.click()

    def sees(self, text: str) -> bool:
        return text in self.page.locator("body").inner_text()

    def look(self, name: str) -> None:
        """No fault that axe knows, nothing beside the screen; a picture, if they are wanted."""
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"], (name, wide)
        found = Axe().run(self.page)
        assert found.violations_count == 0, (name, found.generate_report())
        if PICTURES:
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


@pytest.fixture
def visit() -> Appointment:
    clinic = rows.a_clinic()
    him = replace(rows.ARJUN, email="a@example.org")
    nurse = rows.staff(clinic, "nurse")
    treatment = rows.a_treatment(clinic, couple=rows.a_couple(clinic, partner=him))
    rows.consented(treatment, nurse)
    first = _booked(rows.visit(treatment, "baseline-antibody-test"))
    second = _booked(rows.visit(treatment, "sensitisation"))
    assert first.starts_at != second.starts_at
    return first


def _booked(visit: Appointment) -> Appointment:
    slot = best_slots(visit, at=AT)[0]
    return services.book(
        appointment=visit, starts_at=slot.starts_at, actor=rows.SYSTEM, at=AT, reason="Asked"
    )


@pytest.fixture
def phones(
    browser: Browser, live_server: LiveServer, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """Makes a phone at her page: with JavaScript or without, bright or dark."""
    monkeypatch.setattr(frame, "clock", lambda: AT)
    couple = Couple.objects.get()
    _, token = issue_page(person=couple.recipient, label="Phone", actor=rows.SYSTEM, at=AT)
    opened: list[Any] = []

    def phone(**given: Any) -> Phone:
        context = browser.new_context(viewport=PHONE, **given)
        opened.append(context)
        return Phone(context.new_page(), f"{live_server.url}/p/{token}/")

    yield phone
    for context in opened:
        context.close()


def code() -> str:
    return blanks_of(Delivery.objects.filter(kind="code").latest("created_at"))["code"]


def walk(phone: Phone, visit: Appointment, mark: str) -> None:
    """From the next appointment through every page to the stop of all messages."""
    phone.open()
    assert phone.sees(visit.local_start[11:])
    phone.look(f"home-{mark}")
    phone.press("I am coming")
    phone.look(f"ask-code-{mark}")
    phone.press("Send me a code")
    phone.look(f"code-{mark}")
    phone.page.get_by_label("Your code, six digits").fill(code())
    phone.press("Go on")
    phone.look(f"coming-{mark}")
    phone.press("I am coming")
    assert phone.sees("We know that you are coming")
    phone.look(f"came-{mark}")
    phone.press("Ask for another time")
    phone.page.get_by_role("checkbox").first.check()
    phone.look(f"change-{mark}")
    phone.press("Please call me")
    phone.press("Days when I cannot come")
    phone.page.get_by_label("First day").fill("2026-03-02")
    phone.press("Send")
    phone.open("away/")
    phone.look(f"away-{mark}")
    phone.open("calendar/")
    phone.press("Make my calendar address")
    phone.look(f"calendar-{mark}")
    phone.open("more/")
    phone.look(f"more-{mark}")
    phone.open("wishes/")
    phone.look(f"wishes-{mark}")
    phone.press("I want to end everything")
    phone.look(f"end-{mark}")
    phone.open()
    phone.press("Stop all messages")
    assert phone.sees("All messages are stopped")
    phone.look(f"stopped-{mark}")
    phone.press("Send")
    assert phone.sees("Nothing is shown here now")
    phone.look(f"quiet-{mark}")


def test_a_phone_walks_the_whole_page_without_javascript_and_with_it(
    phones: Any, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    # axe itself is JavaScript: pages are looked at in the browser that has it, and walked again in the one that has not.
    with_it = phones()
    walk(with_it, visit, "light")
    assert ComingWord.objects.count() == 1
    assert CallTask.objects.filter(why="change").count() == 1
    assert Record.objects.filter(kind="absence").count() == 1
    couple = Couple.objects.get()
    assert couple.silent_reason == "own_wish"
    Couple.objects.update(
        silent_since=None, silent_reason="", silent_reason_since=None, own_wish_since=None, silent_by=""
    )
    monkeypatch.setattr(frame, "clock", lambda: AT + timedelta(minutes=1))
    without = phones(java_script_enabled=False)
    without.open(f"visit/{visit.pk}/coming/")
    without.press("Send me a code")
    without.page.get_by_label("Your code, six digits").fill(code())
    without.press("Go on")
    without.press("Take back that I am coming")
    assert ComingWord.objects.count() == 2
    walk_without(without)
    _light_and_from_here(with_it)


def walk_without(phone: Phone) -> None:
    phone.press("Ask for another time")
    phone.press("Please call me")
    phone.open("away/")
    phone.page.get_by_role("button", name="I can come after all").click()
    phone.open("calendar/")
    phone.press("Make my calendar address")
    assert phone.page.locator("svg.qr").is_visible()
    phone.open("wishes/")
    phone.page.get_by_label("తెలుగు").check()
    phone.press("Send")
    assert phone.page.locator("html").get_attribute("lang") == "te"
    phone.open("?l=en")
    phone.press("Stop all messages")
    phone.page.get_by_label("Please call me").check()
    phone.press("Send")
    assert phone.sees("We will call you")
    assert Couple.objects.get().silent_reason == "own_wish"


def _light_and_from_here(phone: Phone) -> None:
    """Less than 100 KB for all of them together, none from elsewhere, each with its policy."""
    hosts = {urlsplit(one.url).netloc for one in phone.answers if not one.url.startswith("data:")}
    assert hosts == {urlsplit(phone.home).netloc}
    pages = [one for one in phone.answers if "/p/" in one.url and one.status == 200]
    assert pages
    for one in pages:
        policy = one.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
    found = {one.url for one in phone.answers if one.status == 200 and one.request.method == "GET"}
    sizes = {url: len(phone.page.request.get(url).body()) for url in found}
    heaviest = max(size for url, size in sizes.items() if "/p/" in url)
    rest = sum(size for url, size in sizes.items() if "/p/" not in url)
    assert heaviest + rest < BUDGET, (heaviest, rest)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_in_four_languages_and_on_paper(phones: Any, visit: Appointment, scheme: str) -> None:
    phone = phones(color_scheme=scheme)
    for language in ("en", "hi", "te", "ur") if scheme == "light" else ("ur",):
        phone.open(f"?l={language}")
        assert phone.page.locator("html").get_attribute("dir") == ("rtl" if language == "ur" else "ltr")
        phone.look(f"home-{language}-{scheme}")
    phone.open("?l=en")
    phone.page.emulate_media(media="print")
    assert phone.sees(visit.local_start[11:])
    assert phone.sees(rows.HYDERABAD.phone)
    assert not phone.page.get_by_role("button").first.is_visible()
    if PICTURES:
        phone.page.screenshot(path=f"{PICTURES}/paper-{scheme}.png", full_page=True)
