"""Samples of a laboratory test: the acts of a test step, taken from its records and from the results.

A result alone says that a sample was taken; a `fulfilled` record of the test step says so too and may come first. A
sample on or before the day of a dose belongs to the round before it; before dose 1 it is baseline.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from protocols.facts import Entry, Facts
from protocols.records import Fulfilled, Result
from protocols.template import Step, Template


@dataclass(slots=True)
class Sample:
    """One day's blood for one test: who recorded the visit, what the laboratory said, which occurrence it is.

    `others` are what further assays measured of the same blood: each is read by its own bands.
    """

    on: date
    visit: Entry[Fulfilled] | None = None
    result: Entry[Result] | None = None
    step: Step | None = None
    occurrence: int | None = None
    others: list[Entry[Result]] = field(default_factory=list)

    @property
    def entry(self) -> Entry[Fulfilled] | Entry[Result]:
        entry = self.visit or self.result
        assert entry is not None
        return entry

    @property
    def reading(self) -> Result | None:
        return self.result.record if self.result else None


def samples_of(template: Template, facts: Facts, test: str) -> list[Sample]:
    """Every sample of `test` by date. Of several results of one sample by one assay the last one reported stands."""
    by_day: dict[date, Sample] = {}
    for reported in facts.all_of(Result):
        result = reported.record
        if result.test != test:
            continue
        sample = by_day.setdefault(result.sampled_on, Sample(result.sampled_on))
        _add(sample, reported, template.tests[test].only)
    for (name, occurrence), entry in facts.fulfilled.items():
        step = template.step_named.get(name)
        if step is None or step.test != test:
            continue
        on: date = entry.record.on
        sample = by_day.setdefault(on, Sample(on))
        sample.visit, sample.step, sample.occurrence = entry, step, occurrence
    return [by_day[on] for on in sorted(by_day)]


def _add(sample: Sample, reported: Entry[Result], only: str | None) -> None:
    """Take in a result: in place of an earlier one of its assay, else beside those of other assays."""
    results = [*sample.others, *([sample.result] if sample.result else [])]
    assay = reported.record.assay or only
    same = next((one for one in results if (one.record.assay or only) == assay), None)
    if same is not None:
        if same.record.resulted_on > reported.record.resulted_on:
            return
        results.remove(same)
    results = sorted([*results, reported], key=lambda one: (one.record.resulted_on, one.id == reported.id))
    sample.result, sample.others = results[-1], results[:-1]
