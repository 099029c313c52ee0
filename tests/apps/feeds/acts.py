"""A couple with calendar links, and what their devices would read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponseBase
from django.test import Client
from icalendar import Calendar, Event

from apps.feeds import services
from apps.feeds.building import build
from apps.feeds.models import FeedLink
from tests.apps.reminders.acts import BOOKED, Scene


def a_link(
    scene: Scene, role: str = "recipient", *, at: datetime = BOOKED, **options: Any
) -> tuple[FeedLink, str]:
    """A link of one of the two, issued by the nurse, and its token."""
    person = scene.recipient if role == "recipient" else scene.partner
    return services.issue_link(person=person, label="phone", actor=scene.nurse, at=at, **options)


def events(body: bytes) -> list[Event]:
    """The events of a calendar, by start."""
    found = [event for event in Calendar.from_ical(body).walk("VEVENT") if isinstance(event, Event)]
    return sorted(found, key=lambda event: str(event.start))


def shown(link: FeedLink, at: datetime) -> list[str]:
    """What the calendar of the link says at a moment: status and summary."""
    return [f"{event['STATUS']} {event['SUMMARY']}" for event in events(build(link, at).body)]


def poll(token: str, **headers: str) -> HttpResponseBase:
    """One request of a calendar program."""
    return Client().get(f"/feeds/{token}.ics", headers=headers)


def revision(event: Event) -> tuple[str, str, str]:
    return tuple(
        event[name].to_ical() if hasattr(event[name], "to_ical") else str(event[name])
        for name in ("SEQUENCE", "LAST-MODIFIED", "DTSTAMP")
    )  # type: ignore[return-value]
