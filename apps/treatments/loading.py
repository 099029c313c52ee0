"""From rows to the core's values: the template, the records and bookings in force, what the planner last
wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from apps.clinic.clock import local_date
from apps.treatments.models import Appointment, Flag, ProtocolVersion, Record, Treatment
from protocols.diff import StoredFlag, StoredVisit, VisitKey
from protocols.loader import load_published
from protocols.reading import read_record
from protocols.records import Booked
from protocols.records import Record as CoreRecord
from protocols.template import Template

# Keys of rows are derived, never drawn: rows that were deleted come back as themselves.
_ROWS = uuid5(NAMESPACE_URL, "https://lit-tracker.invalid/rows")


@lru_cache(maxsize=64)
def template_from(document: str) -> Template:
    """The template of a published document. A document never changes, so neither does what is kept here."""
    return load_published(document)


def template_of(version: ProtocolVersion) -> Template:
    return template_from(version.document)


def appointment_id(treatment_id: UUID, step: str, occurrence: int) -> UUID:
    return uuid5(_ROWS, f"{treatment_id}/visit/{step}/{occurrence}")


def flag_id(treatment_id: UUID, key: str) -> UUID:
    return uuid5(_ROWS, f"{treatment_id}/flag/{key}")


def core_record(row: Record) -> CoreRecord:
    """The record as the core reads it, with identity, moment and author."""
    return read_record(
        {
            **row.data,
            "id": str(row.pk),
            "recorded_at": row.recorded_at,
            "by": {"name": row.by_name, "role": row.by_role},
        }
    )


def core_records(rows: Iterable[Record], appointments: Iterable[Appointment]) -> list[CoreRecord]:
    """The records of a treatment and its bookings in force, as the core takes them."""
    return [*map(core_record, rows), *(booked(row) for row in appointments if row.in_force)]


def booked(row: Appointment) -> CoreRecord:
    """A booking in force as a record. Its id names the day: a decision taken on it does not cover
    another day.
    """
    if row.starts_at is None:
        raise ValueError("a booking in force has a time")
    on = local_date(row.zone, row.starts_at)
    return Booked(
        kind="booked",
        id=f"booking:{row.pk}:{on}",
        step=row.step,
        occurrence=row.occurrence,
        on=on,
        pencilled=row.pencilled,
    )


def stored_visits(rows: Iterable[Appointment]) -> dict[VisitKey, StoredVisit]:
    return {(row.step, row.occurrence): StoredVisit(planned=row.plan, touched=row.touched) for row in rows}


def stored_flags(rows: Iterable[Flag]) -> dict[str, StoredFlag]:
    return {row.key: StoredFlag(planned=_planned(row), is_open=row.is_open) for row in rows}


def persons_coming(
    treatment: Treatment, attends: Iterable[str], donor: str
) -> tuple[UUID | None, UUID | None]:
    """Ids of the recipient and of the partner, each None if the visit does not need them.

    `donor` is the treatment's donor by name on that day, several joined by +; a donor from outside is
    neither.
    """
    comes = set(attends)
    partner_gives = "donor" in comes and "partner" in donor.split("+")
    couple = treatment.couple
    return (
        couple.recipient_id if "recipient" in comes else None,
        couple.partner_id if partner_gives or "partner" in comes else None,
    )


def _planned(row: Flag) -> Mapping[str, Any]:
    """The row's columns in the shape of `protocols.plan.Flag.as_json`, so that the two can be compared."""
    return {
        "key": row.key,
        "code": row.code,
        "text": row.text,
        "severity": row.severity,
        "owner": row.owner,
        "cause": row.cause,
        "cause_on": row.cause_on.isoformat(),
        "due_on": row.due_on.isoformat(),
        "step": row.step or None,
        "occurrence": row.occurrence,
        "holds": row.holds,
        "decisions": row.decisions,
        "proposed_on": row.proposed_on.isoformat() if row.proposed_on else None,
        "previous_decision": row.previous_decision,
    }
