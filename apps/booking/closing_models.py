"""Rows of closings: what somebody wants to close, and one line for each session that it hits."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.clinic.audit import audited
from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic, Resource, User
from apps.treatments.models import Appointment


class ClosingState(models.TextChoices):
    """Nothing has closed or moved while a closing is drafted. `applying` is a worker's to go on with."""

    DRAFTED = "drafted", _("Drafted")
    APPLYING = "applying", _("Being applied")
    APPLIED = "applied", _("Applied")
    DISCARDED = "discarded", _("Discarded")


class LineDecision(models.TextChoices):
    """What is to become of one session: moved to `chosen_at`, called off, or left booked and flagged."""

    MOVE = "move", _("Move")
    CANCEL = "cancel", _("Cancel")
    STAY = "stay", _("Leave as it is")


class ClosingLineState(models.TextChoices):
    """`waiting` is a worker's to take up; those after it are what came of it."""

    DRAFTED = "drafted", _("Not decided")
    WAITING = "waiting", _("Waiting")
    MOVED = "moved", _("Moved")
    CANCELLED = "cancelled", _("Cancelled")
    STAYED = "stayed", _("Left as it is, flagged")
    SKIPPED = "skipped", _("Not touched: it had changed")
    FAILED = "failed", _("Could not be done, flagged")


class Stage(models.TextChoices):
    """How far a session had come when its closing was drafted."""

    AHEAD = "ahead", _("Not left home")
    ON_THE_WAY = "on_the_way", _("May be on the way")
    ARRIVED = "arrived", _("Arrived")
    DRAWN = "drawn", _("Blood drawn")
    PREPARED = "prepared", _("Cells prepared")


@audited
class Closing(models.Model):
    """A clinic, or one resource, closed from one moment to another. How far it is stands in its lines.

    `whole_days` closes days of the clinic's calendar, which the plans follow; any other span closes hours. `from_now`
    is for what fails during the day.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="closings", db_index=False)
    resource = models.ForeignKey(
        Resource, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    whole_days = models.BooleanField(default=False)
    from_now = models.BooleanField(default=False)
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=ClosingState, default=ClosingState.DRAFTED)
    solved_in_ms = models.PositiveIntegerField(default=0)
    drafted_at = models.DateTimeField()
    drafted_by = models.CharField(max_length=150)
    applied_at = models.DateTimeField(null=True, blank=True)
    applied_by = models.CharField(max_length=150, blank=True)
    applied_by_user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    applied_by_role = models.CharField(max_length=10, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-drafted_at", "id"]
        indexes: ClassVar = [models.Index(fields=["clinic", "-drafted_at"], name="closing_of_clinic")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "id"], name="closing_in_clinic"),
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="closing_forward"),
            models.CheckConstraint(condition=Q(state__in=ClosingState.values), name="closing_state"),
            models.CheckConstraint(
                condition=Q(whole_days=False) | Q(resource__isnull=True, from_now=False),
                name="closing_whole_days_are_the_clinics",
            ),
            SameClinic(field="resource", name="closing_resource_in_clinic"),
        ]

    def __str__(self) -> str:
        return f"closing {self.id}"


@audited
class ClosingLine(models.Model):
    """One session of a closing. `proposed_at` is the solver's, None where it fits nowhere; `chosen_at` is somebody's.

    `was_at` is the time that was seen: a session that stands elsewhere when its turn comes is not touched. `rank` is the
    order in which to call. `unit_note` says what becomes of blood or cells that exist; `next_draw_on` is the
    earliest day on which the donor can be drawn again: a good day with a place, the clinic's least days kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    closing = models.ForeignKey(Closing, on_delete=models.PROTECT, related_name="lines", db_index=False)
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="+", db_index=False)
    was_at = models.DateTimeField()
    was_until = models.DateTimeField()
    proposed_at = models.DateTimeField(null=True, blank=True)
    needs_reason = models.BooleanField(default=False)
    decision = models.CharField(max_length=10, choices=LineDecision, default=LineDecision.STAY)
    chosen_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=ClosingLineState, default=ClosingLineState.DRAFTED)
    message = models.TextField(blank=True)
    stage = models.CharField(max_length=12, choices=Stage, default=Stage.AHEAD)
    rank = models.PositiveSmallIntegerField(default=0)
    unit_note = models.CharField(max_length=300, blank=True)
    next_draw_on = models.DateField(null=True, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["closing", "rank", "id"]
        indexes: ClassVar = [
            models.Index(fields=["closing", "rank"], name="closing_line_open", condition=Q(state="waiting")),
            models.Index(fields=["appointment"], name="closing_line_of_appointment"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["closing", "appointment"], name="closing_line_once"),
            models.CheckConstraint(condition=Q(state__in=ClosingLineState.values), name="closing_line_state"),
            models.CheckConstraint(
                condition=~Q(decision="move") | Q(chosen_at__isnull=False),
                name="closing_line_moves_somewhere",
            ),
            SameClinic(field="closing", name="closing_line_in_clinic"),
            SameClinic(field="appointment", name="closing_line_appointment_in_clinic"),
        ]

    def __str__(self) -> str:
        return f"closing line {self.id}"

    @property
    def fits_nowhere(self) -> bool:
        return self.proposed_at is None

    @property
    def was_changed(self) -> bool:
        """Somebody chose another slot than the proposed one."""
        return self.chosen_at is not None and self.chosen_at != self.proposed_at
