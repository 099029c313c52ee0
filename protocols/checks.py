"""What a protocol document may not contradict: names, order of dates, units, bands, rounds. All faults at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date, timedelta

from protocols.checks_anchors import circles, never_known
from protocols.checks_names import citations, names
from protocols.document import all_numbers, all_relations, bands_of
from protocols.errors import Fault
from protocols.facts import Facts
from protocols.planner import plan
from protocols.records import Milestone
from protocols.template import LIMITS, OFFSETS, Relation, Template
from protocols.windows import WINDOW_DATES, window_after, window_before
from protocols.workdays import Workdays

_START_DAYS = tuple(
    date(year, month, day)
    for year in (2027, 2028)
    for month, day in (
        (1, 28),
        (1, 29),
        (1, 30),
        (1, 31),
        (2, 28),
        (3, 1),
        (4, 30),
        (5, 31),
        (8, 31),
        (12, 31),
    )
)
_SAMPLE_DAYS = tuple(date(2027, 1, 1) + timedelta(days=days) for days in range(1461))


def check(template: Template) -> list[Fault]:
    """Every contradiction of a document, each with the dotted path of its field.

    Whether couples can keep it is tried once nothing else is wrong, for a faulty document cannot be planned with.
    """
    faults = [
        *names(template),
        *citations(template),
        *_window_orders(template),
        *_units(template),
        *_bands(template),
        *_rounds(template),
        *never_known(template),
        *circles(template),
    ]
    return faults or list(_contradictions(template, "plan_conflict"))


def blanks(template: Template) -> list[str]:
    """The fields whose value is not known yet; a clinician fills them before publishing."""
    empty = [field for field, number in all_numbers(template) if number.at is None]
    for name, test in template.tests.items():
        empty += [f"{field}.from" for field, band in bands_of(name, test) if band.from_value is None]
    for index, step in enumerate(template.steps):
        here = f"steps.{index}"
        if step.rounds:
            sizes = enumerate(step.rounds.sizes)
            empty += [f"{here}.rounds.sizes.{number}" for number, size in sizes if size.doses is None]
            empty += [f"{here}.rounds.cap"] if step.rounds.cap is None else []
        if step.repeat and step.repeat.cap is None:
            empty.append(f"{here}.repeat.cap")
        if step.content and all(getattr(step.content, name) is None for name in LIMITS):
            empty.append(f"{here}.content")
    return empty


def warnings(template: Template) -> list[Fault]:
    """What is allowed and rarely meant: windows without a floor, a week of pregnancy that ends on its first day."""
    found = []
    for index, step in enumerate(template.steps):
        for group, relations in step.groups:
            if not any(relation.absolute_minimum or relation.earliest for relation in relations):
                message = f"{step.name} can be planned on any day before its target: the window has no floor"
                found.append(Fault(f"steps.{index}.{group}", message, "Give earliest or absolute_minimum"))
    found += _contradictions(template, "plan_tight")
    for field, step, relation in all_relations(template):
        end = relation.offsets[4] or relation.offsets[3]
        weeks = end is not None and relation.anchor.gestation and not end.months and end.days % 7 == 0
        if weeks and end is not None and end == relation.offsets[1]:
            message = (
                f"{step.name} ends on the first day of week {end.days // 7} of pregnancy, which is a week"
            )
            found.append(Fault(field, message, f"Write the end as P{end.days // 7}W+P6D"))
    return found


def _contradictions(template: Template, code: str) -> Iterator[Fault]:
    """Relations that no couple can keep, tried by planning a course from its first day.

    Mixed units make that depend on the date ("at least P1M and at most P30D"), so the days around the month ends of a
    leap year and of an ordinary one are tried.
    """
    if blanks(template) or "course-start" not in template.milestones:
        return
    for day in _START_DAYS:
        start = Milestone(kind="milestone", name="course-start", on=day)
        planned = plan(template, Facts.of([start]), Workdays(), day)
        flag = next((flag for flag in planned.flags if flag.code == code), None)
        if flag is not None and flag.step is not None:
            index = next(place for place, step in enumerate(template.steps) if step.name == flag.step)
            message = f"cannot be kept by a couple that starts on {day.isoformat()}: {flag.text}"
            yield Fault(f"steps.{index}", message, "Loosen one of these relations")
            return


def _window_orders(template: Template) -> Iterator[Fault]:
    """Mixed units make the order depend on the date, so each relation is tried on every day of four years."""
    for field, _, relation in all_relations(template):
        fault = _first_disorder(template, relation)
        if fault:
            yield Fault(field, fault, "Give the dates in the order " + " <= ".join(WINDOW_DATES))


def _first_disorder(template: Template, relation: Relation) -> str | None:
    compute = window_after if relation.after else window_before
    plain = all(offset is None or not offset.months for offset in relation.offsets)
    for day in _SAMPLE_DAYS[:1] if plain else _SAMPLE_DAYS:
        dates = [
            (name, on)
            for name, on in zip(
                WINDOW_DATES, compute(day, relation.offsets, template.month_ends).dates(), strict=True
            )
            if on
        ]
        for (name, on), (later, later_on) in itertools.pairwise(dates):
            if on > later_on:
                return f"{name} lies after {later} (for example from {day.isoformat()})"
    return None


def _bands(template: Template) -> Iterator[Fault]:
    for name, test in template.tests.items():
        for assay_name, assay in test.assays.items():
            here = f"tests.{name}" if test.only else f"tests.{name}.assays.{assay_name}"
            starts = [band.from_value for band in assay.bands if band.from_value is not None]
            if starts != sorted(set(starts)):
                yield Fault(
                    f"{here}.bands", "stand out of order", "List the bands by rising 'from', each once"
                )
            if len(starts) == len(assay.bands) > 0 and starts[0] != assay.minimum:
                message = f"leaves values from {assay.minimum:g} without a band"
                yield Fault(f"{here}.bands.0.from", message, f"Begin at {assay.minimum:g}")


def _rounds(template: Template) -> Iterator[Fault]:
    for index, step in enumerate(template.steps):
        here = f"steps.{index}"
        if step.rounds and step.rounds.cap is not None:
            planned = sum(size.doses or 0 for size in step.rounds.sizes)
            if planned > step.rounds.cap:
                remedy = "Raise the cap or plan fewer doses"
                yield Fault(f"{here}.rounds.cap", "is less than the planned doses", remedy)
        if step.several and not step.next:
            yield Fault(
                f"{here}.next", f"{step.name} repeats and nothing times its next occurrence", "Give next"
            )
        if (step.rounds is not None) + (step.repeat is not None) + (step.count > 1) > 1:
            yield Fault(here, f"{step.name} repeats in two ways", "Keep one of rounds, repeat, count")
        if step.repeat and step.repeat.until.latest is None and step.repeat.until.maximum is None:
            yield Fault(f"{here}.repeat.until", "has no end, so only the cap would end it", "Give maximum")
        for number in step.gaps:
            if not 2 <= number <= (step.most or number):
                message = f"{step.name} has no later dose {number}"
                yield Fault(f"{here}.gaps.{number}", message, f"Number the doses 2 to {step.most or 2}")


def _units(template: Template) -> Iterator[Fault]:
    """Pregnancy and the cycle are counted in weeks and days; a month is no fixed number of them."""
    for field, _, relation in all_relations(template):
        if not relation.anchor.gestation and relation.anchor.cycle_day is None:
            continue
        for name in OFFSETS:
            number = getattr(relation, name)
            if number is not None and number.at is not None and number.at.months:
                message = f"{number.at} counts months, and {_counted(relation)} is counted in weeks and days"
                yield Fault(f"{field}.{name}", message, "Give weeks or days, such as P12W")


def _counted(relation: Relation) -> str:
    return "pregnancy" if relation.anchor.gestation else "the cycle"
