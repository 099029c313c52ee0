"""Rows of cover: who stands in for whom, and when."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from apps.clinic.audit import audited


@audited
class Cover(models.Model):
    """`by` stands in for `user` on the clinic's days `from_on` to `to_on`, ends inclusive.

    `away`: the user is not there and `by` has everything that is theirs. Otherwise the user is there, and `by` has
    what is left undecided past its day.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(
        "clinic.Clinic", on_delete=models.PROTECT, related_name="covers", db_index=False
    )
    user = models.ForeignKey("clinic.User", on_delete=models.PROTECT, related_name="+", db_index=False)
    by = models.ForeignKey("clinic.User", on_delete=models.PROTECT, related_name="+", db_index=False)
    from_on = models.DateField()
    to_on = models.DateField()
    away = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["from_on", "id"]
        indexes: ClassVar = [models.Index(fields=["clinic", "to_on"], name="cover_days")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(from_on__lte=F("to_on")), name="cover_forward"),
            models.CheckConstraint(condition=~Q(user=F("by")), name="cover_by_another"),
        ]

    def __str__(self) -> str:
        return f"cover {self.id}"
