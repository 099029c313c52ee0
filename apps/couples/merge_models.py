"""That two persons were found to be one, and everything that was moved because of it: enough to take it back."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from apps.clinic.audit import audited
from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic, User


@audited
class PersonMerge(models.Model):
    """`other` became `kept`. `moved` holds, by table and column, the ids of the rows that pointed to `other` and the
    ids that they pointed to; `filled` the columns of `kept` that were empty; `couples` what became of couples.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    kept = models.ForeignKey("couples.Person", on_delete=models.PROTECT, related_name="merges")
    other = models.ForeignKey("couples.Person", on_delete=models.PROTECT, related_name="+")
    moved = models.JSONField(default=list)
    filled = models.JSONField(default=dict)
    merged_at = models.DateTimeField()
    merged_by = models.CharField(max_length=150)
    merged_by_user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering: ClassVar = ["-merged_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(kept=F("other")), name="merge_of_two"),
            models.UniqueConstraint(
                fields=["other"], condition=Q(undone_at__isnull=True), name="merged_once_at_a_time"
            ),
            SameClinic(field="kept", name="merge_kept_in_clinic"),
            SameClinic(field="other", name="merge_other_in_clinic"),
        ]

    def __str__(self) -> str:
        return f"merge {self.id}"
