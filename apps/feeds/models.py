"""Rows of calendar feeds: the links, the bytes that polls are answered with, and their last use."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.clinic.audit import audited
from apps.clinic.constraints import SameClinic
from apps.clinic.fields import Xid8Field
from apps.clinic.models import Clinic
from apps.couples.models import Person


class Ending(models.TextChoices):
    """How a link ended. What ended still answers, with one neutral event in place of everything."""

    ROTATED = "rotated", "Replaced by a new address"
    REVOKED = "revoked", "Ended for good"


@audited
class FeedLink(models.Model):
    """One calendar address of one person. The token itself is shown once and never stored.

    A SHA-256 without salt is enough: the token holds 256 random bits, nobody can guess their way to it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="feed_links", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="feed_links")
    label = models.CharField(max_length=40, help_text="Which device or person it is for, in staff's words")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    shows_windows = models.BooleanField(
        default=False, help_text="Also shows, tentatively, the days between which an appointment will fall"
    )
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_as = models.CharField(max_length=10, choices=Ending, blank=True)

    class Meta:
        ordering: ClassVar = ["created_at", "id"]
        indexes: ClassVar = [
            models.Index(
                fields=["clinic", "person"], name="feed_link_live", condition=Q(ended_at__isnull=True)
            )
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_as="")
                | (Q(ended_at__isnull=False) & ~Q(ended_as="")),
                name="feed_link_ending_has_reason",
            ),
            SameClinic(field="person", name="feed_link_person_in_clinic"),
        ]

    def __str__(self) -> str:
        return f"calendar link {self.id}"

    @property
    def is_live(self) -> bool:
        return self.ended_at is None


class FeedBytes(models.Model):
    """The calendar of a link as it was last built, with all that a poll asks of it: one look-up in one row.

    Never the only copy of anything: it may be emptied at any time. `built_xid` is the oldest transaction that
    was still running when its rows were read: a change row of that transaction or a later one, about one of
    `couples` or `subjects`, may not be in these bytes.
    """

    link = models.OneToOneField(FeedLink, primary_key=True, on_delete=models.CASCADE, related_name="bytes")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    couples = ArrayField(models.UUIDField(), help_text="Whose changes may show")
    subjects = ArrayField(models.UUIDField(), help_text="The person, the clinic and the link")
    body = models.BinaryField()
    etag = models.CharField(max_length=70)
    last_modified = models.DateTimeField(help_text="When these bytes first differed from those before")
    fresh_until = models.DateTimeField(
        help_text="The next midnight of the clinic, when events come into view"
    )
    answers_until = models.DateTimeField(
        null=True, blank=True, help_text="For replaced links: unknown from then on"
    )
    built_xid = Xid8Field()

    class Meta:
        verbose_name_plural = "feed bytes"

    def __str__(self) -> str:
        return f"bytes of {self.link_id}"


class FeedUse(models.Model):
    """When a link was last asked for, to the hour, and by what sort of program."""

    link = models.OneToOneField(FeedLink, primary_key=True, on_delete=models.CASCADE, related_name="use")
    last_used_at = models.DateTimeField()
    agent = models.CharField(max_length=20)

    def __str__(self) -> str:
        return f"use of {self.link_id}"
