"""Records and visits of a golden plan in words, for a clinician to read."""

from __future__ import annotations

import re

from protocols import PlannedVisit, Record, Template, records
from protocols.because import full_day


def visit_words(template: Template, visit: PlannedVisit) -> str:
    """``Sensitisation dose 2``; with its number only where there may be several."""
    number = visit.dose or visit.occurrence
    several = template.step_named[visit.step].several or visit.occurrence > 1
    attempt = f", attempt {visit.attempt}" if visit.attempt > 1 else ""
    return f"{visit.title}{f' {number}' if several else ''}{attempt}"


def readable(template: Template, text: str) -> str:
    """The engine's words, in which a step, a test or a milestone is called by its title."""
    titles = {name: test.title for name, test in template.tests.items()}
    titles |= {step.name: step.title for step in template.steps}
    titles |= {name: kind.title for name, kind in template.milestones.items()}
    names = "|".join(re.escape(name) for name in sorted(titles, key=len, reverse=True))
    said = re.sub(rf"(?<![\w-])(?:{names})(?![\w-])", lambda found: _lower(titles[found[0]]), text)
    return said.replace("_", " ")


def _lower(title: str) -> str:
    """A title inside a sentence; one that begins with an abbreviation keeps it."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def record_words(template: Template, record: Record) -> str:
    """One record as a sentence without its full stop."""
    match record:
        case records.Milestone():
            certain = {"happened": "", "planned": ", planned", "cancelled": ", cancelled"}[record.certainty]
            return f"{template.milestones[record.name].title} on {full_day(record.on)}{certain}"
        case records.Dating():
            basis = {"lmp": "last period", "ovulation": "ovulation", "scan": f"a scan showing {record.ga}"}
            transfer = f"transfer of a day-{record.basis[1:]} embryo"
            return f"Pregnancy dated by {basis.get(record.basis, transfer)} on {full_day(record.on)}"
        case records.Fulfilled() | records.Booked() | records.Missed() | records.Skipped():
            return (
                f"{_visit(template, record.step, record.occurrence)} {_became(record)} {full_day(record.on)}"
            )
        case records.Result():
            return _result(template, record)
        case records.Decision():
            extra = "".join(f", {name} {value}" for name, value in record.parameters.items())
            choice = record.choice.replace("_", " ")
            about = record.flag.split(":")[0].replace("_", " ")
            return f"{record.by.name} decided on {full_day(record.on)} about {about}: {choice}{extra}"
        case records.OptIn():
            wish = "wants" if record.wanted else "does not want"
            return (
                f"The couple {wish} {template.step_named[record.step].title}, said on {full_day(record.on)}"
            )
        case records.Consent():
            signed = "signed" if record.given else "withdrew"
            return f"{record.person.capitalize()} {signed} consent on {full_day(record.on)}"
        case records.Screening():
            screen = f"{record.test} of {record.person}".replace("_", " ")
            return f"Screen {screen}: {record.outcome}, sampled {full_day(record.sampled_on)}"
        case records.Donor():
            return f"Donor from {full_day(record.on)}: {record.donor}"
        case _:
            day = getattr(record, "on", None)
            return f"{record.kind}{f' on {full_day(day)}' if day else ''}"


def _visit(template: Template, name: str, occurrence: int) -> str:
    step = template.step_named[name]
    return f"{step.title}{f' {occurrence}' if step.several or occurrence > 1 else ''}"


def _became(record: records.Fulfilled | records.Booked | records.Missed | records.Skipped) -> str:
    said = {"fulfilled": "done on", "booked": "booked for", "missed": "missed on", "skipped": "skipped on"}
    return said[record.kind]


def _result(template: Template, record: records.Result) -> str:
    test = template.tests[record.test]
    assay = test.assay_of(record.assay)
    value = "no valid result" if record.value is None else f"{record.value:g} {assay.unit if assay else ''}"
    by = f" ({record.assay})" if record.assay and test.only is None else ""
    dates = f"sampled {full_day(record.sampled_on)}, reported {full_day(record.resulted_on)}"
    return f"{test.title}{by}: {value.strip()}, {dates}"
