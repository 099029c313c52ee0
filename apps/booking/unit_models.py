"""Rows of a donor's unit: from the label at the draw to the injection or the bin, and who checked it against whom."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from apps.clinic.audit import audited
from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic, User
from apps.couples.models import Person
from apps.treatments.models import Appointment, Record


@audited
class DonorUnit(models.Model):
    """What one draw of one donor gave. `code` stands on the label and ends in `check_code`, which people type.

    `donor` is the role on that day; `donor_person` is known where the donor is of the couple. `released_by` is the named
    person of the gate. A unit is injected or disposed of, never both; `dose` is the record that says what was given.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="units")
    code = models.CharField(max_length=40)
    check_code = models.CharField(max_length=4)
    donor = models.CharField(max_length=60)
    donor_person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="units_given"
    )
    recipient = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="units_for")
    drawn_on = models.DateField()
    drawn_at = models.DateTimeField()
    drawn_by = models.CharField(max_length=150)
    ready_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.CharField(max_length=150, blank=True)
    released_by_user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    medium_lot = models.CharField(max_length=100, blank=True)
    injected_at = models.DateTimeField(null=True, blank=True)
    dose = models.ForeignKey(Record, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    disposed_at = models.DateTimeField(null=True, blank=True)
    disposed_by = models.CharField(max_length=150, blank=True)
    disposal_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["drawn_at", "code"]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "medium_lot"], name="unit_lot", condition=~Q(medium_lot=""))
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "id"], name="unit_in_clinic"),
            models.UniqueConstraint(fields=["clinic", "code"], name="unit_code_once"),
            # Four typed characters must never fit a second unit that lies on the bench that day.
            models.UniqueConstraint(
                fields=["clinic", "drawn_on", "check_code"], name="unit_check_once_a_day"
            ),
            models.CheckConstraint(
                condition=Q(injected_at__isnull=True) | Q(disposed_at__isnull=True), name="unit_one_end"
            ),
            models.CheckConstraint(
                condition=Q(injected_at__isnull=True) | Q(released_at__isnull=False),
                name="unit_released_before_injection",
            ),
            models.CheckConstraint(
                condition=Q(disposed_at__isnull=True) | ~Q(disposal_reason=""),
                name="unit_disposal_has_reason",
            ),
            SameClinic(field="appointment", name="unit_appointment_in_clinic"),
            SameClinic(field="donor_person", name="unit_donor_in_clinic"),
            SameClinic(field="recipient", name="unit_recipient_in_clinic"),
        ]

    def __str__(self) -> str:
        return f"unit {self.id}"

    @property
    def is_open(self) -> bool:
        """Neither injected nor disposed of."""
        return self.injected_at is None and self.disposed_at is None


class UnitCheck(models.Model):
    """Two people held the label against the couple: what they read, and whether it is the unit of this visit."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="unit_checks")
    read_code = models.CharField(max_length=200)
    second_read_code = models.CharField(max_length=200)
    matches = models.BooleanField()
    first_name = models.CharField(max_length=150)
    first_user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    second_name = models.CharField(max_length=150)
    second_user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(first_user=models.F("second_user")), name="unit_check_by_two_people"
            ),
            SameClinic(field="appointment", name="unit_check_appointment_in_clinic"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"unit check {self.id}"


class WitnessAttempt(models.Model):
    """Somebody gave the credentials of a second person, well or not. What is tried too often is refused for a while."""

    id = models.BigAutoField(primary_key=True)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    username = models.CharField(max_length=150)
    succeeded = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["clinic", "at"], name="witness_attempt_recent")]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"witness attempt {self.pk}"


class ReleaseRefusal(models.Model):
    """Why a unit was not released: for the donor-safety role alone.

    The reason stands in this row and nowhere else: not in change rows, the API, logs, the visit or the flag, and no
    history table repeats it. `unit_queries.refusals_of` is the one way to it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="release_refusals")
    reason = models.TextField()
    by_name = models.CharField(max_length=150)
    by_user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    entered_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(reason=""), name="release_refusal_has_reason"),
            SameClinic(field="appointment", name="release_refusal_appointment_in_clinic"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"release refusal {self.id}"
