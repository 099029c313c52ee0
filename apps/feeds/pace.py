"""How often one program may make us ask the database: counted in this process, minute by minute.

Beyond that it is answered from this machine's own copy. Never 429: it would stop Thunderbird until it is
restarted, and what asks too often is as a rule a program that misbehaves in good faith.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

_counted: Counter[str] = Counter()
_minute = [0]


def within(key: str, limit: int, at: datetime) -> bool:
    """Counts one more for the key; whether it is among the first `limit` of this minute."""
    _follow(at)
    _counted[key] += 1
    return _counted[key] <= limit


def is_within(key: str, limit: int, at: datetime) -> bool:
    """Whether one more would be, without counting it."""
    _follow(at)
    return _counted[key] < limit


def forget() -> None:
    """Nobody has asked yet in this minute."""
    _counted.clear()


def _follow(at: datetime) -> None:
    """A new minute begins with nothing, so what is counted never grows with the number of calendars."""
    minute = int(at.timestamp()) // 60
    if _minute[0] != minute:
        _counted.clear()
        _minute[0] = minute
