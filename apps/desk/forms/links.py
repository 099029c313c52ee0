"""A calendar link: for which device it is and what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.clinic.clock import day_bounds
from apps.desk.forms.base import DateField, DeskForm


def choices(now: Mapping[str, bool] | None = None) -> dict[str, forms.Field]:
    """What a person may choose, as it is `now`; nothing of it by itself."""
    labels = {
        "shows_windows": (
            _("Also days not yet agreed"),
            _("The days between which an appointment will probably fall, marked as tentative."),
        ),
        "shows_details": (
            _("Also address and number"),
            _("The clinic's address, its number, and whether both come. Never what an appointment is for."),
        ),
        "has_alarms": (
            _("Rings a day before"),
            _("Many calendars ignore this. It does not take the place of a message."),
        ),
    }
    return {
        name: forms.BooleanField(
            label=label, help_text=help_text, required=False, initial=(now or {}).get(name, False)
        )
        for name, (label, help_text) in labels.items()
    }


class ChoiceForm(DeskForm):
    """What an existing link shows from now on."""

    def __init__(self, *args: Any, now: Mapping[str, bool], **kwargs: Any) -> None:
        super().__init__(*args, asks=choices(now), **kwargs)


class IssueForm(DeskForm):
    """A new link. `zone` is the clinic's, in which its last day ends."""

    renamed = {"expires_at": "last_day"}  # noqa: RUF012  read only

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        self.zone = zone
        label = forms.CharField(
            label=_("For which device"), required=False, max_length=40, initial=_("Phone")
        )
        last_day = DateField(
            label=_("Last day"), required=False, help_text=_("Empty: until somebody ends it.")
        )
        super().__init__(*args, asks={"label": label, **choices(), "last_day": last_day}, **kwargs)

    def wanted(self) -> dict[str, Any]:
        """What `issue_link` is to be given."""
        given = dict(self.cleaned_data)
        last_day: date | None = given.pop("last_day")
        expires_at: datetime | None = day_bounds(self.zone, last_day)[1] if last_day else None
        return {**given, "label": given["label"] or str(_("Phone")), "expires_at": expires_at}
