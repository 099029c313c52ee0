"""What must be true on the day of an act: consent, screening, a valid result. It blocks the act, never the booking."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Protocol

from protocols.durations import earliest_reaching
from protocols.facts import Facts
from protocols.records import Consent
from protocols.template import Requirement, Step, Template

# Screens as people say them; a test that is not named here is called by its own name.
SCREENS_SAID = {
    "hiv": "HIV screen", "hbv": "hepatitis B screen", "hcv": "hepatitis C screen", "syphilis": "syphilis screen",
    "pregnancy-test": "pregnancy test",
}  # fmt: skip


class Standing(Protocol):
    """What the plan knows beyond the records: the donor in force and until when results are valid."""

    @property
    def donor(self) -> str: ...
    @property
    def valid_until(self) -> Mapping[str, date]: ...


def missing_on(
    template: Template,
    facts: Facts,
    standing: Standing,
    step: Step,
    on: date | None,
    donor: str | None = None,
) -> tuple[str, ...]:
    """What is still missing for doing `step` on the day `on`, in words; of consent only, while no day is known.

    `donor` is whose lymphocytes this occurrence needs where that is not the treatment's donor.
    """
    if not step.requires:
        return ()
    return tuple([text for text, _ in missing_parts(template, facts, standing, step, on, donor)])


def missing_parts(
    template: Template,
    facts: Facts,
    standing: Standing,
    step: Step,
    on: date | None,
    donor: str | None = None,
) -> list[tuple[str, date | None]]:
    """What is missing, each with the first day on which it can be had; None where it could be had all along."""
    donors = (donor or standing.donor).split("+")
    missing: list[tuple[str, date | None]] = []
    for requirement in step.requires:
        if requirement.consent:
            people = dict.fromkeys(("recipient", "partner", *donors))
            missing += [(f"consent of {one}", None) for one in people if not _consented(facts, one, on)]
        elif on is not None and requirement.screening:
            missing += _unscreened(template, facts, donors, requirement, on)
        elif on is not None and requirement.valid_result:
            until = standing.valid_until.get(requirement.valid_result)
            if until is None or until < on:
                missing.append((f"a valid {requirement.valid_result} result", None))
    return missing


def _unscreened(
    template: Template, facts: Facts, donors: list[str], requirement: Requirement, on: date
) -> list[tuple[str, date]]:
    first_on = _not_before(template, requirement, on)
    people = donors if requirement.of == "donor" else ["recipient"]
    return [
        (_screen_of(test, person), first_on)
        for test in requirement.screening or ()
        for person in people
        if not _screened(facts, first_on, person, test, on)
    ]


@cache
def _screen_of(test: str, person: str) -> str:
    return f"{SCREENS_SAID.get(test, test)} of {person}"


def _not_before(template: Template, requirement: Requirement, on: date) -> date:
    """The first day on which a sample is recent enough for `on`."""
    age = requirement.not_older_than
    return earliest_reaching(on, age.at, template.month_ends) if age and age.at else on


def _consented(facts: Facts, person: str, on: date | None) -> bool:
    said = [
        entry.record
        for entry in facts.all_of(Consent)
        if entry.record.person == person and (on is None or entry.record.on <= on)
    ]
    # A withdrawal on the day of a consent stands.
    return bool(said) and min(said, key=lambda consent: (-consent.on.toordinal(), consent.given)).given


def _screened(facts: Facts, first_on: date, person: str, test: str, on: date) -> bool:
    """Whether the last sample up to the day is clear and recent enough."""
    screens = facts.screened.get((person, test))
    if not screens or screens[-1].sampled_on < first_on:  # they stand in order of their days
        return False
    samples = [sample for sample in screens if sample.sampled_on <= on]
    last_on = samples[-1].sampled_on if samples else None
    if last_on is None or last_on < first_on:
        return False
    return all(sample.outcome == "clear" for sample in samples if sample.sampled_on == last_on)
