"""Carriers that did not answer lately."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.clinic.models import Clinic


class ChannelRest(models.Model):
    """How often in a row whoever carries a clinic's channel did not answer, and until when nothing is given to it.

    E-mail is the server's own: its row has no clinic. Any answer, a refusal too, removes the row.
    """

    clinic = models.ForeignKey(Clinic, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.CharField(max_length=10)
    silences = models.PositiveSmallIntegerField(default=0)
    until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "channel"], nulls_distinct=False, name="rest_once"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} after {self.silences}"
