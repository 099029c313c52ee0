"""The read path of the patient's page: its addresses, who is at one, and what it shows."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from apps.clinic.errors import NotFound
from apps.clinic.models import Clinic
from apps.couples.models import Person
from apps.portal.models import PageLink, PageVisit


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def live_link(token: str) -> PageLink | None:
    """The address of that token with person and clinic; None if nobody has it or it has ended."""
    found = PageLink.objects.select_related("clinic", "person__clinic")
    return found.filter(
        token_hash=hash_of(token), ended_at__isnull=True, person__merged_into__isnull=True
    ).first()


def visit_of(link: PageLink, token: str, at: datetime) -> PageVisit | None:
    """What a code opened of this very address in this browser, while it lasts."""
    if not token:
        return None
    return PageVisit.objects.filter(token_hash=hash_of(token), link=link, until__gt=at).first()


def pages_of(person: Person) -> QuerySet[PageLink]:
    """The person's addresses, live ones and those that ended, oldest first."""
    return _links().filter(person=person, clinic=person.clinic_id)


def page_by_id(clinic: Clinic, link_id: UUID) -> PageLink:
    """NotFound for another clinic's address, as for one that does not exist."""
    found = _links().filter(clinic=clinic, pk=link_id).first()
    if found is None:
        raise NotFound("There is no such address.", field="page_link")
    return found


def _links() -> QuerySet[PageLink]:
    return PageLink.objects.select_related("clinic", "person").order_by("created_at", "id")
