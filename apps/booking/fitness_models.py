"""Rows of the fitness check that opens a session, and the one number that a clinic may set for it."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.db import models

from apps.clinic.audit import audited
from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic, User
from apps.treatments.models import Appointment


class Checked(models.TextChoices):
    RECIPIENT = "recipient"
    DONOR = "donor"


@audited
class FitnessCheck(models.Model):
    """What one of the two answered before the draw, and whether they were fit. Asked again, it is a new row.

    `answers` holds one entry per question of `apps.booking.session.fitness_questions`: what was chosen and what was noted.
    `at` is when it was asked, `entered_at` when it was typed in.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="fitness_checks")
    who = models.CharField(max_length=10, choices=Checked)
    answers = models.JSONField()
    days_since_draw = models.PositiveIntegerField(null=True, blank=True)
    fit = models.BooleanField()
    by_name = models.CharField(max_length=150)
    by_user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    entered_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at", "entered_at"]
        constraints: ClassVar = [SameClinic(field="appointment", name="fitness_appointment_in_clinic")]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"fitness check {self.id}"


@audited
class FitnessSetting(models.Model):
    """The least days between two draws of one donor, if the clinic has set any. Empty: the nurse judges."""

    clinic = models.OneToOneField(Clinic, primary_key=True, on_delete=models.PROTECT, related_name="+")
    days_between_draws = models.PositiveSmallIntegerField(null=True, blank=True)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"fitness setting {self.clinic_id}"
