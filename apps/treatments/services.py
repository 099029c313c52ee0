"""The treatments' write path. Every verb locks the treatment, writes, reconciles and tells, in one
transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.errors import Conflict, Invalid, NotFound
from apps.couples.models import Couple
from apps.treatments.acts import LOSS
from apps.treatments.gates import (
    require_choice,
    require_may_decide,
    require_may_record,
    require_performable,
    require_skippable,
)
from apps.treatments.joining import join_in_midcourse
from apps.treatments.models import Flag, ProtocolVersion, Record, Treatment
from apps.treatments.publishing import publish_protocol
from apps.treatments.reconciling import compare, load, load_new, locked, settle
from apps.treatments.recording import (
    add,
    correct_row,
    decide_on,
    finish,
    flag_named,
    is_loss,
    lock_couple,
    row_by_id,
)
from apps.treatments.saying import read
from protocols import Plan
from protocols.diff import Changes
from protocols.records import (
    Absence,
    Booked,
    Consent,
    Correction,
    Dating,
    Decision,
    Fulfilled,
    Note,
    OptIn,
    Result,
    Screening,
    Skipped,
)

__all__ = [
    "correct",
    "decide",
    "join_in_midcourse",
    "preview",
    "publish_protocol",
    "reconcile",
    "record",
    "record_together",
    "start_treatment",
]

_FINDINGS = (Absence, Consent, Dating, Note, OptIn, Result, Screening)


def start_treatment(
    *,
    couple: Couple,
    protocol_version: ProtocolVersion,
    started_on: date | None = None,
    actor: Actor,
    at: datetime,
    notify: bool = True,
) -> Treatment:
    """Puts the couple on a protocol version. `started_on` records the milestone course-start, planned if it
    lies ahead.

    `notify=False` is for back-filled treatments: the product never writes to anybody because of them.
    """
    require_clinic(actor, couple.clinic_id)
    require_role(actor, "nurse", "doctor", "manager", "client")
    clinic = couple.clinic
    if protocol_version.clinic_id != clinic.pk:
        raise NotFound("There is no such protocol.", field="protocol_version")
    with acting(actor):
        treatment = Treatment.objects.create(
            clinic=clinic,
            couple=couple,
            protocol_version=protocol_version,
            started_on=started_on,
            notify=notify,
            created_at=at,
            changed_at=at,
        )
        gathered = load_new(treatment, at=at)
        gathered.tell("treatment.started", treatment, started_on=started_on and started_on.isoformat())
        if started_on is not None:
            certainty = "planned" if started_on > gathered.today else "happened"
            start = {"kind": "milestone", "name": "course-start", "on": started_on, "certainty": certainty}
            add(gathered, read(start, actor=actor, at=at), actor=actor, at=at)
        settle(gathered, actor=actor, at=at)
    return treatment


def record(*, treatment: Treatment, data: Mapping[str, Any], actor: Actor, at: datetime) -> Record:
    """Adds a record, in the shape of `protocols.records`. Invalid with every fault, and nothing changed.

    Conflict for an act that may not be performed (held, expired, not needed, something missing on its day).
    A decision goes by the rules of `decide`, a correction by those of `correct`; a booking is refused here.
    A loss that happened cancels everything ahead of the couple and silences it before this returns.
    """
    require_clinic(actor, treatment.clinic_id)
    said = read(data, actor=actor, at=at)
    require_may_record(actor, said)
    with acting(actor):
        if is_loss(said):
            lock_couple(treatment)
        gathered = locked(treatment_id=treatment.pk, at=at)
        if isinstance(said, Decision):
            return decide_on(gathered, flag_named(gathered, said.flag), said, actor=actor, at=at)
        if isinstance(said, Correction):
            row = row_by_id(gathered, said.of)
            return correct_row(gathered, row, said.reason, data.get("replacement"), actor=actor, at=at)
        if isinstance(said, Fulfilled):
            gathered.plan(gathered.facts(said))  # what cannot be true is said before what may not be done
            require_performable(gathered, said)
        if isinstance(said, Skipped):
            require_skippable(gathered, said)
        before = gathered.facts()
        row = add(gathered, said, actor=actor, at=at)
        finish(gathered, before, actor=actor, at=at)
    return row


def record_together(
    *, treatment: Treatment, items: Sequence[Mapping[str, Any]], actor: Actor, at: datetime
) -> list[Record]:
    """Adds the findings of one sitting (an infection screen, both consents) in one act: all of them or none.

    Whatever moves a visit or decides is said on its own, by `record`: Invalid for it here.
    """
    require_clinic(actor, treatment.clinic_id)
    read_items = [read(data, actor=actor, at=at) for data in items]
    for said in read_items:
        require_may_record(actor, said)
        if not isinstance(said, _FINDINGS):
            raise Invalid(
                f"A {said.kind} record is said on its own.",
                code="on_its_own",
                field="kind",
                remedy="Record it by itself.",
            )
    with acting(actor):
        gathered = locked(treatment_id=treatment.pk, at=at)
        before = gathered.facts()
        rows = [add(gathered, said, actor=actor, at=at) for said in read_items]
        finish(gathered, before, actor=actor, at=at)
    return rows


def decide(
    *, flag: Flag, choice: str, reason: str, parameters: Mapping[str, Any], actor: Actor, at: datetime
) -> Record:
    """Decides a flag on the cause that the caller saw. Forbidden unless the actor is verified and in the
    owner's role.

    Conflict if the flag is closed or its cause has changed meanwhile; Invalid for a choice that it does not
    offer or parameters that the choice lacks. Pencilled bookings that only this flag held become booked, if
    still in time and asked for.
    """
    require_clinic(actor, flag.clinic_id)
    require_may_decide(actor, flag)
    with acting(actor):
        gathered = locked(treatment_id=flag.treatment_id, at=at)
        fresh = gathered.flags.get(flag.key)
        if fresh is None:
            raise NotFound("There is no such flag.", field="flag")
        if fresh.is_open and fresh.cause != flag.cause:
            raise Conflict(
                "What this flag rests on has changed.",
                code="cause_changed",
                field="flag",
                remedy="Look at the flag as it is now, then decide.",
            )
        data = {
            "kind": "decision",
            "flag": flag.key,
            "choice": choice,
            "on": gathered.today,
            "reason": reason.strip(),
            "parameters": dict(parameters),
        }
        require_choice(fresh, choice)
        said = read(data, actor=actor, at=at)
        return decide_on(gathered, fresh, said, actor=actor, at=at)


def correct(
    *, record: Record, reason: str, replacement: Mapping[str, Any] | None, actor: Actor, at: datetime
) -> Record:
    """Takes a record out of force; `replacement` stands in its place. Returns the correction.

    Correcting a correction without a replacement brings the original back. A decision is corrected only by
    who could take it. What was told of the record stays told; a silence that it caused is ended by a
    person.
    """
    require_clinic(actor, record.clinic_id)
    require_role(actor, "nurse", "doctor", "manager", "lab", "client")
    with acting(actor):
        if replacement is not None and replacement.get("name") == LOSS:
            lock_couple(record.treatment)
        gathered = locked(treatment_id=record.treatment_id, at=at)
        return correct_row(gathered, record, reason, replacement, actor=actor, at=at)


def reconcile(*, treatment: Treatment, at: datetime) -> Changes:
    """Brings the rows into line with the plan of today. Without need it writes nothing."""
    actor = Actor.system("task")
    with acting(actor):
        return settle(locked(treatment_id=treatment.pk, at=at), actor=actor, at=at)


def preview(
    *,
    treatment: Treatment,
    records: Sequence[Mapping[str, Any]],
    at: datetime,
    actor: Actor | None = None,
) -> tuple[Plan, Changes]:
    """What the plan would be with these records too, bookings included, and what would change. Writes
    nothing. `actor` is who would say them; a decision is refused to who may not take it.
    """
    gathered = load(treatment, at=at)
    said = [read(data, actor=actor or Actor.system("task"), at=at) for data in records]
    rebooked = [(one.step, one.occurrence) for one in said if isinstance(one, Booked)]
    planned = gathered.plan(gathered.facts(*said, without=rebooked))
    return planned, compare(gathered, planned)
