"""Stopping everything for a couple, letting messages go again, and the brake of a clinic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
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


class YesForm(DeskForm):
    """The couple's own word that messages may go again; after a confirmed loss a second person signs as well."""

    def __init__(self, *args: Any, today: date, people: Sequence[Person], two: bool, **kwargs: Any) -> None:
        her, him = people
        of = [("recipient", her.full_name), ("partner", him.full_name), ("both", _("Both"))]
        how = [
            ("phone", _("On the phone")),
            ("in_person", _("In person")),
            ("in_writing", _("In writing")),
        ]
        asks: dict[str, forms.Field] = {
            "yes_of": forms.ChoiceField(label=_("Who said yes"), choices=of, widget=forms.RadioSelect),
            "yes_how": forms.ChoiceField(label=_("How"), choices=how, widget=forms.RadioSelect),
            "yes_on": forms.DateField(
                label=_("On which day"), initial=today, widget=forms.DateInput(attrs={"type": "date"})
            ),
        }
        super().__init__(*args, asks=asks | (_second_person() if two else {}), **kwargs)


def _second_person() -> dict[str, forms.Field]:
    return {
        "second_name": forms.CharField(label=_("Second person: sign-on name"), max_length=150),
        "second_password": forms.CharField(
            label=_("Second person: password"),
            strip=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        ),
    }


class BrakeForm(DeskForm):
    """Why nothing may be sent for the clinic."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        reason = forms.CharField(
            label=_("Why"), max_length=200, help_text=_("Your colleagues read it on the first page.")
        )
        super().__init__(*args, asks={"reason": reason}, **kwargs)
