"""Rows of couples and their people. No `__str__` and no change row names a person."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from apps.clinic.audit import audited
from apps.clinic.constraints import SameClinic
from apps.clinic.models import Clinic, User
from apps.couples.merge_models import PersonMerge as PersonMerge
from apps.couples.name_models import NameKeys as NameKeys
from apps.couples.note_models import PINNED as PINNED
from apps.couples.note_models import Note as Note
from apps.couples.note_models import NoteKind as NoteKind
from apps.couples.note_models import Severity as Severity
from apps.couples.route_models import NUMBERED as NUMBERED
from apps.couples.route_models import WRITTEN as WRITTEN
from apps.couples.route_models import ContactRoute as ContactRoute
from apps.couples.route_models import RouteChannel as RouteChannel
from apps.couples.route_models import RouteOwner as RouteOwner


class Language(models.TextChoices):
    ENGLISH = "en", "English"
    HINDI = "hi", "Hindi"
    TELUGU = "te", "Telugu"
    URDU = "ur", "Urdu"


class BloodGroup(models.TextChoices):
    A_POSITIVE = "A+"
    A_NEGATIVE = "A-"
    B_POSITIVE = "B+"
    B_NEGATIVE = "B-"
    AB_POSITIVE = "AB+"
    AB_NEGATIVE = "AB-"
    O_POSITIVE = "O+"
    O_NEGATIVE = "O-"


class SilenceReason(models.TextChoices):
    """Why nothing is sent. Declared from the weakest to the strongest."""

    IMPORTED = "imported", "Imported, not released yet"
    OWN_WISH = "own_wish", "Asked for no messages"
    PAUSED = "paused", "Asked for a pause"
    SEPARATED = "separated", "Ended by one of them"
    BEREAVED = "bereaved", "A death in the family"
    SUSPECTED_LOSS = "suspected_loss", "Suspected loss"
    CONFIRMED_LOSS = "confirmed_loss", "Confirmed loss"


# What has come to the people themselves, in whichever couple.
OF_GRIEF = (SilenceReason.BEREAVED, SilenceReason.SUSPECTED_LOSS, SilenceReason.CONFIRMED_LOSS)
# After these somebody rings: everything was stopped by one act, and no message says a word.
RUNG_ABOUT = (SilenceReason.PAUSED, SilenceReason.SEPARATED, *OF_GRIEF)


@audited
class Person(models.Model):
    """One of the people of a couple, or a donor from outside it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="persons", db_index=False)
    given_name = models.CharField(max_length=100)
    family_name = models.CharField(max_length=100, blank=True)
    birth_on = models.DateField(null=True, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=32, blank=True, help_text="Not unique: several people may share one")
    phone_wrong_since = models.DateTimeField(
        null=True, blank=True, help_text="Somebody rang it and it was not theirs; another number clears this"
    )
    language = models.CharField(max_length=2, choices=Language, default=Language.ENGLISH)
    zone = models.CharField(
        max_length=64,
        blank=True,
        help_text="Where the person lives, such as Asia/Dubai; empty: as the clinic",
    )
    blood_group = models.CharField(max_length=3, choices=BloodGroup, blank=True)
    wants_email = models.BooleanField(default=True, help_text="Wishes to be written to by e-mail")
    contact_consent_at = models.DateTimeField(null=True, blank=True, help_text="Nothing is sent without it")
    alternative_email = models.EmailField(blank=True)
    hard_news_note = models.CharField(
        max_length=300, blank=True, help_text="Who should tell this person bad news, how and when"
    )
    allergies = models.CharField(
        max_length=300,
        blank=True,
        help_text="Shown in every banner of the couple; empty is not asked or none",
    )
    merged_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The same human being, under whom everything stands now",
    )
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "id"], name="person_in_clinic"),
            SameClinic(field="merged_into", name="person_merged_in_clinic"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["clinic", "phone"], name="person_phone"),
            # A part of a name or a number is found without reading every person.
            GinIndex(
                OpClass(Upper("given_name"), name="gin_trgm_ops"),
                OpClass(Upper("family_name"), name="gin_trgm_ops"),
                OpClass("phone", name="gin_trgm_ops"),
                name="person_parts",
            ),
        ]

    def __str__(self) -> str:
        return f"person {self.id}"

    @property
    def full_name(self) -> str:
        """For authenticated screens only; no log, message or change row shows it."""
        return f"{self.given_name} {self.family_name}".strip()


@audited
class PersonIdentifier(models.Model):
    """A number that another system knows the person by: hospital number, ABHA."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="identifiers")
    system = models.CharField(max_length=120)
    value = models.CharField(max_length=120)

    class Meta:
        ordering: ClassVar = ["system"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "system", "value"], name="identifier_once"),
            SameClinic(field="person", name="identifier_person_in_clinic"),
        ]

    def __str__(self) -> str:
        return f"identifier {self.id}"


@audited
class Couple(models.Model):
    """Two people treated together. The same person may be in several couples over time.

    Silent while `silent_since` is set: whoever sends reads it in the transaction in which it claims. Each reason that
    comes to stand has a moment of its own, so that each is rung about once.
    `own_wish_since` outlives a stronger reason, so that withdrawing a suspicion never ends a wish; so do `parted_since`,
    and `unreleased_since`, which only a release ends.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="couples", db_index=False)
    code = models.CharField(max_length=20, help_text="Stands wherever people's names may not, e.g. HYD-0042")
    recipient = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="couples_as_recipient")
    partner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="couples_as_partner")
    enrolled_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    silent_since = models.DateTimeField(null=True, blank=True)
    silent_reason = models.CharField(max_length=20, choices=SilenceReason, blank=True)
    silent_by = models.CharField(max_length=150, blank=True)
    silent_reason_since = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Since when the reason that stands has stood; a weaker one may be older",
    )
    own_wish_since = models.DateTimeField(null=True, blank=True)
    parted_since = models.DateTimeField(
        null=True, blank=True, help_text="One of the two has ended it, whatever keeps them silent besides"
    )
    nurse = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    doctor = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    unreleased_since = models.DateTimeField(
        null=True, blank=True, help_text="Imported, and no nurse has released it to messages yet"
    )
    merged_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The same two people, enrolled twice: everything stands there now",
    )

    class Meta:
        ordering: ClassVar = ["code"]
        indexes: ClassVar = [
            models.Index(
                fields=["clinic", "code"],
                name="couple_unreleased",
                condition=Q(unreleased_since__isnull=False),
            ),
            models.Index(
                fields=["clinic", "silent_reason_since"],
                name="couple_silent",
                condition=Q(silent_since__isnull=False),
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "code"], name="couple_code_once"),
            models.CheckConstraint(
                condition=Q(unreleased_since__isnull=True) | Q(silent_since__isnull=False),
                name="couple_unreleased_is_silent",
            ),
            SameClinic(field="merged_into", name="couple_merged_in_clinic"),
            models.UniqueConstraint(fields=["clinic", "id"], name="couple_in_clinic"),
            models.CheckConstraint(condition=~models.Q(recipient=models.F("partner")), name="couple_of_two"),
            models.CheckConstraint(
                condition=models.Q(silent_since__isnull=True, silent_reason="")
                | (models.Q(silent_since__isnull=False) & ~models.Q(silent_reason="")),
                name="couple_silence_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(silent_since__isnull=True, silent_reason_since__isnull=True)
                | Q(silent_reason_since__gte=models.F("silent_since")),
                name="couple_silence_reason_has_moment",
            ),
            SameClinic(field="recipient", name="couple_recipient_in_clinic"),
            SameClinic(field="partner", name="couple_partner_in_clinic"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_silent(self) -> bool:
        return self.silent_since is not None


class CoupleCounter(models.Model):
    """The last number given to a couple of the clinic: codes are counted, never reused."""

    clinic = models.OneToOneField(Clinic, primary_key=True, on_delete=models.PROTECT, related_name="+")
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.last)
