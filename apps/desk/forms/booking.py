"""Choosing a time outside the list, and confirming the one that was chosen."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.clinic.clock import local_moment
from apps.desk.forms.base import DateField, DeskForm, TimeField
from apps.desk.forms.visits import DEVIATIONS


class OtherTimeForm(DeskForm):
    """Any day and time of the clinic's clock: it is held if the whole session fits there."""

    renamed = {"starts_at": "time", "on": "on"}  # noqa: RUF012  read only

    def __init__(self, *args: Any, zone: str, on: date | None, **kwargs: Any) -> None:
        self.zone = zone
        asks: dict[str, forms.Field] = {
            "on": DateField(label=_("Day"), initial=on),
            "time": TimeField(label=_("Time"), initial=time(8, 0), help_text=_("In steps of five minutes.")),
        }
        asks["time"].widget.attrs["step"] = 300
        super().__init__(*args, asks=asks, **kwargs)

    def wall(self) -> datetime:
        """The wall time as it was typed: naive."""
        return datetime.combine(self.cleaned_data["on"], self.cleaned_data["time"])


class ConfirmForm(DeskForm):
    """The chosen time, the plan that was shown, and the reason where one is needed."""

    def __init__(self, *args: Any, zone: str, with_reason: bool, **kwargs: Any) -> None:
        self.zone = zone
        asks: dict[str, forms.Field] = {
            "starts_at": forms.DateTimeField(
                input_formats=["%Y-%m-%dT%H:%M"], widget=forms.HiddenInput(), required=True
            ),
            "expected": forms.CharField(required=False, widget=forms.HiddenInput(), max_length=200),
        }
        if with_reason:
            asks["reason"] = forms.ChoiceField(
                label=_("Reason for this day"), choices=DEVIATIONS, required=False
            )
            asks["other_reason"] = forms.CharField(
                label=_("Reason in your words"), required=False, max_length=300
            )
        super().__init__(*args, asks=asks, **kwargs)

    def starts_at(self) -> datetime:
        """The chosen wall time in the clinic's zone. Raises Invalid in the hour in which the clocks change."""
        given: datetime = self.cleaned_data["starts_at"]
        return local_moment(self.zone, given.replace(tzinfo=None))

    def reason_text(self) -> str:
        picked: str = self.cleaned_data.get("reason") or ""
        said: str = (self.cleaned_data.get("other_reason") or "").strip()
        return said or ("" if picked == "other" else picked)
