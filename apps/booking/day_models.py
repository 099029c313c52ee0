"""Rows of a day as a whole: its sheet on paper, made the evening before, and its end, said by a person."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.db import models

from apps.clinic.models import Clinic, User


class DaySheet(models.Model):
    """The printed sheet of one clinic's day, as a PDF. `digest` says of what it was made, so that it is made anew when
    that changes. It holds names and is deleted when it is old (`day_sheets.forget_old`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    on = models.DateField()
    made_at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    sessions = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering: ClassVar = ["-on"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["clinic", "on"], name="day_sheet_once")]

    def __str__(self) -> str:
        return f"day sheet {self.on}"


class DayEnd(models.Model):
    """Somebody closed the day: by then every visit of it had an outcome. Never altered."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    on = models.DateField()
    closed_at = models.DateTimeField()
    by_name = models.CharField(max_length=150)
    by_user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        ordering: ClassVar = ["-on"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["clinic", "on"], name="day_end_once")]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"end of {self.on}"
