"""The last good copy of every calendar on this machine's disk, for the minutes in which the database does not
answer.

One file per link, named by the hash of its token, readable by this process's user alone. It is never asked
while the database answers, so an old copy can be seen only during an outage.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Copy:
    """Bytes as they were last served, with their ETag and the moment they were made. None: not fetched."""

    body: bytes | None
    etag: str
    last_modified: datetime


# What this process has written, so that a poll of an unchanged calendar touches no disk.
_written: dict[str, str] = {}


def keep(token_hash: str, copy: Copy) -> None:
    """Writes the copy unless this process already did. A disk that is full or read-only spoils no poll."""
    if copy.body is None or is_kept(token_hash, copy.etag):
        return
    path = _path(token_hash)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as fresh:
            head = f"{copy.etag} {copy.last_modified.timestamp()}\n"
            fresh.write(head.encode() + copy.body)
        os.replace(fresh.name, path)
    except OSError:
        return
    _written[token_hash] = copy.etag


def is_kept(token_hash: str, etag: str) -> bool:
    """Whether this process has written these very bytes."""
    return _written.get(token_hash) == etag


def kept(token_hash: str) -> Copy | None:
    """The last good copy; None if this machine has none, or half of one."""
    try:
        head, _, body = _path(token_hash).read_bytes().partition(b"\n")
        etag, moment = head.decode().split()
        return Copy(body, etag, datetime.fromtimestamp(float(moment), UTC)) if body else None
    except (OSError, ValueError):
        return None


def forget() -> None:
    """This process no longer knows what it has written; the next poll of each calendar writes it again."""
    _written.clear()


def _path(token_hash: str) -> Path:
    return Path(settings.FEED_CACHE_DIR) / f"{token_hash}.ics"
