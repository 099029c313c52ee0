"""One calendar as bytes, by RFC 5545 and by what calendar programs really do with it. Pure: the same entries
give the same bytes, whoever asks and when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import Enum
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, vText

from apps.feeds.timezones import ZoneForm, form_for
from apps.reminders.messages import plain

PRODID = "-//Appointments//Appointments//EN"  # stands in everybody's calendar: no word of what it is for
MAX_BYTES = 300_000
POLL_HINT = timedelta(hours=4)  # a hint that few programs follow
ALARM_BEFORE = timedelta(days=1)


class Shape(Enum):
    """What an entry is to a calendar: its status, whether it blocks the time, and how Outlook shows it."""

    BOOKED = ("CONFIRMED", "OPAQUE", "BUSY")
    CANCELLED = ("CANCELLED", "TRANSPARENT", "FREE")
    WINDOW = ("TENTATIVE", "TRANSPARENT", "FREE")
    NEUTRAL = ("CONFIRMED", "TRANSPARENT", "FREE")


@dataclass(frozen=True, slots=True)
class Entry:
    """One VEVENT. `starts` and `ends` are moments (aware), or whole days with the last day included.

    `revised_at` is the newest change of anything that the entry shows; with `sequence` it is the revision
    that tells programs to believe the new version.
    """

    uid: str
    shape: Shape
    starts: datetime | date
    ends: datetime | date
    sequence: int
    revised_at: datetime
    summary: str
    location: str = ""
    details: str = ""
    has_alarm: bool = False

    @property
    def first_day(self) -> date:
        return self.starts.date() if isinstance(self.starts, datetime) else self.starts

    @property
    def last_day(self) -> date:
        return self.ends.date() if isinstance(self.ends, datetime) else self.ends


def calendar_bytes(*, name: str, zone: str, entries: Sequence[Entry], today: date) -> bytes:
    """The calendar, complete. Of one that would be larger than 300 KB what is past on `today` is left out, oldest
    first, and then what is farthest ahead. Raises ValueError without entries: an empty calendar empties some
    programs and not others.
    """
    if not entries:
        raise ValueError("a calendar needs at least one entry")
    ordered = sorted(entries, key=lambda entry: (entry.first_day.isoformat(), str(entry.starts), entry.uid))
    body = _rendered(name, zone, ordered)
    while len(body) > MAX_BYTES and len(ordered) > 1:
        # In proportion, so that even a very large calendar needs few rounds.
        keep = min(max(1, int(len(ordered) * MAX_BYTES / len(body))), len(ordered) - 1)
        past = sum(entry.last_day < today for entry in ordered)
        oldest = min(past, len(ordered) - keep)
        ordered = ordered[oldest : oldest + keep]
        body = _rendered(name, zone, ordered)
    return body


def _rendered(name: str, zone: str, entries: Sequence[Entry]) -> bytes:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODID)
    calendar.add("calscale", "GREGORIAN")
    calendar["name"] = vText(plain(name))
    calendar["x-wr-calname"] = vText(plain(name))
    calendar.add("refresh-interval", POLL_HINT, parameters={"VALUE": "DURATION"})
    calendar["x-published-ttl"] = vText("PT4H")
    forms = {entry.uid: _form(zone, entry) for entry in entries}
    # Forms of events that lie within a few years of each other are the same; one TZID can only mean one.
    chosen = next((form for form in forms.values() if form is not None), None)
    if chosen is not None:
        calendar.add_component(chosen.component())
    for entry in entries:
        tz: tzinfo = ZoneInfo(zone) if chosen is not None and forms[entry.uid] == chosen else UTC
        calendar.add_component(_event(entry, tz))
    rendered: bytes = calendar.to_ical()
    return rendered


def _form(zone: str, entry: Entry) -> ZoneForm | None:
    """How both ends of the entry can be written in the zone; None for whole days, and where UTC is safer."""
    if not isinstance(entry.starts, datetime) or not isinstance(entry.ends, datetime):
        return None
    form = form_for(zone, entry.starts)
    return form if form == form_for(zone, entry.ends) else None


def _event(entry: Entry, tz: tzinfo) -> Event:
    status, transparency, busy = entry.shape.value
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.revised_at.astimezone(UTC))
    event.add("last-modified", entry.revised_at.astimezone(UTC))
    if isinstance(entry.starts, datetime) and isinstance(entry.ends, datetime):
        event.add("dtstart", entry.starts.astimezone(tz))
        event.add("dtend", entry.ends.astimezone(tz))
    else:
        event.add("dtstart", entry.starts)
        event.add("dtend", entry.ends + timedelta(days=1))
    event.add("summary", plain(entry.summary))
    if entry.location:
        event.add("location", plain(entry.location))
    if entry.details:
        event.add("description", plain(entry.details))
    event.add("status", status)
    event.add("transp", transparency)
    event.add("x-microsoft-cdo-busystatus", busy)
    if entry.has_alarm:
        event.add_component(_alarm(entry))
    return event


def _alarm(entry: Entry) -> Alarm:
    """Rings a day before, by a name of its own so that a program knows it again. Never an e-mail."""
    alarm = Alarm()
    alarm.add("uid", f"{uuid5(NAMESPACE_URL, entry.uid)}@{entry.uid.rpartition('@')[2]}")
    alarm.add("action", "DISPLAY")
    alarm.add("description", plain(entry.summary))
    alarm.add("trigger", -ALARM_BEFORE)
    return alarm
