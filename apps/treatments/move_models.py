"""Rows of moves from one protocol version to another: what somebody began, and one line for each treatment."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q

from apps.clinic.audit import audited
from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic, User
from apps.treatments.protocol_models import ProtocolVersion
from protocols import MoveVerdict

_VERDICTS = tuple(verdict.value for verdict in MoveVerdict)


@audited
class VersionMove(models.Model):
    """What a doctor began: these treatments to this version. How far it is stands in its lines and nowhere else."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    to_version = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="moves")
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=150)
    started_by_user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    undo_asked_at = models.DateTimeField(null=True, blank=True)
    undo_asked_by = models.CharField(max_length=150, blank=True)
    undo_asked_by_user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-started_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "id"], name="move_in_clinic"),
            models.CheckConstraint(
                condition=Q(undo_asked_at__isnull=True) | Q(undo_asked_by_user__isnull=False),
                name="move_undo_has_somebody",
            ),
            SameClinic(field="to_version", name="move_to_in_clinic"),
        ]

    def __str__(self) -> str:
        return f"move {self.id}"


class LineState(models.TextChoices):
    """`waiting` and `undoing` are a worker's to take up; the others are what came of it."""

    WAITING = "waiting"
    MOVED = "moved"
    SKIPPED = "skipped"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"


OPEN_LINES = (LineState.WAITING, LineState.UNDOING)
_STATES = tuple(state.value for state in LineState)


@audited
class VersionMoveLine(models.Model):
    """One treatment of a move. `verdict` and `seen` are the preview that somebody agreed to, `told` what was done then.

    `acts_seen` stands for the records and bookings as they were when the treatment moved: while it is the same, nothing
    was said since and the move can be undone.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    move = models.ForeignKey(VersionMove, on_delete=models.PROTECT, related_name="lines", db_index=False)
    treatment = models.ForeignKey("treatments.Treatment", on_delete=models.PROTECT, related_name="move_lines")
    from_version = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=20, choices=[(verdict, verdict) for verdict in _VERDICTS])
    seen = models.CharField(max_length=32)
    told = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=LineState, default=LineState.WAITING)
    reason = models.TextField(blank=True)
    acts_seen = models.CharField(max_length=64, blank=True)
    moved_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["move", "id"]
        indexes: ClassVar = [
            models.Index(
                fields=["move", "id"], name="line_open", condition=Q(state__in=("waiting", "undoing"))
            )
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["move", "treatment"], name="line_once"),
            models.UniqueConstraint(
                fields=["treatment"],
                name="line_one_open_move",
                condition=Q(state__in=("waiting", "undoing")),
                violation_error_code="moving",
            ),
            models.CheckConstraint(condition=Q(state__in=_STATES), name="line_state"),
            models.CheckConstraint(condition=Q(verdict__in=_VERDICTS), name="line_verdict"),
            models.CheckConstraint(
                condition=Q(state__in=("waiting", "skipped", "failed")) | Q(moved_at__isnull=False),
                name="line_moved_has_moment",
            ),
            SameClinic(field="move", name="line_move_in_clinic"),
            SameClinic(field="treatment", name="line_treatment_in_clinic"),
            SameClinic(field="from_version", name="line_from_in_clinic"),
        ]

    def __str__(self) -> str:
        return f"line {self.id}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_LINES
