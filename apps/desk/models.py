"""What the desk keeps for itself: how each user last set their first page."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.clinic.models import Clinic, User


class DeskPreference(models.Model):
    """The filters of one user's first page, as they left them; without a clinic those over all of theirs.

    Nothing clinical and nobody else's, so it has no history.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    clinic = models.ForeignKey(Clinic, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    filters = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "clinic"], nulls_distinct=False, name="desk_preference_once"
            )
        ]

    def __str__(self) -> str:
        return f"preference of {self.user_id}"
