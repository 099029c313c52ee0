"""Rows of review tasks."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from apps.clinic.audit import audited
from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic


class FlagState(models.TextChoices):
    OPEN = "open"
    DECIDED = "decided"
    CLEARED = "cleared"


@audited
class Flag(models.Model):
    """A review task; `id` is uuid5 of treatment and key. The row stays; the planner opens and closes it."""

    id = models.UUIDField(primary_key=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="flags", db_index=False)
    treatment = models.ForeignKey(
        "treatments.Treatment", on_delete=models.PROTECT, related_name="flags", db_index=False
    )
    key = models.CharField(max_length=200)
    code = models.CharField(max_length=60)
    text = models.TextField()
    severity = models.CharField(max_length=10)
    owner = models.CharField(max_length=10)
    cause = models.JSONField(default=list)
    cause_on = models.DateField()
    due_on = models.DateField()
    holds = models.JSONField(default=list)
    decisions = models.JSONField(default=list)
    step = models.CharField(max_length=80, blank=True)
    occurrence = models.PositiveSmallIntegerField(null=True, blank=True)
    proposed_on = models.DateField(null=True, blank=True)
    previous_decision = models.JSONField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=FlagState, default=FlagState.OPEN)
    raised_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    decision = models.ForeignKey(
        "treatments.Record", null=True, blank=True, on_delete=models.PROTECT, related_name="decided_flags"
    )

    class Meta:
        ordering: ClassVar = ["due_on", "raised_at", "id"]
        indexes: ClassVar = [models.Index(fields=["clinic", "state", "due_on"], name="flag_worklist")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["treatment", "key"], name="flag_once"),
            models.UniqueConstraint(fields=["clinic", "id"], name="flag_in_clinic"),
            models.CheckConstraint(
                condition=Q(state=FlagState.OPEN, closed_at__isnull=True)
                | (~Q(state=FlagState.OPEN) & Q(closed_at__isnull=False)),
                name="flag_closed_has_moment",
            ),
            SameClinic(field="treatment", name="flag_treatment_in_clinic"),
        ]

    def __str__(self) -> str:
        return f"flag {self.id}"

    @property
    def is_open(self) -> bool:
        return self.state == FlagState.OPEN
