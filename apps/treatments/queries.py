"""The treatments' read path: one function per question, each inside one clinic; what is elsewhere does
not exist.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.clinic.clock import day_bounds
from apps.clinic.errors import NotFound
from apps.clinic.models import Clinic
from apps.couples.models import Couple
from apps.treatments.gathered import Gathered
from apps.treatments.loading import template_of
from apps.treatments.models import (
    Appointment,
    CalendarEntry,
    Flag,
    FlagState,
    ProtocolVersion,
    Record,
    Treatment,
)
from apps.treatments.reconciling import load
from apps.treatments.saying import standing
from protocols import Plan, Template


def protocols_of(clinic: Clinic) -> QuerySet[ProtocolVersion]:
    """What the clinic has published, newest version of each name first."""
    return ProtocolVersion.objects.filter(clinic=clinic).order_by("name", "-published_at")


def protocol_by_id(clinic: Clinic, protocol_id: UUID) -> ProtocolVersion:
    found = ProtocolVersion.objects.filter(clinic=clinic, pk=protocol_id).first()
    if found is None:
        raise NotFound("There is no such protocol.", field="protocol")
    return found


def template(version: ProtocolVersion) -> Template:
    """The published document as the core reads it."""
    return template_of(version)


def treatments_of(clinic: Clinic, *, active: bool | None = None) -> QuerySet[Treatment]:
    """Treatments with couple, people and protocol; `active` picks those that go on or those that ended."""
    found = Treatment.objects.filter(clinic=clinic).select_related(
        "clinic", "couple__recipient", "couple__partner", "protocol_version"
    )
    if active is not None:
        found = found.filter(closed_reason="") if active else found.exclude(closed_reason="")
    return found.order_by("couple__code", "created_at", "id")


def treatments_of_couple(couple: Couple) -> QuerySet[Treatment]:
    return treatments_of(couple.clinic).filter(couple=couple)


def treatment_by_id(clinic: Clinic, treatment_id: UUID) -> Treatment:
    found = treatments_of(clinic).filter(pk=treatment_id).first()
    if found is None:
        raise NotFound("There is no such treatment.", field="treatment")
    return found


def plan_of(treatment: Treatment, at: datetime) -> Plan:
    """The plan of the clinic's own day at `at`, computed now from the records and bookings in force. No
    lock.
    """
    return load(treatment, at=at).plan()


def whole_of(treatment: Treatment, at: datetime) -> Gathered:
    """A treatment with everything in it, for a page that shows most of it: read once, no lock, and its `plan()` is the
    one of the clinic's own day at `at`. Visits and flags know their treatment and clinic.
    """
    gathered = load(treatment, at=at)
    for visit in gathered.visits.values():
        visit.treatment, visit.clinic = treatment, treatment.clinic
    for flag in gathered.flags.values():
        flag.treatment, flag.clinic = treatment, treatment.clinic
    return gathered


def records_of(treatment: Treatment) -> QuerySet[Record]:
    """Everything ever recorded, oldest first, corrected records included."""
    return Record.objects.filter(treatment=treatment).select_related("by_user").order_by("recorded_at", "id")


def record_by_id(clinic: Clinic, record_id: UUID) -> Record:
    found = Record.objects.filter(clinic=clinic, pk=record_id).select_related("treatment__clinic").first()
    if found is None:
        raise NotFound("There is no such record.", field="record")
    return found


def in_force(records: Iterable[Record]) -> set[UUID]:
    """Ids of those records of one treatment that no correction took out of force."""
    return standing(records)


def appointments_of(
    clinic: Clinic,
    *,
    from_: date | None = None,
    to: date | None = None,
    status: Iterable[str] = (),
    treatment: Treatment | None = None,
) -> QuerySet[Appointment]:
    """Visits with treatment and people. `from_` and `to` (ends inclusive) are the clinic's own days; a
    visit with a time counts by it, one that is only proposed by its proposed day.
    """
    found = Appointment.objects.filter(clinic=clinic).select_related(
        "clinic", "treatment__couple__recipient", "treatment__couple__partner", "treatment__protocol_version"
    )
    timed, untimed = Q(starts_at__isnull=False), Q(starts_at__isnull=True)
    if from_ is not None:
        timed &= Q(starts_at__gte=day_bounds(clinic.zone, from_)[0])
        untimed &= Q(proposed_on__gte=from_)
    if to is not None:
        timed &= Q(starts_at__lt=day_bounds(clinic.zone, to)[1])
        untimed &= Q(proposed_on__lte=to)
    if from_ is not None or to is not None:
        found = found.filter(timed | untimed)
    wanted = tuple(status)
    if wanted:
        found = found.filter(status__in=wanted)
    if treatment is not None:
        found = found.filter(treatment=treatment)
    return found.order_by("starts_at", "proposed_on", "step", "occurrence", "id")


def appointment_by_id(clinic: Clinic, appointment_id: UUID) -> Appointment:
    found = appointments_of(clinic).filter(pk=appointment_id).first()
    if found is None:
        raise NotFound("There is no such appointment.", field="appointment")
    return found


def calendar_entries_of(treatment: Treatment) -> QuerySet[CalendarEntry]:
    """UID and SEQUENCE of every visit the treatment ever had."""
    return CalendarEntry.objects.filter(treatment=treatment)


def flags_of(
    clinic: Clinic, *, state: str | None = FlagState.OPEN, treatment: Treatment | None = None
) -> QuerySet[Flag]:
    """Flags with treatment, people and decision, most pressing first; open ones unless `state` says
    otherwise (None for all).
    """
    found = Flag.objects.filter(clinic=clinic).select_related(
        "clinic", "treatment__couple__recipient", "treatment__couple__partner", "decision"
    )
    if state is not None:
        found = found.filter(state=state)
    if treatment is not None:
        found = found.filter(treatment=treatment)
    return found.order_by("due_on", "raised_at", "id")


def flag_by_id(clinic: Clinic, flag_id: UUID) -> Flag:
    found = flags_of(clinic, state=None).filter(pk=flag_id).first()
    if found is None:
        raise NotFound("There is no such flag.", field="flag")
    return found
