"""What people write to a clinic: kept until somebody has read it, and why nothing goes out meanwhile."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic
from apps.couples.models import Couple


class InboundText(models.Model):
    """One text as it came in. `provider_id` is the provider's own name for it: the same one comes in once.

    Nothing is inferred from its words; `was_stop` says that the whole of it was the agreed word for refusing.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="inbound", db_index=False)
    channel = models.CharField(max_length=10)
    address = models.CharField(max_length=254)
    text = models.TextField(max_length=2000, blank=True)
    provider_id = models.CharField(max_length=120)
    was_stop = models.BooleanField(default=False)
    received_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    read_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering: ClassVar = ["received_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "id"], name="inbound_in_clinic"),
            models.UniqueConstraint(fields=["clinic", "channel", "provider_id"], name="inbound_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["clinic", "received_at"], name="inbound_unread", condition=Q(read_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"inbound {self.id}"


class InboundAbout(models.Model):
    """A couple that a text may have come from: a number may be several people's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    inbound = models.ForeignKey(InboundText, on_delete=models.CASCADE, related_name="about", db_index=False)
    couple = models.ForeignKey(Couple, on_delete=models.PROTECT, related_name="inbound", db_index=False)

    class Meta:
        verbose_name_plural = "inbound texts"
        constraints: ClassVar = [
            SameClinic(field="inbound", name="inbound_about_in_clinic"),
            SameClinic(field="couple", name="inbound_couple_in_clinic"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["inbound"], name="inbound_abouts"),
            models.Index(fields=["couple"], name="inbound_of_couple"),
        ]

    def __str__(self) -> str:
        return f"inbound {self.inbound_id} of {self.couple_id}"
