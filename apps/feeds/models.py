"""Rows of calendar feeds: the links, the bytes that polls are answered with, and who asked for them."""

from __future__ import annotations

import uuid
from datetime import datetime
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
    shows_details = models.BooleanField(
        default=False, help_text="Also says the clinic's address and number, and whether both come"
    )
    has_alarms = models.BooleanField(default=False, help_text="Asks programs to ring one day before")
    revision = models.PositiveIntegerField(
        default=0, help_text="How often what it shows was chosen anew: part of each event's SEQUENCE"
    )
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True, help_text="From then on it shows nothing more")
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
        """Whether nobody has ended it. It may have run out all the same: see `is_live_at`."""
        return self.ended_at is None

    def is_live_at(self, at: datetime) -> bool:
        """Whether it shows anything at that moment: neither ended nor run out."""
        return self.is_live and (self.expires_at is None or at < self.expires_at)


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


class FeedAccess(models.Model):
    """That a link was asked for on a day, from some network, by some sort of program. Forgotten after a week.

    No address is kept: `network` is 16 bits of a hash that is keyed by server, link and day, so that two days or
    two links cannot be compared, and hundreds of networks share each value even for who has the key.
    """

    link = models.ForeignKey(FeedLink, on_delete=models.CASCADE, related_name="accesses", db_index=False)
    on = models.DateField(help_text="UTC")
    network = models.PositiveIntegerField()
    agent = models.CharField(max_length=20)
    last_at = models.DateTimeField(help_text="To the hour")

    class Meta:
        verbose_name_plural = "feed accesses"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["link", "on", "network", "agent"], name="feed_access_once")
        ]
        indexes: ClassVar = [models.Index(fields=["on"], name="feed_access_day")]

    def __str__(self) -> str:
        return f"{self.link_id} on {self.on}"
