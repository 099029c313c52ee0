"""The protocol of a row, and what was done before: past doses, results, donor and losses as records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from apps.clinic.clock import local_date
from apps.clinic.errors import Fault, Invalid
from apps.couples.models import Couple
from apps.treatments.intake.cells import in_words
from apps.treatments.intake.columns import DOSES, RESULTS
from apps.treatments.intake.people import Row
from apps.treatments.joining import join_as_imported
from apps.treatments.models import ProtocolVersion, Treatment
from apps.treatments.queries import protocols_of, template
from apps.treatments.services import start_treatment
from protocols import Template

COURSE_START = "course-start"
Item = tuple[str, dict[str, Any]]
_OF_THE_PAST = ("joined_on", "place", "evidence", "donor", "losses", "note", "started_on")
_EVIDENCE = {"document": "seen on a document", "reported": "told, without a document"}


def take_past(row: Row, couple: Couple) -> tuple[str, ...]:
    """Starts the treatment that the row names and records its past; nothing, and no words, if it runs already.

    Invalid by column. The past is all recorded or none of it, and a doctor says afterwards what counts.
    """
    doses, results = _numbered(row, "dose", DOSES), _numbered(row, "result", RESULTS)
    if not row.text("protocol"):
        said = [f"dose_{n}_on" for n in doses] + [f"result_{n}_test" for n in results]
        said += [name for name in _OF_THE_PAST if name in row.values]
        if said:
            raise Invalid("A past needs a protocol.", field=said[0], remedy="Fill in the column protocol.")
        return ()
    version = _protocol(row)
    running = couple.treatments.filter(protocol_version__name=version.name, closed_reason="")
    if running.exists():
        return ()
    read = template(version)
    if not (doses or results or any(name in row.values for name in _OF_THE_PAST[:-1])):
        started = row.values.get("started_on")
        _start(couple, version, started, row)
        when = f", from {in_words(started)}" if started else ""
        return (f"Starts {version.title}, version {version.version}{when}.",)
    return _join(row, couple, version, read, doses, results)


def _start(couple: Couple, version: ProtocolVersion, started: Any, row: Row) -> Treatment:
    try:
        return start_treatment(
            couple=couple, protocol_version=version, started_on=started, actor=row.actor, at=row.at
        )
    except Invalid as error:
        faults = [Fault("started_on", fault.message, fault.remedy) for fault in error.faults]
        raise Invalid(faults=faults) from error


def _join(
    row: Row,
    couple: Couple,
    version: ProtocolVersion,
    read: Template,
    doses: Sequence[int],
    results: Sequence[int],
) -> tuple[str, ...]:
    if not row.text("evidence"):
        raise Invalid(
            "How is this past known?",
            field="evidence",
            remedy="Write document or reported; a dose may have its own.",
        )
    treatment = _start(couple, version, None, row)
    items = [*_doses(row, read, doses), *_results(row, read, results), *_rest(row, read, doses)]
    if started := row.values.get("started_on"):
        # The milestone is among the items, so that nothing is ever planned as if no dose had been given.
        treatment.started_on = started
        treatment.save(update_fields=["started_on"])
    on = row.values.get("joined_on") or local_date(row.clinic.zone, row.at)
    try:
        join_as_imported(
            treatment=treatment,
            on=on,
            evidence=row.values["evidence"],
            place=row.text("place")[:200],
            items=[item for _, item in items],
            actor=row.actor,
            at=row.at,
        )
    except Invalid as error:
        raise Invalid(faults=[_column_of(fault, items) for fault in error.faults]) from error
    return (
        f"Joins {version.title}, version {version.version}, on {in_words(on)}.",
        *_told(row, doses, results),
    )


def _told(row: Row, doses: Sequence[int], results: Sequence[int]) -> list[str]:
    given = ", ".join(in_words(row.values[f"dose_{n}_on"]) for n in doses)
    sampled = ", ".join(in_words(row.values[f"result_{n}_sampled_on"]) for n in results)
    told = []
    if doses:
        told.append(f"{len(doses)} past {'dose' if len(doses) == 1 else 'doses'}: {given}.")
    if results:
        told.append(f"{len(results)} past {'result' if len(results) == 1 else 'results'}: {sampled}.")
    return [*told, *(["A doctor says which of them count."] if told else [])]


def _numbered(row: Row, kind: str, most: int) -> list[int]:
    """The numbers of the doses or results that the row fills in; each needs its day, and a result its test."""
    dated, found, faults = f"{kind}_%d_{'on' if kind == 'dose' else 'sampled_on'}", [], []
    for n in range(1, most + 1):
        if not any(name.startswith(f"{kind}_{n}_") for name in row.values):
            continue
        found.append(n)
        needed = [dated % n] if kind == "dose" else [f"result_{n}_test", dated % n]
        faults += [
            Fault(name, "This is missing beside what stands there.", "Fill it in, or empty the others.")
            for name in needed
            if name not in row.values
        ]
    if faults:
        raise Invalid(faults=faults)
    return found


def _protocol(row: Row) -> ProtocolVersion:
    said, version = row.text("protocol").casefold(), row.text("protocol_version")
    named = [one for one in protocols_of(row.clinic) if said in (one.name.casefold(), one.title.casefold())]
    if not named:
        published = ", ".join(sorted({one.name for one in protocols_of(row.clinic)})) or "none"
        raise Invalid(
            "This protocol is not published here.", field="protocol", remedy=f"One of: {published}."
        )
    for one in named:
        if not version or one.version == version:
            return one
    found = ", ".join(one.version for one in named)
    raise Invalid("There is no such version.", field="protocol_version", remedy=f"One of: {found}.")


def _doses(row: Row, read: Template, numbers: Sequence[int]) -> list[Item]:
    """Occurrences count acts, so they follow from the days."""
    steps = {said.casefold(): step.name for step in read.dose_steps for said in (step.title, step.name)}
    counted: Counter[str] = Counter()
    items: list[Item] = []
    for n in sorted(numbers, key=lambda one: row.values[f"dose_{one}_on"]):
        said = row.text(f"dose_{n}_as")
        step = (
            steps.get(said.casefold())
            if said
            else next(iter(read.dose_steps)).name
            if read.dose_steps
            else None
        )
        if step is None:
            raise Invalid(
                "The protocol has no such dose.",
                field=f"dose_{n}_as",
                remedy=f"One of: {', '.join(steps.values())}.",
            )
        counted[step] += 1
        item: dict[str, Any] = {"kind": "fulfilled", "step": step, "occurrence": counted[step]}
        item["on"] = row.values[f"dose_{n}_on"]
        if (cells := row.values.get(f"dose_{n}_cells_million")) is not None:
            item["given"] = {"cells_million": cells}
        if row.text("donor"):
            item["donor"] = row.text("donor")
        items.append((f"dose_{n}_", {**item, **_evidence(row, f"dose_{n}_evidence")}))
    return items


def _results(row: Row, read: Template, numbers: Sequence[int]) -> list[Item]:
    tests = {said.casefold(): name for name, test in read.tests.items() for said in (test.title, name)}
    items: list[Item] = []
    for n in numbers:
        test = tests.get(row.text(f"result_{n}_test").casefold())
        if test is None:
            known = ", ".join(read.tests) or "none"
            raise Invalid(
                "The protocol has no such test.", field=f"result_{n}_test", remedy=f"One of: {known}."
            )
        item: dict[str, Any] = {"kind": "result", "test": test}
        item["sampled_on"] = row.values[f"result_{n}_sampled_on"]
        item["resulted_on"] = row.values.get(f"result_{n}_resulted_on") or item["sampled_on"]
        item |= {
            name: row.values[f"result_{n}_{name}"]
            for name in ("assay", "value", "laboratory")
            if f"result_{n}_{name}" in row.values
        }
        items.append((f"result_{n}_", {**item, **_evidence(row, f"result_{n}_evidence")}))
    return items


def _rest(row: Row, read: Template, doses: Sequence[int]) -> list[Item]:
    """Donor, start and what is known in words: losses of before this course are no losses of it."""
    items: list[Item] = []
    if donor := row.text("donor"):
        sizes = [size.donor for step in read.dose_steps if step.rounds for size in step.rounds.sizes]
        allowed = list(dict.fromkeys(["partner", "unrelated", "partner+unrelated", *filter(None, sizes)]))
        if donor not in allowed:
            raise Invalid("This is no donor.", field="donor", remedy=f"One of: {', '.join(allowed)}.")
        if doses:
            first = min(row.values[f"dose_{n}_on"] for n in doses)
            items.append(("donor", {"kind": "donor", "donor": donor, "on": first}))
    if started := row.values.get("started_on"):
        if COURSE_START not in read.milestones:
            raise Invalid(
                "This protocol has no start of its own.", field="started_on", remedy="Empty the cell."
            )
        items.append(("started_on", {"kind": "milestone", "name": COURSE_START, "on": started}))
    for name, opening in (("losses", "Losses before"), ("donor", "Donor"), ("note", "")):
        known = row.text(f"{name}_evidence") or (row.text("evidence") if name == "losses" else "")
        if row.text(name) and (known or name == "note"):
            said = f"{opening} ({_EVIDENCE[known]}): {row.text(name)}" if opening else row.text(name)
            items.append((name, {"kind": "note", "text": said}))
    return items


def _evidence(row: Row, name: str) -> dict[str, str]:
    return {"elsewhere": row.text(name)} if row.text(name) else {}


def _column_of(fault: Fault, items: Sequence[Item]) -> Fault:
    """`items.2.value` of the verb is the column of the third item, such as `result_1_value`."""
    if not fault.field.startswith("items."):
        return Fault({"on": "joined_on"}.get(fault.field, fault.field), fault.message, fault.remedy)
    _, number, name = fault.field.split(".", 2)
    place = items[int(number)][0]
    if not place.endswith("_"):
        return Fault(place, fault.message, fault.remedy)
    column = {
        "given.cells_million": "cells_million",
        "occurrence": "on",
        "step": "as",
        "elsewhere": "evidence",
    }
    return Fault(place + column.get(name, name), fault.message, fault.remedy)
