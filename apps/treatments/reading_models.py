"""Rows of results that a clinician has read."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models

from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic, User


class ResultReading(models.Model):
    """Which doctor or nurse was the first to read a result that a machine or the laboratory wrote, and when."""

    record = models.OneToOneField(
        "treatments.Record", primary_key=True, on_delete=models.PROTECT, related_name="reading"
    )
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    by_name = models.CharField(max_length=150)
    by_role = models.CharField(max_length=10)
    by_user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [SameClinic(field="record", name="result_reading_record_in_clinic")]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"reading of result {self.record_id}"
