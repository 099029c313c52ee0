"""A way to reach a person."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.couples.models import RouteChannel, RouteOwner
from apps.desk.forms.base import DeskForm


class RouteForm(DeskForm):
    """How, where, whose it is, who else reads it, and whether they agreed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args,
            asks={
                "channel": forms.ChoiceField(label=_("How"), choices=RouteChannel.choices),
                "address": forms.CharField(
                    label=_("Number or address"),
                    required=False,
                    max_length=254,
                    help_text=_("A number with + and the country code. Empty for a printed card."),
                ),
                "belongs_to": forms.ChoiceField(label=_("Whose it is"), choices=RouteOwner.choices),
                "read_by": forms.CharField(
                    label=_("Who else reads or hears it"),
                    required=False,
                    max_length=100,
                    help_text=_(
                        "Empty if nobody does. A shared one gets neutral texts only, and never a code."
                    ),
                ),
                "place": forms.IntegerField(
                    label=_("Place in the order of their wish"), min_value=1, max_value=99, initial=1
                ),
                "agreed": forms.BooleanField(
                    label=_("They agreed to be reached so"),
                    required=False,
                    help_text=_("Without it the way is known and not used."),
                ),
            },
            **kwargs,
        )
