"""What must be true on the day of an act: consent, screening, a valid result. It blocks the act, never the booking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Protocol

from protocols.durations import add
from protocols.facts import Facts
from protocols.records import Consent, Screening
from protocols.template import Requirement, Step, Template


class Standing(Protocol):
    """What the plan knows beyond the records: the donor in force and until when results are valid."""

    @property
    def donor(self) -> str: ...
    @property
    def valid_until(self) -> Mapping[str, date]: ...


def missing_on(
    template: Template, facts: Facts, standing: Standing, step: Step, on: date | None
) -> tuple[str, ...]:
    """What is still missing for doing `step` on the day `on`, in words; of consent only, while no day is known."""
    return tuple(
        text for requirement in step.requires for text in _missing(template, facts, standing, requirement, on)
    )


def _missing(
    template: Template, facts: Facts, standing: Standing, requirement: Requirement, on: date | None
) -> Iterator[str]:
    donors = tuple(standing.donor.split("+"))
    if requirement.consent:
        for person in dict.fromkeys(("recipient", "partner", *donors)):
            if not _consented(facts, person, on):
                yield f"consent of {person}"
    if on is None:
        return
    for test in requirement.screening or ():
        for person in donors if requirement.of == "donor" else ("recipient",):
            if not _screened(template, facts, requirement, person, test, on):
                yield f"{test} screening of {person}"
    if requirement.valid_result:
        until = standing.valid_until.get(requirement.valid_result)
        if until is None or until < on:
            yield f"a valid {requirement.valid_result} result"


def _consented(facts: Facts, person: str, on: date | None) -> bool:
    said = [
        entry.record for entry in facts.all_of(Consent)
        if isinstance(entry.record, Consent) and entry.record.person == person and (on is None or entry.record.on <= on)
    ]  # fmt: skip
    # A withdrawal on the day of a consent stands.
    return bool(said) and min(said, key=lambda consent: (-consent.on.toordinal(), consent.given)).given


def _screened(
    template: Template, facts: Facts, requirement: Requirement, person: str, test: str, on: date
) -> bool:
    """Whether the last sample up to the day is clear and recent enough."""
    samples = [
        entry.record for entry in facts.all_of(Screening)
        if isinstance(entry.record, Screening) and entry.record.person == person and entry.record.test == test
        and entry.record.sampled_on <= on
    ]  # fmt: skip
    if not samples or requirement.not_older_than is None or requirement.not_older_than.at is None:
        return False
    last_on = max(sample.sampled_on for sample in samples)
    clear = all(sample.outcome == "clear" for sample in samples if sample.sampled_on == last_on)
    return clear and add(last_on, requirement.not_older_than.at, template.month_ends) >= on
