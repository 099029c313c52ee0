"""Ways to reach a person besides the e-mail addresses on their own row: numbers, a nurse's call, a printed card."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.clinic.audit import audited
from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic


class RouteChannel(models.TextChoices):
    """How something goes out. The last two go through the hands of staff."""

    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    WHATSAPP = "whatsapp", _("WhatsApp")
    CALL = "call", _("A nurse's call")
    CARD = "card", _("Printed card")


# Written by the product itself, to an address; what is not here a person carries out.
WRITTEN = (RouteChannel.EMAIL, RouteChannel.SMS, RouteChannel.WHATSAPP)
NUMBERED = (RouteChannel.SMS, RouteChannel.WHATSAPP, RouteChannel.CALL)


class RouteOwner(models.TextChoices):
    """Whose the number or address is."""

    OWN = "own", _("Their own")
    PARTNER = "partner", _("The partner's")
    FAMILY = "family", _("A relative's")
    OTHER = "other", _("Somebody else's")


@audited
class ContactRoute(models.Model):
    """One way to one person. An address is not unique: several people may share one, each with a row of their own.

    Used while it was agreed to (`consented_at`), not refused (`opted_out_at`), not found wrong (`wrong_since`) and not
    ended. `place` is the order of the person's wish, the lowest first.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(
        "couples.Person", on_delete=models.PROTECT, related_name="routes", db_index=False
    )
    channel = models.CharField(max_length=10, choices=RouteChannel)
    address = models.CharField(max_length=254, blank=True, help_text="A number with +, or an e-mail address")
    belongs_to = models.CharField(max_length=10, choices=RouteOwner, default=RouteOwner.OWN)
    read_by = models.CharField(
        max_length=100, blank=True, help_text="Who else reads or hears it; empty is nobody"
    )
    place = models.PositiveSmallIntegerField(default=1)
    consented_at = models.DateTimeField(null=True, blank=True)
    opted_out_at = models.DateTimeField(null=True, blank=True)
    wrong_since = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["place", "created_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "id"], name="route_in_clinic"),
            models.CheckConstraint(condition=Q(channel__in=RouteChannel.values), name="route_channel"),
            models.CheckConstraint(
                condition=Q(channel=RouteChannel.CARD) | ~Q(address=""), name="route_has_address"
            ),
            SameClinic(field="person", name="route_person_in_clinic"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["person"], name="route_of_person"),
            models.Index(fields=["clinic", "address"], name="route_of_address"),
        ]

    def __str__(self) -> str:
        return f"route {self.id}"

    @property
    def is_usable(self) -> bool:
        return self.consented_at is not None and not (self.opted_out_at or self.wrong_since or self.ended_at)
