"""From how many networks an address is asked for, and how fast; nothing that is kept says who asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, Settings

from apps.feeds import files, pace, queries
from apps.feeds.models import FeedAccess, FeedLink
from apps.feeds.networks import disguised, network_of
from apps.feeds.tasks import forget
from tests.apps.feeds.acts import a_link, events
from tests.apps.reminders.acts import BOOKED, OTHER, Scene, a_scene

LINK = UUID("6f3a0b0e-0000-5000-8000-000000000001")


@pytest.fixture(autouse=True)
def machine(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One machine of its own, whose minute has just begun."""
    settings.FEED_CACHE_DIR = str(tmp_path / "feeds")
    files.forget()
    pace.forget()
    moment(BOOKED, monkeypatch)
    yield
    pace.forget()


@pytest.fixture
def scene(db: None) -> Scene:
    scene = a_scene()
    scene.book()
    return scene


def moment(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.feeds.views.clock", lambda: at)


def asked(token: str, address: str = "127.0.0.1", **more: str) -> tuple[int, bytes]:
    answer = Client(REMOTE_ADDR=address).get(f"/feeds/{token}.ics", **more)  # type: ignore[arg-type]
    return answer.status_code, answer.content


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.0/24"),
        ("2001:db8:1:2::9", "2001:db8:1::/48"),
        ("::ffff:198.51.100.7", "198.51.100.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", ""),
        ("unix:", ""),
    ],
)
def test_r14_a_network_is_the_24_or_the_48_that_an_address_lies_in(address: str, network: str) -> None:
    assert network_of(address) == network


@given(network=st.text(max_size=40), hours=st.integers(0, 23))
@settings(deadline=None)  # a busy machine is no fault
def test_r14_what_is_kept_of_a_network_is_the_same_all_day_and_no_more_than_16_bits(
    network: str, hours: int
) -> None:
    day = BOOKED.replace(hour=0)
    kept = disguised(network, LINK, day)
    assert 0 <= kept < 2**16
    assert disguised(network, LINK, day + timedelta(hours=hours)) == kept


def test_r14_neither_days_nor_links_can_be_compared_and_the_key_is_the_servers(settings: Settings) -> None:
    networks = [f"10.0.{n}.0/24" for n in range(50)]

    def of(link: UUID = LINK, at: datetime = BOOKED) -> list[int]:
        return [disguised(network, link, at) for network in networks]

    today = of()
    assert len(set(today)) > 45
    other_day, other_link = of(at=BOOKED + timedelta(days=1)), of(UUID(int=1))
    settings.SECRET_KEY = "another" * 8
    for others in (other_day, other_link, of()):
        assert sum(one == other for one, other in zip(today, others, strict=True)) <= 2


def test_r14_a_link_that_many_networks_ask_for_says_so_on_its_row(scene: Scene, settings: Settings) -> None:
    settings.FEED_NETWORKS_ALERT = 3
    link, token = a_link(scene)
    quiet, other = a_link(scene)
    for n in range(4):
        asked(token, f"198.51.{n}.7")
        asked(token, f"198.51.{n}.8")  # the same network
        asked(other, "198.51.100.7")
    rows = {row.pk: row for row in queries.links_of(scene.recipient)}
    assert (rows[link.pk].networks, rows[quiet.pk].networks) == (4, 1)  # type: ignore[attr-defined]
    assert queries.widely_used(rows[link.pk])
    assert not queries.widely_used(rows[quiet.pk])


def test_r14_behind_a_proxy_only_what_the_proxy_itself_says_counts(scene: Scene, settings: Settings) -> None:
    settings.BEHIND_PROXY = True
    link, token = a_link(scene)
    for n in range(3):
        asked(token, "10.0.0.1", HTTP_X_FORWARDED_FOR=f"203.0.{n}.1, 198.51.100.7")
    assert FeedAccess.objects.filter(link=link).count() == 1


def test_the_access_log_holds_neither_address_nor_device(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    link, token = a_link(scene)
    agent = "iOS/17.1 (21B74) dataaccessd/1.0 Lalitha's iPhone"
    asked(token, "198.51.100.7", HTTP_USER_AGENT=agent)
    kept = FeedAccess.objects.filter(link=link).values_list("on", "agent", "last_at", "network").get()
    assert kept == (BOOKED.date(), "apple", BOOKED, disguised("198.51.100.0/24", link.pk, BOOKED))
    with connection.cursor() as cursor:
        cursor.execute("SELECT a::text FROM feeds_feedaccess a UNION SELECT u::text FROM feeds_feeduse u")
        stored = str(cursor.fetchall()) + caplog.text
    for secret in ("198.51", "iPhone", "Lalitha", "17.1", token):
        assert secret not in stored


def test_who_asked_is_forgotten_after_a_week(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    _, token = a_link(scene)
    asked(token)
    later = BOOKED + timedelta(days=6)
    moment(later, monkeypatch)
    asked(token)
    monkeypatch.setattr("apps.feeds.tasks.timezone.now", lambda: BOOKED + timedelta(days=7))
    assert forget() == 1
    assert FeedAccess.objects.get().on == later.date()
    assert FeedLink.objects.get().use.last_used_at == later


def test_r15_a_program_that_asks_too_often_gets_the_last_copy_without_a_look_up_and_never_429(
    scene: Scene,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    settings.FEED_POLLS_PER_MINUTE = 3
    _, token = a_link(scene)
    first = [asked(token) for _ in range(3)]
    scene.move(OTHER, BOOKED)
    kept = files.kept(queries.hash_of(token))
    assert kept is not None
    with django_assert_num_queries(0):
        assert asked(token) == first[0]
        assert asked(token, HTTP_IF_NONE_MATCH=kept.etag) == (304, b"")
    moment(BOOKED + timedelta(minutes=1), monkeypatch)
    assert events(asked(token)[1])[0].start == OTHER


def test_r15_who_tries_unknown_addresses_is_answered_404_without_a_look_up_and_harms_no_neighbour(
    scene: Scene, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.FEED_POLLS_PER_MINUTE = 3
    _, token = a_link(scene)
    calendar = asked(token)
    for n in range(3):
        assert asked(f"unknown{n}", "198.51.100.7")[0] == 404
    with django_assert_num_queries(0):
        assert asked("unknown9", "198.51.100.7")[0] == 404
    # Whoever sits behind the same gateway reads the present, and not this machine's copy of the past.
    assert asked(token, "198.51.100.7") == calendar
    with django_assert_num_queries(1):
        assert asked("unknown9", "203.0.113.9")[0] == 404


def test_r16_an_outage_shows_what_the_machine_last_served_whichever_process_wrote_it(scene: Scene) -> None:
    """Shown, silent, shown, silent: the first process has seen the last state before, the file has not."""
    token_hash = queries.hash_of(a_link(scene)[1])
    shown = files.Copy(b"shown", '"shown"', 1.0)
    silent = files.Copy(b"silent", '"silent"', 2.0)
    files.keep(token_hash, silent)
    first = dict(files._written)
    files.forget()
    files.keep(token_hash, shown)  # as the second process does
    files._written.update(first)
    files.keep(token_hash, silent)
    assert files.kept(token_hash) == silent
