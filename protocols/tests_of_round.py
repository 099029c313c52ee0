"""The tests after each round of a course, and the baseline test before it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Literal

from protocols.because import AnchorDate, Awaited
from protocols.drafts import Draft
from protocols.durations import add
from protocols.flags_facts import donor_changed, outside_result, response_flag, result_overdue
from protocols.place import place
from protocols.plan import Response, ResponseVerdict, State
from protocols.records import Decision, Donor
from protocols.round_outcome import Outcome, decided_on, joined
from protocols.samples import Sample
from protocols.slots import Slot
from protocols.template import LabTest, Step
from protocols.validity import count_validity, outlived
from protocols.verdicts import judge, read_response
from protocols.working import Working

AGAIN = frozenset({"retest", "resample"})
_ACCEPTING = frozenset({"continue", "accept", "treat_anyway"})


class RoundTests:
    """Reads the samples of a course in order and places the visits of its test step."""

    def __init__(self, work: Working, dose_step: Step, step: Step, samples: list[Sample]) -> None:
        assert step.test is not None
        self.work, self.step, self.name = work, step, step.test
        self.test: LabTest = work.template.tests[step.test]
        self.left = samples
        self.donor: str | None = None
        self.rounds_left = False
        self.last = samples[-1] if samples else None
        self.last_read = next((sample for sample in reversed(samples) if sample.reading), None)
        self.numbers = {sample.occurrence for sample in samples if sample.step is step}
        self.numbers |= {number for name, number in work.facts.skipped if name == step.name}
        self.cap = dose_step.rounds.at_most if dose_step.rounds else dose_step.count

    def after_round(
        self,
        end: AnchorDate | Awaited | None,
        until: date | None,
        counted: int,
        under_cap: int,
        *,
        complete: bool,
        blocked: bool,
        donor: str | None,
        rounds_left: bool,
    ) -> Outcome:
        """Place the tests of one round: a visit for each sample after it, and one more while a test is asked for.

        `donor` is whose doses the round gave, where that is not the treatment's donor.
        """
        self.donor, self.rounds_left = donor, rounds_left
        outcome, again, taken = Outcome(), None, 0
        if complete and isinstance(end, AnchorDate):
            self._interim([sample for sample in self.left if sample.on <= end.on], counted)
            mine = [
                sample for sample in self.left if sample.on > end.on and (until is None or sample.on <= until)
            ]
            self.left = [sample for sample in self.left if sample not in mine and sample.on > end.on]
            for sample in mine:
                outcome, again = self._sampled(sample, end, again, counted, under_cap)
                taken += 1
        if until is not None and not taken:
            # The doses went on without the test, so nothing waits for it.
            return Outcome(pending=False)
        if taken and again is None:
            return outcome
        visit = self._ahead(end, again, blocked and not taken)
        if visit.state not in (State.NOT_APPLICABLE, State.SKIPPED):
            self.work.open_tests.add(self.name)
        return Outcome(pending=visit.state is not State.SKIPPED)

    def finish(self, counted: int) -> None:
        """Samples that no complete round claims were taken in mid-round and say nothing of the response."""
        self._interim(self.left, counted)
        self.place_unwanted()
        latest = self.work.latest.get(self.name)
        if latest and self.test.donor_specific and self.work.donor_on(latest.sampled_on) != self.work.donor:
            # Antibodies against an earlier donor say nothing of this one.
            del self.work.latest[self.name]
            self.work.valid_until.pop(self.name, None)
            self.work.clocks.pop(self.name, None)

    def place_unwanted(self) -> None:
        """Bookings of tests that nothing asks for stay visible, with their flag."""
        numbers = [number for name, number in self.work.facts.booked if name == self.step.name]
        for number in sorted(numbers):
            if (self.step.name, number) not in self.work.visits:
                place(self.work, Slot(self.step, number, (), state_reason="no further test is asked for"))

    def number_of(self, sample: Sample | None) -> int:
        if sample is not None and sample.step is self.step and sample.occurrence is not None:
            return sample.occurrence
        number = 1
        while number in self.numbers and (sample is not None or (self.step.name, number) in self.work.visits):
            number += 1
        while (self.step.name, number) in self.work.visits:
            number += 1
        self.numbers.add(number)
        return number

    def _sampled(
        self,
        sample: Sample,
        end: AnchorDate | Awaited | None,
        asked: AnchorDate | None,
        counted: int,
        under_cap: int,
    ) -> tuple[Outcome, AnchorDate | None]:
        """Place and read one sample. Returns what it came to, and the day from which a further test is asked, if one is."""
        visit = self.place_sample(sample, end, asked)
        if sample.reading is None:
            if sample is self.last:
                # Whatever earlier samples said: the answer is at the laboratory.
                self.work.open_tests.add(self.name)
            return Outcome(), self.overdue(visit, sample)
        outside = self.outside(sample)
        if outside is not None:
            return Outcome(), outside if isinstance(outside, AnchorDate) else None
        outcomes, again = [], None
        for one in (*self._by_other_assays(sample), sample):
            verdict = read_response(
                self.name,
                self.test,
                one,
                place="round",
                window=visit.window,
                doses=under_cap,
                cap=self.cap,
                donor=self.donor or self.work.donor_on(sample.on),
            )
            self.work.verdicts.append(verdict)
            self.work.latest[self.name] = verdict
            decision = self.decide(verdict, sample, visit, of_assay=one is not sample)
            outcome, again = self._outcome(verdict, visit, decision, sample)
            outcomes.append(outcome)
        return joined(outcomes), again

    def _by_other_assays(self, sample: Sample) -> list[Sample]:
        """The same blood as further assays of this test read it; each by its own bands."""
        readable = [one for one in sample.others if self.test.assay_of(one.record.assay) is not None]
        return [replace(sample, result=one, others=[]) for one in readable]

    def place_sample(
        self, sample: Sample, end: AnchorDate | Awaited | None, asked: AnchorDate | None
    ) -> Draft:
        """Place the visit at which a sample was taken, and judge its day."""
        sample.step, sample.occurrence = self.step, self.number_of(sample)
        relations = self.step.next if asked and self.step.next else self.step.relations
        slot = Slot(self.step, sample.occurrence, relations, asked=asked, round_end=end, sampled=sample.entry)
        visit = place(self.work, slot)
        record = sample.visit.record if sample.visit is not None else None
        self.work.verdicts.append(judge(self.step, visit, record, counts=True))
        return visit

    def outside(self, sample: Sample) -> AnchorDate | Literal["undecided"] | None:
        """None for a result of ours, or one that a doctor accepted; else the day from which another test is asked."""
        assert sample.reading is not None
        assert sample.result is not None
        flag = outside_result(self.work, self.test, sample.reading, sample.result.id)
        if flag is None:
            return None
        decision = self.work.raise_flag(flag)
        if decision is None:
            self.work.open_tests.add(self.name)
            return "undecided"
        return None if decision.choice == "accept" else decided_on(decision)

    def decide(
        self, verdict: ResponseVerdict, sample: Sample, visit: Draft, *, of_assay: bool = False
    ) -> Decision | None:
        """Raise what a verdict asks of a doctor; the decision that covers it, if any."""
        flag = response_flag(self.work, verdict, self.cap, visit.key, rounds_left=self.rounds_left)
        if flag is None:
            return None
        if of_assay:
            flag = replace(flag, key=f"{flag.key}@{verdict.assay}")
        newer = self.last_read if self.last_read is not sample else None
        superseded = newer.reading.resulted_on if newer and newer.reading else None
        return self.work.raise_flag(flag, superseded)

    def _outcome(
        self, verdict: ResponseVerdict, visit: Draft, decision: Decision | None, sample: Sample
    ) -> tuple[Outcome, AnchorDate | None]:
        read_on = AnchorDate(f"the {self.step.noun} result", verdict.resulted_on, "recorded")
        if decision is not None:
            decided = decided_on(decision)
            if decision.choice in AGAIN:
                return Outcome(), decided
            if decision.choice in _ACCEPTING:
                self.work.valid_until[self.name] = date.max
            if decision.choice == "next_round":
                return Outcome(pending=False, asked=read_on), None
            if decision.choice == "accept":
                self.work.accepted.add(verdict.record)
                return Outcome(responded=True, pending=False), None
            return Outcome(
                responded=decision.choice == "continue", pending=False, decision=decision, asked=decided
            ), None
        if verdict.response is not Response.RESPONDED:
            return Outcome(pending=False, asked=read_on), None
        against = self.donor or self.work.donor_on(sample.on)
        if not self.donor and sample is self.last_read and self._is_of_earlier_donor(sample.on, against):
            return self._of_earlier_donor(verdict, visit, against)
        end = visit.slot.round_end
        dosed_on = end.on if isinstance(end, AnchorDate) else verdict.sampled_on
        until = count_validity(self.work, verdict, self.test.valid_for, dosed_on)
        again = None
        if until is not None and sample is self.last_read:
            again = outlived(self.work, verdict, visit, until)
        return Outcome(responded=again is None, pending=again is not None), again

    def _is_of_earlier_donor(self, on: date, against: str) -> bool:
        """Whether another donor was recorded since. One that a doctor decided on came with doses of its own."""
        recorded = (entry.record for entry in self.work.facts.all_of(Donor))
        named = any(change.on > on and change.donor == self.work.donor for change in recorded)
        return self.test.donor_specific and against != self.work.donor and named

    def _of_earlier_donor(
        self, verdict: ResponseVerdict, visit: Draft, against: str
    ) -> tuple[Outcome, AnchorDate | None]:
        decision = self.work.raise_flag(donor_changed(self.work, verdict, visit, against))
        if decision is None:
            self.work.open_tests.add(self.name)
            return Outcome(), None
        decided = decided_on(decision)
        if decision.choice in AGAIN:
            return Outcome(), decided
        return Outcome(pending=False, decision=decision, asked=decided), None

    def overdue(self, visit: Draft, sample: Sample) -> AnchorDate | None:
        due = self.test.result_due
        if due is None or due.at is None:
            return None
        due_on = add(sample.on, due.at, self.work.template.month_ends)
        elsewhere = self.work.joined_on is not None and due_on < self.work.joined_on
        if elsewhere or not self.work.today.past(due_on):
            return None
        decision = self.work.raise_flag(result_overdue(self.work, self.test, visit, due_on))
        return decided_on(decision) if decision else None

    def _ahead(self, end: AnchorDate | Awaited | None, asked: AnchorDate | None, depends: bool) -> Draft:
        relations = self.step.next if asked and self.step.next else self.step.relations
        number = self.number_of(None)
        return place(
            self.work, Slot(self.step, number, relations, asked=asked, round_end=end, depends=depends)
        )

    def _interim(self, samples: list[Sample], counted: int) -> None:
        for sample in samples:
            self.left = [other for other in self.left if other is not sample]
            visit = self.place_sample(sample, None, None) if sample.visit is not None else None
            if sample.reading is None or sample.reading.elsewhere:
                continue
            verdict = read_response(
                self.name,
                self.test,
                sample,
                place="interim",
                window=None,
                doses=counted,
                cap=self.cap,
                donor=self.work.donor,
            )
            self.work.verdicts.append(verdict)
            flag = response_flag(self.work, verdict, self.cap, visit.key if visit else None)
            if flag is not None and sample is self.last_read:
                self.work.raise_flag(flag)
