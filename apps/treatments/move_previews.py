"""What a move to another version would do to treatments: two plans each, from the same facts on the same day.

Read only, and bounded: treatments are taken a batch at a time, with one query for the records and one for the visits of a
batch, and none at all where the scheduling part of both versions is the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice
from uuid import UUID

from django.db.models import prefetch_related_objects

from apps.clinic.clock import local_date
from apps.clinic.errors import NotFound
from apps.clinic.loading import workdays_of
from apps.treatments.gathered import Gathered
from apps.treatments.loading import template_from, template_of
from apps.treatments.models import ProtocolVersion, Treatment
from protocols import FactFaults, PlanComparison, Workdays, compare_plans, plan, refused_move, scheduling_hash
from protocols.versions.comparing import UNCHANGED

_BATCH = 50


@dataclass(frozen=True, slots=True)
class MovePreview:
    """One treatment with what the move would do to it. Whoever agrees to it names `comparison.fingerprint`."""

    treatment: Treatment
    comparison: PlanComparison


def preview_move(
    *, version: ProtocolVersion, treatments: Iterable[Treatment], at: datetime
) -> Iterator[MovePreview]:
    """What moving each of the treatments to `version` would do on the clinic's own day at `at`, in their order.

    NotFound for a treatment of another clinic. Writes nothing and locks nothing.
    """
    workdays: dict[UUID, Workdays] = {}
    for batch in _batches(treatments):
        if any(treatment.clinic_id != version.clinic_id for treatment in batch):
            raise NotFound("There is no such treatment.", field="treatments")
        changing = [one for one in batch if not same_schedule(one.protocol_version, version)]
        if changing and not workdays:
            workdays[version.clinic_id] = workdays_of(version.clinic)
        prefetch_related_objects(changing, "records", "appointments")
        for treatment in batch:
            if treatment in changing:
                gathered = _prefetched(treatment, workdays[version.clinic_id], at)
                yield MovePreview(treatment, compare_versions(gathered, treatment.protocol_version, version))
            else:
                yield MovePreview(treatment, UNCHANGED)


def compare_versions(gathered: Gathered, old: ProtocolVersion, new: ProtocolVersion) -> PlanComparison:
    """The treatment's plan of today under both versions, from what is gathered of it."""
    if same_schedule(old, new):
        return UNCHANGED
    facts = gathered.facts()
    try:
        before, after = (
            plan(template_of(version), facts, gathered.workdays, gathered.today) for version in (old, new)
        )
    except FactFaults as error:
        return refused_move(error)
    return compare_plans(before, after)


def same_schedule(old: ProtocolVersion, new: ProtocolVersion) -> bool:
    """Whether no plan can differ between the two, by the hash of their scheduling part."""
    return _hash_of(old.document) == _hash_of(new.document)


def acts_of(gathered: Gathered) -> str:
    """A digest of everything that people said of the treatment: its records, and their columns of its visits."""
    visits = [
        [
            str(row.pk),
            row.status,
            row.starts_at.isoformat() if row.starts_at else None,
            row.ends_at.isoformat() if row.ends_at else None,
            row.pencilled,
            row.deviation_reason,
            row.cancel_reason,
        ]
        for row in gathered.visits.values()
        if row.touched
    ]
    said = [
        sorted(str(record.pk) for record in gathered.records),
        sorted(visits, key=lambda visit: str(visit[0])),
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


@lru_cache(maxsize=64)
def _hash_of(document: str) -> str:
    return scheduling_hash(template_from(document))


def _batches(treatments: Iterable[Treatment]) -> Iterator[list[Treatment]]:
    taken = iter(treatments)
    while batch := list(islice(taken, _BATCH)):
        yield batch


def _prefetched(treatment: Treatment, workdays: Workdays, at: datetime) -> Gathered:
    return Gathered(
        treatment=treatment,
        template=template_of(treatment.protocol_version),
        workdays=workdays,
        today=local_date(treatment.clinic.zone, at),
        records=list(treatment.records.all()),
        visits={(row.step, row.occurrence): row for row in treatment.appointments.all()},
        flags={},
    )
