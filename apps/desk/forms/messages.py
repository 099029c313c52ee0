"""A clinic's messages: its own words, its providers, its hours, registered wordings, and trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.clinic.models import Clinic
from apps.couples.models import RouteChannel
from apps.desk.forms.base import DeskForm, TimeField
from apps.reminders.models import ChannelSetting, MessageHours
from apps.reminders.providers import Held

Choices = Sequence[tuple[str, str]]
_LONG = 400


class WordingForm(DeskForm):
    """What the clinic is called inside and outside."""

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "name": forms.CharField(
                label=_("Name of the clinic"),
                max_length=120,
                help_text=_("For staff. It goes into no message."),
            ),
            "phone": forms.CharField(
                label=_("Urgent number"),
                max_length=32,
                help_text=_("Stands in every message and on every page."),
            ),
            "address": forms.CharField(
                label=_("Address"),
                max_length=300,
                required=False,
                help_text=_("In a calendar, if they wish it."),
            ),
            "discreet_name": forms.CharField(
                label=_("Name in messages"),
                max_length=80,
                help_text=_(
                    "The sender. Whoever looks over a shoulder must not learn what kind of clinic it is."
                ),
            ),
            "discreet_place": forms.CharField(
                label=_("Place in messages"),
                max_length=120,
                help_text=_("As in “Appointment Thu 15 Jan, 08:00, …”."),
            ),
        }
        initial = {name: getattr(clinic, name) for name in asks}
        super().__init__(*args, asks=asks, initial=initial, **kwargs)


class HoursForm(DeskForm):
    """When messages may ring."""

    def __init__(self, *args: Any, hours: MessageHours, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "quiet_from": TimeField(label=_("Quiet from")),
            "quiet_to": TimeField(
                label=_("Quiet until"),
                help_text=_("By the clock where the person lives. Equal times: never quiet."),
            ),
            "quiet_email": forms.BooleanField(
                label=_("E-mail waits for the end of the quiet hours too"), required=False
            ),
            "send_at": TimeField(
                label=_("Hour of sending"), help_text=_("For what has no hour of its own in the protocol.")
            ),
            "book_days_before": forms.IntegerField(
                label=_("Ask to book, days before the first good day"),
                required=False,
                min_value=0,
                max_value=60,
                help_text=_(
                    "Empty: nobody is asked by message, a nurse calls. Once set, whoever has good days open is asked at "
                    "the next hour of sending."
                ),
            ),
        }
        initial = {name: getattr(hours, name) for name in asks}
        super().__init__(*args, asks=asks, initial=initial, **kwargs)


class ChannelForm(DeskForm):
    """Who carries one channel. What is secret is typed once: the form never shows it again."""

    def __init__(
        self, *args: Any, setting: ChannelSetting | None, held: Held, providers: Choices, **kwargs: Any
    ) -> None:
        asks: dict[str, forms.Field] = {
            "provider": forms.ChoiceField(label=_("Provider"), choices=providers),
            "account": forms.CharField(
                label=_("Account"),
                required=False,
                max_length=80,
                help_text=_("Twilio: the account SID. Others: empty."),
            ),
            "sender": forms.CharField(
                label=_("Sender"),
                required=False,
                max_length=40,
                help_text=_(
                    "Twilio: a number or a service (MG…). MSG91: the sender id. WhatsApp: the id of the number."
                ),
            ),
            **_secrets(held),
            "is_on": forms.BooleanField(label=_("In use"), required=False),
        }
        initial = {"provider": providers[0][0], "is_on": True}
        if setting is not None:
            initial = {name: getattr(setting, name) for name in ("provider", "account", "sender", "is_on")}
        super().__init__(*args, asks=asks, initial=initial, **kwargs)


def _secrets(held: Held) -> dict[str, forms.Field]:
    """What is typed once; each provider calls them by names of its own."""
    return {
        "secret": _secret(
            _("Secret"), held.secret, _("Twilio: auth token. MSG91: authkey. WhatsApp: access token.")
        ),
        "hook_secret": _secret(
            _("Secret of its calls to us"),
            held.hook_secret,
            _(
                "Twilio: empty, unless it signs with another. MSG91: a word of your own. WhatsApp: the app secret."
            ),
        ),
        "verify_word": _secret(
            _("Word to verify by"),
            held.verify_word,
            _("WhatsApp only: a word of your own, typed there as well when the hook is set up."),
        ),
    }


def _secret(label: Any, is_held: bool, what: Any) -> forms.CharField:
    """Goes in and never comes out: a browser is not to keep it either."""
    kept = _("One is held. Empty leaves it as it is.") if is_held else _("None is held yet.")
    widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"})
    field = forms.CharField(label=label, required=False, max_length=_LONG, widget=widget)
    field.help_text = f"{what} {kept}"
    return field


class RegisterForm(DeskForm):
    """A wording as it was registered."""

    def __init__(self, *args: Any, names: Choices, languages: Choices, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "channel": forms.ChoiceField(
                label=_("Channel"),
                choices=[(one.value, one.label) for one in (RouteChannel.SMS, RouteChannel.WHATSAPP)],
            ),
            "name": forms.ChoiceField(label=_("Which of our texts"), choices=names),
            "language": forms.ChoiceField(label=_("Language"), choices=languages),
            "template_id": forms.CharField(
                label=_("Registered id"),
                max_length=80,
                help_text=_("DLT template id; at WhatsApp the template's name."),
            ),
            "flow_id": forms.CharField(
                label=_("MSG91's own id of it"),
                required=False,
                max_length=80,
                help_text=_("Empty for others."),
            ),
            "text": forms.CharField(
                label=_("The wording, exactly as registered"),
                max_length=1024,
                widget=forms.Textarea(attrs={"dir": "auto"}),
                strip=False,
                help_text=_("With {#var#} where something is filled in."),
            ),
        }
        super().__init__(*args, asks=asks, **kwargs)


class TrialForm(DeskForm):
    """A trial: by which channel, to whom of the house, in which language."""

    def __init__(
        self, *args: Any, channels: Choices, languages: Choices, initial: Mapping[str, str], **kwargs: Any
    ) -> None:
        asks: dict[str, forms.Field] = {
            "channel": forms.ChoiceField(label=_("Channel"), choices=channels, widget=forms.RadioSelect),
            "address": forms.CharField(
                label=_("Your own address or number"),
                max_length=254,
                help_text=_("Or a colleague's. An address that any couple is reached at is refused."),
            ),
            "language": forms.ChoiceField(label=_("Language"), choices=languages),
        }
        super().__init__(*args, asks=asks, initial=dict(initial), **kwargs)
