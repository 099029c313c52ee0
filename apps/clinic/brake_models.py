"""The brake: while it is on, nothing at all is sent for a clinic."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from apps.clinic.audit import audited


@audited
class Brake(models.Model):
    """One time from braking to releasing, and who did either. At most one of a clinic is on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey("clinic.Clinic", on_delete=models.PROTECT, related_name="brakes")
    since = models.DateTimeField()
    by_name = models.CharField(max_length=150)
    by_user = models.ForeignKey(
        "clinic.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=200)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering: ClassVar = ["-since"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic"], name="brake_once", condition=Q(released_at__isnull=True)
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True, released_by="")
                | (Q(released_at__gte=models.F("since")) & ~Q(released_by="")),
                name="brake_release_has_name",
            ),
        ]

    def __str__(self) -> str:
        return f"brake {self.id}"
