"""A real calendar program on a real connection: vdirsyncer fetches, khal shows."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db import OperationalError
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from apps.feeds import files, services
from apps.feeds.models import FeedBytes
from tests.apps.feeds.acts import a_link
from tests.apps.feeds.states import Told, at_the_cap, in_other_scripts, in_other_zones
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

    def fails(self) -> bool:
        """Fetches in vain; whether vdirsyncer says so."""
        return self.run("vdirsyncer", "sync").returncode != 0

    def listed(self, since: str = "2025-12-20", span: str = "60d") -> list[str]:
        """What the calendar shows in the weeks around, each entry once, as a phone in India has it."""
        shown = self.run(
            "khal", "-c", str(self.home / "khal"), "list", "--once", "--day-format", "",
            "--format", "{start-date} {start-time} {title} @ {location}", since, span,
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


def test_a_device_keeps_what_it_has_through_trouble_and_is_cleared_by_a_renewed_address(
    device: tuple[Scene, Device], settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, phone = device
    link = scene.recipient.feed_links.get()
    phone.run("vdirsyncer", "discover")
    phone.sync()
    booked = phone.listed()
    assert len(booked) == 1

    def no_database(*_: object) -> None:
        raise OperationalError("the server closed the connection")

    with monkeypatch.context() as trouble:
        trouble.setattr("apps.feeds.views.polled", no_database)
        assert "Copying" not in phone.sync()  # served from the machine's own copy
        settings.FEED_CACHE_DIR = str(tmp_path / "another machine")
        assert phone.fails()
        assert phone.listed() == booked

    services.rotate(link=link, actor=scene.nurse, at=BOOKED)
    phone.sync()
    assert phone.listed() == ["2026-01-06  Lake Road @"]
    at(BOOKED + timedelta(days=91), monkeypatch)
    assert phone.fails()  # unknown by now
    assert phone.listed() == ["2026-01-06  Lake Road @"]


def test_a_device_shows_other_zones_other_scripts_and_the_largest_calendar_as_the_rows_have_them(
    device: tuple[Scene, Device],
) -> None:
    scene, phone = device
    link = scene.recipient.feed_links.get()
    phone.run("vdirsyncer", "discover")
    phone.sync()
    for state in [*in_other_zones(), *in_other_scripts(), at_the_cap()]:
        FeedBytes.objects.filter(pk=link.pk).update(body=state.body, etag=f'"{state.name}"')
        phone.sync()
        first, *_ = expected = sorted(_as_listed(told) for told in state.says)
        within = (first[:10], "10d")
        ten = [
            line for line in expected if line[:10] < str(date.fromisoformat(first[:10]) + timedelta(days=10))
        ]
        assert sorted(phone.listed(*within)) == ten, state.name
        assert len(list((phone.home / "calendar").iterdir())) == len(state.says)


def _as_listed(told: Told) -> str:
    assert isinstance(told.starts, datetime)
    india = told.starts.astimezone(ZoneInfo("Asia/Kolkata"))
    return f"{india:%Y-%m-%d %H:%M} {told.summary} @ {told.location}".strip()
