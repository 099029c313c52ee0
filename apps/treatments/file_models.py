"""Files attached to records: a laboratory's sheet, a consent form, a picture. Their bytes stand in the database."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic, User


class FileType(models.TextChoices):
    """What a file may be, as its first bytes say. Nothing that a browser would run is among it."""

    PDF = "application/pdf", "PDF"
    PNG = "image/png", "PNG"
    JPEG = "image/jpeg", "JPEG"
    TEXT = "text/plain", "plain text"
    DICOM = "application/dicom", "DICOM"


# Ten mebibytes: a scanned report or a photograph of an arm, not a film.
LARGEST = 10 * 1024 * 1024
_APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class Attachment(models.Model):
    """One file of one record. Append-only: one that was attached wrongly is withdrawn, and says why."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    treatment = models.ForeignKey(
        "treatments.Treatment", on_delete=models.PROTECT, related_name="attachments"
    )
    record = models.ForeignKey("treatments.Record", on_delete=models.PROTECT, related_name="attachments")
    name = models.CharField(max_length=150, help_text="As it was called where it came from")
    content_type = models.CharField(max_length=30, choices=FileType)
    size = models.PositiveIntegerField(help_text="Bytes")
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    at = models.DateTimeField()
    by_name = models.CharField(max_length=150)
    by_role = models.CharField(max_length=10)
    by_user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "id"], name="attachment_in_clinic"),
            models.UniqueConstraint(fields=["record", "sha256"], name="attachment_once"),
            models.CheckConstraint(
                condition=Q(size__gt=0) & Q(size__lte=LARGEST), name="attachment_within_size"
            ),
            models.CheckConstraint(
                condition=Q(content_type__in=FileType.values), name="attachment_of_known_type"
            ),
            SameClinic(field="treatment", name="attachment_treatment_in_clinic"),
        ]
        triggers: ClassVar = [_APPEND_ONLY]

    def __str__(self) -> str:
        return f"attachment {self.id}"


class AttachmentWithdrawal(models.Model):
    """A file that is shown no more. Its bytes stay, for whoever must answer for it."""

    attachment = models.OneToOneField(
        Attachment, primary_key=True, on_delete=models.PROTECT, related_name="withdrawal"
    )
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()
    by_name = models.CharField(max_length=150)
    by_user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [SameClinic(field="attachment", name="withdrawal_attachment_in_clinic")]
        triggers: ClassVar = [_APPEND_ONLY]

    def __str__(self) -> str:
        return f"withdrawal of attachment {self.attachment_id}"


class AttachmentReading(models.Model):
    """Who fetched a file, and when: written before the first byte is handed out."""

    id = models.BigAutoField(primary_key=True)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    attachment = models.ForeignKey(Attachment, on_delete=models.PROTECT, related_name="readings")
    at = models.DateTimeField()
    by_name = models.CharField(max_length=150)
    by_role = models.CharField(max_length=10)
    by_user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [SameClinic(field="attachment", name="reading_attachment_in_clinic")]
        triggers: ClassVar = [_APPEND_ONLY]

    def __str__(self) -> str:
        return f"reading {self.id}"
