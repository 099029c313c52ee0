"""Rows of what people said of a booked visit: that they come, and that they take it back."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic, User
from apps.couples.models import Person
from apps.treatments.models import Appointment


class ComingWord(models.Model):
    """One person's word that they come to a visit at its time: append-only.

    It speaks of `starts_at` and of no other time: a visit that is moved has to be confirmed anew. A row with
    `takes_back` is the same person's later word that it no longer holds.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, related_name="coming_words", db_index=False
    )
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    starts_at = models.DateTimeField()
    takes_back = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="taken_back_by"
    )
    at = models.DateTimeField()
    by_name = models.CharField(max_length=150)
    by_user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    route = models.CharField(max_length=10)

    class Meta:
        ordering: ClassVar = ["at", "id"]
        indexes: ClassVar = [
            models.Index(
                fields=["appointment", "starts_at"], name="coming_of_visit", condition=Q(takes_back=None)
            )
        ]
        constraints: ClassVar = [
            SameClinic(field="appointment", name="coming_visit_in_clinic"),
            SameClinic(field="person", name="coming_person_in_clinic"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"coming word {self.id}"
