"""A course: doses in rounds, a test after each round, and what the results and the doctor's decisions add.

Occurrences count acts and are never renumbered; doses count those that count. A round ends when its doses are done; the
samples after it are its tests. What was recorded beyond the planned rounds is taken as a round of its own: it happened.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from protocols.because import AnchorDate, day_words
from protocols.flags_facts import dose_inadequate, given_too_early
from protocols.place import place
from protocols.plan import PlannedVisit, State, Timing
from protocols.records import Decision, Fulfilled
from protocols.samples import samples_of
from protocols.template import Relation, RoundSize, Step
from protocols.tests_of_round import Outcome, RoundTests
from protocols.verdicts import judge, timing
from protocols.working import Slot, Working

_DONE = frozenset({State.FULFILLED, State.SKIPPED})


@dataclass(slots=True)
class Course:
    """The walk through one dose step and the test that follows its rounds."""

    work: Working
    step: Step
    tests: RoundTests | None
    occurrence: int = 0
    counted: int = 0
    expected: int = 0
    cap_from: int = 0
    previous: AnchorDate | None = None
    started: bool = False
    asked: AnchorDate | None = None
    blocked: bool = False

    def run(self) -> None:
        sizes = list(self.step.rounds.sizes) if self.step.rounds else [RoundSize(doses=self.step.count)]
        number = 0
        while sizes or self._recorded_beyond():
            size = sizes.pop(0) if sizes else RoundSize(doses=self._recorded_beyond())
            complete = self._round(number, size)
            outcome = self._test(complete, size.donor)
            sizes = self._onwards(outcome, sizes, complete)
            number += 1
        if self.tests is not None:
            self.tests.finish(self.counted)
        self._unwanted()
        self.work.doses[self.step.name] = self.counted

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
        while placed < size.doses:
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
            if visit.state is not State.SKIPPED:
                self.previous, self.started = self.work.anchors.get(visit.key), True
        return complete

    def _relations(self, number: int, *, first: bool) -> tuple[Relation, ...]:
        if not self.started:
            return self.step.relations
        return (
            self.step.later_round or self.step.next
            if first and number
            else self.step.next or self.step.relations
        )

    def _judge(self, visit: PlannedVisit) -> bool:
        """Judge an act; whether it counts. An early one moves its repeat, for the repeat hangs on it all the same."""
        work, entry = self.work, self.work.facts.fulfilled[visit.key]
        assert isinstance(entry.record, Fulfilled)
        assert visit.on is not None
        counts = timing(visit.window, visit.on) is not Timing.TOO_EARLY or self.step.kind != "dose"
        flag = dose_inadequate(work, self.step, visit, entry.record, entry.id)
        decision = work.raise_flag(flag) if flag else None
        counts = counts and not (decision is not None and decision.choice == "repeat")
        verdict = judge(self.step, visit, entry.record, counts=counts)
        work.verdicts.append(verdict)
        early = given_too_early(work, verdict, entry.id) if self.step.kind == "dose" else None
        if early is not None:
            work.raise_flag(early)
        if counts:
            self.counted += 1
            self.expected += 1
        else:
            work.visits[visit.key] = replace(visit, dose=None)
            label = f"the {self.step.noun} of {day_words(visit.on, visit.on)} that did not count"
            work.anchors[visit.key] = AnchorDate(label, visit.on, "actual")
        return counts

    def _next_act_on(self) -> date | None:
        entry = self.work.facts.fulfilled.get((self.step.name, self.occurrence + 1))
        return entry.record.on if entry and isinstance(entry.record, Fulfilled) else None

    def _test(self, complete: bool, donor: str | None) -> Outcome | None:
        if self.tests is None:
            return None
        end = self.previous
        return self.tests.after_round(
            end,
            self._next_act_on(),
            self.counted,
            self.counted - self.cap_from,
            complete=complete,
            blocked=self.blocked,
            donor=donor,
        )

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
        if decision.choice == "change_donor":
            # Antibodies are against one donor's antigens, so another donor's doses are counted anew.
            self.cap_from = self.counted
        left = rounds.cap - (self.counted - self.cap_from)
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


def run_course(work: Working, step: Step, test_step: Step | None) -> None:
    """Place every occurrence of a step that is not a test, and of the test that follows its rounds."""
    tests = None
    if test_step is not None and test_step.test is not None:
        first = work.facts.fulfilled.get((step.name, 1))
        first_on = first.record.on if first and isinstance(first.record, Fulfilled) else None
        samples = samples_of(work.template, work.facts, test_step.test)
        ahead = [sample for sample in samples if first_on is not None and sample.on > first_on]
        tests = RoundTests(work, step, test_step, ahead)
    Course(work, step, tests).run()
