"""How a clinic's messages leave the house: its providers, its hours, its registered wordings."""

from __future__ import annotations

import uuid
from datetime import time
from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from apps.clinic.audit import audited, audited_without
from apps.clinic.models import Clinic
from apps.couples.models import Language

# A secret is named here and stands in the environment; nothing else of the environment can be named.
SECRET_NAME = r"^MESSAGES_[A-Z0-9_]{1,50}\Z"  # noqa: S105  of names, not a secret
secret_name = RegexValidator(SECRET_NAME, "Write MESSAGES_ and capital letters.", code="name")


_NAME_OR_EMPTY = r"^(MESSAGES_.+)?$"


class Provider(models.TextChoices):
    """Who carries a channel's messages."""

    TWILIO = "twilio", "Twilio"
    MSG91 = "msg91", "MSG91"
    WHATSAPP = "whatsapp", "WhatsApp Cloud API"
    DEMO = "demo", "Demo: accepts everything, sends nothing"


# What each provider can carry.
CARRIES = {
    Provider.TWILIO: ("sms",),
    Provider.MSG91: ("sms",),
    Provider.WHATSAPP: ("whatsapp",),
    Provider.DEMO: ("sms", "whatsapp"),
}
# Whose messages can be answered: Indian sender ids cannot.
REPLIES = (Provider.TWILIO, Provider.WHATSAPP, Provider.DEMO)


@audited
class ChannelSetting(models.Model):
    """The provider of one channel of one clinic. E-mail needs none: it is the server's own.

    `account` is what the provider calls the account (Twilio's SID), `sender` what it sends from: a number, a sender
    id, WhatsApp's phone number id. `secret` and `hook_secret` are names of environment variables, never their values.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="channels", db_index=False)
    channel = models.CharField(max_length=10, choices=[("sms", "SMS"), ("whatsapp", "WhatsApp")])
    provider = models.CharField(max_length=20, choices=Provider)
    account = models.CharField(max_length=80, blank=True)
    sender = models.CharField(max_length=40, blank=True)
    secret = models.CharField(max_length=60, blank=True, validators=[secret_name])
    hook_secret = models.CharField(max_length=60, blank=True, validators=[secret_name])
    is_on = models.BooleanField(default=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "channel"], name="channel_once"),
            models.CheckConstraint(condition=Q(provider__in=Provider.values), name="channel_provider"),
            models.CheckConstraint(
                condition=Q(secret__regex=_NAME_OR_EMPTY, hook_secret__regex=_NAME_OR_EMPTY),
                name="channel_names_secrets",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} over {self.provider}"


# A secret that a manager typed stands under such a name in `KeptSecret`, and only there.
KEPT = "MESSAGES_KEPT_"


@audited_without("sealed")
class KeptSecret(models.Model):
    """A provider's secret that a manager typed at the desk, sealed (`sealing.py`): written, read to be used, never shown.

    `name` is what a channel setting names, as it would name a variable of the environment. The history says when it
    was changed and by whom, and keeps nothing of it.
    """

    name = models.CharField(max_length=60, primary_key=True, validators=[secret_name])
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    sealed = models.TextField()
    kept_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(name__startswith=KEPT), name="kept_secret_name"),
        ]

    def __str__(self) -> str:
        return self.name


@audited
class MessageHours(models.Model):
    """When a clinic's messages may ring: wall time where the person lives. Equal ends: no quiet hours.

    `send_at` is the hour of what has none of its own in the protocol. E-mail rings nowhere and keeps quiet hours only
    if `quiet_email` says so.
    """

    clinic = models.OneToOneField(
        Clinic, primary_key=True, on_delete=models.PROTECT, related_name="message_hours"
    )
    quiet_from = models.TimeField(default=time(21))
    quiet_to = models.TimeField(default=time(8))
    quiet_email = models.BooleanField(default=False)
    send_at = models.TimeField(default=time(9))
    book_days_before = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="So long before a visit's first good day people are asked to book it; empty: a nurse does it",
    )
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "message hours"

    def __str__(self) -> str:
        return f"quiet {self.quiet_from:%H:%M}-{self.quiet_to:%H:%M}"


@audited
class RegisteredText(models.Model):
    """A wording that was registered beforehand: with India's DLT for SMS, with Meta for WhatsApp.

    `text` is the wording exactly as it was registered, with {#var#} where something is filled in. A message is sent on
    that channel only if its own wording fits one of these word for word.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=10, choices=[("sms", "SMS"), ("whatsapp", "WhatsApp")])
    name = models.CharField(max_length=40, help_text="Which of our texts it is: confirmation, moved ...")
    language = models.CharField(max_length=2, choices=Language)
    template_id = models.CharField(max_length=80, help_text="DLT template id, or the name at WhatsApp")
    flow_id = models.CharField(max_length=80, blank=True, help_text="MSG91's own id of the template")
    text = models.TextField(max_length=1024)
    changed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["channel", "name", "language"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "channel", "name", "language"], name="registered_once"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.name} {self.language}"
