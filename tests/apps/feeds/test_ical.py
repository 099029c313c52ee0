"""The bytes of a calendar, read back by two libraries: one that wrote them and one that knows nothing of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ical.calendar import Calendar as StrictCalendar
from ical.calendar_stream import IcsCalendarStream
from icalendar import Calendar

from apps.feeds.ical import MAX_BYTES, Entry, Shape, calendar_bytes
from apps.feeds.timezones import form_for
from apps.reminders.messages import plain

REVISED = datetime(2026, 1, 7, 6, 0, 5, tzinfo=UTC)
BASE = Entry(
    uid="6f3a0b0e-0000-5000-8000-000000000001@appointments.invalid",
    shape=Shape.BOOKED,
    starts=datetime(2026, 1, 15, 3, 0, tzinfo=UTC),
    ends=datetime(2026, 1, 15, 4, 0, tzinfo=UTC),
    sequence=3,
    revised_at=REVISED,
    summary="Appointment, Lake Road",
    location="1 Lake Road",
)
ZONES = ("Asia/Kolkata", "Europe/London", "America/New_York")
texts = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from(';,\\:"\r\n\t\ufeff\u200dकలा🧿'), max_size=200
)


def rendered(*entries: Entry, zone: str = "Asia/Kolkata") -> bytes:
    return calendar_bytes(name="Lake Road", zone=zone, entries=entries or (BASE,), today=date(2026, 1, 7))


def strictly(body: bytes) -> StrictCalendar:
    return IcsCalendarStream.calendar_from_ics(body.decode())


def event_lines(body: bytes) -> list[str]:
    """The lines of the events, folding undone."""
    text = body.decode().replace("\r\n ", "")
    return [block.partition("END:VEVENT")[0] for block in text.split("BEGIN:VEVENT")[1:]]


def test_an_event_says_exactly_this() -> None:
    assert event_lines(rendered())[0].split("\r\n")[1:-1] == [
        "SUMMARY:Appointment\\, Lake Road",
        "DTSTART;TZID=Asia/Kolkata:20260115T083000",
        "DTEND;TZID=Asia/Kolkata:20260115T093000",
        "DTSTAMP:20260107T060005Z",
        "UID:6f3a0b0e-0000-5000-8000-000000000001@appointments.invalid",
        "SEQUENCE:3",
        "LAST-MODIFIED:20260107T060005Z",
        "LOCATION:1 Lake Road",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        "X-MICROSOFT-CDO-BUSYSTATUS:BUSY",
    ]


def test_r3_a_cancelled_event_is_transparent_free_and_without_alarm() -> None:
    text = event_lines(rendered(replace(BASE, shape=Shape.CANCELLED, summary="CANCELLED - Appointment")))[0]
    assert "STATUS:CANCELLED" in text
    assert "TRANSP:TRANSPARENT" in text
    assert "X-MICROSOFT-CDO-BUSYSTATUS:FREE" in text


def test_r4_a_zone_without_changes_is_one_standard_part() -> None:
    text = rendered().decode()
    assert text.count("BEGIN:VTIMEZONE") == text.count("BEGIN:STANDARD") == 1
    assert "BEGIN:DAYLIGHT" not in text
    assert "DTSTART:19700101T000000" in text
    assert "RDATE" not in text
    assert "COMMENT" not in text


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York"])
def test_r4_a_zone_with_changes_is_a_pair_of_yearly_rules_that_is_right_in_summer_and_winter(
    zone: str,
) -> None:
    moments = [datetime(2026, 1, 15, 12, tzinfo=UTC) + timedelta(days=30 * n) for n in range(18)]
    entries = [
        replace(BASE, uid=f"{n}@x", starts=moment, ends=moment + timedelta(hours=1))
        for n, moment in enumerate(moments)
    ]
    body = rendered(*entries, zone=zone)
    assert body.count(b"RRULE:FREQ=YEARLY") == 2
    assert body.count(f"TZID={zone}".encode()) == 36
    read = sorted(event.dtstart.astimezone(UTC) for event in strictly(body).events)
    assert read == moments
    again = [component.start.astimezone(UTC) for component in Calendar.from_ical(body).walk("VEVENT")]
    assert again == moments


@pytest.mark.parametrize("zone", ["America/Vancouver", "Africa/Casablanca"])
def test_r4_a_zone_that_no_simple_rule_describes_is_written_in_utc(zone: str) -> None:
    body = rendered(zone=zone)
    assert b"VTIMEZONE" not in body
    assert b"DTSTART:20260115T030000Z" in body


def test_r4_the_hour_that_happens_twice_is_written_in_utc() -> None:
    second = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)  # 01:30 in New York for the second time
    assert form_for("America/New_York", second) is None
    assert form_for("America/New_York", second - timedelta(hours=3)) is not None
    body = rendered(
        BASE,
        replace(BASE, uid="2@x", starts=second, ends=second + timedelta(hours=1)),
        zone="America/New_York",
    )
    assert b"DTSTART:20261101T063000Z" in body
    assert b"TZID=America/New_York:20260114T220000" in body


@given(
    zone=st.sampled_from([*ZONES, "Australia/Sydney", "Europe/Dublin", "Pacific/Chatham", "Africa/Cairo"]),
    moment=st.datetimes(datetime.fromisoformat("2025-01-01"), datetime.fromisoformat("2035-12-31")),
)
@settings(deadline=None)  # a busy machine is no fault
def test_a_zone_form_gives_every_event_its_true_offset(zone: str, moment: datetime) -> None:
    at = moment.replace(tzinfo=UTC, second=0, microsecond=0)
    form = form_for(zone, at)
    if form is not None:
        local = at.astimezone(ZoneInfo(zone))
        assert form.offset_at(local.replace(tzinfo=None)) == local.utcoffset()


@given(year=st.integers(2024, 2035), zone=st.sampled_from([*ZONES, "America/Vancouver", "Africa/Cairo"]))
@settings(deadline=None)  # a busy machine is no fault
def test_the_form_of_one_event_never_hangs_on_another(year: int, zone: str) -> None:
    event = replace(BASE, uid="1@x")
    far = datetime(year, 7, 1, 9, tzinfo=UTC)
    other = replace(BASE, uid="2@x", starts=far, ends=far + timedelta(hours=1))
    alone = event_lines(rendered(event, zone=zone))[0]
    if abs(year - 2026) <= 2:
        assert alone in event_lines(rendered(event, other, zone=zone))


def test_r5_a_window_is_whole_days_with_an_exclusive_end() -> None:
    window = replace(BASE, shape=Shape.WINDOW, starts=date(2026, 1, 5), ends=date(2026, 1, 9))
    text = event_lines(rendered(window))[0]
    assert "DTSTART;VALUE=DATE:20260105" in text
    assert "DTEND;VALUE=DATE:20260110" in text
    assert "STATUS:TENTATIVE" in text
    assert "TRANSP:TRANSPARENT" in text
    assert "TZID" not in text


def test_r6_nothing_that_programs_stumble_over() -> None:
    text = rendered(BASE, replace(BASE, uid="2@x")).decode()
    for word in ("METHOD", "RRULE", "ATTENDEE", "ORGANIZER", "VALARM", "CLASS", "DESCRIPTION", "URL"):
        assert word not in text
    assert text.count("UID:") == text.count("BEGIN:VEVENT") == 2


def test_r9_the_calendar_introduces_itself() -> None:
    head = rendered().decode().partition("BEGIN:VTIMEZONE")[0].split("\r\n")
    assert head == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Appointments//Appointments//EN",
        "CALSCALE:GREGORIAN",
        "NAME:Lake Road",
        "X-WR-CALNAME:Lake Road",
        "REFRESH-INTERVAL;VALUE=DURATION:PT4H",
        "X-PUBLISHED-TTL:PT4H",
        "",
    ]


@pytest.mark.parametrize(("past", "gone"), [(1000, range(500)), (200, [*range(200), *range(1350, 1500)])])
def test_r9_a_calendar_stays_under_its_cap_and_leaves_out_the_past_first_and_then_the_farthest(
    past: int, gone: Sequence[int]
) -> None:
    entries = [
        replace(
            BASE, uid=f"{n}@x", starts=BASE.starts + timedelta(days=n), ends=BASE.ends + timedelta(days=n)
        )
        for n in range(1500)
    ]
    body = calendar_bytes(
        name="x", zone="Asia/Kolkata", entries=entries, today=BASE.first_day + timedelta(days=past)
    )
    assert 200_000 < len(body) <= MAX_BYTES
    kept = {int(uid) for uid in re.findall(rb"UID:(\d+)@x\r\n", body)}
    assert not kept.intersection(gone)
    assert past in kept
    assert kept == set(range(min(kept), max(kept) + 1))
    assert max(kept) == 1499 or min(kept) == past


def test_a_calendar_without_entries_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one entry"):
        calendar_bytes(name="x", zone="Asia/Kolkata", entries=[], today=date(2026, 1, 7))


@given(summary=texts, location=texts)
@settings(deadline=None)  # a busy machine is no fault
def test_r10_any_text_survives_folding_and_escaping_in_both_readers(summary: str, location: str) -> None:
    body = rendered(replace(BASE, summary=summary, location=location))
    lines = body.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert b"\n" not in b"".join(lines)
    assert not body.startswith("\ufeff".encode())
    for line in lines:
        line.decode()  # no sign is cut in two
    event = Calendar.from_ical(body).walk("VEVENT")[0]
    assert str(event["SUMMARY"]) == plain(summary)
    strict = strictly(body).events[0]
    assert (strict.summary or "").strip() == plain(summary)


def test_r10_names_are_composed() -> None:
    decomposed = "Cafe\u0301"
    assert "Caf\u00e9".encode() in rendered(replace(BASE, summary=decomposed))


def test_the_same_entries_in_any_order_are_the_same_bytes() -> None:
    other = replace(
        BASE, uid="2@x", starts=BASE.starts + timedelta(days=1), ends=BASE.ends + timedelta(days=1)
    )
    assert rendered(BASE, other) == rendered(other, BASE)


def test_a_strict_reader_takes_every_shape() -> None:
    window = replace(BASE, uid="2@x", shape=Shape.WINDOW, starts=date(2026, 1, 5), ends=date(2026, 1, 9))
    neutral = replace(BASE, uid="3@x", shape=Shape.NEUTRAL, starts=date(2026, 1, 1), ends=date(2026, 1, 1))
    read = strictly(rendered(BASE, replace(BASE, uid="4@x", shape=Shape.CANCELLED), window, neutral))
    assert len(read.events) == 4
