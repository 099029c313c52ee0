"""By what a person's name is found again when somebody misreads or mishears it."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic


class NameKeys(models.Model):
    """Derived from the name by `apps.couples.names.keys_of` whenever it is stored: it can be made anew at any time.

    Two names that are mistaken for each other share a key, so similar names are one look into the index.
    """

    person = models.OneToOneField(
        "couples.Person", primary_key=True, on_delete=models.CASCADE, related_name="name_keys"
    )
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    keys = ArrayField(models.TextField())

    class Meta:
        verbose_name_plural = "name keys"
        indexes: ClassVar = [GinIndex(fields=["keys"], name="name_keys_shared")]
        constraints: ClassVar = [SameClinic(field="person", name="name_keys_person_in_clinic")]

    def __str__(self) -> str:
        return f"name keys of person {self.person_id}"
