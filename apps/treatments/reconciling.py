"""Reconcile: gather, decide, apply. The only place where a plan becomes rows, inside the verb's own
transaction.

A verb opens `acting`, gathers (which locks the treatment), changes records and people's columns in memory,
and calls `settle`, which writes those and whatever the new plan asks. Nothing here writes a column that
people own, except those of the rows that the verb itself lists in `Gathered.touched`.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.clinic.actors import Actor
from apps.clinic.clock import local_date
from apps.clinic.errors import NotFound
from apps.clinic.loading import workdays_of
from apps.treatments.applying import apply
from apps.treatments.gathered import Gathered
from apps.treatments.loading import stored_flags, stored_visits, template_of
from apps.treatments.models import Flag, Treatment
from protocols import Facts, Plan, diff
from protocols.diff import Changes
from protocols.records import Decision


def gather(*, treatment_id: UUID, at: datetime, skip_locked: bool = False) -> Gathered | None:
    """Locks the treatment until the transaction ends and loads it. None if it is gone, or locked and
    `skip_locked`.
    """
    locked = Treatment.objects.select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)
    treatment = (
        locked.select_related("clinic", "couple", "protocol_version")
        .filter(pk=treatment_id)
        .order_by()
        .first()
    )
    return None if treatment is None else load(treatment, at=at)


def locked(*, treatment_id: UUID, at: datetime) -> Gathered:
    """`gather` for a verb that was asked for this treatment: NotFound if there is none."""
    gathered = gather(treatment_id=treatment_id, at=at)
    if gathered is None:
        raise NotFound("There is no such treatment.", field="treatment")
    return gathered


def load(treatment: Treatment, *, at: datetime) -> Gathered:
    """The rows of a treatment as they are: five queries, no lock. The moment is read in the clinic's own
    zone.
    """
    return Gathered(
        treatment=treatment,
        template=template_of(treatment.protocol_version),
        workdays=workdays_of(treatment.clinic),
        today=local_date(treatment.clinic.zone, at),
        records=list(treatment.records.all()),
        visits={(row.step, row.occurrence): row for row in treatment.appointments.order_by()},
        flags={row.key: row for row in treatment.flags.order_by()},
    )


def load_new(treatment: Treatment, *, at: datetime) -> Gathered:
    """A treatment that was just made: two queries, since it has no rows yet."""
    return Gathered(
        treatment=treatment,
        template=template_of(treatment.protocol_version),
        workdays=workdays_of(treatment.clinic),
        today=local_date(treatment.clinic.zone, at),
        records=[],
        visits={},
        flags={},
        is_new=True,
    )


def compare(gathered: Gathered, planned: Plan) -> Changes:
    """What the rows lack of the plan."""
    return diff(planned, stored_visits(gathered.visits.values()), stored_flags(gathered.flags.values()))


def settle(gathered: Gathered, *, actor: Actor, at: datetime) -> Changes:
    """Decide and apply: writes the verb's own rows and what the new plan asks. Raises Invalid and writes
    nothing when the records contradict each other.
    """
    facts = gathered.facts()
    planned = gathered.plan(facts)
    changes = compare(gathered, planned)
    apply(gathered, planned, changes, decisions_on(facts, gathered, changes), actor=actor, at=at)
    return changes


def decisions_on(facts: Facts, gathered: Gathered, changes: Changes) -> dict[str, UUID]:
    """For each flag that closes because of a decision in force: the record of that decision."""
    closed: dict[str, UUID] = {}
    for entry in facts.all_of(Decision):
        if isinstance(entry.record, Decision):
            for key in changes.clear:
                if _settles(entry.record, gathered.flags[key]):
                    closed[key] = UUID(entry.id)
    return closed


def _settles(decision: Decision, flag: Flag) -> bool:
    if decision.flag not in (flag.key, flag.code):
        return False
    if decision.cause is None:
        return decision.on >= flag.cause_on
    return set(decision.cause) == set(flag.cause)
