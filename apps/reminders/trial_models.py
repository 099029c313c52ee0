"""Trial messages to staff, and which translations somebody who speaks the language has read."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from apps.clinic.audit import audited
from apps.clinic.models import Clinic
from apps.couples.models import Language


class TrialState(models.TextChoices):
    """begun -> sent | refused | unknown; unknown -> sent by a receipt. Nothing is sent a second time."""

    BEGUN = "begun"
    SENT = "sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@audited
class Trial(models.Model):
    """One trial of a channel, to an address of the clinic's own staff: asked for by a manager, sent at once, kept.

    Apart from deliveries, which go to the people who are treated. `id` goes along as a delivery's would, so receipts
    find it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=10)
    address = models.CharField(max_length=254)
    language = models.CharField(max_length=2, choices=Language)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(help_text="The exact text that was handed over")
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=TrialState, default=TrialState.BEGUN)
    provider = models.CharField(max_length=20, blank=True)
    provider_id = models.CharField(max_length=120, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    receipt = models.CharField(max_length=10, blank=True, help_text="delivered, read or failed")
    receipt_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=80, blank=True, help_text="A class or a code, never a text")

    class Meta:
        ordering: ClassVar = ["-asked_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=TrialState.values), name="trial_state"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "asked_at"], name="trial_of_clinic"),
            models.Index(fields=["provider_id"], name="trial_receipt", condition=~Q(provider_id="")),
        ]

    def __str__(self) -> str:
        return f"trial {self.id}"


@audited
class ReviewedText(models.Model):
    """Somebody who speaks the language has read one of our texts in it, for this clinic. `digest` is of the wording that
    they read: once it changes, it is unread again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=40, help_text="Which of our texts it is: confirmation, moved ...")
    language = models.CharField(max_length=2, choices=Language)
    digest = models.CharField(max_length=64)
    reader = models.CharField(max_length=100, help_text="Who read it, a native speaker")
    marked_by = models.CharField(max_length=150)
    marked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "language", "name"], name="reviewed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.language}"
