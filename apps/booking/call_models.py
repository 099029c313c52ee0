"""Rows of calls: whom somebody has to ring, why and by when, and what came of each call."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.clinic.audit import audited
from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic, User
from apps.couples.models import Couple, Person
from apps.treatments.models import Treatment


class CallWhy(models.TextChoices):
    """Why a couple is rung. The first three are read off the visit itself, `silenced` off the couple, `not_told` and
    `not_shown` off the visit and what was sent of it; a row is made with the first outcome. So are the two of a donor
    from outside, who is rung in the couple's place (`calls/donors.py`).
    """

    MISSED = "missed", _("Missed, not booked again")
    CANCELLED = "cancelled", _("Cancelled, not booked again")
    OVERDUE = "overdue", _("Overdue and not booked")
    STOPPED = "stopped", _("Session stopped")
    NO_VISIT = "no_visit", _("Visit cannot take place")
    CLOSING = "closing", _("Day or room closed")
    PLACE_FREE = "place_free", _("A place came free")
    SILENCED = "silenced", _("Everything was stopped")
    MESSAGE_REFUSED = "message_refused", _("Could not be written to")
    CHANGE = "change", _("Asks for another time")
    NOT_SHOWN = "not_shown", _("Messages stopped, a visit stands")
    NOT_TOLD = "not_told", _("Was not told what is so now")
    ENDED = "ended", _("One of them ended it")
    WROTE = "wrote", _("Wrote to us")
    TELL = "tell", _("Wishes to be told by phone")
    DONOR = "donor", _("Tell the donor from outside")
    DONOR_OFF = "donor_off", _("Tell the donor from outside that it is off")
    OTHER = "other", _("Asked to be rung")


# What the visit says by itself, as long as it stands as it does: such a call ends with a booking.
READ_OFF_THE_VISIT = (CallWhy.MISSED, CallWhy.CANCELLED, CallWhy.OVERDUE)
# What the couple is told because no message did; true of the visit as it stood then.
OF_A_TIME = (CallWhy.TELL, CallWhy.MESSAGE_REFUSED, CallWhy.CHANGE, CallWhy.NOT_SHOWN, CallWhy.NOT_TOLD)
# Not to the couple: what a visit takes of a donor from outside, and what he knows of it.
OF_THE_DONOR = (CallWhy.DONOR, CallWhy.DONOR_OFF)


class CallState(models.TextChoices):
    """open -> done | declined; declined -> noted, when a doctor has taken note of it. An undone outcome leads back.

    A call that is read off the visit stays noted while the visit stands as it does; another is done when noted.
    """

    OPEN = "open"
    DECLINED = "declined"
    NOTED = "noted"
    DONE = "done"


class Outcome(models.TextChoices):
    """What came of a call. `noted` is a doctor's word on a declined one, `undone` takes an outcome back."""

    BOOKED = "booked", _("Booked")
    CALL_AGAIN = "call_again", _("Call again on")
    DECLINED = "declined", _("Declined")
    WRONG_NUMBER = "wrong_number", _("Wrong number")
    REACHED = "reached", _("Reached, nothing more to do")
    NOTED = "noted", _("Doctor has taken note")
    UNDONE = "undone", _("Outcome taken back")


@audited
class CallTask(models.Model):
    """One thing to ring a couple about.

    `appointment_id` is not a foreign key: a visit that the plan withdraws leaves its calls behind. `about_at` is the
    time of the visit that the call speaks of, so that a visit missed a second time is a call of its own. `assigned` is
    empty where the couple's own nurse calls.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    couple = models.ForeignKey(Couple, on_delete=models.PROTECT, related_name="calls", db_index=False)
    treatment = models.ForeignKey(
        Treatment, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    appointment_id = models.UUIDField(null=True, blank=True)
    about_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=20, choices=CallWhy)
    donor = models.CharField(
        max_length=60, blank=True, help_text="The donors from outside whom it tells, by role, joined by +"
    )
    note = models.CharField(max_length=300, blank=True)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=CallState, default=CallState.OPEN)
    assigned = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["due_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "id"], name="call_in_clinic"),
            models.UniqueConstraint(
                fields=["couple", "why", "appointment_id", "about_at", "donor"],
                condition=~Q(state="done"),
                nulls_distinct=False,
                name="call_once",
            ),
            SameClinic(field="couple", name="call_couple_in_clinic"),
            SameClinic(field="treatment", name="call_treatment_in_clinic"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "due_at"], name="call_worklist", condition=~Q(state="done")),
            models.Index(
                fields=["appointment_id"],
                name="call_of_appointment",
                condition=Q(appointment_id__isnull=False) & ~Q(state="done"),
            ),
            models.Index(fields=["couple"], name="call_of_couple"),
            # What a donor was told of a visit stands in calls that are done.
            models.Index(
                fields=["appointment_id"],
                name="call_of_donor",
                condition=Q(why__in=["donor", "donor_off"]),
            ),
        ]

    def __str__(self) -> str:
        return f"call {self.id}"


class CallOutcome(models.Model):
    """What came of one call: append-only. `was_state` and `was_due_at` are what an undoing brings back."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    task = models.ForeignKey(CallTask, on_delete=models.PROTECT, related_name="outcomes", db_index=False)
    outcome = models.CharField(max_length=15, choices=Outcome)
    again_on = models.DateField(null=True, blank=True)
    person = models.ForeignKey(
        Person,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="Whose number was wrong",
    )
    note = models.CharField(max_length=300, blank=True)
    was_state = models.CharField(max_length=10, choices=CallState)
    was_due_at = models.DateTimeField()
    undoes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by"
    )
    by_name = models.CharField(max_length=150)
    by_user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at", "id"]
        indexes: ClassVar = [models.Index(fields=["task", "at"], name="outcome_of_call")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(outcome="call_again", again_on__isnull=False)
                | (~Q(outcome="call_again") & Q(again_on__isnull=True)),
                name="outcome_again_has_day",
            ),
            models.CheckConstraint(
                condition=Q(outcome="undone", undoes__isnull=False)
                | (~Q(outcome="undone") & Q(undoes__isnull=True)),
                name="outcome_undone_names_it",
            ),
            SameClinic(field="task", name="outcome_call_in_clinic"),
            SameClinic(field="person", name="outcome_person_in_clinic"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"outcome {self.id}"
