"""What the desk uses of other edges without knowing them: calendar links, patients' pages and API clients.

Edges never import each other. The settings name who does the work (`DESK_LINKS`, `DESK_PAGES`, `DESK_CLIENTS` ...); the
shapes that it must have stand here.
"""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from typing import Protocol, cast
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils.functional import Promise

from apps.clinic.actors import Actor
from apps.clinic.models import Clinic
from apps.couples.models import Person


class Link(Protocol):
    """One calendar link of one person."""

    id: UUID
    label: str
    created_at: datetime
    person: Person

    @property
    def is_live(self) -> bool: ...


class CalendarLink(Link, Protocol):
    """One calendar link, with what it was chosen to show; it may have run out without anybody's doing."""

    shows_windows: bool
    shows_details: bool
    has_alarms: bool

    def is_live_at(self, at: datetime) -> bool: ...


class Subscribing(Protocol):
    """All ways to subscribe to one address, and what to tell about them."""

    https: str
    webcal: str
    google: str
    caution: str | Promise


class Links(Protocol):
    """Issues, renews and withdraws links. A token is handed out once and never stored."""

    def issue_link(
        self,
        *,
        person: Person,
        label: str,
        actor: Actor,
        at: datetime,
        shows_windows: bool = False,
        shows_details: bool = False,
        has_alarms: bool = False,
        expires_at: datetime | None = None,
    ) -> tuple[CalendarLink, str]: ...

    def choose(
        self,
        *,
        link: CalendarLink,
        shows_windows: bool,
        shows_details: bool,
        has_alarms: bool,
        actor: Actor,
        at: datetime,
    ) -> CalendarLink: ...

    def rotate(self, *, link: CalendarLink, actor: Actor, at: datetime) -> tuple[CalendarLink, str]: ...
    def revoke(self, *, link: CalendarLink, actor: Actor, at: datetime) -> CalendarLink: ...
    def revoke_all(self, *, person: Person, actor: Actor, at: datetime) -> int: ...
    def subscribing(self, token: str) -> Subscribing: ...


class LinksRead(Protocol):
    def links_of(self, person: Person) -> QuerySet[CalendarLink]: ...  # type: ignore[type-var]  # another edge's row
    def link_by_id(self, clinic: Clinic, link_id: UUID) -> CalendarLink: ...
    def widely_used(self, link: CalendarLink) -> bool: ...


class Pages(Protocol):
    """Issues, renews and withdraws addresses of a person's own page. A token is handed out once and never stored."""

    def issue_page(self, *, person: Person, label: str, actor: Actor, at: datetime) -> tuple[Link, str]: ...
    def renew_page(self, *, link: Link, actor: Actor, at: datetime) -> tuple[Link, str]: ...
    def revoke_page(self, *, link: Link, actor: Actor, at: datetime) -> Link: ...
    def end_pages(self, *, person: Person, actor: Actor, at: datetime) -> int: ...
    def address_of(self, token: str) -> str: ...
    def qr_svg(self, text: str) -> str: ...


class PagesRead(Protocol):
    def pages_of(self, person: Person) -> QuerySet[Link]: ...  # type: ignore[type-var]  # a row of another edge
    def page_by_id(self, clinic: Clinic, link_id: UUID) -> Link: ...


class Clients(Protocol):
    """Makes a machine client: its id and its secret."""

    def create_client(self, *, clinic: Clinic, name: str, actor: Actor, at: datetime) -> tuple[str, str]: ...


def links() -> Links:
    return cast(Links, import_module(settings.DESK_LINKS))


def links_read() -> LinksRead:
    return cast(LinksRead, import_module(settings.DESK_LINKS_READ))


def pages() -> Pages:
    return cast(Pages, import_module(settings.DESK_PAGES))


def pages_read() -> PagesRead:
    return cast(PagesRead, import_module(settings.DESK_PAGES_READ))


def clients() -> Clients:
    return cast(Clients, import_module(settings.DESK_CLIENTS))
