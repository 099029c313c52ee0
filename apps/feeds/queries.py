"""The read path of feeds: a person's links, and the one look-up that answers a poll."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from apps.clinic.errors import NotFound
from apps.clinic.models import Clinic
from apps.couples.models import Person
from apps.feeds.files import Copy
from apps.feeds.models import FeedAccess, FeedLink

# Whether stored bytes still hold is asked in the same statement. What a calendar shows changes at midnight
# and with change rows: of the person's couples, the person, the clinic, the link; and with any new couple of
# the clinic, for the person may be one of it. Bytes are at most a day old when this is asked, so few change
# rows are newer. A program that has these very bytes already is not sent them: they need not leave the
# database either. It begins with the link, so that an unknown token costs what a known one does.
_POLL = """
SELECT link.id, {body}, etag, extract(epoch FROM last_modified)::float8, answers_until < %s,
       fresh_until > %s AND NOT EXISTS (
       SELECT FROM clinic_change change
        WHERE change.clinic_id = stored.clinic_id
          AND change.xid >= stored.built_xid
          AND (change.couple_id = ANY(stored.couples)
               OR change.subject_id = ANY(stored.subjects)
               OR change.kind = 'couple.enrolled'))
  FROM feeds_feedlink link
  LEFT JOIN feeds_feedbytes stored ON stored.link_id = link.id
 WHERE link.token_hash = %s
"""
_WHOLE = _POLL.format(body="body")
_UNLESS_KNOWN = _POLL.format(body="CASE WHEN etag <> %s THEN body END")


@dataclass(frozen=True, slots=True)
class Polled:
    """What is known of a link when somebody asks for it. `copy` may be old; `is_fresh` says that it is not.

    The copy's body is None if its ETag is the one that the caller said it knows. `is_over` says of a link that
    was replaced long ago that it is unknown by now.
    """

    link_id: UUID
    copy: Copy | None = None
    is_over: bool = False
    is_fresh: bool = False


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def polled(token_hash: str, at: datetime, known: str = "") -> Polled | None:
    """Everything that a poll needs, in one statement; None for a token that nobody has.

    `known` is the ETag of bytes that the caller need not be given.
    """
    row = (
        _looked_up(_UNLESS_KNOWN, [known, at, at, token_hash])
        if known
        else _looked_up(_WHOLE, [at, at, token_hash])
    )
    if row is None:
        return None
    link_id, body, etag, last_modified, is_over, is_fresh = row
    if etag is None:  # nothing is stored yet
        return Polled(link_id)
    copy = Copy(bytes(body) if body is not None else None, etag, last_modified)
    return Polled(link_id, copy, bool(is_over), is_fresh)


def _looked_up(statement: str, values: list[str | datetime]) -> tuple[Any, ...] | None:
    """The one row. A connection that broke, or that knows the tables as they were before a migration, is made
    anew, once: so a poll needs no question beforehand whether its connection still works."""
    try:
        return _ask(statement, values)
    except (DatabaseError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()
        return _ask(statement, values)


def _ask(statement: str, values: list[str | datetime]) -> tuple[Any, ...] | None:
    """Django's cursors put values into the text, which PostgreSQL then plans at every poll. This one sends
    them apart, so that psycopg prepares the statement once on each connection. What Django puts around a cursor
    takes a tenth of the whole look-up: it is there for who listens.
    """
    connection.ensure_connection()
    assert connection.connection is not None
    cursor: Any = psycopg.Cursor(connection.connection)  # the stubs know Django's own cursors alone
    if connection.queries_logged:
        cursor = connection.make_debug_cursor(cursor)
    elif connection.execute_wrappers:
        cursor = connection.make_cursor(cursor)
    with connection.wrap_database_errors:
        cursor.execute(statement, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
        cursor.close()
    return row


def links_of(person: Person) -> QuerySet[FeedLink]:
    """The person's links with their last use, live ones and those that ended, oldest first.

    `networks` is from how many different networks each was asked for on the busiest of the days that are still
    known (see `FeedAccess`); more than `settings.FEED_NETWORKS_ALERT` are more than one person's devices.
    """
    busiest = (
        FeedAccess.objects.filter(link=OuterRef("pk"))
        .values("on")
        .annotate(networks=Count("network", distinct=True))
        .order_by("-networks")
        .values("networks")[:1]
    )
    found = _links().filter(person=person, clinic=person.clinic_id)
    return found.annotate(networks=Coalesce(Subquery(busiest), 0))


def widely_used(link: FeedLink) -> bool:
    """Whether a link of `links_of` was asked for from more networks in a day than one person's devices have."""
    return int(getattr(link, "networks", 0)) > settings.FEED_NETWORKS_ALERT


def link_by_id(clinic: Clinic, link_id: UUID) -> FeedLink:
    """NotFound for another clinic's link, as for one that does not exist."""
    found = _links().filter(clinic=clinic, pk=link_id).first()
    if found is None:
        raise NotFound("There is no such calendar link.", field="feed_link")
    return found


def _links() -> QuerySet[FeedLink]:
    return FeedLink.objects.select_related("clinic", "person", "use").order_by("created_at", "id")
