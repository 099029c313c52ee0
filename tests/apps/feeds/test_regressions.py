"""Faults that other calendars had, each by the name under which it was reported: none of them is ours."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from icalendar import Calendar
from pytest_django import Settings

from apps.clinic import services as clinics
from apps.couples import services as couples
from apps.feeds import services
from apps.feeds.building import build
from apps.feeds.ical import Entry, Shape, calendar_bytes
from apps.feeds.models import FeedLink
from apps.feeds.views import agent_of
from tests import rows
from tests.apps.feeds.acts import a_link, events, poll
from tests.apps.reminders.acts import BOOKED, OTHER, Scene, a_scene

LATER = BOOKED + timedelta(hours=1)
ZONES = (
    "Asia/Kolkata",
    "Europe/London",
    "America/New_York",
    "Africa/Cairo",
    "America/Vancouver",
    "Asia/Kathmandu",
)
VISIT = Entry(
    uid="1@x",
    shape=Shape.BOOKED,
    starts=datetime(2026, 1, 15, 3, 0, tzinfo=UTC),
    ends=datetime(2026, 1, 15, 4, 0, tzinfo=UTC),
    sequence=3,
    revised_at=datetime(2026, 1, 7, tzinfo=UTC),
    summary="झील रोड " * 20 + "\r\n; , \\ 👩‍👩‍👧",
)


@pytest.fixture
def scene(db: None, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr("apps.feeds.views.clock", lambda: BOOKED)
    scene = a_scene()
    scene.book()
    return scene


def a_year_of(zone: str) -> bytes:
    entries = [
        replace(
            VISIT,
            uid=f"{n}@x",
            starts=VISIT.starts + timedelta(days=9 * n),
            ends=VISIT.ends + timedelta(days=9 * n),
        )
        for n in range(40)
    ]
    return calendar_bytes(name="Lake Road", zone=zone, entries=entries, today=date(2026, 1, 7))


@pytest.mark.parametrize("zone", ZONES)
def test_every_zone_that_is_used_is_declared_owncloud_687(zone: str) -> None:
    text = a_year_of(zone).decode()
    used = set(re.findall(r"DT(?:START|END);TZID=([^:]+):", text))
    assert used == set(re.findall(r"\r\nTZID:([^\r]+)\r\n", text))


@pytest.mark.parametrize("zone", ZONES)
def test_no_zone_is_a_list_of_dates_icalcreator_86_and_106(zone: str) -> None:
    assert b"RDATE" not in a_year_of(zone)


@pytest.mark.parametrize("zone", ZONES)
def test_no_zone_has_seconds_or_years_of_local_mean_time_ical4j_611(zone: str) -> None:
    text = a_year_of(zone).decode()
    assert all(re.fullmatch(r"[+-]\d{4}", offset) for offset in re.findall(r"TZOFFSET\w+:(\S+)", text))
    zones = text.partition("BEGIN:VEVENT")[0]
    assert all(start.startswith("1970") for start in re.findall(r"DTSTART:(\d+)", zones))


@pytest.mark.parametrize("zone", ZONES[:3])
def test_a_visit_says_the_clinics_time_and_not_utc_keeper_sh_417(zone: str) -> None:
    assert not re.search(rb"DTSTART:\d+T\d+Z", a_year_of(zone))


def test_no_sign_is_cut_in_two_by_folding_ical_generator_221_ical4j_800_icalendar_238_civicrm_23840() -> None:
    body = a_year_of("Asia/Kolkata")
    for line in body.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()
    assert "झील रोड" in body.decode().replace("\r\n ", "")


def test_there_is_no_stray_carriage_return_indico_255() -> None:
    assert b"\r" not in a_year_of("Asia/Kolkata").replace(b"\r\n", b"")


def test_a_span_of_days_is_whole_days_and_blocks_none_of_them_indico_6867() -> None:
    window = replace(VISIT, shape=Shape.WINDOW, starts=date(2026, 1, 5), ends=date(2026, 1, 9))
    body = calendar_bytes(name="x", zone="Asia/Kolkata", entries=[window], today=date(2026, 1, 1))
    (event,) = events(body)
    assert (event.start, event.end) == (date(2026, 1, 5), date(2026, 1, 10))
    assert event["TRANSP"] == "TRANSPARENT"
    assert b"VTIMEZONE" not in body


@pytest.mark.parametrize(("zone", "month", "day"), [("Europe/London", 3, 29), ("America/New_York", 3, 8)])
def test_nine_is_nine_on_both_sides_of_a_change_of_clocks_pretalx_2081(
    zone: str, month: int, day: int
) -> None:
    offsets = {"Europe/London": (0, 1), "America/New_York": (-5, -4)}[zone]
    entries = []
    for n, offset in enumerate(offsets):
        nine = datetime(2026, month, day - 1 + n, 9, tzinfo=UTC) - timedelta(hours=offset)
        entries.append(replace(VISIT, uid=f"{n}@x", starts=nine, ends=nine + timedelta(hours=1)))
    text = calendar_bytes(name="x", zone=zone, entries=entries, today=date(2026, 1, 1)).decode()
    assert re.findall(r"DTSTART;TZID=[^:]+:(\S+)", text) == [
        f"2026{month:02}{day - 1 + n:02}T090000" for n in (0, 1)
    ]


def test_the_calendar_says_its_name_as_every_program_asks_for_it_nextcloud_3676() -> None:
    calendar = Calendar.from_ical(a_year_of("Asia/Kolkata"))
    assert calendar["X-WR-CALNAME"] == calendar["NAME"] == "Lake Road"


def test_a_life_of_changes_keeps_one_uid_and_a_small_sequence(scene: Scene) -> None:
    """angus-events#51 (changing UIDs), nextcloud#4580 (twice the same), nextcloud#857 (none), OpenACalendar#176
    (no SEQUENCE), shelf.nu#2485 (milliseconds as SEQUENCE), indico#4790 (DTSTAMP of the poll)."""
    link, _ = a_link(scene, shows_windows=True)
    seen = []
    for n in range(1, 9):
        at = BOOKED + timedelta(hours=n)
        scene.move(OTHER + timedelta(days=n % 2), at)
        found = events(build(link, at + timedelta(hours=7)).body)
        uids = [str(event["UID"]) for event in found]
        assert len(set(uids)) == len(uids) == sum("UID" in event for event in found)
        seen.append(next(event for event in found if event["STATUS"] == "CONFIRMED"))
        assert seen[-1]["DTSTAMP"].dt == at
    assert len({str(event["UID"]) for event in seen}) == 1
    numbers = [int(event["SEQUENCE"]) for event in seen]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] < 100


def test_what_is_called_off_reads_the_same_in_every_calendar_indico_5886(scene: Scene) -> None:
    links = [
        a_link(scene, role, **more)[0]
        for role in ("recipient", "partner")
        for more in ({}, {"has_alarms": True})
    ]
    scene.cancel(LATER)
    said = {str(event["SUMMARY"]) for link in links for event in events(build(link, LATER).body)}
    assert said == {"CANCELLED - Appointment, Lake Road"}


def test_a_moved_visit_is_another_answer_to_a_program_that_asks_whether_anything_changed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """nextcloud/calendar#7918: never refreshed; django-ical#33: two content types in one answer."""
    _, token = a_link(scene)
    first = poll(token)
    assert first["Content-Type"] == "text/calendar; charset=utf-8"
    assert first["Cache-Control"] == "private, no-cache"
    scene.move(OTHER, LATER)
    monkeypatch.setattr("apps.feeds.views.clock", lambda: LATER)
    second = poll(token, **{"if-none-match": first["ETag"], "if-modified-since": first["Last-Modified"]})
    assert second.status_code == 200
    assert second["ETag"] != first["ETag"]
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT4H" in second.content


def test_secrets_are_of_one_link_alone_and_no_raw_one_is_kept_edit_flow_975_student_hub_68(
    scene: Scene,
) -> None:
    made = [a_link(scene, role)[1] for role in ("recipient", "partner") for _ in range(3)]
    assert len(set(made)) == 6
    assert all(len(token) >= 43 for token in made)
    kept = str(list(FeedLink.objects.values())) + str(list(FeedLink.pgh_event_model.objects.values()))  # type: ignore[attr-defined]
    assert not any(token in kept for token in made)


def test_the_whole_calendar_is_in_one_answer_whoever_is_signed_in_events_tracker_2104(scene: Scene) -> None:
    _, token = a_link(scene, shows_windows=True)
    plain = poll(token)
    signed_in = Client()
    signed_in.force_login(rows.a_user("somebody"))
    for query in ("", "?page=2", "?limit=1"):
        assert signed_in.get(f"/feeds/{token}.ics{query}").content == plain.content


def test_an_address_stays_the_same_through_everything_jorani_416(
    scene: Scene, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, token = a_link(scene)
    given = replace(rows.HYDERABAD, discreet_name="Lake")
    clinics.update_clinic(clinic=scene.clinic, given=given, actor=rows.SYSTEM, at=LATER)
    services.choose(
        link=link, shows_windows=True, shows_details=True, has_alarms=True, actor=scene.nurse, at=LATER
    )
    couples.silence_couple(couple=scene.couple, reason="own_wish", actor=scene.nurse, at=LATER)
    settings.SECRET_KEY = "another" * 8
    for days in (0, 1, 400):
        monkeypatch.setattr("apps.feeds.views.clock", lambda days=days: LATER + timedelta(days=days))
        assert poll(token).status_code == 200


def test_apples_programs_are_known_by_their_own_word_browscap_382() -> None:
    for agent in ("iOS/17.1 (21B74) dataaccessd/1.0", "macOS/15.0 (24A335) dataaccessd/1.0"):
        assert agent_of(agent) == "apple"
