"""`make test-clients`: what Thunderbird and Evolution make of our answers, in every state that a link can be in.

Not part of the suite: Thunderbird looks once a minute. Ends by itself, after about four minutes at most.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from apps.feeds import files, queries, services, views
from apps.feeds.models import FeedLink
from lit_tracker.local import readers
from tests import rows
from tests.apps.feeds.acts import a_link
from tests.apps.feeds.subscribers import Evolution, Held, Program, Thunderbird
from tests.apps.reminders.acts import BOOKED, OTHER, VISIT, Scene, a_scene

LATER = BOOKED + timedelta(hours=1)
PATIENCE = 150.0  # seconds for each of two looks; Thunderbird's are a minute apart
TITLE = "Appointment, Lake Road"
IN_HINDI = "अपॉइंटमेंट, Lake Road"
IN_TELUGU = ("అపాయింట్\u200cమెంట్, Lake Road", "రద్దు - అపాయింట్\u200cమెంట్, Lake Road")
IN_URDU = (
    "اپائنٹمنٹ، Lake Road",
    "منسوخ - اپائنٹمنٹ، Lake Road",
)
NEUTRAL_DAY = datetime(2026, 1, 6, tzinfo=UTC)


@dataclass
class Served:
    """Three couples' links by name, and the addresses that are in trouble now."""

    moved: Scene
    cancelled: Scene
    links: dict[str, tuple[FeedLink, str]]
    base: str
    down: set[str]

    @property
    def calendars(self) -> dict[str, str]:
        return {name: f"{self.base}/feeds/{token}.ics" for name, (_, token) in self.links.items()}

    def link(self, name: str) -> FeedLink:
        return self.links[name][0]


@pytest.fixture
def served(
    transactional_db: None,
    live_server: LiveServer,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Served:
    settings.FEED_CACHE_DIR = str(tmp_path / "feeds")
    files.forget()
    at(BOOKED, monkeypatch)
    moved, cancelled, unchanged = (
        a_scene(),
        another_scene("second", "te", "ur"),
        another_scene("third", "hi", "en"),
    )
    for scene in (moved, cancelled, unchanged):
        scene.book()
    links = {name: a_link(moved) for name in ("moved", "revoked", "rotated", "unknown")}
    links |= {name: a_link(cancelled, role) for name, role in (("telugu", "recipient"), ("urdu", "partner"))}
    links |= {"outage-copy": a_link(unchanged), "outage-none": a_link(moved, "partner")}
    down: set[str] = set()
    look_up = queries.polled

    def polled(token_hash: str, *more: Any) -> Any:
        if token_hash in down:
            raise OperationalError("the server closed the connection")
        return look_up(token_hash, *more)

    monkeypatch.setattr(views, "polled", polled)
    return Served(moved, cancelled, links, live_server.url, down)


def another_scene(slug: str, hers: str, his: str) -> Scene:
    """A couple of another clinic, and the languages that the two read."""
    clinic = rows.a_clinic(replace(rows.HYDERABAD, slug=slug))
    nurse, doctor = rows.staff(clinic, "nurse", f"n-{slug}"), rows.staff(clinic, "doctor", f"d-{slug}")
    couple = rows.a_couple(
        clinic, recipient=replace(rows.LALITHA, language=hers), partner=replace(rows.ARJUN, language=his)
    )
    scene = Scene(clinic, nurse, doctor, couple, rows.a_treatment(clinic, couple=couple))
    rows.consented(scene.treatment, nurse)
    rows.resulted(scene.treatment, nurse, rows.AT, 4)
    return scene


def at(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "clock", lambda: moment)


@pytest.fixture(params=["thunderbird", "evolution"])
def program(request: pytest.FixtureRequest, served: Served, tmp_path: Path) -> Iterator[Program]:
    missing = readers.missing_clients()
    if request.param in missing:
        pytest.skip(missing[request.param])
    kind: Callable[[Path, dict[str, str]], Program] = (
        Thunderbird if request.param == "thunderbird" else Evolution
    )
    started = kind(tmp_path / request.param, served.calendars)
    try:
        yield started
    finally:
        started.stop()


def test_a_program_makes_of_every_state_what_it_should(
    served: Served, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one(title: str, moment: datetime = VISIT, *, off: bool = False) -> set[Held]:
        return {(title, int(moment.timestamp()), off)}

    in_words = {"telugu": IN_TELUGU, "urdu": IN_URDU}
    others = {"outage-copy": one(IN_HINDI)}
    before = {name: one(in_words[name][0] if name in in_words else TITLE) for name in served.links}
    waits_for(program, before | others)

    at(LATER, monkeypatch)
    change(served)
    waits_for(
        program,
        others
        | {
            "moved": one(TITLE, OTHER),
            "telugu": one(IN_TELUGU[1], off=True),
            "urdu": one(IN_URDU[1], off=True),
            "revoked": neutral(),
            "rotated": neutral(),
            "unknown": one(TITLE),  # 404 wipes nothing
            "outage-none": one(TITLE),
        },
    )

    served.down.clear()  # and it goes on looking after every one of them
    waits_for(
        program,
        others | {"outage-none": one(TITLE, OTHER), "revoked": neutral(), "unknown": one(TITLE)},
    )


def change(served: Served) -> None:
    """Everything that can happen to a link, at once."""
    for name in ("outage-copy", "outage-none"):
        served.down.add(served.link(name).token_hash)
    (Path(files._path(served.link("outage-none").token_hash))).unlink()
    unknown = served.link("unknown")
    FeedLink.objects.filter(pk=unknown.pk).update(token_hash="0" * 64)
    services.revoke(link=served.link("revoked"), actor=served.moved.nurse, at=LATER)
    services.rotate(link=served.link("rotated"), actor=served.moved.nurse, at=LATER)
    served.moved.move(OTHER, LATER)
    served.cancelled.cancel(LATER)


def neutral() -> set[Held]:
    return {("Lake Road", int(NEUTRAL_DAY.timestamp()), False)}


def waits_for(program: Program, expected: dict[str, set[Held]]) -> None:
    """Until the program holds this, or fails with what it holds."""
    until = time.monotonic() + PATIENCE
    held: dict[str, set[Held]] = {}
    while time.monotonic() < until:
        held = program.held()
        if all(held.get(name) == events for name, events in expected.items()):
            return
        assert program.process.poll() is None, (program.home / "log").read_text()[-2000:]
        time.sleep(1)
    pytest.fail(f"held {held}\nexpected {expected}\n{(program.home / 'log').read_text()[-1500:]}")
