"""Rows of donors from outside a couple: how the clinic reaches them, for the product itself never writes to them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from apps.clinic.audit import audited
from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic
from apps.treatments.models import Treatment


@audited
class DonorContact(models.Model):
    """Whom to ring where lymphocytes of a treatment come from outside the couple. Contact data: not for the laboratory.

    `donor` is the role that the protocol knows (unrelated ...), `name` a name or the code that the clinic gave.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    treatment = models.ForeignKey(
        Treatment, on_delete=models.PROTECT, related_name="donor_contacts", db_index=False
    )
    donor = models.CharField(max_length=60)
    name = models.CharField(max_length=100, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["donor"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["treatment", "donor"], name="donor_contact_once"),
            SameClinic(field="treatment", name="donor_contact_in_clinic"),
        ]

    def __str__(self) -> str:
        return f"donor contact {self.id}"
