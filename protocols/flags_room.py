"""Flags over the plan as a whole: too little room, or none."""

from __future__ import annotations

from datetime import date, timedelta

from protocols.because import full_day
from protocols.facts import day_of
from protocols.network import Constraint
from protocols.plan import Flag
from protocols.room import Room, Trouble
from protocols.telling import in_summary
from protocols.ties import Said
from protocols.working import Working

_DAY = timedelta(days=1)


def raise_over_room(work: Working, room: Room) -> None:
    """`plan_conflict` where relations and days exclude each other, `plan_tight` where only the preferred ones do."""
    trouble = room.conflict or room.tight
    if trouble is None or _told_already(trouble):
        return
    code, opening = (
        ("plan_conflict", "The plan contradicts itself")
        if room.conflict
        else ("plan_tight", "The plan is tight")
    )
    work.raise_flag(_flag(work, code, opening, trouble))


def _told_already(trouble: Trouble) -> bool:
    """Whether all of it is one visit without a day, which has a flag of its own."""
    visits = {id(item.source.visit): item.source.visit for item in trouble.constraints}
    return trouble.late is None and len(visits) == 1 and not next(iter(visits.values())).dated


def _flag(work: Working, code: str, opening: str, trouble: Trouble) -> Flag:
    said_on = _known_on(work, trouble.constraints)
    summary = in_summary(trouble.tied, trouble.constraints, said_on)
    if trouble.late is not None and trouble.last_on is not None:
        text = f"{opening}: {trouble.late.named} left room for the rest until {full_day(trouble.last_on)}: {summary}"
        causes = _records(work, trouble)
        return work.make_flag(
            code, trouble.late.subject, text, trouble.last_on + _DAY, causes, trouble.late.key
        )
    places = list(work.visits)
    text = f"{opening}: {summary}. These cannot all hold"
    last = max((item.source.visit for item in trouble.constraints), key=lambda one: places.index(one.key))
    return work.make_flag(code, last.subject, text, said_on, _records(work, trouble), last.key)


def _records(work: Working, trouble: Trouble) -> tuple[str, ...]:
    """The records that take part: bookings and days that happened or are planned; another day opens the question again."""
    found = []
    for item in trouble.constraints:
        said: Said = item.source
        if said.what == "booking":
            found.append(work.facts.booked[said.visit.key].id)
        elif said.anchor is not None and said.anchor.record is not None:
            found.append(said.anchor.record)
    return tuple(dict.fromkeys(found))


def _known_on(work: Working, constraints: list[Constraint]) -> date:
    """The day of the last thing that happened among what contradicts; else that of the first record at all."""
    happened: list[date] = [
        item.source.anchor.on
        for item in constraints
        if item.source.anchor is not None and item.source.anchor.basis in ("actual", "recorded", "skipped")
    ]
    if happened:
        return max(happened)
    return min((day_of(entry.record) for entry in work.facts.entries), default=date.min)
