"""Why a date is what it is: the derivation of every planned date, for a program and in plain words for a nurse.

Every date can be recomputed by hand from these reasons (`tests/protocols/test_because.py` does so).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal, NamedTuple

from protocols.durations import Duration
from protocols.windows import WINDOW_DATES, Window

# English whatever the locale, so that a plan reads the same everywhere.
_MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
Key = tuple[str, int]
Basis = Literal["actual", "booked", "proposed", "recorded", "planned", "skipped"]


class AnchorDate(NamedTuple):
    """A day that windows hang on: what it is in words, when, and how sure.

    `key` names the visit whose day it is, `record` the record that says so.
    """

    label: str
    on: date
    basis: Basis
    provisional: bool = False
    key: Key | None = None
    record: str | None = None


class Awaited(NamedTuple):
    """An anchor without a day yet: the words for it, and the visit that will give the day, where it is one."""

    words: str
    key: Key | None = None


class RelationReason(NamedTuple):
    """One relation applied: `offsets` counted from `anchor` gave `window`."""

    direction: Literal["after", "before"]
    anchor: AnchorDate
    offsets: tuple[Duration | None, ...]
    window: Window
    month_ends: str
    source: str

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": "relation",
            "direction": self.direction,
            "anchor": {
                "label": self.anchor.label,
                "on": self.anchor.on.isoformat(),
                "basis": self.anchor.basis,
            },
            "offsets": {
                name: str(offset) if offset else None
                for name, offset in zip(WINDOW_DATES, self.offsets, strict=True)
            },
            "month_ends": self.month_ends,
            "window": self.window.as_json(),
            "source": self.source,
        }

    def words(self) -> str:
        minimum, earliest, target, latest, maximum = self.offsets
        offset = next(
            (part for part in (target, earliest, minimum, latest, maximum) if part is not None), None
        )
        bound = "" if target else "at least " if earliest or minimum else "at most "
        near = (
            next(day for day in (self.window.target, self.window.earliest, self.window.latest) if day)
            if any(self.window.dates())
            else self.anchor.on
        )
        amount = (
            f"{bound}{offset.in_words()} {self.direction}"
            if offset and (offset.months or offset.days)
            else "on the day of"
            if target
            else f"not {'before' if self.direction == 'after' else 'after'}"
        )
        sure = {"proposed": ", proposed", "booked": ", booked", "planned": ", planned"}.get(
            self.anchor.basis, ""
        )
        return f"{amount} {self.anchor.label} ({day_words(self.anchor.on, near)}{sure})"


class ProposalReason(NamedTuple):
    """How the proposed day follows from the target: the nearest open day, then whole weeks once it has passed."""

    target: date
    first_on: date
    weeks_later: int
    proposed_on: date
    inside: tuple[date | None, date | None]

    def as_json(self) -> dict[str, Any]:
        low, high = self.inside
        return {
            "kind": "proposal",
            "target": self.target.isoformat(),
            "first_on": self.first_on.isoformat(),
            "weeks_later": self.weeks_later,
            "proposed_on": self.proposed_on.isoformat(),
            "inside": [low.isoformat() if low else None, high.isoformat() if high else None],
        }

    def words(self) -> str:
        if (self.proposed_on - self.first_on).days % 7 and self.proposed_on == self.inside[1]:
            return f"{day_words(self.first_on, self.proposed_on)} has passed, so the last day of the window"
        if self.weeks_later:
            weeks = "1 week" if self.weeks_later == 1 else f"{self.weeks_later} weeks"
            return f"{day_words(self.first_on, self.proposed_on)} has passed, so {weeks} later"
        low, high = self.inside
        if (low is not None and self.target < low) or (high is not None and self.target > high):
            return f"{day_words(self.target, self.proposed_on)} would leave too little room, so the nearest day that fits"
        if self.proposed_on != self.target:
            return f"{day_words(self.target, self.proposed_on)} is closed, so the nearest open day"
        return f"so {day_words(self.proposed_on, self.target)}"


class StateReason(NamedTuple):
    """Why a visit has no date or is not needed."""

    text: str

    def as_json(self) -> dict[str, Any]:
        return {"kind": "state", "text": self.text}

    def words(self) -> str:
        return self.text


Reason = RelationReason | ProposalReason | StateReason


def in_words(reasons: Sequence[Reason]) -> str:
    """The derivation as sentences, the deciding relation first: ``4 weeks after dose 1 (12 Jan), so 9 Feb``."""
    text = ""
    for words in (reason.words() for reason in reasons):
        if not text:
            text = words
        elif words.startswith("so "):
            text += f", {words}"
        else:
            text += f". {words[:1].upper()}{words[1:]}"
    return text


def full_day(day: date) -> str:
    """A day as people say it, with its year: ``12 Jan 2026``."""
    return f"{day.day} {_MONTHS[day.month]} {day.year}"


def day_words(day: date, near: date) -> str:
    """A day as people say it; the year only where it differs from the year of `near`."""
    return f"{day.day} {_MONTHS[day.month]}" if day.year == near.year else full_day(day)
