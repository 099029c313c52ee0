"""A clinic's providers, hours and registered wordings. Part of the write path; a manager's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import datetime, time
from typing import Any

from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.errors import Fault, Invalid
from apps.clinic.inputs import ClinicInput
from apps.clinic.models import Clinic
from apps.clinic.services import update_clinic
from apps.couples.models import Language
from apps.reminders.channel_models import CARRIES, KEPT, SECRET_NAME
from apps.reminders.models import (
    ChannelSetting,
    DerivationRetry,
    KeptSecret,
    MessageHours,
    Provider,
    RegisteredText,
)
from apps.reminders.present import AWAITED
from apps.reminders.texts import TEXTS
from apps.reminders.words import clinical_words
from apps.treatments.models import Appointment, Treatment

_SECRET = re.compile(SECRET_NAME)


def set_channel(
    *,
    clinic: Clinic,
    channel: str,
    provider: str,
    actor: Actor,
    at: datetime,
    account: str = "",
    sender: str = "",
    secret: str = "",
    hook_secret: str = "",
    is_on: bool = True,
) -> ChannelSetting:
    """Who carries the channel for the clinic. `secret` and `hook_secret` name environment variables that begin with
    MESSAGES_; their values are never stored. Invalid with every fault."""
    _require(clinic, actor)
    faults = [
        *_channel_faults(channel, provider, secret, hook_secret),
        *_kept_elsewhere(clinic, (("secret", secret), ("hook_secret", hook_secret))),
    ]
    if faults:
        raise Invalid(faults=faults)
    with acting(actor):
        row, _ = ChannelSetting.objects.update_or_create(
            clinic=clinic,
            channel=channel,
            defaults={
                "provider": provider,
                "account": account.strip(),
                "sender": sender.strip(),
                "secret": secret,
                "hook_secret": hook_secret,
                "is_on": is_on,
                "changed_at": at,
            },
        )
        _tell(clinic, actor, at)
    return row


def set_message_hours(
    *,
    clinic: Clinic,
    quiet_from: time,
    quiet_to: time,
    send_at: time,
    actor: Actor,
    at: datetime,
    quiet_email: bool = False,
    book_days_before: int | None = None,
) -> MessageHours:
    """When the clinic's messages may ring, in the wall time of where each person lives. Equal ends: at any hour.

    Whom "please book" is for is asked anew of every visit that nobody has booked.
    """
    _require(clinic, actor)
    if book_days_before is not None and not 0 <= book_days_before <= 60:
        raise Invalid("This is too early.", field="book_days_before", remedy="0 to 60 days, or empty.")
    with acting(actor):
        row, _ = MessageHours.objects.update_or_create(
            clinic=clinic,
            defaults={
                "quiet_from": quiet_from,
                "quiet_to": quiet_to,
                "quiet_email": quiet_email,
                "send_at": send_at,
                "book_days_before": book_days_before,
                "changed_at": at,
            },
        )
        _look_again(clinic, at)
        _tell(clinic, actor, at)
    return row


def register_text(
    *,
    clinic: Clinic,
    channel: str,
    name: str,
    language: str,
    template_id: str,
    text: str,
    actor: Actor,
    at: datetime,
    flow_id: str = "",
) -> RegisteredText:
    """A wording as it was registered, with {#var#} where something is filled in; in place of the one for that text."""
    _require(clinic, actor)
    faults = list(_text_faults(channel, name, language, template_id, text))
    if faults:
        raise Invalid(faults=faults)
    with acting(actor):
        row, _ = RegisteredText.objects.update_or_create(
            clinic=clinic,
            channel=channel,
            name=name,
            language=language,
            defaults={
                "template_id": template_id.strip(),
                "flow_id": flow_id.strip(),
                "text": text,
                "changed_at": at,
            },
        )
        _tell(clinic, actor, at)
    return row


def forget_text(*, registered: RegisteredText, actor: Actor, at: datetime) -> None:
    """The wording is registered no more: what would need it becomes a call. Harmless if repeated."""
    _require(registered.clinic, actor)
    with acting(actor):
        RegisteredText.objects.filter(pk=registered.pk).delete()
        _tell(registered.clinic, actor, at)


def set_wording(
    *,
    clinic: Clinic,
    name: str,
    phone: str,
    address: str,
    discreet_name: str,
    discreet_place: str,
    actor: Actor,
    at: datetime,
) -> Clinic:
    """The clinic's own name and number, and what outgoing texts and calendars say in their place. Invalid with every
    fault: a clinical word in what goes out is one."""
    _require(clinic, actor)
    told = {"discreet_name": discreet_name, "discreet_place": discreet_place, "phone": phone}
    faults = [
        Fault(field, f"This goes out, and may not say: {', '.join(found)}.", "Use neutral words.")
        for field, text in told.items()
        if (found := clinical_words(text))
    ]
    known: dict[str, Any] = {field.name: getattr(clinic, field.name) for field in fields(ClinicInput)}
    known |= {**told, "name": name.strip(), "address": address.strip()}
    given = ClinicInput(**known)
    try:
        given.check()
    except Invalid as error:
        faults += error.faults
    if faults:
        raise Invalid(faults=faults)
    return update_clinic(clinic=clinic, given=given, actor=actor, at=at)


def _look_again(clinic: Clinic, at: datetime) -> None:
    """The next sweeps derive the messages of whoever has a visit to book, some hundreds at a time."""
    unbooked = Appointment.objects.filter(clinic=clinic, state__in=AWAITED).values("treatment")
    found = Treatment.objects.filter(pk__in=unbooked).values_list("pk", flat=True)
    DerivationRetry.objects.bulk_create(
        (DerivationRetry(treatment_id=pk, next_try_at=at) for pk in found), ignore_conflicts=True
    )


def _require(clinic: Clinic, actor: Actor) -> None:
    require_clinic(actor, clinic.pk)
    require_role(actor, "manager")


def _channel_faults(channel: str, provider: str, secret: str, hook_secret: str) -> Iterator[Fault]:
    if provider not in Provider.values:
        yield Fault("provider", "Nobody of that name.", f"One of {', '.join(Provider.values)}.")
    elif channel not in CARRIES[Provider(provider)]:
        carried = ", ".join(CARRIES[Provider(provider)])
        yield Fault("channel", f"{provider} does not carry {channel}.", f"It carries {carried}.")
    for field, name in (("secret", secret), ("hook_secret", hook_secret)):
        if name and not _SECRET.fullmatch(name):
            yield Fault(field, "This is no name of a variable for secrets.", "Begin with MESSAGES_.")
    if provider != Provider.DEMO and not secret:
        yield Fault(
            "secret", "The provider needs one.", "Name the variable of the environment that holds it."
        )


def _kept_elsewhere(clinic: Clinic, named: Iterable[tuple[str, str]]) -> Iterator[Fault]:
    """What a manager typed at another clinic's desk is not to be had by its name."""
    for field, name in named:
        if name.startswith(KEPT) and not KeptSecret.objects.filter(pk=name, clinic=clinic).exists():
            yield Fault(
                field, "Nothing of that name is kept for this clinic.", "Type the secret at the desk."
            )


def _text_faults(channel: str, name: str, language: str, template_id: str, text: str) -> Iterator[Fault]:
    if channel not in ("sms", "whatsapp"):
        yield Fault("channel", "Nothing is registered for this channel.", "One of sms, whatsapp.")
    if name not in TEXTS:
        yield Fault("name", "There is no such text.", f"One of {', '.join(TEXTS)}.")
    if language not in Language.values:
        yield Fault("language", "Not one of our languages.", f"One of {', '.join(Language.values)}.")
    if not template_id.strip():
        yield Fault("template_id", "The registered id is empty.", "Copy it from the registration.")
    if not 0 < len(text) <= 1024:
        yield Fault("text", "The wording is empty or too long.", "Copy it as it was registered.")


def _tell(clinic: Clinic, actor: Actor, at: datetime) -> None:
    record_change(
        clinic_id=clinic.pk,
        kind="clinic.messages",
        subject_type="clinic",
        subject_id=clinic.pk,
        actor=actor,
        at=at,
    )
