"""A real calendar program on a real connection: vdirsyncer fetches, khal shows."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from apps.feeds import files, services
from tests.apps.feeds.acts import a_link
from tests.apps.reminders.acts import BOOKED, OTHER, Scene, a_scene

BIN = Path(sys.executable).parent


class Device:
    """A home folder with both programs set up for one calendar address."""

    def __init__(self, home: Path, url: str) -> None:
        self.home = home
        (home / "calendar").mkdir(parents=True)
        (home / "vdirsyncer").write_text(
            f"""[general]
status_path = "{home}/status"
[pair lit]
a = "here"
b = "there"
collections = null
conflict_resolution = "b wins"
[storage here]
type = "filesystem"
path = "{home}/calendar"
fileext = ".ics"
[storage there]
type = "http"
url = "{url}"
"""
        )
        (home / "khal").write_text(
            f"""[calendars]
[[lit]]
path = {home}/calendar
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = Asia/Kolkata
default_timezone = Asia/Kolkata
[default]
default_calendar = lit
[sqlite]
path = {home}/khal.db
"""
        )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        keep = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return subprocess.run(
            [str(BIN / words[0]), *words[1:]],
            env={
                **keep,
                "HOME": str(self.home),
                "VDIRSYNCER_CONFIG": str(self.home / "vdirsyncer"),
                "LC_ALL": "C.UTF-8",
            },
            capture_output=True,
            text=True,
            input="y\n",
            timeout=60,
            check=False,
        )

    def sync(self) -> str:
        """Fetches; returns what vdirsyncer says."""
        done = self.run("vdirsyncer", "sync")
        assert done.returncode == 0, done.stderr
        return done.stderr

    def listed(self) -> list[str]:
        """What the calendar shows in the weeks around."""
        shown = self.run(
            "khal", "-c", str(self.home / "khal"), "list", "--day-format", "",
            "--format", "{start-date} {start-time} {title} @ {location}", "2025-12-20", "60d",
        )  # fmt: skip
        assert shown.returncode == 0, shown.stderr
        return [line.strip() for line in shown.stdout.splitlines() if line.strip()]


@pytest.fixture
def device(
    transactional_db: None,
    live_server: LiveServer,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[Scene, Device]:
    settings.FEED_CACHE_DIR = str(tmp_path / "feeds")
    files.forget()
    scene = a_scene()
    scene.book()
    _, token = a_link(scene)
    at(BOOKED, monkeypatch)
    return scene, Device(tmp_path / "home", f"{live_server.url}/feeds/{token}.ics")


def at(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.feeds.views.clock", lambda: moment)


def test_a_device_follows_booking_move_cancellation_and_the_end_of_the_link(
    device: tuple[Scene, Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, phone = device
    phone.run("vdirsyncer", "discover")
    phone.sync()
    assert phone.listed() == ["2026-01-15 08:30 Appointment, Lake Road @ 1 Lake Road"]
    assert "Copying" not in phone.sync()

    later = BOOKED + timedelta(hours=1)
    at(later, monkeypatch)
    scene.move(OTHER, later)
    phone.sync()
    assert phone.listed() == ["2026-01-16 08:30 Appointment, Lake Road @ 1 Lake Road"]

    later += timedelta(hours=1)
    at(later, monkeypatch)
    scene.cancel(later)
    phone.sync()
    (line,) = phone.listed()
    assert "CANCELLED - Appointment, Lake Road" in line

    services.revoke(link=scene.recipient.feed_links.get(), actor=scene.nurse, at=later)
    phone.sync()
    assert phone.listed() == ["2026-01-06  Lake Road @"]
