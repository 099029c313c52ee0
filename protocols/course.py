"""A course: doses in rounds, a test after each round, and what the results and the doctor's decisions add.

Occurrences count acts and are never renumbered; doses count those that count. A round ends when its doses are done; the
samples after it are its tests. What was recorded beyond the planned rounds is taken as a round of its own: it happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from protocols.because import AnchorDate, Awaited, day_words
from protocols.drafts import Draft
from protocols.flags_facts import dose_inadequate, given_too_early, outside_dose
from protocols.place import place, timed
from protocols.plan import State, Timing
from protocols.records import Decision, Fulfilled
from protocols.round_outcome import Outcome, joined
from protocols.samples import samples_of
from protocols.slots import Slot
from protocols.template import Relation, RoundSize, Step
from protocols.tests_of_round import RoundTests
from protocols.verdicts import judge, timing
from protocols.working import Working


@dataclass(slots=True)
class Course:
    """The walk through one dose step and the test that follows its rounds."""

    work: Working
    step: Step
    tests: tuple[RoundTests, ...]
    occurrence: int = 0
    counted: int = 0
    expected: int = 0
    cap_from: int = 0
    given_of: str | None = None
    previous: AnchorDate | Awaited | None = None
    started: bool = False
    asked: AnchorDate | None = None
    blocked: bool = False

    def run(self) -> None:
        sizes = list(self.step.sizes)
        number = 0
        while (sizes and self._reaches()) or self._recorded_beyond():
            size = sizes.pop(0) if sizes else RoundSize(doses=self._recorded_beyond())
            complete = self._round(number, size)
            outcome = self._test(complete, size.donor, rounds_left=bool(sizes))
            sizes = self._onwards(outcome, sizes, complete)
            number += 1
        for tests in self.tests:
            tests.finish(self.counted)
        self._unwanted()
        self.work.doses[self.step.name] = self.counted

    def _reaches(self) -> bool:
        """Whether the next of a repeated visit still fits before its end; unknown until the one before has a day."""
        if self.step.repeat is None or not self.started:
            return True
        slot = Slot(self.step, self.occurrence + 1, self._relations(1, first=False), previous=self.previous)
        when = timed(self.work, slot)
        return when.window is not None and not when.unknown

    def _recorded_beyond(self) -> int:
        facts = self.work.facts
        return sum(
            1
            for store in (facts.fulfilled, facts.skipped)
            for name, number in store
            if name == self.step.name and number > self.occurrence
        )

    def _round(self, number: int, size: RoundSize) -> bool:
        """Place one round's doses; say whether all of them are done."""
        placed, complete = 0, True
        while placed < size.number:
            self.occurrence += 1
            slot = Slot(
                self.step,
                self.occurrence,
                self._relations(number, first=placed == 0),
                previous=self.previous,
                asked=self.asked,
                dose=self.expected + 1,
                depends=self.blocked,
                donor=size.donor,
            )
            visit = place(self.work, slot)
            if visit.state is State.FULFILLED:
                placed += self._judge(visit)
            else:
                placed += 1
                complete = complete and visit.state is State.SKIPPED
                self.expected += visit.state is not State.SKIPPED
            self._follow(visit)
        return complete

    def _follow(self, visit: Draft) -> None:
        """What the next occurrence hangs on: not on one that was skipped, except that it thins out a repeated visit."""
        if visit.state is not State.SKIPPED:
            anchor = self.work.anchors.get(visit.key)
            self.previous, self.started = anchor or Awaited("the occurrence before", visit.key), True
        elif self.step.repeat and visit.window and visit.window.target:
            self.previous = AnchorDate(visit.slot.label, visit.window.target, "skipped", key=visit.key)
            self.started = True

    def _relations(self, number: int, *, first: bool) -> tuple[Relation, ...]:
        step = self.step
        until = (step.repeat.until,) if step.repeat else ()
        if not self.started:
            return (*step.relations, *until)
        if first and number and step.later_round:
            return step.later_round
        return (*step.gaps.get(self.expected + 1, step.next or step.relations), *until)

    def _judge(self, visit: Draft) -> bool:
        """Judge an act; whether it counts. An early one moves its repeat, for the repeat hangs on it all the same."""
        work, entry = self.work, self.work.facts.fulfilled[visit.key]
        assert visit.on is not None
        counts = timing(visit.window, visit.on) is not Timing.TOO_EARLY or self.step.kind != "dose"
        said = self._doctor_says(visit, entry.record, entry.id)
        counts = counts if said is None else said
        verdict = judge(self.step, visit, entry.record, counts=counts)
        work.verdicts.append(verdict)
        early = given_too_early(work, verdict, entry.id) if self.step.kind == "dose" and not said else None
        if early is not None:
            work.raise_flag(early)
        if counts:
            self._new_donor(work.donor_on(visit.on))
            self.counted += 1
            self.expected += 1
        else:
            visit.dose = None
            label = f"the {self.step.noun} of {day_words(visit.on, visit.on)} that did not count"
            work.anchors[visit.key] = AnchorDate(label, visit.on, "actual", key=visit.key, record=entry.id)
        return counts

    def _doctor_says(self, visit: Draft, record: Fulfilled, entry_id: str) -> bool | None:
        """What a doctor said of a dose that held too little or was given elsewhere; None where its timing says it.

        A dose given elsewhere counts at the doctor's word alone: our intervals did not bind the other clinic.
        """
        content = dose_inadequate(self.work, self.step, visit, record, entry_id)
        repeated = self.work.raise_flag(content) if content is not None else None
        outside = outside_dose(self.work, self.step, visit, record, entry_id)
        taken = self.work.raise_flag(outside) if outside is not None else None
        if (repeated and repeated.choice == "repeat") or (taken and taken.choice == "does_not_count"):
            return False
        return True if taken is not None else None

    def _new_donor(self, donor: str) -> None:
        """Antibodies are against one donor's antigens, so another donor's doses are counted anew under the cap."""
        if self.given_of is not None and donor != self.given_of:
            self.cap_from = self.counted
        self.given_of = donor

    def _next_act_on(self) -> date | None:
        entry = self.work.facts.fulfilled.get((self.step.name, self.occurrence + 1))
        return entry.record.on if entry else None

    def _test(self, complete: bool, donor: str | None, *, rounds_left: bool) -> Outcome | None:
        """What the tests of a round came to; None for a step whose rounds nothing tests."""
        outcomes = [
            tests.after_round(
                self.previous,
                self._next_act_on(),
                self.counted,
                self.counted - self.cap_from,
                complete=complete,
                blocked=self.blocked,
                donor=donor,
                rounds_left=rounds_left,
            )
            for tests in self.tests
        ]
        return joined(outcomes) if outcomes else None

    def _onwards(self, outcome: Outcome | None, sizes: list[RoundSize], complete: bool) -> list[RoundSize]:
        """The sizes still ahead after a round, given what its test and the doctor said."""
        if outcome is None:
            return sizes
        self.asked = outcome.asked
        if outcome.decision is not None:
            added = self._added(outcome.decision)
            if added:
                return [RoundSize(doses=added)]
        if outcome.responded or self.work.closed:
            return []
        self.blocked = self.blocked or not complete or outcome.pending
        return sizes

    def _added(self, decision: Decision) -> int:
        """How many doses a decision adds as a round of its own; at most what the cap leaves."""
        if decision.choice == "extra_dose":
            return 1
        if decision.choice not in ("extra_doses", "change_donor"):
            return 0
        rounds = self.step.rounds
        assert rounds is not None
        self._new_donor(self.work.donor_on(decision.on))
        left = rounds.at_most - (self.counted - self.cap_from)
        asked = decision.parameters.get(
            "doses", rounds.sizes[0].doses if decision.choice == "change_donor" else None
        )
        if not isinstance(asked, int) or not 1 <= asked <= left:
            message = f"{decision.choice} needs how many doses, from 1 to {left}"
            self.work.refuse(decision, "parameters.doses", message, "Give parameters: {doses: n}")
            return 0
        return asked

    def _unwanted(self) -> None:
        """Bookings of occurrences that nothing asks for any more stay visible, with their flag."""
        for name, number in sorted(self.work.facts.booked):
            if name == self.step.name and number > self.occurrence:
                place(self.work, Slot(self.step, number, (), state_reason="no further dose is asked for"))


def run_course(work: Working, step: Step, test_steps: tuple[Step, ...]) -> None:
    """Place every occurrence of a step that is not a test, and of the tests that follow its rounds."""
    first = work.facts.fulfilled.get((step.name, 1))
    tests = []
    for test_step in test_steps:
        assert test_step.test is not None
        samples = samples_of(work.template, work.facts, test_step.test)
        ahead = [sample for sample in samples if first is not None and sample.on > first.record.on]
        tests.append(RoundTests(work, step, test_step, ahead))
    Course(work, step, tuple(tests)).run()
