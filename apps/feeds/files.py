"""The last good copy of every calendar on this machine's disk, for the minutes in which the database does not
answer.

One file per link, named by the hash of its token, readable by this process's user alone. It is never asked
while the database answers, so an old copy can be seen only during an outage; `outage.py` says for how long, and throws
away what is no longer true.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
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


@dataclass(frozen=True, slots=True)
class Mark:
    """Up to which transaction this machine knows what has changed, from which it asks next, and when it last asked, in
    seconds since 1970."""

    since: int
    upto: int
    at: float


_MARK = "looked"
# What this process has written, and as which file: another process may have written another since, and taking
# its word for granted would leave there what an outage must not show again.
_written: dict[str, tuple[str, tuple[int, int]]] = {}
_looked: list[datetime] = []


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


def drop(token_hash: str, *, unless: str = "") -> None:
    """Throws the copy away, unless its ETag is `unless`."""
    found = kept(token_hash) if unless else None
    if found is None or found.etag != unless:
        with suppress(OSError):
            os.unlink(_path(token_hash))


def drop_all() -> None:
    """Throws all copies away."""
    for path in Path(settings.FEED_CACHE_DIR).glob("*.ics"):
        with suppress(OSError):
            path.unlink()


def is_time_to_look(at: datetime, every: timedelta) -> bool:
    """Whether no process of this machine has asked what changed since `every`; asks the disk as seldom."""
    if _looked and timedelta() <= at - _looked[-1] < every:
        return False
    _looked[:] = [at]
    mark = marked()
    return mark is None or not 0 <= at.timestamp() - mark.at < every.total_seconds()


def marked() -> Mark | None:
    """How far this machine has asked; None if it never has."""
    try:
        since, upto, at = (Path(settings.FEED_CACHE_DIR) / _MARK).read_text().split()
        return Mark(int(since), int(upto), float(at))
    except (OSError, ValueError):
        return None


def set_mark(mark: Mark) -> None:
    path = Path(settings.FEED_CACHE_DIR) / _MARK
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write(path, f"{mark.since} {mark.upto} {mark.at}\n".encode())


def forget() -> None:
    """This process no longer knows what it has written and when it looked; the next polls do both again."""
    _written.clear()
    _looked.clear()


def _path(token_hash: str) -> str:
    return f"{settings.FEED_CACHE_DIR}/{token_hash}.ics"
