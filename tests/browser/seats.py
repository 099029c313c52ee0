"""Seats at the desk: somebody of a clinic signed in, in a page of the real browser; and what every page must keep."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from apps.clinic.models import Clinic, User
from tests import rows

# A phone, a tablet held upright, a desk.
WIDTHS = (390, 820, 1440)
SECRET = "a-long-enough-secret"
# The page by night or by day, as the admin sets it when it is opened: a page that stands does not follow the system.
NIGHT = "dark => document.documentElement.classList.toggle('dark', dark)"
# How far the page reaches beyond the screen.
BEYOND = "() => document.documentElement.scrollWidth - window.innerWidth"
# Fields without a name for a screen reader.
UNNAMED = """() => [...document.querySelectorAll('#content input:not([type=hidden]), #content select, #content textarea')]
  .filter(field => !field.labels?.length && !field.ariaLabel).map(field => field.name)"""
# What can be pressed and is smaller than a finger needs; links inside a sentence are exempt.
SMALL = """() => [...document.querySelectorAll(
    '.desk button, .desk a.desk-button, .desk select, .desk summary, .desk-kinds a')]
  .filter(one => !one.matches('.desk-unseen'))
  .filter(one => { const box = one.getBoundingClientRect(); return box.width && (box.height < 24 || box.width < 24) })
  .map(one => one.textContent)"""


def staff_of(clinic: Clinic, role: str) -> User:
    """The clinic's nurse, doctor and so on; hired when first asked for."""
    found = User.objects.filter(username=f"{role}-{clinic.slug}").first()
    return found or User.objects.get(pk=rows.staff(clinic, role).user_id)


@contextmanager
def signed_in(browser: Browser, server: LiveServer, user: User, **more: Any) -> Iterator[BrowserContext]:
    """A browser's window that holds the session of that user; `more` goes to Playwright's `new_context`."""
    client = Client()
    client.force_login(user)
    context = browser.new_context(base_url=server.url, locale="en-GB", color_scheme="light", **more)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": server.url}])
    yield context
    context.close()


@contextmanager
def seated(
    browser: Browser, server: LiveServer, clinic: Clinic, role: str, width: int = 1440, **more: Any
) -> Iterator[Page]:
    """An empty page of somebody of that role; errors of the console fail the test."""
    size = {"width": width, "height": 900}
    with signed_in(browser, server, staff_of(clinic, role), viewport=size, **more) as context:
        page = context.new_page()
        with quiet(page):
            yield page


@contextmanager
def quiet(page: Page) -> Iterator[None]:
    """No script of the page fails meanwhile."""
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield
    assert not wrong


def fits(page: Page) -> None:
    """At three widths nothing reaches beyond the screen, fields have names, and what can be pressed is large enough."""
    page.wait_for_load_state()  # a link's page may have been promised and have no content yet
    own = page.viewport_size
    assert own is not None
    for width in (*(other for other in WIDTHS if other != own["width"]), own["width"]):
        page.set_viewport_size({"width": width, "height": own["height"]})
        found = {
            "beyond": page.evaluate(BEYOND),
            "unnamed": page.evaluate(UNNAMED),
            "small": page.evaluate(SMALL),
        }
        assert found == {"beyond": min(found["beyond"], 0), "unnamed": [], "small": []}, (
            width,
            page.url,
            found,
        )


def pictured(page: Page, name: str) -> None:
    """Keeps the page as it stands at three widths in the folder that PICTURES names; does nothing without one."""
    folder, size = os.environ.get("PICTURES"), page.viewport_size
    if not folder or size is None:
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size(size)
