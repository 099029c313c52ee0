"""The write path of feeds. A token leaves `issue_link` and `rotate` once and is nowhere else to be found."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.errors import Conflict, Invalid, NotFound
from apps.couples.models import Person
from apps.feeds.building import build
from apps.feeds.files import keep
from apps.feeds.models import Ending, FeedLink, FeedUse
from apps.feeds.queries import hash_of

MAX_LINKS = 5


def issue_link(
    *, person: Person, label: str, actor: Actor, at: datetime, shows_windows: bool = False
) -> tuple[FeedLink, str]:
    """A new address for one device of the person, and its token: show it now, it cannot be read again.

    Conflict beyond five live links. `shows_windows` also shows, tentatively, what is not yet agreed.
    """
    label = label.strip()
    if not 0 < len(label) <= 40:
        raise Invalid("A link needs a label.", field="label", remedy="Name the device in up to 40 signs.")
    _may(actor, person)
    with acting(actor):
        # Links of one person are made one after another, so that five stay five.
        locked = Person.objects.select_for_update(no_key=True).filter(pk=person.pk).first()
        if locked is None:
            raise NotFound("There is no such person.", field="person")
        if FeedLink.objects.filter(person=person, ended_at__isnull=True).count() >= MAX_LINKS:
            raise Conflict(
                f"This person has {MAX_LINKS} calendar links.",
                code="too_many_links",
                field="person",
                remedy="End one that is no longer used.",
            )
        return _create(person, label, shows_windows, actor=actor, at=at)


def rotate(*, link: FeedLink, actor: Actor, at: datetime) -> tuple[FeedLink, str]:
    """A new address in the place of this one, which goes on answering with one neutral event for 90 days."""
    _may(actor, link.person)
    with acting(actor):
        old = _end(link, Ending.ROTATED, actor=actor, at=at)
        return _create(old.person, old.label, old.shows_windows, actor=actor, at=at)


def revoke(*, link: FeedLink, actor: Actor, at: datetime) -> FeedLink:
    """Ends the address: from now on it answers with one neutral event, which clears what devices hold."""
    _may(actor, link.person)
    with acting(actor):
        return _end(link, Ending.REVOKED, actor=actor, at=at)


def address_of(token: str) -> str:
    """The link to copy. `webcal://` in its place opens the calendar program on most devices."""
    return f"{settings.BASE_URL}/feeds/{token}.ics"


def note_use(*, link_id: UUID, agent: str, at: datetime) -> None:
    """That the link was asked for: one upsert, which the view makes once an hour at most."""
    FeedUse.objects.bulk_create(
        [FeedUse(link_id=link_id, last_used_at=at, agent=agent)],
        update_conflicts=True,
        unique_fields=["link"],
        update_fields=["last_used_at", "agent"],
    )


def _may(actor: Actor, person: Person) -> None:
    require_clinic(actor, person.clinic_id)
    require_role(actor, "nurse", "doctor", "manager", "client")


def _create(
    person: Person, label: str, shows_windows: bool, *, actor: Actor, at: datetime
) -> tuple[FeedLink, str]:
    token = secrets.token_urlsafe(32)
    link = FeedLink.objects.create(
        clinic_id=person.clinic_id,
        person=person,
        label=label,
        token_hash=hash_of(token),
        shows_windows=shows_windows,
        created_at=at,
        changed_at=at,
    )
    _tell(link, "feed.issued", actor, at)
    build(link, at)  # so that the first poll finds what every other one finds
    return link, token


def _end(link: FeedLink, ending: Ending, *, actor: Actor, at: datetime) -> FeedLink:
    fresh = (
        FeedLink.objects.select_for_update(of=("self",)).select_related("clinic", "person").get(pk=link.pk)
    )
    if not fresh.is_live:
        raise Conflict("This link has ended already.", code="ended", field="feed_link")
    fresh.ended_at, fresh.ended_as, fresh.changed_at = at, ending.value, at
    fresh.save(update_fields=["ended_at", "ended_as", "changed_at"])
    copy = build(fresh, at)
    # An outage must not bring the old calendar back.
    transaction.on_commit(lambda: keep(fresh.token_hash, copy))
    _tell(fresh, f"feed.{ending.value}", actor, at)
    return fresh


def _tell(link: FeedLink, kind: str, actor: Actor, at: datetime) -> None:
    record_change(
        clinic_id=link.clinic_id, kind=kind, subject_type="feedlink", subject_id=link.pk, actor=actor, at=at
    )
