"""The read path of feeds: a person's links, and the one look-up that answers a poll."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from apps.clinic.errors import NotFound
from apps.clinic.models import Clinic
from apps.couples.models import Person
from apps.feeds.files import Copy
from apps.feeds.models import Ending, FeedLink

# Whether stored bytes still hold is asked in the same statement: what a calendar shows changes with the link,
# the clinic's wording, the person, a change row of one of the person's couples, or midnight.
_POLL = """
SELECT link.id, link.ended_as, link.ended_at, stored.body, stored.etag, stored.last_modified,
       stored.link_id IS NOT NULL
       AND stored.link_changed_at = link.changed_at
       AND stored.clinic_changed_at = clinic.changed_at
       AND (link.ended_at IS NOT NULL OR (
            stored.fresh_until > %(at)s
            AND stored.person_changed_at = person.changed_at
            AND NOT EXISTS (
                SELECT FROM clinic_change change
                 WHERE change.xid >= stored.built_xid
                   AND change.couple_id IN (
                       SELECT id FROM couples_couple WHERE recipient_id = link.person_id
                        UNION ALL
                       SELECT id FROM couples_couple WHERE partner_id = link.person_id)))),
       use.last_used_at
  FROM feeds_feedlink link
  JOIN clinic_clinic clinic ON clinic.id = link.clinic_id
  JOIN couples_person person ON person.id = link.person_id
  LEFT JOIN feeds_feedbytes stored ON stored.link_id = link.id
  LEFT JOIN feeds_feeduse use ON use.link_id = link.id
 WHERE link.token_hash = %(token_hash)s
"""


@dataclass(frozen=True, slots=True)
class Polled:
    """What is known of a link when somebody asks for it. `copy` may be old; `is_fresh` says that it is
    not."""

    link_id: UUID
    ended_as: str
    ended_at: datetime | None
    copy: Copy | None
    is_fresh: bool
    last_used_at: datetime | None

    @property
    def was_rotated(self) -> bool:
        return self.ended_as == Ending.ROTATED


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def polled(token_hash: str, at: datetime) -> Polled | None:
    """Everything that a poll needs, in one statement; None for a token that nobody has."""
    with connection.cursor() as cursor:
        cursor.execute(_POLL, {"token_hash": token_hash, "at": at})
        row = cursor.fetchone()
    if row is None:
        return None
    link_id, ended_as, ended_at, body, etag, last_modified, is_fresh, last_used_at = row
    copy = Copy(bytes(body), etag, last_modified) if body is not None else None
    return Polled(link_id, ended_as, ended_at, copy, bool(is_fresh), last_used_at)


def links_of(person: Person) -> QuerySet[FeedLink]:
    """The person's links with their last use, live ones and those that ended, oldest first."""
    return _links().filter(person=person, clinic=person.clinic_id)


def link_by_id(clinic: Clinic, link_id: UUID) -> FeedLink:
    """NotFound for another clinic's link, as for one that does not exist."""
    found = _links().filter(clinic=clinic, pk=link_id).first()
    if found is None:
        raise NotFound("There is no such calendar link.", field="feed_link")
    return found


def _links() -> QuerySet[FeedLink]:
    return FeedLink.objects.select_related("clinic", "person", "use").order_by("created_at", "id")
