"""The last good copy of every calendar on this machine's disk, for the minutes in which the database does not
answer.

One file per link, named by the hash of its token, readable by this process's user alone. It is never asked
while the database answers, so an old copy can be seen only during an outage.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Copy:
    """Bytes as they were last served (None: not fetched), their ETag, and when they were made, in seconds since
    1970."""

    body: bytes | None
    etag: str
    last_modified: float


# What this process has written, and as which file: another process may have written another since, and taking
# its word for granted would leave there what an outage must not show again.
_written: dict[str, tuple[str, tuple[int, int]]] = {}


def keep(token_hash: str, copy: Copy) -> None:
    """Writes the copy unless this process already did. A disk that is full or read-only spoils no poll."""
    if copy.body is None or is_kept(token_hash, copy.etag):
        return
    path = Path(_path(token_hash))
    head = f"{copy.etag} {copy.last_modified}\n"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(path, head.encode() + copy.body)
        _written[token_hash] = copy.etag, _identity(_path(token_hash))
    except OSError:
        return


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and nothing half is left lying about."""
    with NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as fresh:
        try:
            fresh.write(content)
            fresh.flush()
        except OSError:
            os.unlink(fresh.name)
            raise
    os.replace(fresh.name, path)


def is_kept(token_hash: str, etag: str) -> bool:
    """Whether these very bytes, written by this process, still are the copy."""
    written = _written.get(token_hash)
    if written is None or written[0] != etag:
        return False
    try:
        return written[1] == _identity(_path(token_hash))
    except OSError:
        return False


def _identity(path: str) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_ino, found.st_mtime_ns


def kept(token_hash: str) -> Copy | None:
    """The last good copy; None if this machine has none, or half of one."""
    try:
        head, _, body = Path(_path(token_hash)).read_bytes().partition(b"\n")
        etag, moment = head.decode().split()
        return Copy(body, etag, float(moment)) if body else None
    except (OSError, ValueError):
        return None


def forget() -> None:
    """This process no longer knows what it has written; the next poll of each calendar writes it again."""
    _written.clear()


def _path(token_hash: str) -> str:
    return f"{settings.FEED_CACHE_DIR}/{token_hash}.ics"
