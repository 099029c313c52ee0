"""Rows of what people did to bookings, so that the last act can be put back once."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic, User
from apps.treatments.models import Appointment


class ActKind(models.TextChoices):
    BOOK = "book"
    MOVE = "move"
    CANCEL = "cancel"


class BookingAct(models.Model):
    """One booking, move or cancellation by somebody: append-only.

    `before` are people's columns of the visit as they were. `acts_seen` stands for everything that people had said of the
    treatment right after the act: while it is the same, nothing was said since. `undoes` is the act that this one put
    back; no act is put back twice, and one that puts back is not put back itself.
    """

    id = models.BigAutoField(primary_key=True)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="acts")
    kind = models.CharField(max_length=10, choices=ActKind)
    before = models.JSONField()
    acts_seen = models.CharField(max_length=64)
    undoes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by"
    )
    at = models.DateTimeField()
    by_name = models.CharField(max_length=150)
    by_user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=ActKind.values), name="booking_act_kind"),
            SameClinic(field="appointment", name="booking_act_in_clinic"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"booking act {self.id}"
