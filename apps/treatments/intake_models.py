"""Rows of imports: a file that somebody uploaded, and one line for each couple in it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from apps.clinic.audit import audited
from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic, User
from apps.couples.models import Couple


@audited
class CoupleImport(models.Model):
    """A file of couples. How far it is stands in its lines. `confirmed_by` signed in and saw the trial run: a worker
    carries out what they saw and nothing else.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    file_hash = models.CharField(max_length=64, help_text="SHA-256 of the file; its name may name people")
    dates = models.CharField(max_length=10, help_text="How days are written in it")
    uploaded_at = models.DateTimeField()
    uploaded_by = models.CharField(max_length=150)
    uploaded_by_role = models.CharField(max_length=10)
    uploaded_by_user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.CharField(max_length=150, blank=True)
    confirmed_by_role = models.CharField(max_length=10, blank=True)
    confirmed_by_user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    discarded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-uploaded_at", "id"]
        indexes: ClassVar = [models.Index(fields=["clinic", "-uploaded_at"], name="import_of_clinic")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "id"], name="import_in_clinic"),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True) | Q(confirmed_by_user__isnull=False),
                name="import_confirmed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"import {self.id}"


class ImportState(models.TextChoices):
    """`unchecked` and `waiting` are a worker's to take up; the others are what came of it."""

    UNCHECKED = "unchecked"
    GOOD = "good"
    KNOWN = "known"
    FAULTY = "faulty"
    WAITING = "waiting"
    IMPORTED = "imported"
    FAILED = "failed"
    LEFT = "left"


OPEN_IMPORTS = (ImportState.UNCHECKED, ImportState.WAITING)


class CoupleImportLine(models.Model):
    """One row of the file. Its cells are people's data: they are emptied once the line is done or left.

    Not audited by itself: what it leads to is.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    couple_import = models.ForeignKey(
        CoupleImport, on_delete=models.CASCADE, related_name="lines", db_index=False
    )
    number = models.PositiveIntegerField(help_text="The row in the file, its headings being row 1 or so")
    cells = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.UNCHECKED)
    told = models.JSONField(default=list, help_text="What it would do, or did, in sentences")
    warnings = models.JSONField(default=list)
    faults = models.JSONField(default=list, help_text="Column, message, remedy")
    couple = models.ForeignKey(Couple, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["couple_import", "number"]
        indexes: ClassVar = [
            models.Index(
                fields=["couple_import", "number"],
                name="import_line_open",
                condition=Q(state__in=("unchecked", "waiting")),
            )
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["couple_import", "number"], name="import_line_once"),
            SameClinic(field="couple_import", name="import_line_in_clinic"),
            SameClinic(field="couple", name="import_line_couple_in_clinic"),
        ]

    def __str__(self) -> str:
        return f"import line {self.id}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_IMPORTS
