"""What the page uses of another edge without knowing it: the person's own calendar. The settings name who does the work."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from typing import Any, Protocol, cast

from django.conf import settings

from apps.clinic.actors import Actor
from apps.couples.models import Person


class Subscribing(Protocol):
    """All ways to subscribe to one address."""

    https: str
    webcal: str
    google: str


class Calendars(Protocol):
    """Issues and ends addresses of a person's calendar. A token is handed out once."""

    def issue_link(self, *, person: Person, label: str, actor: Actor, at: datetime) -> tuple[Any, str]: ...
    def revoke(self, *, link: Any, actor: Actor, at: datetime) -> Any: ...
    def revoke_all(self, *, person: Person, actor: Actor, at: datetime) -> int: ...
    def subscribing(self, token: str) -> Subscribing: ...


class CalendarsRead(Protocol):
    def links_of(self, person: Person) -> Any: ...


def calendars() -> Calendars:
    return cast(Calendars, import_module(settings.PORTAL_CALENDARS))


def calendars_read() -> CalendarsRead:
    return cast(CalendarsRead, import_module(settings.PORTAL_CALENDARS_READ))
