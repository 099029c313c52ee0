"""Builds and stores the bytes of a link. Polls are answered with them until something that they show has
changed."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.db import connection, transaction

from apps.clinic.clock import day_bounds, local_date
from apps.couples.queries import couples_with
from apps.feeds.content import entries_of, gather, neutral_entry
from apps.feeds.files import Copy
from apps.feeds.ical import calendar_bytes
from apps.feeds.models import Ending, FeedBytes, FeedLink
from apps.feeds.words import Wording

# How long a replaced address still says, with one neutral event, that it has ended; after that it is unknown.
ROTATED_ANSWERS_FOR = timedelta(days=90)


def build(link: FeedLink, at: datetime) -> Copy:
    """The link's calendar at the moment `at`, stored and returned. What has ended becomes one neutral event.

    Two polls may build at once; both store the same bytes.
    """
    with transaction.atomic():
        seen = _oldest_running()  # before any row is read: what comes later makes these bytes old
        link = FeedLink.objects.select_related("clinic", "person").get(pk=link.pk)
        zone, today = link.clinic.zone, local_date(link.clinic.zone, at)
        entries = entries_of(gather(link, at)) if link.is_live_at(at) else [neutral_entry(link)]
        name = Wording.of(link.clinic, link.person.language).name
        body = calendar_bytes(name=name, zone=zone, entries=entries, today=today)
        etag = f'"{hashlib.sha256(body).hexdigest()[:40]}"'
        stored = FeedBytes.objects.filter(pk=link.pk).only("etag", "last_modified").first()
        same = stored is not None and stored.etag == etag
        last_modified = stored.last_modified if stored is not None and same else at
        _store(
            FeedBytes(
                link=link,
                token_hash=link.token_hash,
                clinic_id=link.clinic_id,
                couples=list(couples_with(link.clinic, link.person).values_list("pk", flat=True)),
                subjects=[link.person_id, link.clinic_id, link.pk],
                body=body,
                etag=etag,
                last_modified=last_modified,
                fresh_until=_fresh_until(link, day_bounds(zone, today)[1], at),
                answers_until=answers_until(link),
                built_xid=seen,
            )
        )
    return Copy(body, etag, last_modified.timestamp())


def answers_until(link: FeedLink) -> datetime | None:
    """From when on a link that was replaced is unknown; None for any other."""
    rotated = link.ended_as == Ending.ROTATED and link.ended_at is not None
    return link.ended_at + ROTATED_ANSWERS_FOR if rotated and link.ended_at else None


def _fresh_until(link: FeedLink, midnight: datetime, at: datetime) -> datetime:
    runs_out = link.expires_at if link.expires_at is not None and at < link.expires_at else midnight
    return min(midnight, runs_out)


def _store(row: FeedBytes) -> None:
    changing = [field.name for field in FeedBytes._meta.concrete_fields if not field.primary_key]
    FeedBytes.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["link"], update_fields=changing
    )


def _oldest_running() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select pg_snapshot_xmin(pg_current_snapshot())::text")
        return int(cursor.fetchone()[0])
