"""A clinic's provider as its manager sets it at the desk: secrets are typed once, sealed, and never shown again.

Part of the write path, on top of `setting.set_channel`. What whoever runs the service named in the environment stays as it
is until a manager types another.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings

from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.day_changes import locked_clinic
from apps.clinic.errors import Fault, Invalid
from apps.clinic.models import Clinic
from apps.reminders.channel_models import CARRIES, KEPT
from apps.reminders.channels.secrets import NoSecret, secret_of
from apps.reminders.models import ChannelSetting, KeptSecret, Provider
from apps.reminders.sealing import seal
from apps.reminders.setting import set_channel

_VERIFY = "_VERIFY"
SECRETS = ("secret", "hook_secret", "verify_word")
# What each provider cannot do without, besides what it may have.
NEEDS: Mapping[str, tuple[str, ...]] = {
    Provider.TWILIO: ("account", "sender", "secret"),
    Provider.MSG91: ("sender", "secret", "hook_secret"),
    Provider.WHATSAPP: ("sender", "secret", "hook_secret", "verify_word"),
    Provider.DEMO: (),
}
# Provider, field, what it must look like, what is said if it does not.
_SHAPES = (
    (Provider.TWILIO, "account", r"AC[0-9a-fA-F]{32}", "Copy the account SID: AC and 32 signs."),
    (Provider.TWILIO, "sender", r"\+[0-9]{7,15}|MG[0-9a-fA-F]{32}", "A number with +, or a service: MG and 32 signs."),
    (Provider.MSG91, "sender", r"[A-Za-z0-9]{3,11}", "The registered sender id: 3 to 11 letters or digits."),
    (Provider.WHATSAPP, "sender", r"[0-9]{5,30}", "The id of the phone number, digits only; not the number."),
)  # fmt: skip
_MISSING = {
    "account": Fault("account", "The provider needs the account.", "Copy it from the provider's console."),
    "sender": Fault("sender", "The provider needs a sender.", "Copy it from the provider's console."),
    "secret": Fault("secret", "The provider needs a secret, and none is held.", "Type or paste it here."),
    "hook_secret": Fault("hook_secret", "Its calls to us cannot be checked without.", "Type or paste it here."),
    "verify_word": Fault("verify_word", "The hook cannot be set up without.", "Make up a word, and type it there too."),
}  # fmt: skip
_SECRET_SIGNS = re.compile(r"[\x21-\x7e]{8,400}")


@dataclass(frozen=True, slots=True)
class ChannelInput:
    """One channel's provider. An empty secret leaves the one that is held; after a change of the provider none is."""

    provider: str
    account: str = ""
    sender: str = ""
    secret: str = ""
    hook_secret: str = ""
    verify_word: str = ""
    is_on: bool = True

    def cleaned(self) -> ChannelInput:
        texts = {name: getattr(self, name).strip() for name in ("account", "sender", *SECRETS)}
        return replace(self, **texts)


@dataclass(frozen=True, slots=True)
class Held:
    """Which secrets of a channel can be read now, and whether the environment of the server holds them."""

    secret: bool = False
    hook_secret: bool = False
    verify_word: bool = False
    by_server: bool = False


def held(setting: ChannelSetting | None) -> Held:
    """What is held for the channel; tells nothing of any value."""
    if setting is None:
        return Held()
    hook = setting.hook_secret
    return Held(
        secret=_is_there(setting.secret),
        hook_secret=_is_there(hook),
        verify_word=_is_there(f"{hook}{_VERIFY}" if hook else ""),
        by_server=bool(setting.secret) and not setting.secret.startswith(KEPT),
    )


def hook_address(setting: ChannelSetting) -> str:
    """What the provider is told: where it reports, and brings what people write."""
    return f"{settings.BASE_URL}/hooks/{setting.pk}/"


def keep_channel(
    *, clinic: Clinic, channel: str, given: ChannelInput, actor: Actor, at: datetime
) -> ChannelSetting:
    """Who carries the channel, with the secrets themselves; a manager's. They are sealed and shown to nobody again.

    Invalid with every fault, each with its field.
    """
    told = given.cleaned()
    with acting(actor):
        locked_clinic(clinic, actor, "manager")
        before = ChannelSetting.objects.filter(clinic=clinic, channel=channel).first()
        if before is not None and before.provider != told.provider:
            before = None
        faults = list(_faults(channel, told, before))
        if faults:
            raise Invalid(faults=faults)
        names = _kept(clinic, told, before, at)
        row = set_channel(
            clinic=clinic,
            channel=channel,
            provider=told.provider,
            account=told.account,
            sender=told.sender,
            secret=names.get("secret", ""),
            hook_secret=names.get("hook_secret", ""),
            is_on=told.is_on,
            actor=actor,
            at=at,
        )
        _forget_unnamed(clinic)
    return row


def _faults(channel: str, told: ChannelInput, before: ChannelSetting | None) -> Iterator[Fault]:
    if told.provider not in Provider.values or channel not in CARRIES[Provider(told.provider)]:
        able = [one.value for one in Provider if channel in CARRIES[one]]
        yield Fault("provider", "This one does not carry the channel.", f"One of {', '.join(able)}.")
        return
    there = held(before)
    for field in NEEDS[told.provider]:
        if not getattr(told, field) and not getattr(there, field, False):
            yield _MISSING[field]
    for provider, field, shape, remedy in _SHAPES:
        value = getattr(told, field)
        if provider == told.provider and value and not re.fullmatch(shape, value):
            yield Fault(field, "This is not what the provider gives out.", remedy)
    for field in SECRETS:
        value = getattr(told, field)
        if value and not _SECRET_SIGNS.fullmatch(value):
            yield Fault(field, "This is no such secret.", "8 to 400 letters, digits and signs, no blanks.")
    yield from _half_a_hook(told, before)


def _half_a_hook(told: ChannelInput, before: ChannelSetting | None) -> Iterator[Fault]:
    """The word to verify by belongs to the hook's secret: where that is the server's, both are typed or neither."""
    theirs = before is not None and bool(before.hook_secret) and not before.hook_secret.startswith(KEPT)
    if theirs and bool(told.hook_secret) != bool(told.verify_word) and told.provider == Provider.WHATSAPP:
        missing = "verify_word" if told.hook_secret else "hook_secret"
        yield Fault(missing, "The server holds the other one.", "Type both, or neither.")


def _kept(clinic: Clinic, told: ChannelInput, before: ChannelSetting | None, at: datetime) -> dict[str, str]:
    """Seals what was typed; the names under which the secrets stand from now on."""
    names = {"secret": before.secret, "hook_secret": before.hook_secret} if before else {}
    base = f"{KEPT}{secrets.token_hex(15).upper()}"
    for field, end in (("secret", "_S"), ("hook_secret", "_H")):
        value = getattr(told, field)
        if value:
            known = names.get(field, "")
            names[field] = known if known.startswith(KEPT) else f"{base}{end}"
            _keep(clinic, names[field], value, at)
    if told.verify_word:
        _keep(clinic, f"{names['hook_secret']}{_VERIFY}", told.verify_word, at)
    return names


def _keep(clinic: Clinic, name: str, value: str, at: datetime) -> None:
    sealed = {"clinic": clinic, "sealed": seal(name, value), "kept_at": at}
    KeptSecret.objects.update_or_create(name=name, defaults=sealed)


def _forget_unnamed(clinic: Clinic) -> None:
    """What no channel of the clinic names any more is gone."""
    used: set[str] = set()
    for secret, hook in ChannelSetting.objects.filter(clinic=clinic).values_list("secret", "hook_secret"):
        used |= {secret, hook, f"{hook}{_VERIFY}"}
    KeptSecret.objects.filter(clinic=clinic).exclude(pk__in=used).delete()


def _is_there(name: str) -> bool:
    try:
        return bool(name) and bool(secret_of(name))
    except NoSecret:
        return False
