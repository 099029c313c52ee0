"""Facts: the records in force, sorted out so that the planner can ask for them.

The order in which records are given changes nothing: they are put in order of what they say. A correction takes a
record out of force; its replacement stands in its place under the correction's id.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from protocols import records as kinds
from protocols.errors import Fault
from protocols.records import Certainty, Record

Key = tuple[str, int]
Kind = TypeVar("Kind", bound=Record)


@dataclass(frozen=True, slots=True)
class Entry:
    """A record in force with its identity and its place in the input."""

    id: str
    record: Record
    number: int
    replacement: bool = False

    @property
    def recorded_at(self) -> datetime | None:
        return self.record.recorded_at


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

    entries: tuple[Entry, ...]
    faults: tuple[Fault, ...] = ()
    by_kind: dict[type, list[Entry]] = field(default_factory=dict)
    milestones: dict[str, tuple[MilestoneFact, ...]] = field(default_factory=dict)
    fulfilled: dict[Key, Entry] = field(default_factory=dict)
    skipped: dict[Key, Entry] = field(default_factory=dict)
    booked: dict[Key, Entry] = field(default_factory=dict)
    missed: dict[Key, list[Entry]] = field(default_factory=dict)

    @staticmethod
    def of(records: Iterable[Record]) -> Facts:
        """Sort records out. Contradictions among them are kept as faults, which `plan` raises with its own."""
        entries, faults = _in_force(list(records))
        facts = Facts(entries=tuple(entries))
        for entry in entries:
            facts.by_kind.setdefault(type(entry.record), []).append(entry)
        for kind, store in (
            (kinds.Fulfilled, facts.fulfilled),
            (kinds.Skipped, facts.skipped),
            (kinds.Booked, facts.booked),
        ):
            for entry in facts.all_of(kind):
                faults += _keep_one(store, entry)
        for key in facts.skipped.keys() & facts.fulfilled.keys():
            faults.append(_twice(facts.skipped[key], "skipped and fulfilled"))
        for entry in facts.all_of(kinds.Missed):
            facts.missed.setdefault(_key(entry), []).append(entry)
        _settle_milestones(facts, faults)
        facts.faults = tuple(faults)
        return facts

    def all_of(self, kind: type) -> list[Entry]:
        """The entries of one kind, oldest first."""
        return self.by_kind.get(kind, [])

    def latest_milestone(self, name: str, *, happened: bool = False) -> MilestoneFact | None:
        """The last occurrence of a milestone that was not cancelled, or the last that happened."""
        wanted = ("happened",) if happened else ("happened", "planned")
        return next(
            (fact for fact in reversed(self.milestones.get(name, ())) if fact.certainty in wanted), None
        )


def _key(entry: Entry) -> Key:
    return (entry.record.step, entry.record.occurrence)  # type: ignore[union-attr]


def day_of(record: Record) -> date:
    """The day that a record speaks of: of a result the sample's, of an absence the first."""
    for name in ("on", "sampled_on", "from_on"):
        day = getattr(record, name, None)
        if day is not None:
            return day  # type: ignore[no-any-return]
    return date.max


def _in_force(records: list[Record]) -> tuple[list[Entry], list[Fault]]:
    entries = [
        Entry(record.id or _fingerprint(record), record, number) for number, record in enumerate(records)
    ]
    known = {entry.id: entry for entry in entries}
    faults: list[Fault] = []
    corrected: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if isinstance(entry.record, kinds.Correction):
            corrected[entry.record.of].append(entry)
            if entry.record.of not in known:
                remedy = "Give the id of the record that was wrong"
                faults.append(
                    Fault("of", f"there is no record '{entry.record.of}'", remedy, record=entry.number)
                )

    def stands(entry: Entry, trail: tuple[str, ...] = ()) -> bool:
        if entry.id in trail:
            return False
        return not any(stands(correction, (*trail, entry.id)) for correction in corrected.get(entry.id, ()))

    standing: list[Entry] = []
    for entry in entries:
        if not stands(entry):
            continue
        if isinstance(entry.record, kinds.Correction):
            if entry.record.replacement is not None:
                stamp = {
                    "recorded_at": entry.record.recorded_at,
                    "by": entry.record.replacement.by or entry.record.by,
                }
                standing.append(
                    Entry(entry.id, entry.record.replacement.model_copy(update=stamp), entry.number, True)
                )
        elif not isinstance(entry.record, kinds.Note):
            standing.append(entry)
    return sorted(
        standing, key=lambda entry: (day_of(entry.record), entry.record.kind, entry.id, entry.number)
    ), faults


def _fingerprint(record: Record) -> str:
    text = record.model_dump_json(exclude={"recorded_at", "by"})
    return f"{record.kind}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def _keep_one(store: dict[Key, Entry], entry: Entry) -> list[Fault]:
    key = _key(entry)
    if key in store:
        return [_twice(entry, entry.record.kind)]
    store[key] = entry
    return []


def _twice(entry: Entry, what: str) -> Fault:
    step, occurrence = _key(entry)
    message = f"{step} #{occurrence} is {what} in two records in force"
    return Fault(
        "occurrence", message, "Correct one of them, or give the next occurrence", record=entry.number
    )


def _settle_milestones(facts: Facts, faults: list[Fault]) -> None:
    named: dict[str, list[Entry]] = defaultdict(list)
    for entry in facts.all_of(kinds.Milestone):
        named[entry.record.name].append(entry)  # type: ignore[union-attr]
    for name, entries in named.items():
        settled: dict[int, MilestoneFact] = {}
        explicit: dict[int, list[Entry]] = defaultdict(list)
        for entry in entries:
            if entry.record.occurrence is not None:  # type: ignore[union-attr]
                explicit[entry.record.occurrence].append(entry)  # type: ignore[union-attr]
        for occurrence, group in explicit.items():
            settled[occurrence] = _one_standing(name, occurrence, group, faults)
        implicit = [entry for entry in entries if entry.record.occurrence is None]  # type: ignore[union-attr]
        _number_implicit(name, implicit, settled, faults)
        facts.milestones[name] = tuple(settled[occurrence] for occurrence in sorted(settled))


def _certainty(entry: Entry) -> Certainty:
    return entry.record.certainty  # type: ignore[union-attr,no-any-return]


def _one_standing(name: str, occurrence: int, group: list[Entry], faults: list[Fault]) -> MilestoneFact:
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


def _said_last(name: str, group: list[Entry], faults: list[Fault]) -> Entry:
    if len(group) > 1 and any(entry.recorded_at is None for entry in group):
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


def _number_implicit(
    name: str, entries: list[Entry], settled: dict[int, MilestoneFact], faults: list[Fault]
) -> None:
    """Number records that name no occurrence: what happened by date, then the one plan that stands."""
    happened = [entry for entry in entries if _certainty(entry) == "happened"]
    for entry in happened:
        occurrence = max(settled, default=0) + 1
        settled[occurrence] = MilestoneFact(name, occurrence, day_of(entry.record), "happened", entry.id)
    ahead = [entry for entry in entries if _certainty(entry) != "happened"]
    if not ahead:
        return
    last = _said_last(name, ahead, faults)
    if happened and _superseded(last, happened[-1]):
        return
    occurrence = max(settled, default=0) + 1
    settled[occurrence] = MilestoneFact(name, occurrence, day_of(last.record), _certainty(last), last.id)


def _superseded(planned: Entry, happened: Entry) -> bool:
    """Whether what happened came after the plan was said; without moments, whether the plan is not past it."""
    if planned.recorded_at and happened.recorded_at:
        return happened.recorded_at >= planned.recorded_at
    return day_of(planned.record) <= day_of(happened.record)
