"""Issuing addresses of a patient's page. A token leaves `issue_page` and `renew_page` once and is nowhere else to be
found.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from django.conf import settings

from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.errors import Conflict, Invalid, NotFound
from apps.couples.models import Person
from apps.portal.models import Ending, PageLink
from apps.portal.qr import qr_svg
from apps.portal.queries import hash_of

__all__ = ["address_of", "issue_page", "qr_svg", "renew_page", "revoke_page"]

MAX_LINKS = 5


def issue_page(*, person: Person, label: str, actor: Actor, at: datetime) -> tuple[PageLink, str]:
    """A new address of the person's page, and its token: show it now, it cannot be read again.

    `label` says in up to 40 signs where it is kept. Conflict beyond five live addresses.
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
        if PageLink.objects.filter(person=person, ended_at__isnull=True).count() >= MAX_LINKS:
            raise Conflict(
                f"This person has {MAX_LINKS} addresses of their page.",
                code="too_many_links",
                field="person",
                remedy="End one that is no longer used.",
            )
        return _create(person, label, actor=actor, at=at)


def renew_page(*, link: PageLink, actor: Actor, at: datetime) -> tuple[PageLink, str]:
    """A new address in the place of this one, which is unknown from now on."""
    _may(actor, link.person)
    with acting(actor):
        old = _end(link, Ending.ROTATED, actor=actor, at=at)
        return _create(old.person, old.label, actor=actor, at=at)


def revoke_page(*, link: PageLink, actor: Actor, at: datetime) -> PageLink:
    """Ends the address: from now on it is unknown, and what a code had opened of it is closed."""
    _may(actor, link.person)
    with acting(actor):
        return _end(link, Ending.REVOKED, actor=actor, at=at)


def end_pages(*, person: Person, actor: Actor, at: datetime) -> int:
    """Ends every address of the person; how many there were. The person themself may, and whoever issues them."""
    if not (actor.is_patient and actor.person_id == person.pk):
        _may(actor, person)
    with acting(actor):
        live = PageLink.objects.filter(person=person, ended_at__isnull=True).order_by("pk")
        return len([_end(link, Ending.REVOKED, actor=actor, at=at) for link in live])


def address_of(token: str) -> str:
    """The address to write on a card or to send."""
    return f"{settings.BASE_URL}/p/{token}/"


def _may(actor: Actor, person: Person) -> None:
    require_clinic(actor, person.clinic_id)
    require_role(actor, "nurse", "doctor", "manager", "client")


def _create(person: Person, label: str, *, actor: Actor, at: datetime) -> tuple[PageLink, str]:
    token = secrets.token_urlsafe(32)
    link = PageLink.objects.create(
        clinic_id=person.clinic_id, person=person, label=label, token_hash=hash_of(token), created_at=at
    )
    _tell(link, "page.issued", actor, at)
    return link, token


def _end(link: PageLink, ending: Ending, *, actor: Actor, at: datetime) -> PageLink:
    rows = PageLink.objects.select_for_update(of=("self",)).select_related("clinic", "person")
    fresh = rows.get(pk=link.pk)
    if not fresh.is_live:
        raise Conflict("This address has ended already.", code="ended", field="page_link")
    fresh.ended_at, fresh.ended_as = at, ending.value
    fresh.save(update_fields=["ended_at", "ended_as"])
    _tell(fresh, f"page.{ending.value}", actor, at)
    return fresh


def _tell(link: PageLink, kind: str, actor: Actor, at: datetime) -> None:
    record_change(
        clinic_id=link.clinic_id, kind=kind, subject_type="pagelink", subject_id=link.pk, actor=actor, at=at
    )
