"""Whether records can be true of this protocol on this day. Every contradiction at once, each with its remedy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache

from protocols import records as kinds
from protocols.errors import Fault
from protocols.facts import Entry, Facts, Key
from protocols.flags import RULES
from protocols.records import By, Record
from protocols.template import Step, Template

_MAY_LIE_AHEAD = (kinds.Booked, kinds.Absence, kinds.Decision)
Act = Entry[kinds.Fulfilled] | Entry[kinds.Skipped]
_OWNERS = {"doctor": ("doctor",), "nurse": ("nurse", "doctor"), "manager": ("manager", "doctor")}


def check_facts(template: Template, facts: Facts, today: date) -> list[Fault]:
    """The faults of all records in force."""
    faults = list(facts.faults)
    for entry in facts.entries:
        faults += [
            Fault(fault.field, fault.message, fault.remedy, record=entry.number)
            for fault in _faults(template, entry, today)
        ]
    faults += _gaps(template, facts)
    for name, occurrences in facts.milestones.items():
        kind = template.milestones.get(name)
        if kind is not None and not kind.repeats and len(occurrences) > 1:
            message = f"{name} does not repeat and stands in {len(occurrences)} records in force"
            number = next(entry.number for entry in facts.entries if entry.id == occurrences[-1].id)
            faults.append(Fault("name", message, "Correct the records that are wrong", record=number))
    return faults


def _faults(template: Template, entry: Entry[Record], today: date) -> Iterator[Fault]:
    record = entry.record
    yield from _names(template, record)
    yield from _dates(record, today)
    if isinstance(record, kinds.Result) and record.test in template.tests:
        yield from _value(template, record)
    if isinstance(record, kinds.Decision):
        yield from _decision(template, record)


def _unknown(field: str, what: str, name: str, known: list[str]) -> Fault:
    return Fault(field, f"the protocol has no {what} '{name}'", f"Use one of: {', '.join(known)}")


def _names(template: Template, record: Record) -> Iterator[Fault]:
    steps = template.step_named
    match record:
        case kinds.Milestone() if record.name not in template.milestones:
            yield _unknown("name", "milestone", record.name, list(template.milestones))
        case kinds.Result() if record.test not in template.tests:
            yield _unknown("test", "test", record.test, list(template.tests))
        case kinds.Fulfilled() | kinds.Missed() | kinds.Skipped() | kinds.Booked():
            if record.step not in steps:
                yield _unknown("step", "step", record.step, list(steps))
            elif record.occurrence > 1 and _happens_once(steps[record.step]):
                yield Fault(
                    "occurrence", f"{record.step} takes place once", "Leave occurrence out, or give 1"
                )
        case kinds.OptIn() if record.step not in steps or not steps[record.step].optional:
            optional = [step.name for step in template.steps if step.optional]
            yield _unknown("step", "optional step", record.step, optional)
        case _:
            return


def _happens_once(step: Step) -> bool:
    return not step.several and step.kind not in ("test", "dose")


def _dates(record: Record, today: date) -> Iterator[Fault]:
    if isinstance(record, _MAY_LIE_AHEAD) and not isinstance(record, kinds.Decision):
        return
    if isinstance(record, kinds.Milestone) and record.certainty != "happened":
        return
    for field in _days_said(type(record)):
        day = getattr(record, field)
        if day is not None and day > today:
            remedy = "Check the date; only planned milestones, bookings and absences may lie ahead"
            yield Fault(field, f"{day.isoformat()} lies in the future (today is {today.isoformat()})", remedy)


@cache
def _days_said(kind: type[Record]) -> tuple[str, ...]:
    """The fields of a kind that say when something happened."""
    return tuple(name for name in ("on", "sampled_on", "resulted_on") if name in kind.model_fields)


def _value(template: Template, record: kinds.Result) -> Iterator[Fault]:
    test = template.tests[record.test]
    assay = test.assay_of(record.assay)
    if record.assay is None and test.only is None:
        yield Fault(
            "assay", f"{record.test} is measured by several", f"Give one of: {', '.join(test.assays)}"
        )
    if assay is None:
        return
    if record.value is not None and not assay.minimum <= record.value <= assay.maximum:
        allowed = f"{assay.minimum:g} to {assay.maximum:g} {assay.unit}"
        yield Fault("value", f"{record.value:g} is no value of {record.test}", f"Give a value from {allowed}")
    if record.unit is not None and record.unit != assay.unit:
        yield Fault(
            "unit",
            f"{record.test} is reported in {assay.unit}, not {record.unit}",
            "Convert nothing: check the report",
        )


def _decision(template: Template, record: kinds.Decision) -> Iterator[Fault]:
    code = record.flag.split(":", 1)[0]
    rule = RULES.get(code)
    if rule is None:
        yield _unknown("flag", "flag rule", code, sorted(RULES))
        return
    if record.choice not in rule.decisions:
        offered = ", ".join(rule.decisions) or "none; it clears when its cause does"
        yield Fault("choice", f"{code} does not offer '{record.choice}'", f"Use one of: {offered}")
    for choice, parameter in rule.needs:
        if record.choice == choice and parameter not in record.parameters:
            yield Fault(
                f"parameters.{parameter}", f"{choice} needs it", f"Add parameters: {{{parameter}: ...}}"
            )
    settings = template.flags.get(code)
    owner = (settings.owner if settings else None) or rule.owner
    if not may_decide(record.by, owner):
        yield Fault("by", f"a {record.by.role} may not decide {code}", f"A {owner} decides it")


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
