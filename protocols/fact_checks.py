"""Whether records can be true of this protocol on this day. Every contradiction at once, each with its remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from protocols import records as kinds
from protocols.errors import Fault
from protocols.facts import Entry, Facts, Key
from protocols.flags import RULES
from protocols.records import By, Record
from protocols.template import Template

OfStep = kinds.Fulfilled | kinds.Missed | kinds.Stopped | kinds.Skipped | kinds.Booked
Act = Entry[kinds.Fulfilled] | Entry[kinds.Skipped]
_OWNERS = {"doctor": ("doctor",), "nurse": ("nurse", "doctor"), "manager": ("manager", "doctor")}


def check_facts(template: Template, facts: Facts, today: date) -> list[Fault]:
    """The faults of all records in force."""
    faults = list(facts.faults)
    for entry in facts.entries:
        for check in _CHECKS.get(type(entry.record), (_not_ahead,)):
            found = check(template, entry.record, today)
            if found:
                faults += [replace(fault, record=entry.number) for fault in found]
    faults += _gaps(template, facts)
    for name, occurrences in facts.milestones.items():
        kind = template.milestones.get(name)
        if kind is not None and not kind.repeats and len(occurrences) > 1:
            message = f"{name} does not repeat and stands in {len(occurrences)} records in force"
            number = next(entry.number for entry in facts.entries if entry.id == occurrences[-1].id)
            faults.append(Fault("name", message, "Correct the records that are wrong", record=number))
    return faults


def _unknown(field: str, what: str, name: str, known: list[str]) -> Fault:
    return Fault(field, f"the protocol has no {what} '{name}'", f"Use one of: {', '.join(known)}")


def _milestone(template: Template, record: kinds.Milestone, today: date) -> list[Fault]:
    if record.name in template.milestones:
        return []
    return [_unknown("name", "milestone", record.name, list(template.milestones))]


def _happened(template: Template, record: kinds.Milestone, today: date) -> list[Fault]:
    return _not_ahead(template, record, today) if record.certainty == "happened" else []


def _test(template: Template, record: kinds.Result, today: date) -> list[Fault]:
    if record.test in template.tests:
        return []
    return [_unknown("test", "test", record.test, list(template.tests))]


def _step(template: Template, record: OfStep, today: date) -> list[Fault]:
    step = template.step_named.get(record.step)
    if step is None:
        return [_unknown("step", "step", record.step, list(template.step_named))]
    if record.occurrence == 1 or step.several or step.kind in ("test", "dose"):
        return []
    return [Fault("occurrence", f"{record.step} takes place once", "Leave occurrence out, or give 1")]


def _optional_step(template: Template, record: kinds.OptIn, today: date) -> list[Fault]:
    step = template.step_named.get(record.step)
    if step is not None and step.optional:
        return []
    optional = [step.name for step in template.steps if step.optional]
    return [_unknown("step", "optional step", record.step, optional)]


def _not_ahead(template: Template, record: Record, today: date) -> list[Fault]:
    """What happened cannot lie in the future."""
    faults = []
    for field in _days_said(type(record)):
        day = getattr(record, field)
        if day is not None and day > today:
            remedy = "Check the date; only planned milestones, bookings and absences may lie ahead"
            said = f"{day.isoformat()} lies in the future (today is {today.isoformat()})"
            faults.append(Fault(field, said, remedy))
    return faults


@cache
def _days_said(kind: type[Record]) -> tuple[str, ...]:
    """The fields of a kind that say when something happened."""
    return tuple(name for name in ("on", "sampled_on", "resulted_on") if name in kind.model_fields)


def _value(template: Template, record: kinds.Result, today: date) -> list[Fault]:
    test = template.tests.get(record.test)
    if test is None:
        return []
    faults = []
    assay = test.assay_of(record.assay)
    if record.assay is None and test.only is None:
        several = f"{record.test} is measured by several"
        faults.append(Fault("assay", several, f"Give one of: {', '.join(test.assays)}"))
    if assay is None:
        return faults
    if record.value is not None and not assay.minimum <= record.value <= assay.maximum:
        allowed = f"{assay.minimum:g} to {assay.maximum:g} {assay.unit}"
        said = f"{record.value:g} is no value of {record.test}"
        faults.append(Fault("value", said, f"Give a value from {allowed}"))
    if record.unit is not None and record.unit != assay.unit:
        said = f"{record.test} is reported in {assay.unit}, not {record.unit}"
        faults.append(Fault("unit", said, "Convert nothing: check the report"))
    return faults


def _decision(template: Template, record: kinds.Decision, today: date) -> list[Fault]:
    code = record.flag.split(":", 1)[0]
    rule = RULES.get(code)
    if rule is None:
        return [_unknown("flag", "flag rule", code, sorted(RULES))]
    faults = []
    if record.choice not in rule.decisions:
        offered = ", ".join(rule.decisions) or "none; it clears when its cause does"
        faults.append(Fault("choice", f"{code} does not offer '{record.choice}'", f"Use one of: {offered}"))
    for choice, parameter in rule.needs:
        if record.choice == choice and parameter not in record.parameters:
            remedy = f"Add parameters: {{{parameter}: ...}}"
            faults.append(Fault(f"parameters.{parameter}", f"{choice} needs it", remedy))
    settings = template.flags.get(code)
    owner = (settings.owner if settings else None) or rule.owner
    if not may_decide(record.by, owner):
        faults.append(Fault("by", f"a {record.by.role} may not decide {code}", f"A {owner} decides it"))
    return faults


_CHECKS: dict[type, tuple[Callable[[Template, Any, date], list[Fault]], ...]] = {
    kinds.Milestone: (_milestone, _happened),
    kinds.Fulfilled: (_step, _not_ahead),
    kinds.Missed: (_step, _not_ahead),
    kinds.Stopped: (_step, _not_ahead),
    kinds.Skipped: (_step, _not_ahead),
    kinds.Booked: (_step,),
    kinds.Result: (_test, _not_ahead, _value),
    kinds.Decision: (_not_ahead, _decision),
    kinds.OptIn: (_optional_step, _not_ahead),
    kinds.Absence: (),
}  # every other kind says only what happened


def may_decide(by: By, owner: str) -> bool:
    """Whether a person's role may decide a flag of that owner. A name without a role is taken at its word."""
    return by.role is None or by.role in _OWNERS[owner]


def _gaps(template: Template, facts: Facts) -> Iterator[Fault]:
    """Occurrences count acts, so none is left out and each lies on or after the one before."""
    acts_of: dict[str, dict[int, Act]] = {}
    acts: list[tuple[Key, Act]] = [*facts.fulfilled.items(), *facts.skipped.items()]
    for (step, number), act in acts:
        acts_of.setdefault(step, {})[number] = act
    for name in template.step_named:
        mine = acts_of.get(name, {})
        for number in sorted(mine):
            entry = mine[number]
            before = mine.get(number - 1)
            if number > 1 and before is None and template.step_named[name].kind != "test":
                message = f"{name} #{number} is recorded and #{number - 1} is neither fulfilled nor skipped"
                yield Fault(
                    "occurrence",
                    message,
                    f"Record #{number - 1} first, or correct the number",
                    record=entry.number,
                )
            elif before is not None and _on(entry) < _on(before):
                message = f"{name} #{number} lies before #{number - 1}"
                yield Fault("on", message, "Check both dates and occurrences", record=entry.number)


def _on(entry: Act) -> date:
    return entry.record.on
