"""A real Chromium, started once; where there is none, one line says so and the tests are skipped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from lit_tracker.local import browser as chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """While it runs, its loop runs in this thread, and Django must be told that the ORM may be used all the same."""
    path = chromium.executable()
    if path is None:
        pytest.skip(chromium.MISSING)
    # A machine under load answers late; what never comes true fails all the same.
    expect.set_options(timeout=20_000)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        started = playwright.chromium.launch(executable_path=path, args=list(chromium.FLAGS))
        yield started
        started.close()


@pytest.fixture
def stand_at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Stops the desk's clock at a moment."""

    def stand(at: datetime) -> None:
        monkeypatch.setattr("apps.desk.access.now", lambda: at)

    return stand
