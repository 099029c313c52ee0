"""Dated notes on a couple: append-only, taken down or replaced by a further row."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic, User


class NoteKind(models.TextChoices):
    """What a note is for. The two that are pinned stand on every row of the call list; what is for them both read at their
    own page after a code, in a doctor's words.
    """

    NOTE = "note", _("Note")
    SAY = "say", _("Say")
    DO_NOT_SAY = "do_not_say", _("Do not say")
    ADVERSE_EVENT = "adverse_event", _("Adverse event")
    FOR_THEM = "for_them", _("For their own page")


PINNED = (NoteKind.SAY, NoteKind.DO_NOT_SAY)


class Severity(models.TextChoices):
    """How bad an adverse event was, as a clinician judged it."""

    MILD = "mild", _("mild")
    MODERATE = "moderate", _("moderate")
    SEVERE = "severe", _("severe")


class Note(models.Model):
    """What somebody wrote down about a couple. `on` is the clinic's own day that it speaks of.

    `replaces` takes an earlier note out of force; a withdrawal replaces it by nothing, and its text says why.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    couple = models.ForeignKey(
        "couples.Couple", on_delete=models.PROTECT, related_name="notes", db_index=False
    )
    kind = models.CharField(max_length=20, choices=NoteKind, default=NoteKind.NOTE)
    on = models.DateField()
    text = models.TextField(max_length=2000)
    severity = models.CharField(max_length=10, choices=Severity, blank=True)
    replaces = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by"
    )
    is_withdrawal = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()
    by_name = models.CharField(max_length=150)
    by_role = models.CharField(max_length=10)
    by_user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["-on", "-recorded_at", "id"]
        indexes: ClassVar = [models.Index(fields=["couple", "-on", "-recorded_at"], name="note_of_couple")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "id"], name="note_in_clinic"),
            models.CheckConstraint(condition=Q(kind__in=NoteKind.values), name="note_kind"),
            models.CheckConstraint(
                condition=Q(severity="") | Q(kind=NoteKind.ADVERSE_EVENT),
                name="note_severity_of_event",
            ),
            models.CheckConstraint(
                condition=Q(is_withdrawal=False) | Q(replaces__isnull=False), name="note_withdraws_something"
            ),
            SameClinic(field="couple", name="note_couple_in_clinic"),
            SameClinic(field="replaces", name="note_replaces_in_clinic"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"note {self.id}"

    @property
    def is_pinned(self) -> bool:
        return self.kind in PINNED
