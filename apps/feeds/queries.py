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
from apps.feeds.models import FeedLink

# Whether stored bytes still hold is asked in the same statement. What a calendar shows changes at midnight
# and with change rows: of the person's couples, the person, the clinic, the link; and with any new couple of
# the clinic, for the person may be one of it. Bytes are at most a day old when this is asked, so few change
# rows are newer. A program that has these very bytes already is not sent them: they need not leave the
# database either.
_POLL = """
SELECT link_id, {body}, etag, last_modified, answers_until, fresh_until, NOT EXISTS (
       SELECT FROM clinic_change change
        WHERE change.clinic_id = stored.clinic_id
          AND change.xid >= stored.built_xid
          AND (change.couple_id = ANY(stored.couples)
               OR change.subject_id = ANY(stored.subjects)
               OR change.kind = 'couple.enrolled'))
  FROM feeds_feedbytes stored
 WHERE token_hash = %s
"""
_WHOLE = _POLL.format(body="body")
_UNLESS_KNOWN = _POLL.format(body="CASE WHEN etag <> %s THEN body END")


@dataclass(frozen=True, slots=True)
class Polled:
    """What is known of a link when somebody asks for it. `copy` may be old; `is_fresh` says that it is not.

    The copy's body is None if its ETag is the one that the caller said it knows.
    """

    link_id: UUID
    copy: Copy | None = None
    answers_until: datetime | None = None
    is_fresh: bool = False


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def polled(token_hash: str, at: datetime, known: str = "") -> Polled | None:
    """Everything that a poll needs, in one statement; None for a token that nobody has.

    `known` is the ETag of bytes that the caller need not be given.
    """
    with connection.cursor() as cursor:
        if known:
            cursor.execute(_UNLESS_KNOWN, [known, token_hash])
        else:
            cursor.execute(_WHOLE, [token_hash])
        row = cursor.fetchone()
    if row is None:
        return _never_built(token_hash)
    link_id, body, etag, last_modified, answers_until, fresh_until, unchanged = row
    copy = Copy(bytes(body) if body is not None else None, etag, last_modified)
    return Polled(link_id, copy, answers_until, unchanged and at < fresh_until)


def _never_built(token_hash: str) -> Polled | None:
    link_id = FeedLink.objects.filter(token_hash=token_hash).values_list("pk", flat=True).first()
    return Polled(link_id) if link_id is not None else None


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
