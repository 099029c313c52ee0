"""Rows of protocols: what somebody works on, and what a doctor signed."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.db import models

from apps.clinic.audit import audited
from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic, User


class ProtocolVersion(models.Model):
    """A published protocol document. The database refuses every change of it.

    `signed_by` is the account of the doctor who signed; empty for a version that the installation itself entered (the
    demo, a shell), where `published_by` is a name that was given and nobody signed in.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="protocols", db_index=False)
    name = models.CharField(max_length=80)
    version = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    document = models.TextField(help_text="The YAML text exactly as it was signed")
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=150, help_text="The doctor who signed it")
    signed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["name", "-published_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "name", "version"], name="protocol_version_once"),
            models.UniqueConstraint(fields=["clinic", "id"], name="protocol_in_clinic"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="immutable", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@audited
class ProtocolDraft(models.Model):
    """A protocol document that somebody works on: any text, faults and all. No treatment runs on it.

    `name` and `title` are what the text last called itself. `revision` counts the savings: a verb that names another one
    is refused, so that two people never overwrite each other. At most one of `based_on` and `based_on_library` says where
    the text came from.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="protocol_drafts")
    name = models.CharField(max_length=80, blank=True)
    title = models.CharField(max_length=200, blank=True)
    document = models.TextField(blank=True)
    based_on = models.ForeignKey(
        ProtocolVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="drafts"
    )
    based_on_library = models.CharField(max_length=80, blank=True)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=150)

    class Meta:
        ordering: ClassVar = ["-changed_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "id"], name="draft_in_clinic"),
            SameClinic(field="based_on", name="draft_based_on_in_clinic"),
            models.CheckConstraint(
                condition=models.Q(based_on__isnull=True) | models.Q(based_on_library=""),
                name="draft_based_on_one",
            ),
        ]

    def __str__(self) -> str:
        return f"draft of {self.name or self.id}"
