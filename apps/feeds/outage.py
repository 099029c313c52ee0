"""What a machine may show of its own copies while the database does not answer: only what was true a moment before.

A copy that shows an appointment after a loss does more harm than none: a program that is told 404 keeps what it holds and
goes on asking. So while the database answers, each machine asks it once a minute what has changed and throws away the
copies that this touches, whichever machine the change was made on. And a machine that could not ask for
`FEED_COPY_HOURS` shows nothing more, for it may be the only one that is cut off.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from apps.feeds import files
from apps.feeds.files import Copy, Mark

LOOKS_EVERY = timedelta(minutes=1)
_log = logging.getLogger(__name__)

# Everything about a couple, a person or a link touches the calendars of both people: which of it shows is not asked here,
# for to show nothing harms nobody. An ended link's copy is its neutral day and may stay, if it is that.
_TOUCHED = """
WITH recent AS MATERIALIZED (SELECT couple_id, subject_id FROM clinic_change WHERE xid >= %s::text::xid8),
     people AS (SELECT subject_id AS id FROM recent
                UNION SELECT recipient_id FROM couples_couple JOIN recent ON recent.couple_id = couples_couple.id
                UNION SELECT partner_id FROM couples_couple JOIN recent ON recent.couple_id = couples_couple.id),
     links AS (SELECT id, token_hash, ended_at FROM feeds_feedlink WHERE person_id IN (SELECT id FROM people)
               UNION SELECT id, token_hash, ended_at FROM feeds_feedlink WHERE id IN (SELECT subject_id FROM recent))
SELECT links.token_hash, CASE WHEN links.ended_at IS NULL THEN '' ELSE stored.etag END
  FROM links LEFT JOIN feeds_feedbytes stored ON stored.link_id = links.id
"""


def last_good(token_hash: str, at: datetime) -> Copy | None:
    """This machine's copy, if the machine knew not long ago that it was true; else None."""
    mark = files.marked()
    if mark is None or at.timestamp() - mark.at > settings.FEED_COPY_HOURS * 3600:
        return None
    return files.kept(token_hash)


def look(at: datetime) -> None:
    """Throws away the copies of what has changed. Once a minute for each machine, whichever of its processes comes
    first; to be called while the database answers. A failure spoils no poll.
    """
    if not files.is_time_to_look(at, LOOKS_EVERY):
        return
    try:
        _throw_away(files.marked(), at)
    except Exception as fault:
        _log.error("what copies of calendars still hold could not be asked: %s", type(fault).__name__)


def _throw_away(mark: Mark | None, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
        oldest_running = int(cursor.fetchone()[0])
        known = mark is not None and mark.upto <= oldest_running  # else it is of another database
        if mark is None or not known or at.timestamp() - mark.at > settings.FEED_COPY_HOURS * 3600:
            files.drop_all()
            mark = Mark(oldest_running, oldest_running, at.timestamp())
        else:
            # From the look before the last one: what a poll was about to write while that one looked goes too.
            cursor.execute(_TOUCHED, [mark.since])
            for token_hash, neutral in cursor.fetchall():
                files.drop(token_hash, unless=neutral or "")
            mark = Mark(mark.upto, oldest_running, at.timestamp())
    files.set_mark(mark)
