"""Results of infections are kept apart by person: who may see the donor's, and what everybody else reads instead.

The recipient's own results are no part of this. A role without the right reads one word of the donor: clear, not clear
or due; the rows themselves are left out where they are asked for, so that they cannot be counted either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.db.models import QuerySet

from apps.treatments.models import Record
from protocols import Facts, Template
from protocols.durations import earliest_reaching
from protocols.records import Screening

Standing = Literal["clear", "not clear", "due"]
_NO_INFECTION = frozenset({"pregnancy-test"})


@dataclass(frozen=True, slots=True)
class Screen:
    """One test of one person as it stands: the last sample's outcome, or none yet."""

    test: str
    sampled_on: date | None
    outcome: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class Screens:
    """The infection screens of one person, in the order in which the protocol asks for them."""

    person: str
    tests: tuple[Screen, ...]

    @property
    def standing(self) -> Standing:
        """One word for all of them: not clear before due before clear."""
        said = {one.standing for one in self.tests}
        return "not clear" if "not clear" in said else "due" if "due" in said or not said else "clear"


def is_donor_infection(kind: str, data: Mapping[str, Any]) -> bool:
    """Whether the body of a record says what an infection test of a donor gave."""
    if kind == "correction":
        replacement = data.get("replacement") or {}
        return is_donor_infection(str(replacement.get("kind")), replacement)
    return kind == "screening" and data.get("person") != "recipient" and data.get("test") not in _NO_INFECTION


def donor_infections(rows: Iterable[Record]) -> set[UUID]:
    """Ids of the records of one treatment that say a donor's infection result, with every correction of them."""
    rows = list(rows)
    found = {row.pk for row in rows if is_donor_infection(row.kind, row.data)}
    while True:
        names = {str(pk) for pk in found}
        more = {row.pk for row in rows if row.kind == "correction" and row.data.get("of") in names} - found
        if not more:
            return found
        found |= more


def without_donor_infections(records: QuerySet[Record]) -> QuerySet[Record]:
    """The records of one treatment less those: what a reader without the right is given, in the question itself."""
    return records.exclude(pk__in=donor_infections(records.filter(kind__in=("screening", "correction"))))


def donor_tests_as_one(missing: Iterable[str]) -> tuple[str, ...]:
    """What a visit lacks, in the words of the plan, with all tests of a donor in one: which of them it is would say that it
    is the one that is not clear. Everything else stays as it is, in its order.
    """
    return tuple(dict.fromkeys(_as_one(text) for text in missing))


def flag_without_donor_tests(text: str) -> str:
    """The text of a flag, a list of what a visit lacks in it said as `donor_tests_as_one` says it."""
    opening, told, lacks = text.partition("still needs: ")
    return f"{opening}{told}{', '.join(donor_tests_as_one(lacks.split(', ')))}" if told else text


def plan_without_donor_tests(plan: dict[str, Any]) -> dict[str, Any]:
    """A plan as JSON with what its visits lack, and its flags, said so."""
    visits = [{**one, "missing": list(donor_tests_as_one(one["missing"]))} for one in plan["visits"]]
    flags = [{**one, "text": flag_without_donor_tests(one["text"])} for one in plan["flags"]]
    return {**plan, "visits": visits, "flags": flags}


def _as_one(text: str) -> str:
    test, of, person = text.rpartition(" of ")
    if not of or person == "recipient" or test == "consent":
        return text
    return f"infection screen of {person}"


def screens_of(facts: Facts, template: Template, donor: str, today: date) -> tuple[Screens, ...]:
    """The infection screens that the protocol asks of the recipient and of each donor, as they stand on `today`."""
    people = [("recipient", "recipient"), *((name, "donor") for name in donor.split("+"))]
    found = [
        Screens(person, tuple(_tests(facts, template, person, asked_of, today)))
        for person, asked_of in people
    ]
    return tuple(one for one in found if one.tests)


def _tests(facts: Facts, template: Template, person: str, asked_of: str, today: date) -> Iterable[Screen]:
    asked: dict[str, date] = {}
    for step in template.steps:
        for requirement in step.requires:
            if requirement.screening and requirement.of == asked_of:
                age = requirement.not_older_than
                first_on = (
                    earliest_reaching(today, age.at, template.month_ends) if age and age.at else date.min
                )
                asked |= {test: first_on for test in requirement.screening if test not in _NO_INFECTION}
    known = {test for who, test in facts.screened if who == person and test not in _NO_INFECTION}
    for test in dict.fromkeys((*asked, *sorted(known))):
        samples = facts.screened.get((person, test), [])
        last = max(samples, key=lambda sample: sample.sampled_on) if samples else None
        yield Screen(
            test,
            last.sampled_on if last else None,
            last.outcome if last else "",
            _standing(last, asked.get(test, date.min)),
        )


def _standing(last: Screening | None, first_on: date) -> Standing:
    if last is not None and last.outcome == "reactive":
        return "not clear"
    if last is None or last.outcome != "clear" or last.sampled_on < first_on:
        return "due"
    return "clear"
