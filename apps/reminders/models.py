"""One row per message that is due to somebody, from its first day to what became of it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q

from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic
from apps.couples.models import ContactRoute, Person
from apps.reminders.channel_models import REPLIES as REPLIES
from apps.reminders.channel_models import ChannelSetting as ChannelSetting
from apps.reminders.channel_models import KeptSecret as KeptSecret
from apps.reminders.channel_models import MessageHours as MessageHours
from apps.reminders.channel_models import Provider as Provider
from apps.reminders.channel_models import RegisteredText as RegisteredText
from apps.reminders.inbound_models import InboundAbout as InboundAbout
from apps.reminders.inbound_models import InboundText as InboundText
from apps.reminders.resting_models import ChannelRest as ChannelRest
from apps.reminders.trial_models import ReviewedText as ReviewedText
from apps.reminders.trial_models import Trial as Trial
from apps.reminders.trial_models import TrialState as TrialState
from apps.treatments.models import Treatment


class DeliveryState(models.TextChoices):
    """pending -> leased -> sent | unknown | handed; leased -> pending (try again); pending, leased -> withdrawn |
    expired | dead; unknown -> sent | dead by the provider's own word, -> pending only where it surely took nothing;
    sent -> dead by a receipt that it did not arrive.

    `leased` with `attempt_began_at` may have left the house already: nobody but its own sender touches it,
    and when its lease runs out it is `unknown`. A provider that can be asked is asked; mail cannot, so it is
    never sent again. `handed` is what a person tells or hands over: a nurse's call, a printed card.
    """

    PENDING = "pending"
    LEASED = "leased"
    SENT = "sent"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    DEAD = "dead"
    UNKNOWN = "unknown", "Not known whether it arrived"
    HANDED = "handed", "Given to staff, who tell it"


class Receipt(models.TextChoices):
    """What the provider said after it had accepted a message."""

    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


class Delivery(models.Model):
    """A message of one kind to one person about one visit at one time, or, without a visit, by a key of its own.

    `starts_at` is the time of the visit that the message speaks of, also the promise that it is sent at most
    once: person, visit, kind, time and key are unique. `appointment_id` is not a foreign key: the log outlives the
    visit. `lease_no` counts claims, so that a sender whose lease ran out can no longer speak for the row.
    `blanks` is what a text about no visit is filled with; a secret one is forgotten once it is out.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    role = models.CharField(max_length=20, blank=True, help_text="In which role the person attends the visit")
    treatment = models.ForeignKey(
        Treatment, null=True, blank=True, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    appointment_id = models.UUIDField(null=True, blank=True)
    kind = models.CharField(max_length=40)
    starts_at = models.DateTimeField(null=True, blank=True)
    key = models.CharField(max_length=80, blank=True)
    blanks = models.JSONField(default=dict, blank=True)
    language = models.CharField(max_length=2, blank=True, help_text="In which it was worded")
    due_at = models.DateTimeField()
    not_after = models.DateTimeField()
    channel = models.CharField(max_length=10, default="email")
    route = models.ForeignKey(
        ContactRoute, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    only_route = models.BooleanField(default=False, help_text="No other way will do")
    provider = models.CharField(max_length=20, blank=True)
    provider_id = models.CharField(max_length=120, blank=True, help_text="The provider's own name for it")
    receipt = models.CharField(max_length=10, choices=Receipt, blank=True)
    receipt_at = models.DateTimeField(null=True, blank=True)
    asks = models.PositiveSmallIntegerField(default=0, help_text="How often the provider was asked about it")
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.PENDING)
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_no = models.PositiveIntegerField(default=0)
    attempt_began_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_to = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True, help_text="The exact text that was handed over")
    last_error = models.CharField(max_length=80, blank=True, help_text="A class or a reason, never a text")

    class Meta:
        verbose_name_plural = "deliveries"
        ordering: ClassVar = ["due_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "appointment_id", "kind", "starts_at", "key"],
                nulls_distinct=False,
                name="delivery_once",
            ),
            models.CheckConstraint(
                condition=Q(appointment_id__isnull=False) | ~Q(key=""), name="delivery_about_something"
            ),
            models.CheckConstraint(condition=Q(due_at__lt=models.F("not_after")), name="delivery_has_time"),
            models.CheckConstraint(
                condition=~Q(state="sent") | (Q(sent_at__isnull=False) & ~Q(body="")),
                name="delivery_sent_has_text",
            ),
            SameClinic(field="person", name="delivery_person_in_clinic"),
            SameClinic(field="treatment", name="delivery_treatment_in_clinic"),
            SameClinic(field="route", name="delivery_route_in_clinic"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["next_try_at"], name="delivery_due", condition=Q(state="pending")),
            models.Index(fields=["not_after"], name="delivery_stale", condition=Q(state="pending")),
            models.Index(fields=["lease_until"], name="delivery_leased", condition=Q(state="leased")),
            models.Index(fields=["appointment_id"], name="delivery_of_appointment"),
            models.Index(fields=["treatment"], name="delivery_of_treatment"),
            models.Index(
                fields=["clinic", "starts_at"],
                name="delivery_speaks_of",
                condition=Q(starts_at__isnull=False),
            ),
            models.Index(fields=["person"], name="delivery_notice", condition=Q(treatment__isnull=True)),
            models.Index(fields=["provider_id"], name="delivery_receipt", condition=~Q(provider_id="")),
            models.Index(fields=["next_try_at"], name="delivery_to_ask", condition=Q(state="unknown")),
            models.Index(
                fields=["clinic", "due_at"],
                name="delivery_undelivered",
                condition=Q(state__in=["dead", "unknown", "expired"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def time(self) -> datetime:
        """The time of the visit that it speaks of; ValueError for a message that speaks of none."""
        if self.starts_at is None:
            raise ValueError("this message is about no time")
        return self.starts_at

    @property
    def is_open(self) -> bool:
        """Still to be sent, and nobody has begun to."""
        return self.state == DeliveryState.PENDING or (
            self.state == DeliveryState.LEASED and self.attempt_began_at is None
        )

    @property
    def may_have_arrived(self) -> bool:
        """The person knows what it says, or may know it: also by a message to somebody who shares their number."""
        begun = (DeliveryState.LEASED, DeliveryState.WITHDRAWN)
        return self.state in (DeliveryState.SENT, DeliveryState.UNKNOWN, DeliveryState.HANDED) or (
            self.state in begun and self.attempt_began_at is not None
        )

    @property
    def told_at(self) -> datetime | None:
        """When the person may have come to know what it says; what is told by people has no attempt."""
        return (self.attempt_began_at or self.sent_at) if self.may_have_arrived else None


# `may_have_arrived`, and that it surely left, as questions to the database.
MAY_HAVE_ARRIVED = Q(state__in=("sent", "unknown", "handed")) | Q(
    state__in=("leased", "withdrawn"), attempt_began_at__isnull=False
)
SURELY_TOLD = Q(state__in=("sent", "handed"))


class DerivationRetry(models.Model):
    """A treatment whose messages could not be derived: tried again later, so that it keeps nobody else
    waiting. Or one whose messages are asked anew, since the clinic has set something else for all."""

    treatment = models.OneToOneField(
        Treatment, primary_key=True, on_delete=models.CASCADE, related_name="derivation_retry"
    )
    next_try_at = models.DateTimeField(db_index=True)
    tries = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=80)

    def __str__(self) -> str:
        return f"retry of {self.treatment_id}"
