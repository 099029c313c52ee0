"""Every page of the desk under axe-core (WCAG 2.2 A and AA), found by following the desk's own links in the demo.

Each page is seen on a phone by day and on a wide screen by night, and must fit a tablet too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.urls import Resolver404, resolve
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from apps.clinic.models import Membership, User
from apps.desk.pages.urls import ROUTES
from tests.browser.seats import BEYOND, NIGHT, signed_in
from tests.demo_house import DemoHouse

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
AXE = """tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})
  .then(found => found.violations.map(one => one.id + ' (' + one.help + '): '
    + one.nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join(' | ')))"""
LINKS = "() => [...document.querySelectorAll('a[href]:not([download])')].map(link => link.href)"
# So many pages of one route are looked at.
OF_EACH = 1
NO_PAGES = {"logout", "jsi18n", "list_export", "file_fetch", "day_paper", "couple_import_template", "feed"}
# So many different pages the demo's links lead to at least; the rest are acts, files and pages of rarer states.
PAGES = 50


@pytest.fixture
def demo(transactional_db: None, demo_house: DemoHouse, live_server: LiveServer) -> Iterator[LiveServer]:
    """The demo clinics on a real server."""
    with demo_house.entered():
        yield live_server


def somebody(role: str) -> User:
    return Membership.objects.filter(role=role, is_active=True).order_by("user__username")[0].user


def name_of(address: str) -> str:
    """The route that answers an address; an empty word for what is not the desk's."""
    try:
        return resolve(urlsplit(address).path).url_name or ""
    except Resolver404:
        return ""


def faults_of(page: Page) -> list[str]:
    """What is wrong with the page as it stands: on a phone by day, on a tablet, on a wide screen by night."""
    found: list[str] = []
    page.evaluate(AXE_SCRIPT)
    for width, scheme, looks in ((390, "light", True), (820, "light", False), (1440, "dark", True)):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(NIGHT, scheme == "dark")
        beyond = page.evaluate(BEYOND)
        if beyond > 0:
            found.append(f"{width}: reaches {beyond} px beyond the screen")
        if looks:
            found += [f"{width} {scheme}: {fault}" for fault in page.evaluate(AXE, TAGS)]
    return found


def walk(page: Page, seen: Counter[str]) -> dict[str, list[str]]:
    """Follows links from the first page on; the faults by address."""
    wrong: dict[str, list[str]] = {}
    ahead, known = ["/admin/"], {"/admin/"}
    page.goto("/admin/")
    while ahead:
        address = ahead.pop(0)
        name = name_of(address)
        if not name or name in NO_PAGES or seen[name] >= OF_EACH:
            continue
        answer = page.goto(address)
        assert answer is not None
        seen[name] += 1
        if answer.status != 200:
            wrong[address] = [f"answers {answer.status}"]
            continue
        if faults := faults_of(page):
            wrong[address] = faults
        for link in page.evaluate(LINKS):
            here = urlsplit(link)
            target = here.path + (f"?{here.query}" if here.query else "")
            if here.path.startswith("/admin/") and target not in known and "logout" not in target:
                known.add(target)
                ahead.append(target)
    return wrong


def test_every_page_can_be_used_by_everybody(browser: Browser, demo: LiveServer) -> None:
    seen: Counter[str] = Counter()
    wrong: dict[str, list[str]] = {}
    for role in ("doctor", "manager", "nurse", "lab"):
        with signed_in(browser, demo, somebody(role)) as context:
            wrong |= walk(context.new_page(), seen)
    told = [f"{address}: {fault}" for address, faults in wrong.items() for fault in faults]
    assert not told, "\n".join(told)
    assert len(seen) >= PAGES, sorted({name for _, _, name in ROUTES} - set(seen))
