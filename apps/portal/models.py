"""Rows of the patient's page: its addresses, the codes that open more of it, and how long each code opens it."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from apps.clinic.audit import audited
from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic
from apps.couples.models import Person


class Ending(models.TextChoices):
    """How an address ended. What ended is unknown from that moment on."""

    ROTATED = "rotated", "Replaced by a new address"
    REVOKED = "revoked", "Ended for good"


@audited
class PageLink(models.Model):
    """One address of one person's page. The token itself is shown once and never stored.

    A SHA-256 without salt is enough: the token holds 256 random bits, nobody can guess their way to it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="page_links", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="page_links", db_index=False)
    label = models.CharField(max_length=40, help_text="Which device or card it is on, in staff's words")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_as = models.CharField(max_length=10, choices=Ending, blank=True)

    class Meta:
        ordering: ClassVar = ["created_at", "id"]
        indexes: ClassVar = [models.Index(fields=["person"], name="page_link_of_person")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "id"], name="page_link_in_clinic"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_as="")
                | (Q(ended_at__isnull=False) & ~Q(ended_as="")),
                name="page_link_ending_has_reason",
            ),
            SameClinic(field="person", name="page_link_person_in_clinic"),
        ]

    def __str__(self) -> str:
        return f"page link {self.id}"

    @property
    def is_live(self) -> bool:
        return self.ended_at is None


class PageCode(models.Model):
    """One code that was sent to a person who asked for it at their page. Six digits, hashed with the server's key.

    Good once, until a moment, for so many tries as `codes` allows, and only while it is the latest of its link.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    link = models.ForeignKey(PageLink, on_delete=models.PROTECT, related_name="codes", db_index=False)
    code_hash = models.CharField(max_length=64, editable=False)
    asked_at = models.DateTimeField()
    until = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["asked_at", "id"]
        indexes: ClassVar = [models.Index(fields=["link", "asked_at"], name="page_code_of_link")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "id"], name="page_code_in_clinic"),
            SameClinic(field="link", name="page_code_link_in_clinic"),
        ]

    def __str__(self) -> str:
        return f"page code {self.id}"


class PageVisit(models.Model):
    """What a code opened: half an hour in one browser, of one address. Its token is in a cookie alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.OneToOneField(PageCode, on_delete=models.PROTECT, related_name="visit")
    link = models.ForeignKey(PageLink, on_delete=models.PROTECT, related_name="visits", db_index=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    began_at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["began_at", "id"]
        constraints: ClassVar = [
            SameClinic(field="code", name="page_visit_code_in_clinic"),
            SameClinic(field="link", name="page_visit_link_in_clinic"),
        ]

    def __str__(self) -> str:
        return f"page visit {self.id}"
