"""How a clinic's messages leave the house: its words, providers, hours, registered wordings. A manager's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.clinic.models import Clinic
from apps.clinic.queries import brake_of
from apps.couples.models import Language, RouteChannel
from apps.desk import languages
from apps.desk.access import desk_of
from apps.desk.forms.messages import ChannelForm, HoursForm, RegisterForm, WordingForm
from apps.desk.pages.base import FormPage, page, press
from apps.desk.pages.trials import trial_rows
from apps.desk.post import TEXT_NAMES
from apps.reminders.channel_models import CARRIES
from apps.reminders.models import ChannelSetting, Provider, RegisteredText
from apps.reminders.providers import NEEDS, Held, held, hook_address
from apps.reminders.queries import channels_of, registered_by_id, registered_of
from apps.reminders.samples import fits, sample
from apps.reminders.services import (
    ChannelInput,
    forget_text,
    keep_channel,
    register_text,
    set_message_hours,
    set_wording,
)
from apps.reminders.texts import TEXTS, TRIAL
from apps.reminders.timing import hours_of
from apps.reminders.words import ClinicalWord

SET_HERE = (RouteChannel.SMS, RouteChannel.WHATSAPP)
# Where at the provider the hook's address is entered.
_HOOKS: Mapping[str, object] = {
    Provider.TWILIO: gettext_lazy("Enter it at the number, or the messaging service, for incoming messages."),
    Provider.MSG91: gettext_lazy(
        "Enter it as the webhook of reports, with a header X-Hook-Key that holds the secret of its calls."
    ),
    Provider.WHATSAPP: gettext_lazy(
        "Enter it in the app's WhatsApp settings as callback, with the word to verify by; subscribe to “messages”."
    ),
}


@dataclass(frozen=True, slots=True)
class ChannelCard:
    """One channel: who carries it, what is held, and what the provider has to be told."""

    channel: str
    label: str
    setting: ChannelSetting | None = None
    held: Held | None = None
    missing: tuple[str, ...] = ()
    hook: str = ""
    hook_help: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class RegisteredRow:
    """A registered wording, and whether ours still reads like it."""

    row: RegisteredText
    channel: str
    text: str
    language: str
    direction: str
    fits: bool


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Everything of the clinic's messages on one page; each part has its own form."""
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    desk.require("run the clinic", clinic)
    known, unread = channels_of(clinic), languages.unread([clinic])
    context = {
        "clinic": clinic,
        "brake": brake_of(clinic),
        "sample": _sample(clinic),
        "hours": hours_of(clinic),
        "channels": [_card(clinic, channel, known.get(channel)) for channel in SET_HERE],
        "mail_stays": settings.DEBUG,
        "registered": [_registered(row, known.get(row.channel)) for row in registered_of(clinic)],
        "languages": [(code, languages.name_of(code), code not in unread) for code in Language.values],
        "trials": trial_rows(clinic, desk),
    }
    return page(
        request, "desk/message_settings.html", _("Messages of %(clinic)s") % {"clinic": clinic.name}, context
    )


def wording(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The clinic's names and number, inside and outside."""
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    actor = desk.require("run the clinic", clinic)
    form = WordingForm(request.POST or None, clinic=clinic)

    def act() -> str:
        set_wording(clinic=clinic, actor=actor, at=desk.at, **form.cleaned_data)
        return _address(clinic)

    return FormPage(
        title=_("Names and number"),
        form=form,
        act=act,
        done=_("Saved. Messages and calendars say so from now on."),
        back=_address(clinic),
        intro=_(
            "Registered wordings hold the name and the place too: register them anew if you change these."
        ),
    ).answer(request)


def hours(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Quiet hours, the hour of sending, and when people are asked to book."""
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    actor = desk.require("run the clinic", clinic)
    form = HoursForm(request.POST or None, hours=hours_of(clinic))

    def act() -> str:
        set_message_hours(clinic=clinic, actor=actor, at=desk.at, **form.cleaned_data)
        return _address(clinic)

    return FormPage(
        title=_("When messages go"), form=form, act=act, done=_("Saved."), back=_address(clinic)
    ).answer(request)


def channel(request: HttpRequest, pk: UUID, kind: str) -> HttpResponse:
    """The provider of one channel. Secrets go in and never come out."""
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    actor = desk.require("run the clinic", clinic)
    if kind not in SET_HERE:
        raise Http404("There is no such page.")
    setting = channels_of(clinic).get(kind)
    form = ChannelForm(
        request.POST or None,
        setting=setting,
        held=held(setting),
        providers=_providers(clinic, kind, setting),
    )

    def act() -> str:
        keep_channel(
            clinic=clinic, channel=kind, given=ChannelInput(**form.cleaned_data), actor=actor, at=desk.at
        )
        return f"{_address(clinic)}#channel-{kind}"

    return FormPage(
        title=_("Provider of %(channel)s") % {"channel": RouteChannel(kind).label},
        form=form,
        act=act,
        done=_("Saved. Tell the provider the address that stands here, then send a trial."),
        back=_address(clinic),
        intro=_(
            "Secrets are sealed and shown to nobody again, not to you either. Another provider needs its own ones."
        ),
    ).answer(request)


def register(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A wording that was registered, in place of the one for the same text, channel and language."""
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    actor = desk.require("run the clinic", clinic)
    names = [(name, str(TEXT_NAMES[name])) for name in TEXTS]
    form = RegisterForm(request.POST or None, names=names, languages=languages.choices([clinic]))

    def act() -> str:
        register_text(clinic=clinic, actor=actor, at=desk.at, **form.cleaned_data)
        return f"{_address(clinic)}#registered"

    return FormPage(
        title=_("A registered wording"),
        form=form,
        act=act,
        done=_("Saved. The list says whether our text reads the same."),
        back=_address(clinic),
        template="desk/register_text.html",
        context={"texts_url": reverse("admin:clinic_texts", args=[clinic.pk])},
    ).answer(request)


def forget(request: HttpRequest, pk: UUID) -> HttpResponse:
    """It is registered no more."""
    desk = desk_of(request)
    row = desk.find(lambda clinic: registered_by_id(clinic, pk))
    actor = desk.require("run the clinic", row.clinic)
    return press(
        request,
        lambda: forget_text(registered=row, actor=actor, at=desk.at),
        done=_("Taken off the list."),
        back=f"{_address(row.clinic)}#registered",
    )


def _card(clinic: Clinic, channel: str, setting: ChannelSetting | None) -> ChannelCard:
    label, url = str(RouteChannel(channel).label), reverse("admin:clinic_channel", args=[clinic.pk, channel])
    if setting is None:
        return ChannelCard(channel, label, url=url)
    there = held(setting)
    secret_ones = ("secret", "hook_secret", "verify_word")
    missing = [name for name in NEEDS[setting.provider] if name in secret_ones and not getattr(there, name)]
    return ChannelCard(
        channel,
        label,
        setting=setting,
        held=there,
        missing=tuple(missing),
        hook=hook_address(setting) if setting.provider in _HOOKS else "",
        hook_help=str(_HOOKS.get(setting.provider, "")),
        url=url,
    )


def _registered(row: RegisteredText, setting: ChannelSetting | None) -> RegisteredRow:
    try:
        same = fits(row, setting)
    except ClinicalWord:
        same = False
    return RegisteredRow(
        row=row,
        channel=str(RouteChannel(row.channel).label),
        text=str(TEXT_NAMES.get(row.name, row.name)),
        language=languages.name_of(row.language),
        direction=languages.direction(row.language),
        fits=same,
    )


def _providers(clinic: Clinic, channel: str, setting: ChannelSetting | None) -> list[tuple[str, str]]:
    """Who can carry it. The one that sends nothing is for a demo: nobody shall choose it and wait for answers."""
    able: list[Provider] = [one for one in Provider if channel in CARRIES[one] and one != Provider.DEMO]
    if settings.DEBUG or clinic.is_test or (setting is not None and setting.provider == Provider.DEMO):
        able.append(Provider.DEMO)
    return [(one.value, str(one.label)) for one in able]


def _sample(clinic: Clinic) -> Any:
    """How an SMS begins, as it would read; None while the clinic's own words may not leave the house."""
    try:
        return sample(TRIAL, clinic=clinic, language="en"), sample("reminder", clinic=clinic, language="en")
    except ClinicalWord:
        return None


def _address(clinic: Clinic) -> str:
    return reverse("admin:clinic_messages", args=[clinic.pk])
