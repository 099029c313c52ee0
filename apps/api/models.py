"""Rows of the API alone: which clinic a program belongs to, and the answers that a retry gets again."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from oauth2_provider.models import Application

from apps.clinic.audit import audited
from apps.clinic.models import Clinic


@audited
class ApiClient(models.Model):
    """The one clinic in which an OAuth application acts.

    A program with its own credentials needs it. An application that staff sign in to may go without: its
    tokens then reach whatever clinics the member of staff works in.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.OneToOneField(Application, on_delete=models.CASCADE, related_name="api_client")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="api_clients")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "API client"

    def __str__(self) -> str:
        return f"client {self.id}"


class StoredReply(models.Model):
    """What a POST with an Idempotency-Key answered, kept for a day in the transaction of its effect."""

    owner = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(default="")
    location = models.CharField(max_length=200, default="")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "stored replies"
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "key"], name="reply_once")]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="reply_age")]

    def __str__(self) -> str:
        return f"reply {self.pk}"
