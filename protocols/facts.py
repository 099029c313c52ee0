"""Facts: the records in force, sorted out so that the planner can ask for them.

The order in which records are given changes nothing: they are put in order of what they say. A correction takes a
record out of force; its replacement stands in its place under the correction's id.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from protocols import records as kinds
from protocols.errors import Fault
from protocols.records import Certainty, Record

Key = tuple[str, int]
Kind = TypeVar("Kind", bound=BaseModel, covariant=True)
OfStep = TypeVar("OfStep", kinds.Fulfilled, kinds.Skipped, kinds.Booked, kinds.Missed, kinds.Stopped)


@dataclass(frozen=True, slots=True)
class Entry(Generic[Kind]):
    """A record in force with its identity and its place in the input."""

    id: str
    record: Kind
    number: int
    replacement: bool = False

    @property
    def recorded_at(self) -> datetime | None:
        return getattr(self.record, "recorded_at", None)


@dataclass(frozen=True, slots=True)
class MilestoneFact:
    """One occurrence of a milestone, as the records in force say it stands."""

    name: str
    occurrence: int
    on: date
    certainty: Certainty
    id: str


@dataclass(slots=True)
class Facts:
    """Records in force by kind. Build it with `Facts.of`; never changed afterwards."""

    entries: tuple[Entry[Record], ...]
    faults: tuple[Fault, ...] = ()
    by_kind: dict[type, list[Any]] = field(default_factory=dict)
    milestones: dict[str, tuple[MilestoneFact, ...]] = field(default_factory=dict)
    fulfilled: dict[Key, Entry[kinds.Fulfilled]] = field(default_factory=dict)
    skipped: dict[Key, Entry[kinds.Skipped]] = field(default_factory=dict)
    booked: dict[Key, Entry[kinds.Booked]] = field(default_factory=dict)
    missed: dict[Key, list[Entry[kinds.Missed]]] = field(default_factory=dict)
    stopped: dict[Key, list[Entry[kinds.Stopped]]] = field(default_factory=dict)
    screened: dict[tuple[str, str], list[kinds.Screening]] = field(default_factory=dict)

    @staticmethod
    def of(records: Iterable[Record]) -> Facts:
        """Sort records out. Contradictions among them are kept as faults, which `plan` raises with its own."""
        entries, faults = _in_force(list(records))
        facts = Facts(entries=tuple(entries))
        for entry in entries:
            facts.by_kind.setdefault(type(entry.record), []).append(entry)
        for done in facts.all_of(kinds.Fulfilled):
            faults += _keep_one(facts.fulfilled, done)
        for skipped in facts.all_of(kinds.Skipped):
            faults += _keep_one(facts.skipped, skipped)
        for booked in facts.all_of(kinds.Booked):
            faults += _keep_one(facts.booked, booked)
        for key in facts.skipped.keys() & facts.fulfilled.keys():
            faults.append(_twice(facts.skipped[key], "skipped and fulfilled"))
        for missed in facts.all_of(kinds.Missed):
            facts.missed.setdefault(_key(missed), []).append(missed)
        for stopped in facts.all_of(kinds.Stopped):
            facts.stopped.setdefault(_key(stopped), []).append(stopped)
        for sampled in facts.all_of(kinds.Screening):
            facts.screened.setdefault((sampled.record.person, sampled.record.test), []).append(sampled.record)
        _settle_milestones(facts, faults)
        facts.faults = tuple(faults)
        return facts

    def all_of(self, kind: type[Kind]) -> list[Entry[Kind]]:
        """The entries of one kind, oldest first."""
        return self.by_kind.get(kind, [])

    def latest_milestone(self, name: str, *, happened: bool = False) -> MilestoneFact | None:
        """The last occurrence of a milestone that was not cancelled, or the last that happened."""
        wanted = ("happened",) if happened else ("happened", "planned")
        return next(
            (fact for fact in reversed(self.milestones.get(name, ())) if fact.certainty in wanted), None
        )


def _key(entry: Entry[OfStep]) -> Key:
    return (entry.record.step, entry.record.occurrence)


def day_of(record: Record) -> date:
    """The day that a record speaks of: of a result the sample's, of an absence the first."""
    for name in _days_named(type(record)):
        day: date | None = getattr(record, name)
        if day is not None:
            return day
    return date.max


@cache
def _days_named(kind: type[Record]) -> tuple[str, ...]:
    return tuple(name for name in ("on", "sampled_on", "from_on") if name in kind.model_fields)


def _in_force(records: list[Record]) -> tuple[list[Entry[Record]], list[Fault]]:
    """The entries in force, in an order that does not depend on the input's, and the faults of corrections."""
    entries = [
        Entry(record.id or _fingerprint(record), record, number) for number, record in enumerate(records)
    ]
    known: set[str] = set()
    corrections: dict[str, list[Entry[Record]]] = defaultdict(list)
    faults: list[Fault] = []
    for entry in entries:
        if entry.record.id in known:
            message = f"'{entry.id}' names two records"
            faults.append(Fault("id", message, "Give each record an id of its own", record=entry.number))
        known.add(entry.id)
    for entry in entries:
        if isinstance(entry.record, kinds.Correction):
            corrections[entry.record.of].append(entry)
            if entry.record.of not in known:
                remedy = "Give the id of the record that was wrong"
                faults.append(
                    Fault("of", f"there is no record '{entry.record.of}'", remedy, record=entry.number)
                )
    standing = [kept for entry in entries if _stands(entry, corrections, ()) for kept in _kept(entry)]
    return sorted(standing, key=_in_time), faults


def _in_time(entry: Entry[Record]) -> tuple[date, str, float, str]:
    """By the day that is spoken of; on one day, what was recorded later comes later."""
    said = entry.recorded_at.timestamp() if entry.recorded_at else 0.0
    return day_of(entry.record), entry.record.kind, said, entry.id


def _stands(
    entry: Entry[Record], corrections: dict[str, list[Entry[Record]]], trail: tuple[str, ...]
) -> bool:
    """Whether no correction in force names the entry. A correction can be corrected; a circle stands for nothing."""
    if entry.id in trail:
        return False
    trail = (*trail, entry.id)
    return not any(_takes_out(other, corrections, trail) for other in corrections.get(entry.id, ()))


def _takes_out(
    correction: Entry[Record], corrections: dict[str, list[Entry[Record]]], trail: tuple[str, ...]
) -> bool:
    """Whether what a correction names stays out of force: also where a later correction put something else in its place."""
    if _stands(correction, corrections, trail):
        return True
    later = [
        other
        for other in corrections.get(correction.id, ())
        if isinstance(other.record, kinds.Correction) and other.record.replacement is not None
    ]
    trail = (*trail, correction.id)
    return any(other.id not in trail and _takes_out(other, corrections, trail) for other in later)


def _kept(entry: Entry[Record]) -> Iterator[Entry[Record]]:
    """What an entry in force leaves: itself, a correction's replacement, or nothing for a note."""
    if not isinstance(entry.record, kinds.Correction):
        if not isinstance(entry.record, kinds.Note):
            yield entry
    elif entry.record.replacement is not None:
        correction = entry.record
        stamp = {"recorded_at": correction.recorded_at, "by": entry.record.replacement.by or correction.by}
        yield Entry(entry.id, entry.record.replacement.model_copy(update=stamp), entry.number, True)


def _fingerprint(record: Record) -> str:
    text = record.model_dump_json(exclude={"recorded_at", "by"})
    return f"{record.kind}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def _keep_one(store: dict[Key, Entry[OfStep]], entry: Entry[OfStep]) -> list[Fault]:
    key = _key(entry)
    if key in store:
        return [_twice(entry, entry.record.kind)]
    store[key] = entry
    return []


def _twice(entry: Entry[OfStep], what: str) -> Fault:
    step, occurrence = _key(entry)
    message = f"{step} #{occurrence} is {what} in two records in force"
    return Fault(
        "occurrence", message, "Correct one of them, or give the next occurrence", record=entry.number
    )


def _settle_milestones(facts: Facts, faults: list[Fault]) -> None:
    named: dict[str, list[Entry[kinds.Milestone]]] = defaultdict(list)
    for entry in facts.all_of(kinds.Milestone):
        named[entry.record.name].append(entry)
    for name, entries in named.items():
        settled: dict[int, MilestoneFact] = {}
        explicit: dict[int, list[Entry[kinds.Milestone]]] = defaultdict(list)
        for entry in entries:
            if entry.record.occurrence is not None:
                explicit[entry.record.occurrence].append(entry)
        for occurrence, group in explicit.items():
            settled[occurrence] = _one_standing(name, occurrence, group, faults)
        implicit = [entry for entry in entries if entry.record.occurrence is None]
        _number_implicit(name, implicit, settled, faults)
        facts.milestones[name] = tuple(settled[occurrence] for occurrence in sorted(settled))


def _certainty(entry: Entry[kinds.Milestone]) -> Certainty:
    return entry.record.certainty


def _one_standing(
    name: str, occurrence: int, group: list[Entry[kinds.Milestone]], faults: list[Fault]
) -> MilestoneFact:
    """What one occurrence is: it happened, or else what was said last of it."""
    happened = [entry for entry in group if _certainty(entry) == "happened"]
    if len(happened) > 1:
        message = f"{name} #{occurrence} happened in two records in force"
        faults.append(
            Fault(
                "on", message, "Correct one of them, or give the next occurrence", record=happened[1].number
            )
        )
    standing = happened[-1] if happened else _said_last(name, group, faults)
    return MilestoneFact(name, occurrence, day_of(standing.record), _certainty(standing), standing.id)


def _said_last(name: str, group: list[Entry[kinds.Milestone]], faults: list[Fault]) -> Entry[kinds.Milestone]:
    if len(group) > 1 and any(entry.recorded_at is None for entry in group):
        left = _not_called_off(group)
        if len(left) == 1:
            return left[0]
        message = f"{name} is planned or cancelled in several records, and which came last is not known"
        faults.append(
            Fault(
                "recorded_at",
                message,
                "Give recorded_at, or correct the older record",
                record=group[1].number,
            )
        )
        return group[-1]
    return max(group, key=lambda entry: entry.recorded_at.timestamp() if entry.recorded_at else 0.0)


def _not_called_off(group: list[Entry[kinds.Milestone]]) -> list[Entry[kinds.Milestone]]:
    """What can stand where moments are not known: a cancellation takes out the plan of its own date."""
    called_off = {day_of(entry.record): entry for entry in group if _certainty(entry) == "cancelled"}
    planned = [entry for entry in group if _certainty(entry) == "planned"]
    if not called_off.keys() <= {day_of(entry.record) for entry in planned}:
        return group
    left = [entry for entry in planned if day_of(entry.record) not in called_off]
    return left or [called_off[max(called_off)]]


def _number_implicit(
    name: str, entries: list[Entry[kinds.Milestone]], settled: dict[int, MilestoneFact], faults: list[Fault]
) -> None:
    """Number records that name no occurrence: what happened by date, then the one plan that stands."""
    happened = [entry for entry in entries if _certainty(entry) == "happened"]
    for entry in happened:
        # What happens without a number is the first occurrence that was planned and has not happened yet.
        open_ones = [number for number, fact in sorted(settled.items()) if fact.certainty == "planned"]
        occurrence = open_ones[0] if open_ones else max(settled, default=0) + 1
        settled[occurrence] = MilestoneFact(name, occurrence, day_of(entry.record), "happened", entry.id)
    ahead = [entry for entry in entries if _certainty(entry) != "happened"]
    if not ahead:
        return
    last = _said_last(name, ahead, faults)
    if happened and _superseded(last, happened[-1]):
        return
    occurrence = max(settled, default=0) + 1
    settled[occurrence] = MilestoneFact(name, occurrence, day_of(last.record), _certainty(last), last.id)


def _superseded(planned: Entry[kinds.Milestone], happened: Entry[kinds.Milestone]) -> bool:
    """Whether what happened came after the plan was said; without moments, whether the plan is not past it."""
    if planned.recorded_at and happened.recorded_at:
        return happened.recorded_at >= planned.recorded_at
    return day_of(planned.record) <= day_of(happened.record)
