"""Rows of the waiting list: couples who would come earlier inside their window."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.clinic.audit import audited
from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic
from apps.treatments.models import Appointment


class WishEnd(models.TextChoices):
    """Why a wish is over; empty while it stands."""

    EARLIER = "earlier", _("Came earlier")
    WITHDRAWN = "withdrawn", _("No longer wanted")


@audited
class WaitingWish(models.Model):
    """A couple would come earlier to a booked visit, on `from_on` (the clinic's calendar) at the soonest.

    A wish counts while the visit is booked at a time that lies ahead; what ended it otherwise needs no row.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, related_name="wishes", db_index=False
    )
    from_on = models.DateField()
    note = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=150)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_as = models.CharField(max_length=10, choices=WishEnd, blank=True)

    class Meta:
        verbose_name_plural = "waiting wishes"
        ordering: ClassVar = ["asked_at", "id"]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "asked_at"], name="wish_open", condition=Q(ended_at__isnull=True))
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["appointment"], name="wish_once", condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_as="")
                | (Q(ended_at__isnull=False) & ~Q(ended_as="")),
                name="wish_ended_has_moment",
            ),
            SameClinic(field="appointment", name="wish_appointment_in_clinic"),
        ]

    def __str__(self) -> str:
        return f"wish {self.id}"
