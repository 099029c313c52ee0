"""Rows of what a clinic can do at one time: rooms, benches and people, when they are there, and when not."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from apps.clinic.audit import audited
from apps.clinic.constraints import SameClinic


class ResourceKind(models.TextChoices):
    """What an activity of a session may need; the words are those of `protocols.sessions`."""

    CHAIR = "chair", "Treatment chair"
    PHLEBOTOMY = "phlebotomy", "Phlebotomy"
    BENCH = "bench", "Laboratory bench"
    NURSE = "nurse", "Nurse"
    DOCTOR = "doctor", "Doctor"
    ULTRASOUND = "ultrasound", "Ultrasound"


@audited
class Resource(models.Model):
    """One thing or person that sessions take. `places` is how many sessions it serves at one moment.

    A resource with batches serves whole batches only: its places are then those of each batch.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(
        "clinic.Clinic", on_delete=models.PROTECT, related_name="resources", db_index=False
    )
    kind = models.CharField(max_length=12, choices=ResourceKind)
    name = models.CharField(max_length=80)
    places = models.PositiveSmallIntegerField(default=1)
    is_active = models.BooleanField(default=True)
    changed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["kind", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "name"], name="resource_name_once"),
            models.UniqueConstraint(fields=["clinic", "id"], name="resource_in_clinic"),
            models.CheckConstraint(condition=Q(places__gte=1, places__lte=50), name="resource_places"),
            models.CheckConstraint(condition=Q(kind__in=ResourceKind.values), name="resource_kind"),
        ]

    def __str__(self) -> str:
        return self.name


@audited
class ResourceHours(models.Model):
    """One span of one weekday in which the resource is there; a gap between two is its break.

    A resource without any is there whenever the clinic is open. On days on which the clinic is closed nobody is.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey("clinic.Clinic", on_delete=models.PROTECT, related_name="+", db_index=False)
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="hours")
    weekday = models.PositiveSmallIntegerField()
    opens_at = models.TimeField()
    closes_at = models.TimeField()

    class Meta:
        verbose_name_plural = "resource hours"
        ordering: ClassVar = ["weekday", "opens_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["resource", "weekday", "opens_at"], name="resource_hours_once"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="resource_hours_weekday"),
            models.CheckConstraint(condition=Q(opens_at__lt=F("closes_at")), name="resource_hours_forward"),
            SameClinic(field="resource", name="resource_hours_in_clinic"),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens_at:%H:%M}-{self.closes_at:%H:%M}"


@audited
class Batch(models.Model):
    """A run of the laboratory on every day on which its resource is there, such as the morning's.

    What is to be in it must be there by `cutoff_at` (wall time); all of it is ready at `ends_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey("clinic.Clinic", on_delete=models.PROTECT, related_name="+", db_index=False)
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="batches")
    name = models.CharField(max_length=40)
    starts_at = models.TimeField()
    cutoff_at = models.TimeField()
    ends_at = models.TimeField()

    class Meta:
        verbose_name_plural = "batches"
        ordering: ClassVar = ["starts_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["resource", "starts_at"], name="batch_once"),
            models.CheckConstraint(
                condition=Q(starts_at__lte=F("cutoff_at"), cutoff_at__lt=F("ends_at")), name="batch_forward"
            ),
            SameClinic(field="resource", name="batch_in_clinic"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.starts_at:%H:%M}-{self.ends_at:%H:%M}"


@audited
class ResourceClosure(models.Model):
    """A span of moments in which a resource is out of order or away; without one, the whole clinic is closed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey("clinic.Clinic", on_delete=models.PROTECT, related_name="+", db_index=False)
    resource = models.ForeignKey(
        Resource, null=True, blank=True, on_delete=models.PROTECT, related_name="closures"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["starts_at"]
        indexes: ClassVar = [models.Index(fields=["clinic", "ends_at"], name="resource_closure_time")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="resource_closure_forward"),
            SameClinic(field="resource", name="resource_closure_in_clinic"),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} {self.ends_at:%Y-%m-%d %H:%M}"
