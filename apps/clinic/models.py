"""Rows of a clinic: people who work there, opening days, and what others must hear of."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models

from apps.clinic.actors import ActorRole
from apps.clinic.audit import audited
from apps.clinic.brake_models import Brake as Brake
from apps.clinic.clock import is_zone
from apps.clinic.cover_models import Cover as Cover
from apps.clinic.fields import CurrentXactId, Xid8Field
from apps.clinic.resource_models import Batch as Batch
from apps.clinic.resource_models import Resource as Resource
from apps.clinic.resource_models import ResourceClosure as ResourceClosure
from apps.clinic.resource_models import ResourceHours as ResourceHours
from apps.clinic.resource_models import ResourceKind as ResourceKind


def validate_zone(name: str) -> None:
    if not is_zone(name):
        raise ValidationError("Not a time zone of the IANA database, such as Asia/Kolkata.", code="zone")


class User(AbstractUser):
    """A member of staff who signs in. What they may do comes from their memberships."""


class Role(models.TextChoices):
    NURSE = "nurse"
    DOCTOR = "doctor"
    LAB = "lab"
    MANAGER = "manager"


_ACTOR_ROLES: dict[Role, ActorRole] = {
    Role.NURSE: "nurse",
    Role.DOCTOR: "doctor",
    Role.LAB: "lab",
    Role.MANAGER: "manager",
}


@audited
class Clinic(models.Model):
    """One clinic: the bound of everything its staff can see."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    slug = models.SlugField(unique=True)
    zone = models.CharField(
        max_length=64, validators=[validate_zone], help_text="IANA name, such as Asia/Kolkata"
    )
    country = models.CharField(max_length=2, help_text="ISO 3166-1, for public holidays")
    subdivision = models.CharField(
        max_length=10, blank=True, help_text="State or nation, for public holidays"
    )
    phone = models.CharField(max_length=32, help_text="The urgent number that every message shows")
    address = models.TextField(blank=True)
    discreet_name = models.CharField(max_length=60, help_text="What outgoing text calls the clinic")
    discreet_place = models.CharField(max_length=80, help_text="What outgoing text calls the place")
    is_test = models.BooleanField(default=False, help_text="Sends nothing and is in no report")
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


@audited
class Membership(models.Model):
    """A user's role in a clinic."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "clinic"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.role} {self.user_id}"

    @property
    def actor_role(self) -> ActorRole:
        return _ACTOR_ROLES[Role(self.role)]


@audited
class OpeningHours(models.Model):
    """One span of one weekday (0 = Monday) in which the clinic is open, in its own wall time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="hours")
    weekday = models.PositiveSmallIntegerField()
    opens_at = models.TimeField()
    closes_at = models.TimeField()

    class Meta:
        verbose_name_plural = "opening hours"
        ordering: ClassVar = ["weekday", "opens_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "weekday", "opens_at"], name="hours_once"),
            models.CheckConstraint(condition=models.Q(weekday__lte=6), name="hours_weekday"),
            models.CheckConstraint(
                condition=models.Q(opens_at__lt=models.F("closes_at")), name="hours_forward"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens_at:%H:%M}-{self.closes_at:%H:%M}"


@audited
class Holiday(models.Model):
    """A public holiday of one year: seeded from the `holidays` library, then ticked by a manager."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="holidays")
    on = models.DateField()
    name = models.CharField(max_length=200)
    closed = models.BooleanField(default=True)
    estimated = models.BooleanField(default=False, help_text="The date depends on the moon and may shift")

    class Meta:
        ordering: ClassVar = ["on"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["clinic", "on"], name="holiday_once")]

    def __str__(self) -> str:
        return f"{self.on} {self.name}"


@audited
class Closure(models.Model):
    """Whole days on which the clinic is closed besides holidays, ends inclusive."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="closures")
    from_on = models.DateField()
    to_on = models.DateField()
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["from_on"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(from_on__lte=models.F("to_on")), name="closure_forward")
        ]

    def __str__(self) -> str:
        return f"{self.from_on} to {self.to_on}"


class Change(models.Model):
    """What others must hear of: written by every verb in its own transaction, pulled by watermark, never
    altered.

    `detail` holds ids and dates only. `xid` is the writing transaction; see `queries.read_changes`.
    """

    id = models.BigAutoField(primary_key=True)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="changes", db_index=False)
    xid = Xid8Field(db_default=CurrentXactId(), editable=False)
    at = models.DateTimeField()
    kind = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=60)
    subject_id = models.UUIDField()
    treatment_id = models.UUIDField(null=True, blank=True)
    couple_id = models.UUIDField(null=True, blank=True)
    actor = models.CharField(max_length=150)
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    route = models.CharField(max_length=10)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["xid", "id"], name="change_order"),
            models.Index(fields=["clinic", "xid", "id"], name="change_order_in_clinic"),
            models.Index(fields=["treatment_id", "id"], name="change_of_treatment"),
            models.Index(fields=["couple_id", "id"], name="change_of_couple"),
            # The desk lists them; there are none but after a change of the zone table.
            models.Index(
                fields=["clinic", "at"],
                name="change_of_clocks",
                condition=models.Q(kind="appointment.wall_time_kept"),
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"


class ChangeReader(models.Model):
    """How far a reader has come: the last change it has dealt with."""

    name = models.CharField(max_length=60, primary_key=True)
    xid = Xid8Field(default=0)
    last_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} {self.xid}/{self.last_id}"


class Heartbeat(models.Model):
    """The last time a recurring job said that it ran."""

    name = models.CharField(max_length=60, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.beat_at:%Y-%m-%d %H:%M}"
