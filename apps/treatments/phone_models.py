"""Rows of decisions that a doctor told a nurse by phone: they change nothing until that doctor signs."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from apps.clinic.audit import audited
from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic, User


class PhoneState(models.TextChoices):
    """waiting -> signed | refused | withdrawn | lapsed. Lapsed: what the flag rested on has changed meanwhile."""

    WAITING = "waiting"
    SIGNED = "signed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


@audited
class PhoneDecision(models.Model):
    """What a doctor is said to have decided on a flag, and by whom. `cause` is the flag's as the nurse saw it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    flag = models.ForeignKey(
        "treatments.Flag", on_delete=models.PROTECT, related_name="phone_decisions", db_index=False
    )
    choice = models.CharField(max_length=40)
    parameters = models.JSONField(default=dict)
    reason = models.TextField()
    cause = models.JSONField(default=list)
    doctor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    by_name = models.CharField(max_length=150)
    by_user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=PhoneState, default=PhoneState.WAITING)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=150, blank=True)
    refusal = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["at", "id"]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "at"], name="phone_waiting", condition=Q(state="waiting")),
            models.Index(fields=["flag", "at"], name="phone_of_flag"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["flag"], condition=Q(state="waiting"), name="phone_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", closed_at__isnull=True)
                | (~Q(state="waiting") & Q(closed_at__isnull=False)),
                name="phone_closed_has_moment",
            ),
            SameClinic(field="flag", name="phone_flag_in_clinic"),
        ]

    def __str__(self) -> str:
        return f"phone decision {self.id}"
