"""What calendars know of a visit."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic


class CalendarEntry(models.Model):
    """What calendars know of a visit. Outlives the visit's row, so that UID and SEQUENCE never start again.

    `shown` is what a calendar could see when `sequence` was last raised.
    """

    appointment_id = models.UUIDField(primary_key=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    treatment = models.ForeignKey(
        "treatments.Treatment", on_delete=models.PROTECT, related_name="calendar_entries"
    )
    sequence = models.PositiveIntegerField(default=0)
    shown = models.JSONField(default=dict)
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "calendar entries"
        constraints: ClassVar = [SameClinic(field="treatment", name="calendar_entry_treatment_in_clinic")]

    def __str__(self) -> str:
        return f"{self.appointment_id} {self.sequence}"

    @property
    def uid(self) -> str:
        return f"{self.appointment_id}@{settings.FEED_UID_DOMAIN}"
