"""Builds and stores the bytes of a link. Polls are answered with them until something that they show has
changed."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import connection, transaction

from apps.clinic.clock import day_bounds, local_date
from apps.feeds.content import Wording, entries_of, gather, neutral_entry
from apps.feeds.files import Copy
from apps.feeds.ical import calendar_bytes
from apps.feeds.models import FeedBytes, FeedLink


def build(link: FeedLink, at: datetime) -> Copy:
    """The link's calendar at the moment `at`, stored and returned. What has ended becomes one neutral event.

    Two polls may build at once; both store the same bytes.
    """
    with transaction.atomic():
        seen = _oldest_running()  # before any row is read: what comes later makes these bytes old
        link = FeedLink.objects.select_related("clinic", "person").get(pk=link.pk)
        entries = entries_of(gather(link, at)) if link.is_live else [neutral_entry(link)]
        body = calendar_bytes(name=Wording.of(link.clinic).name, zone=link.clinic.zone, entries=entries)
        etag = f'"{hashlib.sha256(body).hexdigest()[:40]}"'
        stored = FeedBytes.objects.filter(pk=link.pk).only("etag", "last_modified").first()
        same = stored is not None and stored.etag == etag
        last_modified = stored.last_modified if stored is not None and same else at
        FeedBytes.objects.bulk_create(
            [
                FeedBytes(
                    link=link,
                    body=body,
                    etag=etag,
                    last_modified=last_modified,
                    fresh_until=day_bounds(link.clinic.zone, local_date(link.clinic.zone, at))[1],
                    built_xid=seen,
                    clinic_changed_at=link.clinic.changed_at,
                    person_changed_at=link.person.changed_at,
                    link_changed_at=link.changed_at,
                )
            ],
            update_conflicts=True,
            unique_fields=["link"],
            update_fields=[
                "body",
                "etag",
                "last_modified",
                "fresh_until",
                "built_xid",
                "clinic_changed_at",
                "person_changed_at",
                "link_changed_at",
            ],
        )
    return Copy(body, etag, last_modified)


def _oldest_running() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select pg_snapshot_xmin(pg_current_snapshot())::text")
        return int(cursor.fetchone()[0])
