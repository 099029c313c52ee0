"""What a flag rests on: of a result everything that the laboratory said, of a dose what was given. Pure, given rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from apps.desk import words
from apps.desk.forms.dose import content_words
from apps.treatments.models import Flag, Record
from apps.treatments.queries import records_of
from apps.treatments.saying import what_it_says
from protocols import Plan, Template
from protocols.plan import ResponseVerdict
from protocols.records import Fulfilled, Result

Fact = tuple[str, str]


def facts_of(flag: Flag, plan: Plan, template: Template, today: date) -> list[Fact]:
    """Value, assay, laboratory, cut-offs, donor, dose and age of each result behind the flag, and what a dose held."""
    verdicts = {verdict.record: verdict for verdict in plan.verdicts if isinstance(verdict, ResponseVerdict)}
    found: list[Fact] = []
    for row in _records(flag):
        said = what_it_says(row)
        if isinstance(said, Result) and said.test in template.tests:
            found += _of_result(said, verdicts.get(str(row.pk)), template, plan, today)
        elif isinstance(said, Fulfilled):
            found += _of_dose(said, row, template)
    return found


def _records(flag: Flag) -> list[Record]:
    wanted = [UUID(cause) for cause in flag.cause if _is_id(cause)]
    return list(records_of(flag.treatment).filter(pk__in=wanted)) if wanted else []


def _is_id(cause: str) -> bool:
    try:
        UUID(cause)
    except ValueError:
        return False  # a booking, which names its day too
    return True


def _of_result(
    said: Result, verdict: ResponseVerdict | None, template: Template, plan: Plan, today: date
) -> Iterator[Fact]:
    test = template.tests[said.test]
    assay = test.assay_of(said.assay)
    unit = assay.unit if assay else said.unit or ""
    yield test.title, "not interpretable" if said.value is None else f"{said.value:g} {unit}".strip()
    if verdict is not None and verdict.band:
        yield "Band", verdict.band
    yield "Assay", said.assay or test.only or "not told"
    yield "Laboratory", said.laboratory or "not told"
    cutoffs = said.cutoff_version or (assay.cutoff_version if assay else "")
    if cutoffs:
        yield "Cut-off version", cutoffs
    if test.donor_specific:
        donor = said.donor or (verdict.donor if verdict else None) or plan.donor
        yield "Tested against", words.words(donor)
    if verdict is not None and verdict.dose_number:
        yield "Sample after dose", str(verdict.dose_number)
    yield "Sample taken", _day_and_age(said.sampled_on, today)
    if said.elsewhere:
        yield "Evidence", words.EVIDENCE[said.elsewhere]


def _of_dose(said: Fulfilled, row: Record, template: Template) -> Iterator[Fact]:
    step = template.step_named[said.step]
    yield "Given" if step.kind == "dose" else "Done", f"{step.title} {said.occurrence}, {_day(said.on)}"
    given: Mapping[str, Any] = said.given.model_dump(exclude_none=True) if said.given else {}
    if given:
        yield "Content", content_words(given)
    if said.elsewhere:
        yield "Evidence", words.EVIDENCE[said.elsewhere]


def _day(on: date) -> str:
    return f"{on:%a} {on.day} {on:%b %Y}"


def _day_and_age(on: date, today: date) -> str:
    days = (today - on).days
    return f"{_day(on)}, {days} day{'' if days == 1 else 's'} ago"
