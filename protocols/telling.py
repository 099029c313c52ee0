"""What bounds a visit, and what contradicts each other, in plain words with their dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Literal, NamedTuple

from protocols.because import AnchorDate, day_words
from protocols.network import FAR, Bounds, Constraint
from protocols.ties import Said, Tied
from protocols.workdays import Workdays

_DAY = timedelta(days=1)
_SURE = {"proposed": ", proposed", "booked": ", booked", "planned": ", planned"}
_LINKS = 6  # links of a way that are told; of a longer one only its ends
_RUNS = 3  # closed spells that are named; more would hide the rest


def in_words(constraint: Constraint, near: date) -> str:
    """One constraint as a nurse says it; years only where they differ from that of `near`."""
    said: Said = constraint.source
    name = said.visit.slot.label
    if said.what == "booking":
        on = said.visit.on
        assert on is not None
        return f"{name} is booked for {day_words(on, near)}"
    if said.what == "days":
        return f"{name} on a day that is open and on which everybody can come"
    if said.what == "result":
        assert said.other is not None
        if constraint.kind == "at_least":
            return f"{name} not before {said.other.slot.label}, whose result it needs"
        return f"{name} at most {said.offset.in_words()} after {said.other.slot.label}, while its result is valid"
    return f"{name} {_measure(constraint, said)} {_anchor(said, near)}"


def _measure(constraint: Constraint, said: Said) -> str:
    assert said.relation is not None
    after = said.relation.after is not None
    least = constraint.kind == "at_least" or constraint.kind == ("not_before" if after else "not_after")
    if not said.offset.months and not said.offset.days:
        return "not before" if least == after else "not after"
    return f"{'at least' if least else 'at most'} {said.offset.in_words()} {'after' if after else 'before'}"


def _anchor(said: Said, near: date) -> str:
    if said.other is not None:
        return said.other.slot.label
    assert isinstance(said.anchor, AnchorDate)
    return f"{said.anchor.label} ({day_words(said.anchor.on, near)}{_SURE.get(said.anchor.basis, '')})"


def in_summary(tied: Tied, constraints: Sequence[Constraint], near: date) -> str:
    """Constraints that cannot all hold, summarised per step: equal gaps between the doses of a row are said once."""
    parts: list[str] = []
    relations = [item for item in constraints if item.source.what != "days"]
    for _, group in groupby(relations, key=_alike):
        row = list(group)
        labels = [item.source.visit.slot.label for item in row]
        if len(row) > 1 and row[0].anchor >= 0:
            parts.append(f"{labels[0]} to {labels[-1]} each {_measure(row[0], row[0].source)} the one before")
        else:
            parts += dict.fromkeys(in_words(item, near) for item in row)
    closed = [item for item in constraints if item.source.what == "days"]
    parts += dict.fromkeys(text for item in closed if (text := _spells(tied, constraints, item, near)))
    return "; ".join(parts)


def _alike(constraint: Constraint) -> tuple[object, ...]:
    said: Said = constraint.source
    if said.what != "relation" or constraint.anchor < 0:
        return (id(constraint),)
    previous = said.relation is not None and said.relation.anchor.previous
    return (said.visit.step, constraint.kind, said.offset) if previous else (id(constraint),)


def _spells(tied: Tied, constraints: Sequence[Constraint], item: Constraint, near: date) -> str:
    """The spells without an open day that keep a visit from fitting, found by solving as if it had none."""
    bounds = tied.network.solve([other for other in constraints if other is not item])
    low, high = bounds.low[item.visit], bounds.high[item.visit]
    assert item.days is not None
    label = tied.visits[item.visit].slot.label
    if not -FAR < low <= high < FAR:
        return f"{label} on a day that is open and on which everybody can come"
    spells = _closed_spells(item.days, date.fromordinal(low), date.fromordinal(high))
    named = ", ".join(
        day_words(first, near) if first == last else f"{day_words(first, near)} to {day_words(last, near)}"
        for first, last in spells[:_RUNS]
    )
    more = f" and {len(spells) - _RUNS} more" if len(spells) > _RUNS else ""
    return f"closed or away for {label}: {named}{more}"


def _closed_spells(days: Workdays, first: date, last: date) -> list[tuple[date, date]]:
    spells: list[tuple[date, date]] = []
    day = first
    while day <= last:
        if not days.is_open(day):
            if spells and spells[-1][1] == day - _DAY:
                spells[-1] = (spells[-1][0], day)
            else:
                spells.append((day, day))
        day += _DAY
    return spells


class BoundBy(NamedTuple):
    """Why one end of what is left of a visit is narrower than its window; its words are made when somebody asks."""

    bounds: Bounds
    visit: int
    side: Literal["low", "high"]
    near: date

    def words(self) -> str:
        """Link by link down to a day; of a long way the first link and the last."""
        links = self.bounds.chain(self.visit, self.side)
        if len(links) <= _LINKS:
            return "; ".join(in_words(link, self.near) for link in links)
        first, last = in_words(links[0], self.near), in_words(links[-1], self.near)
        return f"{first}; and so on over {len(links) - 2} more; {last}"
