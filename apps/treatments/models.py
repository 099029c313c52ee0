"""Rows of a treatment. Every column of an appointment is either the planner's or people's."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Least

from apps.clinic.audit import audited
from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic, User
from apps.couples.models import Couple, Person
from apps.treatments.calendar_models import CalendarEntry as CalendarEntry
from apps.treatments.file_models import Attachment as Attachment
from apps.treatments.file_models import AttachmentReading as AttachmentReading
from apps.treatments.file_models import AttachmentWithdrawal as AttachmentWithdrawal
from apps.treatments.file_models import FileType as FileType
from apps.treatments.flag_models import Flag as Flag
from apps.treatments.flag_models import FlagState as FlagState
from apps.treatments.intake_models import CoupleImport as CoupleImport
from apps.treatments.intake_models import CoupleImportLine as CoupleImportLine
from apps.treatments.intake_models import ImportState as ImportState
from apps.treatments.move_models import LineState as LineState
from apps.treatments.move_models import VersionMove as VersionMove
from apps.treatments.move_models import VersionMoveLine as VersionMoveLine
from apps.treatments.occupation_models import Occupation as Occupation
from apps.treatments.occupation_models import Purpose as Purpose
from apps.treatments.overlap import STATUSES_IN_FORCE
from apps.treatments.phone_models import PhoneDecision as PhoneDecision
from apps.treatments.phone_models import PhoneState as PhoneState
from apps.treatments.protocol_models import ProtocolDraft as ProtocolDraft
from apps.treatments.protocol_models import ProtocolVersion as ProtocolVersion
from apps.treatments.reading_models import ResultReading as ResultReading
from protocols.plan import State
from protocols.status import Status

_STATES = tuple(state.value for state in State)
_STATUSES = tuple(status.value for status in Status)


@audited
class Treatment(models.Model):
    """One couple on one pinned protocol version. `replan_on` and `closed_reason` are the planner's.

    `retry_at` keeps a treatment whose sweep failed out of the sweeps until then; it says nothing of the plan.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="treatments", db_index=False)
    couple = models.ForeignKey(Couple, on_delete=models.PROTECT, related_name="treatments")
    protocol_version = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="treatments")
    started_on = models.DateField(null=True, blank=True)
    notify = models.BooleanField(default=True, help_text="False for back-filled treatments: nothing is sent")
    closed_reason = models.TextField(blank=True)
    replan_on = models.DateField(null=True, blank=True)
    retry_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["created_at", "id"]
        indexes: ClassVar = [
            models.Index(
                fields=["replan_on", "id"], name="treatment_replan", condition=Q(replan_on__isnull=False)
            ),
            models.Index(fields=["clinic", "id"], name="treatment_active", condition=Q(closed_reason="")),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "id"], name="treatment_in_clinic"),
            SameClinic(field="couple", name="treatment_couple_in_clinic"),
            SameClinic(field="protocol_version", name="treatment_protocol_in_clinic"),
        ]

    def __str__(self) -> str:
        return f"treatment {self.id}"

    @property
    def is_closed(self) -> bool:
        return bool(self.closed_reason)


class Record(models.Model):
    """Something dated that happened or was decided: append-only, corrected by a record of kind `correction`.

    `data` is the body as the core reads it, without id, moment and author, which are columns.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    treatment = models.ForeignKey(Treatment, on_delete=models.PROTECT, related_name="records", db_index=False)
    kind = models.CharField(max_length=20)
    data = models.JSONField()
    on = models.DateField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    by_name = models.CharField(max_length=150)
    by_role = models.CharField(max_length=10)
    by_user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    route = models.CharField(max_length=10)

    class Meta:
        ordering: ClassVar = ["recorded_at", "id"]
        indexes: ClassVar = [
            models.Index(fields=["treatment", "recorded_at", "id"], name="record_of_treatment"),
            # The worklist's: whether a sample has its result, and whether that stands.
            models.Index(fields=["treatment"], name="record_result", condition=Q(kind="result")),
            models.Index(fields=["treatment"], name="record_correction", condition=Q(kind="correction")),
            models.Index(
                fields=["clinic", "treatment"],
                name="record_pregnancy",
                condition=Q(kind="milestone", data__name="pregnancy"),
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "id"], name="record_in_clinic"),
            SameClinic(field="treatment", name="record_treatment_in_clinic"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"record {self.id}"


@audited
class Appointment(models.Model):
    """The stored visit of one occurrence; `id` is uuid5 of treatment, step and occurrence.

    `recipient` and `partner` are set by booking to whom of the two the visit takes. What and whom it takes when stands
    in its occupations, which the database keeps apart. `starts_at` outlives a cancellation: it says what was cancelled.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="appointments", db_index=False)
    treatment = models.ForeignKey(
        Treatment, on_delete=models.PROTECT, related_name="appointments", db_index=False
    )
    step = models.CharField(max_length=80)
    occurrence = models.PositiveSmallIntegerField()

    # The planner's columns.
    plan = models.JSONField()
    state = models.CharField(max_length=20, choices=[(state, state) for state in _STATES])
    title = models.CharField(max_length=200)
    proposed_on = models.DateField(null=True, blank=True)
    earliest_on = models.DateField(null=True, blank=True)
    latest_on = models.DateField(null=True, blank=True)
    bookable_from = models.DateField(null=True, blank=True)
    bookable_to = models.DateField(null=True, blank=True)
    held = models.BooleanField(default=False)
    attends = models.JSONField(default=list)

    # People's columns: no reconciliation ever writes them.
    status = models.CharField(
        max_length=20, choices=[(status, status) for status in _STATUSES], default=Status.PROPOSED.value
    )
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    local_start = models.CharField(max_length=16, blank=True, help_text="Wall time in zone, 2026-01-12T09:00")
    zone = models.CharField(max_length=64, blank=True)
    recipient = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    partner = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    pencilled = models.BooleanField(default=False)
    deviation_reason = models.CharField(max_length=300, blank=True)
    cancel_reason = models.CharField(max_length=300, blank=True)
    touched = models.BooleanField(default=False)

    changed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["starts_at", "proposed_on", "step", "occurrence"]
        indexes: ClassVar = [
            models.Index(
                fields=["clinic", "starts_at"], name="appointment_day", condition=Q(starts_at__isnull=False)
            ),
            models.Index(
                fields=["clinic", "proposed_on"],
                name="appointment_proposed",
                condition=Q(proposed_on__isnull=False),
            ),
            # The worklist's: what has no booking by its last good day, what is booked by its end, what was done by its day.
            models.Index(
                F("clinic"),
                Least("latest_on", "bookable_to"),
                name="appointment_unbooked",
                condition=Q(
                    status__in=("proposed", "noshow", "cancelled"),
                    state__in=("proposed", "missed"),
                    held=False,
                ),
            ),
            models.Index(
                F("clinic"),
                Least("latest_on", "bookable_to"),
                name="appointment_fallen",
                condition=Q(status__in=("noshow", "cancelled"), state__in=("proposed", "missed"), held=False),
            ),
            models.Index(
                fields=["clinic", "ends_at"],
                name="appointment_in_force",
                condition=Q(status__in=STATUSES_IN_FORCE),
            ),
            models.Index(
                F("clinic"),
                KeyTextTransform("on", "plan"),
                name="appointment_done",
                condition=Q(state="fulfilled"),
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["treatment", "step", "occurrence"], name="appointment_once"),
            models.UniqueConstraint(fields=["clinic", "id"], name="appointment_in_clinic"),
            models.CheckConstraint(condition=Q(state__in=_STATES), name="appointment_state"),
            models.CheckConstraint(condition=Q(status__in=_STATUSES), name="appointment_status"),
            models.CheckConstraint(
                condition=~Q(status__in=STATUSES_IN_FORCE)
                | Q(starts_at__isnull=False, ends_at__isnull=False),
                name="appointment_in_force_has_time",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="appointment_forward",
            ),
            models.CheckConstraint(
                condition=Q(touched=True) | Q(status=Status.PROPOSED.value),
                name="appointment_touched_by_people",
            ),
            SameClinic(field="treatment", name="appointment_treatment_in_clinic"),
            SameClinic(field="recipient", name="appointment_recipient_in_clinic"),
            SameClinic(field="partner", name="appointment_partner_in_clinic"),
        ]

    def __str__(self) -> str:
        return f"appointment {self.id}"

    @property
    def uid(self) -> str:
        """The calendar UID: the same for ever, whatever becomes of the row."""
        return f"{self.id}@{settings.FEED_UID_DOMAIN}"

    @property
    def in_force(self) -> bool:
        return self.status in STATUSES_IN_FORCE
