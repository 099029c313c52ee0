"""Samples of a laboratory test: the acts of a test step, taken from its records and from the results.

A result alone says that a sample was taken; a `fulfilled` record of the test step says so too and may come first. A
sample on or before the day of a dose belongs to the round before it; before dose 1 it is baseline.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from protocols.facts import Entry, Facts
from protocols.records import Fulfilled, Result
from protocols.template import Step, Template


@dataclass(slots=True)
class Sample:
    """One day's blood for one test: who recorded the visit, what the laboratory said, which occurrence it is."""

    on: date
    visit: Entry[Fulfilled] | None = None
    result: Entry[Result] | None = None
    step: Step | None = None
    occurrence: int | None = None

    @property
    def entry(self) -> Entry[Fulfilled] | Entry[Result]:
        entry = self.visit or self.result
        assert entry is not None
        return entry

    @property
    def reading(self) -> Result | None:
        return self.result.record if self.result else None


def samples_of(template: Template, facts: Facts, test: str) -> list[Sample]:
    """Every sample of `test` by date. Of several results of one sample the last one reported stands."""
    by_day: dict[date, Sample] = {}
    for reported in facts.all_of(Result):
        result = reported.record
        if result.test != test:
            continue
        sample = by_day.setdefault(result.sampled_on, Sample(result.sampled_on))
        if sample.reading is None or sample.reading.resulted_on <= result.resulted_on:
            sample.result = reported
    for (name, occurrence), entry in facts.fulfilled.items():
        step = template.step_named.get(name)
        if step is None or step.test != test:
            continue
        on: date = entry.record.on
        sample = by_day.setdefault(on, Sample(on))
        sample.visit, sample.step, sample.occurrence = entry, step, occurrence
    return [by_day[on] for on in sorted(by_day)]
