"""The write path of feeds. A token leaves `issue_link` and `rotate` once and is nowhere else to be found."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.clinic.access import require_own_or_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.errors import Conflict, Invalid, NotFound
from apps.couples.models import Person
from apps.feeds.building import build
from apps.feeds.files import keep
from apps.feeds.models import Ending, FeedAccess, FeedLink, FeedUse
from apps.feeds.queries import hash_of

MAX_LINKS = 5
ACCESSES_KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Subscribing:
    """All ways to subscribe to one address. Each of them is the key itself: shown once, kept nowhere."""

    https: str
    webcal: str
    google: str
    caution: str | Promise


def issue_link(
    *,
    person: Person,
    label: str,
    actor: Actor,
    at: datetime,
    shows_windows: bool = False,
    shows_details: bool = False,
    has_alarms: bool = False,
    expires_at: datetime | None = None,
) -> tuple[FeedLink, str]:
    """A new address for one device of the person, and its token: show it now, it cannot be read again.

    Conflict beyond five live links. `shows_windows` also shows, tentatively, what is not yet agreed,
    `shows_details` the clinic's address and number, `has_alarms` asks programs to ring a day before; from
    `expires_at` on the link shows nothing more.
    """
    label = label.strip()
    if not 0 < len(label) <= 40:
        raise Invalid("A link needs a label.", field="label", remedy="Name the device in up to 40 signs.")
    if expires_at is not None and expires_at <= at:
        raise Invalid(
            "A link cannot end in the past.", field="expires_at", remedy="Give a later day or none."
        )
    _may(actor, person)
    with acting(actor):
        # Links of one person are made one after another, so that five stay five.
        locked = Person.objects.select_for_update(no_key=True).filter(pk=person.pk).first()
        if locked is None:
            raise NotFound("There is no such person.", field="person")
        if _live(person, at) >= MAX_LINKS:
            raise Conflict(
                f"This person has {MAX_LINKS} calendar links.",
                code="too_many_links",
                field="person",
                remedy="End one that is no longer used.",
            )
        link = FeedLink(person=person, label=label, shows_windows=shows_windows, shows_details=shows_details)
        link.has_alarms, link.expires_at = has_alarms, expires_at
        return _create(link, actor=actor, at=at)


def choose(
    *,
    link: FeedLink,
    shows_windows: bool,
    shows_details: bool,
    has_alarms: bool,
    actor: Actor,
    at: datetime,
) -> FeedLink:
    """What the link shows from now on; its address stays. Conflict if it has ended."""
    _may(actor, link.person)
    with acting(actor):
        fresh = _locked(link)
        chosen = (shows_windows, shows_details, has_alarms)
        if chosen == (fresh.shows_windows, fresh.shows_details, fresh.has_alarms):
            return fresh
        fresh.shows_windows, fresh.shows_details, fresh.has_alarms = chosen
        fresh.revision, fresh.changed_at = fresh.revision + 1, at
        fresh.save()
        _tell(fresh, "feed.chosen", actor, at)
        copy = build(fresh, at)
        transaction.on_commit(lambda: keep(fresh.token_hash, copy))
    return fresh


def rotate(*, link: FeedLink, actor: Actor, at: datetime) -> tuple[FeedLink, str]:
    """A new address in the place of this one, which goes on answering with one neutral event for 90 days."""
    _may(actor, link.person)
    with acting(actor):
        old = _end(link, Ending.ROTATED, actor=actor, at=at)
        new = FeedLink(person=old.person, label=old.label, expires_at=old.expires_at)
        new.shows_windows, new.shows_details = old.shows_windows, old.shows_details
        new.has_alarms, new.revision = old.has_alarms, old.revision
        return _create(new, actor=actor, at=at)


def revoke(*, link: FeedLink, actor: Actor, at: datetime) -> FeedLink:
    """Ends the address: from now on it answers with one neutral event, which clears what devices hold."""
    _may(actor, link.person)
    with acting(actor):
        return _end(link, Ending.REVOKED, actor=actor, at=at)


def revoke_all(*, person: Person, actor: Actor, at: datetime) -> int:
    """Ends every address of the person, at once; says how many there were."""
    _may(actor, person)
    with acting(actor):
        live = FeedLink.objects.filter(person=person, clinic=person.clinic_id, ended_at__isnull=True)
        links = list(live.select_for_update(of=("self",), no_key=True).order_by("id"))
        for link in links:
            _end(link, Ending.REVOKED, actor=actor, at=at)
    return len(links)


def address_of(token: str) -> str:
    """The link to copy. `webcal://` in its place opens the calendar program on most devices."""
    return f"{settings.BASE_URL}/feeds/{token}.ics"


def subscribing(token: str) -> Subscribing:
    """The address of this token for people to copy, to tap and to give to Google, and what to tell them."""
    https = address_of(token)
    webcal = f"webcal://{https.split('://', 1)[1]}"
    return Subscribing(
        https=https,
        webcal=webcal,
        google=f"https://calendar.google.com/calendar/r?cid={webcal}",
        caution=_("Google may take a day; reminders come as messages, not from the calendar."),
    )


def note_use(*, link_id: UUID, agent: str, network: int, at: datetime) -> None:
    """That the link was asked for: two upserts, which the view makes once an hour at most for each network.

    `network` is of `apps.feeds.networks`: no address reaches the database.
    """
    hour = at.replace(minute=0, second=0, microsecond=0)
    FeedAccess.objects.bulk_create(
        [
            FeedAccess(
                link_id=link_id, on=at.astimezone(UTC).date(), network=network, agent=agent, last_at=hour
            )
        ],
        update_conflicts=True,
        unique_fields=["link", "on", "network", "agent"],
        update_fields=["last_at"],
    )
    FeedUse.objects.bulk_create(
        [FeedUse(link_id=link_id, last_used_at=at, agent=agent)],
        update_conflicts=True,
        unique_fields=["link"],
        update_fields=["last_used_at", "agent"],
    )


def forget_accesses(*, at: datetime) -> int:
    """Deletes what is known of who asked a week ago and earlier; says how many rows."""
    gone, _rows = FeedAccess.objects.filter(on__lte=at.astimezone(UTC).date() - ACCESSES_KEPT).delete()
    return gone


def _may(actor: Actor, person: Person) -> None:
    """Whoever issues them at the clinic, and the person themself at their own page."""
    require_own_or_role(actor, person.clinic_id, (person.pk,), "nurse", "doctor", "manager", "client")


def _live(person: Person, at: datetime) -> int:
    running = Q(expires_at__isnull=True) | Q(expires_at__gt=at)
    return FeedLink.objects.filter(running, person=person, ended_at__isnull=True).count()


def _create(link: FeedLink, *, actor: Actor, at: datetime) -> tuple[FeedLink, str]:
    token = secrets.token_urlsafe(32)
    link.clinic_id, link.token_hash = link.person.clinic_id, hash_of(token)
    link.created_at = link.changed_at = at
    link.save(force_insert=True)
    _tell(link, "feed.issued", actor, at)
    build(link, at)  # so that the first poll finds what every other one finds
    return link, token


def _locked(link: FeedLink) -> FeedLink:
    fresh = (
        FeedLink.objects.select_for_update(of=("self",)).select_related("clinic", "person").get(pk=link.pk)
    )
    if not fresh.is_live:
        raise Conflict("This link has ended already.", code="ended", field="feed_link")
    return fresh


def _end(link: FeedLink, ending: Ending, *, actor: Actor, at: datetime) -> FeedLink:
    fresh = _locked(link)
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
