"""Who and what a visit takes, from when to when: the rows that make a double booking impossible."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Q

from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic, Resource
from apps.couples.models import Person
from apps.treatments.overlap import PERSON_ONCE, PLACE_ONCE, TstzRange


class Purpose(models.TextChoices):
    """Why the time is taken. All but `booked` end by themselves at `until`."""

    BOOKED = "booked"
    HELD = "held", "held while somebody confirms"
    PENCILLED = "pencilled", "pencilled until a decision"
    KEPT = "kept", "kept after a loss or a move"


class Occupation(models.Model):
    """One place of a resource, or one person, taken for one activity of a visit.

    The row is the fact: what is taken has a row, what is free has none. One whose `until` has passed is dead; whoever
    needs its time deletes it first.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    appointment = models.ForeignKey(
        "treatments.Appointment", on_delete=models.CASCADE, related_name="occupations"
    )
    activity = models.CharField(max_length=80)
    resource = models.ForeignKey(
        Resource, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    place = models.PositiveSmallIntegerField(default=1)
    person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    purpose = models.CharField(max_length=10, choices=Purpose, default=Purpose.BOOKED)
    until = models.DateTimeField(null=True, blank=True)
    by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["clinic", "starts_at"], name="occupation_time"),
            models.Index(fields=["until"], name="occupation_until", condition=Q(until__isnull=False)),
        ]
        constraints: ClassVar = [
            ExclusionConstraint(
                name=PLACE_ONCE,
                expressions=[
                    ("resource", RangeOperators.EQUAL),
                    ("place", RangeOperators.EQUAL),
                    (TstzRange(F("starts_at"), F("ends_at"), RangeBoundary()), RangeOperators.OVERLAPS),
                ],
                condition=Q(resource__isnull=False),
            ),
            ExclusionConstraint(
                name=PERSON_ONCE,
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    (TstzRange(F("starts_at"), F("ends_at"), RangeBoundary()), RangeOperators.OVERLAPS),
                ],
                condition=Q(person__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(resource__isnull=False, person__isnull=True)
                | Q(resource__isnull=True, person__isnull=False),
                name="occupation_of_one",
            ),
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="occupation_forward"),
            models.CheckConstraint(
                condition=Q(purpose="booked", until__isnull=True)
                | (~Q(purpose="booked") & Q(until__isnull=False)),
                name="occupation_ends",
            ),
            SameClinic(field="appointment", name="occupation_appointment_in_clinic"),
            SameClinic(field="resource", name="occupation_resource_in_clinic"),
            SameClinic(field="person", name="occupation_person_in_clinic"),
        ]

    def __str__(self) -> str:
        return f"occupation {self.id}"
