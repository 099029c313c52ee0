"""The baseline test before dose 1: already positive means do not start, until a doctor decides."""

from __future__ import annotations

from protocols.because import AnchorDate
from protocols.place import place
from protocols.round_outcome import decided_on
from protocols.samples import Sample, samples_of
from protocols.slots import Slot
from protocols.template import Step
from protocols.tests_of_round import AGAIN, RoundTests
from protocols.verdicts import read_response
from protocols.working import Working


def run_baseline(work: Working, step: Step) -> None:
    """The test before dose 1: already positive means do not start, until a doctor decides."""
    assert step.test is not None
    firsts = [entry.record.on for (name, number), entry in work.facts.fulfilled.items()
              if number == 1 and any(name == dose.name for dose in work.template.dose_steps)]  # fmt: skip
    started_on = min(firsts, default=None)
    samples = [
        sample
        for sample in samples_of(work.template, work.facts, step.test)
        if started_on is None or sample.on <= started_on
    ]
    reader = RoundTests(
        work, work.template.dose_steps[0] if work.template.dose_steps else step, step, samples
    )
    again: AnchorDate | None = None
    for sample in samples:
        again = _read_baseline(reader, sample, again)
    if not samples or again is not None:
        reason = "dose 1 was given; a later sample is no baseline" if started_on and not samples else None
        relations = step.next if again and step.next else step.relations
        place(work, Slot(step, reader.number_of(None), relations, asked=again, state_reason=reason))
    reader.place_unwanted()


def _read_baseline(reader: RoundTests, sample: Sample, asked: AnchorDate | None) -> AnchorDate | None:
    visit = reader.place_sample(sample, None, asked)
    if sample.reading is None:
        return reader.overdue(visit, sample)
    outside = reader.outside(sample)
    if outside is not None:
        return outside if isinstance(outside, AnchorDate) else None
    verdict = read_response(
        reader.name,
        reader.test,
        sample,
        place="baseline",
        window=None,
        doses=0,
        cap=reader.cap,
        donor=reader.work.donor_on(sample.on),
    )
    reader.work.verdicts.append(verdict)
    decision = reader.decide(verdict, sample, visit)
    return decided_on(decision) if decision is not None and decision.choice in AGAIN else None
