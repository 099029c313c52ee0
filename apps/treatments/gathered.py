"""What a plan of one treatment needs, in memory, and what a verb has changed of it so far."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from apps.clinic.changes import Draft
from apps.clinic.errors import Fault, Invalid, NotFound
from apps.treatments.loading import core_records
from apps.treatments.models import Appointment, Flag, Record, Treatment
from protocols import Facts, Plan, Template, Workdays, plan
from protocols.diff import VisitKey
from protocols.errors import FactFaults
from protocols.records import Record as CoreRecord


@dataclass(slots=True)
class Gathered:
    """Everything that a plan of one treatment needs, and what the verb has changed of it so far.

    `new_records` are written before anything else; `touched` are the visits whose people's columns the verb
    changed; `drafts` are the change rows that it wants told.
    """

    treatment: Treatment
    template: Template
    workdays: Workdays
    today: date
    records: list[Record]
    visits: dict[VisitKey, Appointment]
    flags: dict[str, Flag]
    is_new: bool = False
    new_records: list[Record] = field(default_factory=list)
    touched: set[VisitKey] = field(default_factory=set)
    drafts: list[Draft] = field(default_factory=list)
    # What becomes of the time that visits had taken, by the ids of their rows; see `apps.treatments.occupying`.
    keeps_slots: bool = False
    slots_freed: set[UUID] = field(default_factory=set)
    rest_freed: set[UUID] = field(default_factory=set)
    slots_kept: set[UUID] = field(default_factory=set)
    made_firm: set[UUID] = field(default_factory=set)

    def facts(self, *further: CoreRecord, without: Collection[VisitKey] = ()) -> Facts:
        """The facts as they stand in memory, with `further` records; bookings of the visits in `without`
        left out.
        """
        rows = [row for key, row in self.visits.items() if key not in without]
        return Facts.of([*core_records([*self.records, *self.new_records], rows), *further])

    def count_of_facts(self) -> int:
        """How many records and bookings stand before the `further` ones of `facts`, by which faults are numbered."""
        in_force = sum(row.in_force for row in self.visits.values())
        return len(self.records) + len(self.new_records) + in_force

    def plan(self, facts: Facts | None = None) -> Plan:
        """The plan of today. Raises Invalid with every fault of the records."""
        try:
            return plan(self.template, facts or self.facts(), self.workdays, self.today)
        except FactFaults as error:
            raise invalid(error) from error

    def visit_of(self, appointment: Appointment) -> Appointment:
        """The row as it is now, under the lock; NotFound if the plan has withdrawn it meanwhile."""
        row = self.visits.get((appointment.step, appointment.occurrence))
        if row is None:
            raise NotFound("There is no such appointment.", field="appointment")
        return row

    def tell(self, kind: str, subject: Appointment | Record | Flag | Treatment, **detail: object) -> None:
        """Notes a change row for the end of the verb. `detail` holds ids and dates only."""
        self.drafts.append(
            Draft(
                clinic_id=self.treatment.clinic_id,
                kind=kind,
                subject_type=subject._meta.model_name or "",
                subject_id=subject.pk,
                treatment_id=self.treatment.pk,
                couple_id=self.treatment.couple_id,
                detail=detail,
            )
        )


def invalid(error: FactFaults) -> Invalid:
    """The core's refusal as the product's own: every fault with its field and remedy."""
    return Invalid(code="contradicting_records", faults=faults_of(error))


def faults_of(error: FactFaults) -> list[Fault]:
    """The core's faults in the product's own shape, in their order."""
    return [Fault(fault.field, _sentence(fault.message), _sentence(fault.remedy)) for fault in error.faults]


def _sentence(text: str) -> str:
    text = text.rstrip(".")
    return f"{text[:1].upper()}{text[1:]}." if text else ""
