"""Stopping everything for a couple, letting messages go again, and the brake of a clinic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.couples.models import Person, SilenceReason
from apps.desk.forms.base import DeskForm


class StopForm(DeskForm):
    """What happened, in one pick; who ended it is asked only then."""

    def __init__(self, *args: Any, people: Sequence[Person], may_end: bool, **kwargs: Any) -> None:
        reasons = [
            (SilenceReason.PAUSED, _("They ask for a pause")),
            (SilenceReason.SUSPECTED_LOSS, _("A loss is suspected")),
            (SilenceReason.BEREAVED, _("A death in the family")),
        ]
        if may_end:
            reasons.append((SilenceReason.SEPARATED, _("One of them ends it")))
        super().__init__(
            *args,
            asks={
                "reason": forms.ChoiceField(
                    label=_("What happened"), choices=reasons, widget=forms.RadioSelect
                ),
                "person": forms.ChoiceField(
                    label=_("Who ends it"),
                    required=False,
                    choices=[("", "---"), *((str(person.pk), person.full_name) for person in people)],
                    help_text=_("Only if one of them ends it. The other learns only that it has ended."),
                ),
            },
            **kwargs,
        )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("reason") == SilenceReason.SEPARATED and not data.get("person"):
            self.add_error("person", _("Say which of the two ends it."))
        return data


class SecondPersonForm(DeskForm):
    """After a confirmed loss two people agree that messages go again."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args,
            asks={
                "second_name": forms.CharField(label=_("Second person: sign-on name"), max_length=150),
                "second_password": forms.CharField(
                    label=_("Second person: password"),
                    strip=False,
                    widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
                ),
            },
            **kwargs,
        )


class BrakeForm(DeskForm):
    """Why nothing may be sent for the clinic."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        reason = forms.CharField(
            label=_("Why"), max_length=200, help_text=_("Your colleagues read it on the first page.")
        )
        super().__init__(*args, asks={"reason": reason}, **kwargs)
