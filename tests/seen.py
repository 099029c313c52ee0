"""What people can see of a treatment, brought into one form: a visit in a few words, a calendar's entry, a text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from ical.calendar_stream import IcsCalendarStream

# What nobody who looks over a shoulder may read; kept apart from the product's own list.
TELLING = re.compile(
    r"\b(antibod\w*|apca|booster|dos(e|es|ing)|sensiti[sz]\w*|immun\w*|lymphocyt\w*|lit|blood|tests?|results?|screen\w*|"
    r"pregnan\w*|conception|fertil\w*|ivf|loss|miscarr\w*|treatments?|therap\w*|donors?|partner|recipient|hiv|doctor)\b",
    re.IGNORECASE,
)


class Event(NamedTuple):
    """What a calendar program would keep of one entry."""

    starts: datetime | date
    ends: datetime | date
    status: str
    summary: str
    location: str


def key_of(visit: Mapping[str, Any]) -> str:
    return f"{visit['step']}#{visit['occurrence']}"


def told(visit: Mapping[str, Any]) -> str:
    """A visit in a few words: "booked 2026-01-27", "waiting held"."""
    words = [visit["state"], visit["on"] or visit["proposed_on"] or ""]
    words += ["held"] if visit["held_by"] else []
    words += ["pencilled"] if visit["pencilled"] else []
    return " ".join(word for word in words if word)


def entries_of(body: bytes) -> dict[str, tuple[int, Event]]:
    """A calendar's entries by UID with their SEQUENCE, read by a library that the product does not use."""
    found = {}
    for one in IcsCalendarStream.calendar_from_ics(body.decode()).events:
        neutral(f"{one.summary} {one.location} {one.description or ''}")
        starts, ends = (
            moment.astimezone(UTC) if isinstance(moment, datetime) else moment
            for moment in (one.dtstart, one.dtend)
        )
        status = one.status.value if one.status else ""
        found[one.uid] = (one.sequence or 0, Event(starts, ends, status, one.summary, one.location or ""))
    return found


def neutral(text: str) -> None:
    """No word in it tells what the appointment is for, or whose it is."""
    assert not TELLING.search(text), TELLING.search(text)
    assert not re.search(r"lalitha|arjun|rao", text, re.IGNORECASE)
