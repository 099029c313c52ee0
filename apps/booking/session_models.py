"""Rows of a session: what its activities are, when each is planned, and what became of it on the day."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from apps.clinic.audit import audited
from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic
from apps.treatments.models import Appointment


class ActivityState(models.TextChoices):
    PLANNED = "planned"
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@audited
class SessionActivity(models.Model):
    """One link of the chain of a booked visit. Booking and moving write the planned times, the day writes the rest.

    `kind` and `name` are those of the recipe (`protocols.sessions`). `done_at` is when it truly ended.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="activities")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=20)
    title = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    attends = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=ActivityState, default=ActivityState.PLANNED)
    started_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering: ClassVar = ["appointment", "position"]
        indexes: ClassVar = [models.Index(fields=["clinic", "starts_at"], name="activity_time")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["appointment", "position"], name="activity_position_once"),
            models.UniqueConstraint(fields=["clinic", "id"], name="activity_in_clinic"),
            models.CheckConstraint(condition=Q(starts_at__lte=F("ends_at")), name="activity_forward"),
            SameClinic(field="appointment", name="activity_appointment_in_clinic"),
        ]

    def __str__(self) -> str:
        return f"activity {self.id}"
