"""What a calendar program gets: rule by rule, and when things break."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from apps.clinic import services as clinics
from apps.clinic.models import Clinic
from apps.couples import services as couples
from apps.feeds import files, services
from apps.feeds.models import FeedBytes, FeedUse
from apps.feeds.views import agent_of
from tests import rows
from tests.apps.feeds.acts import a_link, events, poll
from tests.apps.reminders.acts import BOOKED, OTHER, Scene, a_scene

UNKNOWN = "A" * 43


class Clock:
    """What the feed takes for now."""

    at = BOOKED

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    standing = Clock()
    monkeypatch.setattr("apps.feeds.views.clock", standing)
    return standing


@pytest.fixture(autouse=True)
def own_folder(settings: Settings, tmp_path: Path) -> Path:
    settings.FEED_CACHE_DIR = str(tmp_path / "feeds")
    files.forget()
    return tmp_path / "feeds"


@pytest.fixture
def scene(db: None, clock: Clock) -> Scene:
    return _booked()


@pytest.fixture
def committed(transactional_db: None, clock: Clock) -> Scene:
    """With real commits: whether stored bytes are old is asked of change rows and their transactions."""
    return _booked()


def _booked() -> Scene:
    scene = a_scene()
    scene.book()
    return scene


def test_r11_a_poll_gets_the_whole_calendar_with_these_headers(scene: Scene) -> None:
    _, token = a_link(scene)
    answer = poll(token)
    assert answer.status_code == 200
    assert dict(answer.headers) == {
        "Content-Type": "text/calendar; charset=utf-8",
        "Content-Disposition": 'inline; filename="calendar.ics"',
        "Content-Length": str(len(answer.content)),
        "ETag": answer["ETag"],
        "Last-Modified": "Wed, 07 Jan 2026 06:00:00 GMT",
        "Cache-Control": "private, no-cache",
        "X-Robots-Tag": "noindex, nofollow, noarchive",
        "Referrer-Policy": "no-referrer",
        "Vary": "Accept-Encoding",
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    assert answer["ETag"].startswith('"')
    assert not answer.cookies
    assert len(events(answer.content)) == 1


def test_r11_whatever_a_program_says_it_accepts_it_gets_a_calendar(scene: Scene) -> None:
    _, token = a_link(scene)
    for accept in ("text/html", "application/json", "image/*", "text/calendar", "*/*"):
        assert poll(token, accept=accept)["Content-Type"].startswith("text/calendar")


def test_r11_head_has_the_headers_and_no_body(scene: Scene) -> None:
    _, token = a_link(scene)
    head = Client().head(f"/feeds/{token}.ics")
    assert (head.status_code, head.content) == (200, b"")
    assert head["ETag"] == poll(token)["ETag"]


def test_r11_nothing_but_reading_is_possible(scene: Scene) -> None:
    _, token = a_link(scene)
    for method in ("post", "put", "delete", "patch", "options"):
        assert getattr(Client(), method)(f"/feeds/{token}.ics").status_code == 405


@pytest.mark.parametrize("by", ["etag", "date"])
def test_r11_an_unchanged_calendar_is_304_without_a_body(scene: Scene, by: str) -> None:
    _, token = a_link(scene)
    first = poll(token)
    headers = (
        {"if-none-match": first["ETag"]} if by == "etag" else {"if-modified-since": first["Last-Modified"]}
    )
    again = poll(token, **headers)
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert again["Cache-Control"] == "private, no-cache"
    assert again["X-Robots-Tag"] == "noindex, nofollow, noarchive"


def test_r12_compressed_answers_keep_their_etag_and_304(scene: Scene) -> None:
    _, token = a_link(scene)
    first = poll(token, **{"accept-encoding": "gzip"})
    second = poll(token, **{"accept-encoding": "gzip"})
    assert first["Content-Encoding"] == "gzip"
    assert first["ETag"] == second["ETag"]
    conditional = {"accept-encoding": "gzip", "if-none-match": first["ETag"]}
    assert poll(token, **conditional).status_code == 304
    assert poll(token, **{"if-none-match": first["ETag"]}).status_code == 304


def test_a_visible_change_is_in_the_next_poll(scene: Scene, clock: Clock) -> None:
    _, token = a_link(scene)
    first = poll(token)
    clock.at = BOOKED + timedelta(hours=1)
    scene.move(OTHER, clock.at)
    second = poll(token, **{"if-none-match": first["ETag"]})
    assert second.status_code == 200
    assert events(second.content)[0].start == OTHER
    assert second["Last-Modified"] == "Wed, 07 Jan 2026 07:00:00 GMT"


@pytest.mark.parametrize("change", ["clinic", "silence", "midnight", "second couple"])
def test_stored_bytes_are_old_once_anything_that_they_show_has_changed(
    committed: Scene, clock: Clock, change: str
) -> None:
    link, token = a_link(committed)
    poll(token)
    FeedBytes.objects.filter(pk=link.pk).update(body=b"old")
    assert poll(token).content == b"old"
    clock.at = BOOKED + timedelta(hours=1)
    if change == "clinic":
        clinics.update_clinic(clinic=committed.clinic, given=rows.HYDERABAD, actor=rows.SYSTEM, at=clock.at)
    elif change == "silence":
        couples.silence_couple(couple=committed.couple, reason="own_wish", actor=committed.nurse, at=clock.at)
    elif change == "midnight":
        clock.at = BOOKED + timedelta(days=1)
    else:
        couples.enrol_couple(
            clinic=committed.clinic,
            recipient=committed.recipient.pk,
            partner=rows.ARJUN,
            actor=committed.nurse,
            at=clock.at,
        )
    assert poll(token).content != b"old"


def test_another_couples_changes_leave_the_bytes_alone(committed: Scene) -> None:
    link, token = a_link(committed)
    others = rows.a_couple(committed.clinic)
    poll(token)
    FeedBytes.objects.filter(pk=link.pk).update(body=b"old")
    rows.a_treatment(committed.clinic, couple=others)
    assert poll(token).content == b"old"


def test_a_poll_costs_one_look_up(
    committed: Scene, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _, token = a_link(committed)
    etag = poll(token)["ETag"]
    with django_assert_num_queries(1):
        assert poll(token).status_code == 200
    with django_assert_num_queries(1):
        assert poll(token, **{"if-none-match": etag}).status_code == 304
    with django_assert_num_queries(1):
        assert poll(UNKNOWN).status_code == 404


def test_r13_an_unknown_token_is_404_and_says_nothing(scene: Scene) -> None:
    for token in (UNKNOWN, "x", "..", "%00", "é"):
        answer = Client().get(f"/feeds/{token}.ics")
        assert answer.status_code == 404
        assert not answer.cookies


def test_r13_a_revoked_link_answers_with_one_neutral_event_for_ever(scene: Scene, clock: Clock) -> None:
    link, token = a_link(scene)
    poll(token)
    services.revoke(link=link, actor=scene.nurse, at=BOOKED)
    for days in (0, 89, 500):
        clock.at = BOOKED + timedelta(days=days)
        answer = poll(token)
        assert answer.status_code == 200
        (event,) = events(answer.content)
        assert event["SUMMARY"] == "Lake Road"
        assert event.start < BOOKED.date()


def test_r13_a_rotated_link_answers_for_ninety_days_then_is_unknown(scene: Scene, clock: Clock) -> None:
    link, old = a_link(scene)
    poll(old)
    _, new = services.rotate(link=link, actor=scene.nurse, at=BOOKED)
    assert len(events(poll(new).content)) == 1
    assert events(poll(new).content)[0]["SUMMARY"] == "Appointment, Lake Road"
    assert events(poll(old).content)[0]["SUMMARY"] == "Lake Road"
    clock.at = BOOKED + timedelta(days=90, seconds=1)
    assert poll(old).status_code == 404
    assert poll(new).status_code == 200


def test_r13_the_last_use_is_noted_once_an_hour_by_family(scene: Scene, clock: Clock) -> None:
    link, token = a_link(scene)
    poll(token, **{"user-agent": "Google-Calendar-Importer"})
    assert list(FeedUse.objects.values_list("link", "agent", "last_used_at")) == [(link.pk, "google", BOOKED)]
    clock.at = BOOKED + timedelta(minutes=59)
    poll(token)
    assert FeedUse.objects.get().last_used_at == BOOKED
    clock.at = BOOKED + timedelta(hours=1)
    poll(token)
    assert FeedUse.objects.get().last_used_at == clock.at


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        ("iOS/17.1 (21B74) dataaccessd/1.0", "apple"),
        ("Mozilla/5.0 (X11; Linux; rv:153.0) Gecko/20100101 Thunderbird/153.7", "thunderbird"),
        ("Microsoft.Exchange/15.20", "outlook"),
        ("Evolution/3.46", "evolution"),
        ("", "other"),
    ],
)
def test_agents_are_kept_as_families(agent: str, family: str) -> None:
    assert agent_of(agent) == family


@contextmanager
def database_down() -> Iterator[None]:
    def refuse(*_: Any) -> Any:
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(refuse):
        yield


def test_r16_without_a_database_the_last_good_copy_is_served(scene: Scene) -> None:
    _, token = a_link(scene)
    before = poll(token)
    with database_down():
        after = poll(token)
        assert (after.status_code, after.content) == (200, before.content)
        assert poll(token, **{"if-none-match": before["ETag"]}).status_code == 304


def test_r16_without_a_database_and_without_a_copy_it_is_404_and_never_5xx(scene: Scene) -> None:
    _, token = a_link(scene)
    with database_down():
        assert poll(token).status_code == 404
        assert poll(UNKNOWN).status_code == 404


def test_r16_an_outage_never_brings_a_revoked_calendar_back(committed: Scene) -> None:
    link, token = a_link(committed)
    poll(token)
    services.revoke(link=link, actor=committed.nurse, at=BOOKED)
    with database_down():
        assert [event["SUMMARY"] for event in events(poll(token).content)] == ["Lake Road"]


def test_a_calendar_that_cannot_be_built_keeps_its_last_bytes(scene: Scene, clock: Clock) -> None:
    _, token = a_link(scene)
    before = poll(token).content
    Clinic.objects.filter(pk=scene.clinic.pk).update(zone="No/Such")
    FeedBytes.objects.update(fresh_until=BOOKED)
    clock.at = BOOKED + timedelta(hours=1)
    answer = poll(token)
    assert (answer.status_code, answer.content) == (200, before)


def test_copies_on_disk_are_named_by_hash_and_private(scene: Scene, own_folder: Path) -> None:
    link, token = a_link(scene)
    poll(token)
    name, mark = sorted(os.listdir(own_folder))
    assert (name, mark) == (f"{link.token_hash}.ics", "looked")
    assert stat.S_IMODE(own_folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((own_folder / name).stat().st_mode) == 0o600


def test_a_disk_that_is_full_spoils_no_poll(scene: Scene, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    settings.FEED_CACHE_DIR = str(tmp_path / "file" / "feeds")
    _, token = a_link(scene)
    assert poll(token).status_code == 200


def test_half_a_copy_on_disk_is_none(own_folder: Path) -> None:
    own_folder.mkdir()
    (own_folder / "abc.ics").write_bytes(b"nonsense")
    assert files.kept("abc") is None
    (own_folder / "abc.ics").write_bytes(b'"etag" 12.5\n')
    assert files.kept("abc") is None
