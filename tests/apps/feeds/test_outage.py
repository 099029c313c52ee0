"""What a machine still shows while the database does not answer: never what it could have known to be untrue."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from pytest_django import DjangoAssertNumQueries, Settings

from apps.couples import services as couples
from apps.feeds import files, outage, queries, services
from apps.feeds.files import Copy, Mark
from tests import rows
from tests.apps.feeds.acts import a_link, events, poll
from tests.apps.reminders.acts import BOOKED, Scene, a_scene

MINUTE = timedelta(minutes=1)


class Clock:
    """What the feed takes for now."""

    at = BOOKED

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """One machine with an empty folder."""
    settings.FEED_CACHE_DIR = str(tmp_path / "feeds")
    files.forget()
    standing = Clock()
    monkeypatch.setattr("apps.feeds.views.clock", standing)
    yield standing
    files.forget()


@pytest.fixture
def scene(transactional_db: None, clock: Clock) -> Scene:
    """With real commits: what has changed is asked by transaction."""
    scene = a_scene()
    scene.book()
    return scene


@contextmanager
def outage_of_the_database() -> Iterator[None]:
    def refuse(*_: Any) -> Any:
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(refuse):
        yield


def shown_without(token: str) -> str:
    """What a program is shown during an outage: a title, or 404."""
    with outage_of_the_database():
        answer = poll(token)
    return "404" if answer.status_code == 404 else str(events(answer.content)[0]["SUMMARY"])


def test_r16_a_loss_told_on_any_machine_takes_the_copies_of_both_on_this_one_and_nobody_elses(
    scene: Scene, clock: Clock
) -> None:
    others = rows.a_couple(scene.clinic)
    stranger = services.issue_link(person=others.recipient, label="x", actor=scene.nurse, at=BOOKED)[1]
    hers, his = a_link(scene)[1], a_link(scene, "partner")[1]
    for token in (hers, his, stranger):
        poll(token)
    clock.at += MINUTE
    poll(stranger)  # the first look has seen all this; copies of what did not change since stay
    clock.at += MINUTE
    poll(stranger)
    for token in (hers, his):
        poll(token)
    clock.at += MINUTE
    poll(stranger)
    assert shown_without(hers) == shown_without(his) == "Appointment, Lake Road"
    scene.lose(clock.at)
    clock.at += MINUTE
    poll(stranger)  # neither of the two has asked since
    assert shown_without(hers) == shown_without(his) == "404"
    assert shown_without(stranger) == "Lake Road"
    assert [event["SUMMARY"] for event in events(poll(hers).content)] == ["Lake Road"]


def test_r16_a_loss_in_her_other_couple_takes_her_copy_too(scene: Scene, clock: Clock) -> None:
    other = couples.enrol_couple(
        clinic=scene.clinic, recipient=scene.recipient.pk, partner=rows.ARJUN, actor=scene.nurse, at=BOOKED
    )
    token = a_link(scene)[1]
    poll(token)
    couples.silence_couple(couple=other, reason="suspected_loss", actor=scene.nurse, at=BOOKED)
    clock.at += MINUTE
    poll("unknown")
    assert shown_without(token) == "404"


def test_r16_a_machine_that_is_cut_off_shows_its_copies_for_two_hours_and_no_longer(
    scene: Scene, clock: Clock, settings: Settings
) -> None:
    token = a_link(scene)[1]
    poll(token)
    clock.at += timedelta(hours=2)
    assert shown_without(token) == "Appointment, Lake Road"
    clock.at += timedelta(seconds=1)
    assert shown_without(token) == "404"
    settings.FEED_COPY_HOURS = 3
    assert shown_without(token) == "Appointment, Lake Road"


def test_r16_after_a_longer_time_apart_a_machine_begins_with_no_copies(scene: Scene, clock: Clock) -> None:
    token = a_link(scene)[1]
    poll(token)
    clock.at += timedelta(hours=3)
    poll("unknown")
    assert shown_without(token) == "404"
    poll(token)
    assert shown_without(token) == "Appointment, Lake Road"


def test_r16_what_a_poll_was_about_to_write_while_the_machine_looked_goes_at_the_next_look(
    scene: Scene, clock: Clock
) -> None:
    link, token = a_link(scene)
    poll(token)
    scene.lose(BOOKED)
    clock.at += MINUTE
    poll("unknown")
    files.keep(link.token_hash, Copy(b"what was read before the loss", '"old"', 1.0))
    clock.at += MINUTE
    poll("unknown")
    assert files.kept(link.token_hash) is None


def test_r16_the_neutral_day_of_a_withdrawn_link_stays(scene: Scene, clock: Clock) -> None:
    link, token = a_link(scene)
    poll(token)
    services.revoke(link=link, actor=scene.nurse, at=BOOKED)
    for _ in range(2):
        clock.at += MINUTE
        poll("unknown")
        assert shown_without(token) == "Lake Road"


def test_r16_copies_of_another_database_are_none_of_ours(scene: Scene, clock: Clock) -> None:
    """A dump restored elsewhere counts its transactions anew: what changed could not be asked."""
    token = a_link(scene)[1]
    poll(token)
    files.set_mark(Mark(2**50, 2**50, BOOKED.timestamp()))
    clock.at += MINUTE
    poll("unknown")
    assert shown_without(token) == "404"


def test_a_machine_looks_once_a_minute_whichever_process_asks_and_a_fault_spoils_no_poll(
    scene: Scene,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    token = a_link(scene)[1]
    poll(token)
    files.forget()  # as in another process of this machine
    with django_assert_num_queries(1):
        assert poll(token).status_code == 200
    clock.at += MINUTE
    with django_assert_num_queries(3):
        poll(token)
    monkeypatch.setattr(outage, "_TOUCHED", "SELECT nonsense")
    clock.at += MINUTE
    assert poll(token).status_code == 200


def test_no_mark_no_copy(clock: Clock) -> None:
    """Half a file, or one of nobody knows when."""
    token_hash = queries.hash_of("x")
    files.keep(token_hash, Copy(b"body", '"etag"', 1.0))
    assert outage.last_good(token_hash, BOOKED) is None
    (Path(files._path(token_hash)).parent / "looked").write_text("12 nonsense")
    assert outage.last_good(token_hash, BOOKED) is None
    assert sorted(os.listdir(Path(files._path(token_hash)).parent)) == [f"{token_hash}.ics", "looked"]
