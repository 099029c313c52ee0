"""The planner's work sheet: what one call of plan() has found so far. Lives only inside that call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Protocol

from protocols.because import AnchorDate, Awaited, full_day
from protocols.drafts import Draft
from protocols.durations import Duration, add, earliest_reaching
from protocols.errors import Fault
from protocols.facts import Entry, Facts, Key, day_of
from protocols.flags import RULES
from protocols.plan import DoseVerdict, Flag, PastDecision, Response, ResponseVerdict
from protocols.records import Absence, Decision, Donor, OptIn, Pause, Record, Resume
from protocols.slots import Slot
from protocols.template import Relation, Template
from protocols.today import Today
from protocols.windows import Window
from protocols.workdays import Workdays

Tie = tuple[Relation, AnchorDate | Awaited, Window | None]


class Limits(Protocol):
    """What everything else leaves of each visit, from an earlier pass over the same facts."""

    def of(self, key: Key) -> tuple[date | None, date | None]: ...
    def allows(self, key: Key, on: date) -> bool: ...
    def settle(self, key: Key, on: date) -> None: ...


@dataclass(slots=True)
class Working:
    """Facts sorted by what they mean for the plan, and the plan as far as it has been made."""

    template: Template
    facts: Facts
    workdays: Workdays
    today: Today
    donor: str = "partner"
    pregnant_since: date | None = None
    pregnancy_key: str = ""
    pregnancy_ends: tuple[date, ...] = ()
    skips: dict[str, Decision] = field(default_factory=dict)
    closed: str | None = None
    pregnancy_branch: bool = False
    joined_on: date | None = None
    limits: Limits | None = None
    earlier: Working | None = None
    visits: dict[Key, Draft] = field(default_factory=dict)
    of_step: dict[str, dict[int, Draft]] = field(default_factory=dict)
    anchors: dict[Key, AnchorDate] = field(default_factory=dict)
    ties: dict[Key, tuple[Tie, ...]] = field(default_factory=dict)
    contingent: set[Key] = field(default_factory=set)
    clocks: dict[str, tuple[date, date]] = field(default_factory=dict)
    open_days: dict[str | None, Workdays] = field(default_factory=dict)
    doses: dict[str, int] = field(default_factory=dict)
    verdicts: list[DoseVerdict | ResponseVerdict] = field(default_factory=list)
    latest: dict[str, ResponseVerdict] = field(default_factory=dict)
    open_tests: set[str] = field(default_factory=set)
    admitted: set[str] = field(default_factory=set)
    accepted: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    valid_until: dict[str, date] = field(default_factory=dict)
    choices: dict[str, list[str | None]] = field(default_factory=dict)
    holds: dict[str, list[str]] = field(default_factory=dict)

    def anchor_of(self, key: Key) -> AnchorDate | None:
        """The day of a visit, where it has one; from the earlier pass where this one has not come to it yet."""
        found = self.anchors.get(key)
        if found is None and self.earlier is not None and key not in self.visits:
            return self.earlier.anchors.get(key)
        return found

    def keep(self, visit: Draft) -> None:
        """Keep a visit that was placed, among all of them and among those of its step."""
        self.visits[visit.key] = visit
        self.of_step.setdefault(visit.step, {})[visit.occurrence] = visit

    def visits_of(self, step: str) -> Mapping[int, Draft]:
        """A step's visits by occurrence; from the earlier pass where this one has not come to it yet."""
        found = self.of_step.get(step, {})
        return found if found or self.earlier is None else self.earlier.visits_of(step)

    # Knowledge, as protocols.conditions asks for it.

    def milestone_happened(self, name: str) -> bool | None:
        if name == "pregnancy":
            return True if self.pregnant_since else None
        return True if self.facts.latest_milestone(name, happened=True) else None

    def responded(self, test: str) -> bool | None:
        verdict = self.latest.get(test)
        if verdict is None or test in self.open_tests:
            return None
        return bool(verdict.response is Response.RESPONDED or verdict.record in self.accepted)

    def doses_given(self, step: str) -> int:
        return self.doses.get(step, 0)

    def opted_in(self, step: str) -> bool | None:
        from_couple = [entry for entry in self.facts.all_of(OptIn) if entry.record.step == step]
        return from_couple[-1].record.wanted if from_couple else None

    def decided(self, flag: str, choice: str) -> bool | None:
        choices = self.choices.get(flag)
        return None if not choices or choices[-1] is None else choices[-1] == choice

    def workdays_of(self, slot: Slot) -> Workdays:
        """The clinic's open days less those on which somebody who must come is away."""
        if not self.facts.all_of(Absence):
            return self.workdays
        donor = self.donor_of(slot)
        found = self.open_days.get(donor)
        if found is None:
            found = self.open_days[donor] = self.workdays.without(self._away(donor))
        return found

    def _away(self, donor: str | None) -> Iterator[date]:
        people = {"recipient", *donor.split("+")} if donor else {"recipient"}
        for entry in self.facts.all_of(Absence):
            absence = entry.record
            if absence.person in people:
                length = (absence.to_on - absence.from_on).days + 1
                yield from (absence.from_on + timedelta(days=days) for days in range(length))

    def donor_of(self, slot: Slot) -> str | None:
        """Whose lymphocytes an occurrence needs: its round's donor, else the treatment's; None if it needs none.

        What was done keeps the donor of its day, whoever gives the next doses.
        """
        if "donor" not in slot.step.attends:
            return None
        done_on = self.done_on(slot)
        return slot.donor or (self.donor if done_on is None else self.donor_on(done_on))

    def done_on(self, slot: Slot) -> date | None:
        """The day on which the occurrence really took place, by a record of it or by a sample."""
        done = self.facts.fulfilled.get(slot.key) or slot.sampled
        return day_of(done.record) if done is not None else None

    def done_by(self, slot: Slot) -> str | None:
        """The record of the act or the sample."""
        done = self.facts.fulfilled.get(slot.key) or slot.sampled
        return done.id if done is not None else None

    def is_done(self, slot: Slot) -> bool:
        """Whether the occurrence really took place, by a record of it or by a sample."""
        return slot.sampled is not None or slot.key in self.facts.fulfilled

    def donor_on(self, day: date) -> str:
        """Whose lymphocytes are used on a day: the last donor named, or decided on, up to it; else the partner.

        A decision whose cause was corrected changes no donor, as it covers its flag no more.
        """
        if not self.facts.all_of(Donor) and not self.facts.all_of(Decision):
            return "partner"
        in_force = {entry.id for entry in self.facts.entries}
        named = [(entry.record.on, entry.record.donor) for entry in self.facts.all_of(Donor)]
        decided = [
            (entry.record.on, str(entry.record.parameters["donor"]))
            for entry in self.facts.all_of(Decision)
            if entry.record.choice == "change_donor" and set(entry.record.cause or ()) <= in_force
        ]
        changes = [change for change in (*named, *decided) if change[0] <= day]
        # Of several on one day the last counts; sorting keeps the order in which they were said.
        return sorted(changes, key=lambda change: change[0])[-1][1] if changes else "partner"

    # Flags and the decisions on them.

    def raise_flag(self, flag: Flag, superseded_on: date | None = None) -> Decision | None:
        """Raise `flag`, unless a decision covers its cause; that decision is returned and the flag is not raised.

        `superseded_on` is the day on which a newer cause of the same kind came: the old flag is settled by it, and a
        decision from that day on that names the code alone was taken on the newer flag.
        """
        decision, past = decision_on(self.facts, flag, superseded_on)
        self.choices.setdefault(flag.code, []).append(decision.choice if decision else None)
        if decision is not None:
            if decision.choice in ("stop", "restart"):
                self.end_by(decision)
            return decision
        if superseded_on is not None:
            return None
        if past is not None:
            seen = PastDecision(past.choice, past.on, past.by.name, past.reason)
            flag = replace(flag, previous_decision=seen)
        self.flags.append(flag)
        for step in flag.holds:
            self.holds.setdefault(step, []).append(flag.key)
        return None

    def end_by(self, decision: Decision) -> None:
        """The treatment ends at a doctor's word."""
        self.closed = (
            self.closed or f"{decision.choice} decided on {full_day(decision.on)} by {decision.by.name}"
        )

    def make_flag(
        self,
        code: str,
        subject: str,
        text: str,
        cause_on: date,
        cause: Sequence[str] = (),
        key: Key | None = None,
        decisions: tuple[str, ...] | None = None,
        proposed_on: date | None = None,
        holds: tuple[str, ...] | None = None,
    ) -> Flag:
        """A flag of the rule `code` with the template's settings; its deadline counts from the cause's date."""
        rule, settings = RULES[code], self.template.flags.get(code)
        deadline = settings.deadline if settings and settings.deadline else rule.deadline
        return Flag(
            key=f"{code}:{subject}",
            code=code,
            text=text,
            severity=rule.severity,
            owner=(settings.owner if settings else None) or rule.owner,
            cause_on=cause_on,
            due_on=add(cause_on, deadline, self.template.month_ends),
            cause=tuple(cause),
            step=key[0] if key else None,
            occurrence=key[1] if key else None,
            holds=holds if holds is not None else settings.holds if settings else (),
            decisions=rule.decisions if decisions is None else decisions,
            proposed_on=proposed_on,
        )

    def refuse(self, decision: Decision, field: str, message: str, remedy: str) -> None:
        """Keep a fault of a decision; plan() raises all of them at once."""
        number = next((entry.number for entry in self.facts.entries if entry.record is decision), None)
        self.faults.append(Fault(field, message, remedy, record=number))

    def ahead_of(self, day: date, notice: Duration) -> date:
        """The first day that lies at most `notice` before `day`."""
        return earliest_reaching(day, notice, self.template.month_ends)


def decision_on(
    facts: Facts, flag: Flag, superseded_on: date | None = None
) -> tuple[Decision | None, Decision | None]:
    """The decision that covers the flag's present cause, else the last one taken on an earlier cause of it."""
    covering: Decision | None = None
    past: Decision | None = None
    for entry in facts.all_of(Decision):
        decision = entry.record
        if decision.flag not in (flag.key, flag.code) or decision.choice not in RULES[flag.code].decisions:
            continue
        if superseded_on and decision.flag == flag.code and decision.on >= superseded_on:
            continue
        if _covers(facts, decision, flag):
            covering = decision
        elif decision.flag == flag.key:
            past = decision
    return covering, None if covering else past


def _covers(facts: Facts, decision: Decision, flag: Flag) -> bool:
    if decision.cause is not None and (decision.cause or flag.cause):
        return set(decision.cause) == set(flag.cause)
    if decision.on < flag.cause_on and not RULES[flag.code].ahead:
        return False
    return all(saw(decision, entry) for entry in facts.entries if entry.id in flag.cause)


def saw(decision: Decision, cause: Entry[Record]) -> bool:
    """Whether a decision was taken on this cause. Without moments, what was corrected was seen as it first stood."""
    if cause.recorded_at is None or decision.recorded_at is None:
        return not cause.replacement
    return decision.recorded_at >= cause.recorded_at


def pauses(facts: Facts) -> list[Entry[Pause] | Entry[Resume]]:
    """Pauses and resumptions in order; of one day as they were said, and the resumption where that is not known."""
    entries: list[Entry[Pause] | Entry[Resume]] = [*facts.all_of(Pause), *facts.all_of(Resume)]

    def place(entry: Entry[Pause] | Entry[Resume]) -> tuple[date, float, bool]:
        said = entry.recorded_at.timestamp() if entry.recorded_at else 0.0
        return entry.record.on, said, isinstance(entry.record, Resume)

    return sorted(entries, key=place)
