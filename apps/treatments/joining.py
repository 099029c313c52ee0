"""A couple joins in mid-course: what was done at another clinic is recorded here, in one act.

What happened elsewhere happened: no flag, no missing consent and no window that has passed keeps it out. Each dose
and each result carries its evidence and waits for a doctor, who says whether it counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.errors import Fault, Invalid
from apps.treatments.acts import LOSS
from apps.treatments.gates import require_may_record
from apps.treatments.gathered import Gathered, faults_of
from apps.treatments.models import Record, Treatment
from apps.treatments.reconciling import locked
from apps.treatments.recording import add, finish
from apps.treatments.saying import read
from protocols import plan
from protocols.errors import FactFaults
from protocols.facts import day_of
from protocols.records import Donor, Evidence, Fulfilled, Milestone, Note, Result, Screening
from protocols.records import Record as CoreRecord

_PAST = (Donor, Fulfilled, Milestone, Note, Result, Screening)
_OUTSIDE = ("fulfilled", "result")


def join_in_midcourse(
    *,
    treatment: Treatment,
    on: date,
    evidence: Evidence,
    place: str = "",
    items: Sequence[Mapping[str, Any]] = (),
    actor: Actor,
    at: datetime,
) -> list[Record]:
    """Records that the couple joined on `on`, and everything that was done before at `place`: all of it or nothing.

    `items` are records of past doses, samples, results, donors, milestones, screenings and notes; a dose, a sample and
    a result without an `elsewhere` of its own takes the sitting's evidence. Invalid with every fault at once, those of
    an item under `items.<number>.<field>`; a loss is no item, since it would end this treatment. Only a nurse or doctor
    who signed in may say it. Nothing is booked, and nobody is written to because of it.
    """
    require_clinic(actor, treatment.clinic_id)
    joined = {"kind": "joined", "on": on, "evidence": evidence, "place": place.strip()}
    opening = read(joined, actor=actor, at=at)
    require_may_record(actor, opening)
    return _open_past(treatment, opening, on, evidence, items, actor=actor, at=at)


def join_as_imported(
    *,
    treatment: Treatment,
    on: date,
    evidence: Evidence,
    place: str = "",
    items: Sequence[Mapping[str, Any]] = (),
    actor: Actor,
    at: datetime,
) -> list[Record]:
    """The same for a row of an import: `actor` is the nurse or doctor who confirmed the import, at work through a task.

    They signed in when they confirmed exactly these items, so nobody signs in again; only the import calls this.
    """
    require_clinic(actor, treatment.clinic_id)
    require_role(actor, "nurse", "doctor")
    joined = {"kind": "joined", "on": on, "evidence": evidence, "place": place.strip()}
    opening = read(joined, actor=actor, at=at)
    return _open_past(treatment, opening, on, evidence, items, actor=actor, at=at)


def _open_past(
    treatment: Treatment,
    opening: CoreRecord,
    on: date,
    evidence: Evidence,
    items: Sequence[Mapping[str, Any]],
    *,
    actor: Actor,
    at: datetime,
) -> list[Record]:
    said, faults = _read_all(items, on, evidence, actor=actor, at=at)
    for _, one in said:
        require_may_record(actor, one)
    with acting(actor):
        gathered = locked(treatment_id=treatment.pk, at=at)
        faults += _booked_ahead(gathered, said, at)
        if len(said) == len(items):
            # What could not be read leaves gaps that are no faults of the rest.
            faults += _untrue(gathered, opening, said)
        if faults:
            raise Invalid(code="past_refused", faults=faults)
        before = gathered.facts()
        rows = [add(gathered, one, actor=actor, at=at) for one in (opening, *(one for _, one in said))]
        finish(gathered, before, actor=actor, at=at)
    return rows


def _read_all(
    items: Sequence[Mapping[str, Any]], on: date, evidence: Evidence, *, actor: Actor, at: datetime
) -> tuple[list[tuple[int, CoreRecord]], list[Fault]]:
    said: list[tuple[int, CoreRecord]] = []
    faults: list[Fault] = []
    for number, data in enumerate(items):
        marked = dict(data)
        if data.get("kind") in _OUTSIDE:
            marked["elsewhere"] = data.get("elsewhere") or evidence
        try:
            one = read(marked, actor=actor, at=at)
        except Invalid as error:
            faults += _of_item(number, error.faults)
            continue
        said.append((number, one))
        faults += _of_item(number, _not_past(one, on))
    return said, faults


def _not_past(one: CoreRecord, on: date) -> list[Fault]:
    """Why a record is nothing that was done before the couple joined."""
    if not isinstance(one, _PAST):
        message = f"A {one.kind} record is said on its own."
        return [Fault("kind", message, "Record it by itself.")]
    if isinstance(one, Milestone) and one.name == LOSS:
        message = "A loss would end this treatment."
        return [
            Fault("name", message, "Write an earlier loss as a note; record one of this course by itself.")
        ]
    if not isinstance(one, Note) and day_of(one) >= on:
        field = "sampled_on" if isinstance(one, Result | Screening) else "on"
        message = "This day does not lie before the day on which they joined."
        return [Fault(field, message, "Correct one of the two, or record what was done here by itself.")]
    return []


def _booked_ahead(gathered: Gathered, said: Iterable[tuple[int, CoreRecord]], at: datetime) -> list[Fault]:
    """A visit that was done elsewhere and is booked here: the couple must hear that it is called off."""
    faults: list[Fault] = []
    for number, one in said:
        row = gathered.visits.get((one.step, one.occurrence)) if isinstance(one, Fulfilled) else None
        if row is not None and row.in_force and row.starts_at is not None and row.starts_at > at:
            booked = Fault("occurrence", "This visit is booked here.", "Cancel the booking first.")
            faults += _of_item(number, [booked])
    return faults


def _untrue(gathered: Gathered, opening: CoreRecord, said: Sequence[tuple[int, CoreRecord]]) -> list[Fault]:
    """What cannot be true of the protocol, of what is recorded already, or of each other."""
    further = [opening, *(one for _, one in said)]
    facts = gathered.facts(*further)
    known = gathered.count_of_facts()
    try:
        plan(gathered.template, facts, gathered.workdays, gathered.today)
    except FactFaults as error:
        faults: list[Fault] = []
        for fault, told in zip(error.faults, faults_of(error), strict=True):
            place = (fault.record if fault.record is not None else -1) - known
            faults += _of_item(said[place - 1][0], [told]) if place > 0 else [told]
        return faults
    return []


def _of_item(number: int, faults: Iterable[Fault]) -> list[Fault]:
    return [Fault(f"items.{number}.{fault.field}", fault.message, fault.remedy) for fault in faults]
