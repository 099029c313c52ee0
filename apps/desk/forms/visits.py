"""Booking, moving, performing and missing a visit."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from apps.clinic.clock import local_moment
from apps.desk.forms.base import DateField, DeskForm, TimeField
from apps.desk.forms.dose import MORE, RENAMED, content_in, dose_fields
from protocols.template import Step

# Six picks and "other": a pick is enough of a reason, and the words can be said more exactly.
DEVIATIONS = (
    ("", "—"),
    ("The couple cannot come earlier or later", "The couple cannot come earlier or later"),
    ("Clinic closed or fully booked", "Clinic closed or fully booked"),
    ("Illness", "Illness"),
    ("Travel", "Travel"),
    ("Donor not available", "Donor not available"),
    ("Doctor's advice", "Doctor's advice"),
    ("other", "Other"),
)


class BookForm(DeskForm):
    """A day and a wall-clock time of the clinic. `with_pencil` offers the pencil for a held visit."""

    renamed = {"starts_at": "on"}  # noqa: RUF012  read only

    def __init__(
        self,
        *args: Any,
        zone: str,
        with_reason: bool,
        with_pencil: bool = False,
        minutes: int = 60,
        **kwargs: Any,
    ) -> None:
        self.zone = zone
        asks: dict[str, forms.Field] = {
            "on": DateField(label="Day"),
            "time": TimeField(label="Time", help_text=f"By the clinic's clock ({zone})."),
            "minutes": forms.IntegerField(label="Minutes", min_value=5, max_value=720, initial=minutes),
        }
        if with_pencil:
            asks["pencil"] = forms.BooleanField(
                label="Pencil it in until the doctor has decided",
                required=False,
                initial=True,
                help_text="Keeps the place. Sends nothing, stands in no calendar, cannot be performed.",
            )
        hint = "" if with_reason else "Needed only on a day outside the good days."
        asks["reason"] = forms.ChoiceField(
            label="Reason for this day", choices=DEVIATIONS, required=False, help_text=hint
        )
        asks["other_reason"] = forms.CharField(label="Reason in your words", required=False, max_length=300)
        super().__init__(*args, asks=asks, **kwargs)

    def starts_at(self) -> datetime:
        """The chosen wall time in the clinic's zone. Raises Invalid in the hour in which the clocks change."""
        return local_moment(self.zone, self.wall())

    def wall(self) -> datetime:
        """The chosen wall time as it was typed: naive."""
        return datetime.combine(self.cleaned_data["on"], self.cleaned_data["time"])

    def reason_text(self) -> str:
        picked: str = self.cleaned_data.get("reason") or ""
        said: str = self.cleaned_data.get("other_reason", "").strip()
        return said or ("" if picked == "other" else picked)


def first_choice(on: date | None, starts_at: datetime | None, zone: str) -> dict[str, Any]:
    """What the form shows first: the booked time, or the proposed day at nine."""
    if starts_at is not None:
        local = starts_at.astimezone(ZoneInfo(zone))
        return {"on": local.date(), "time": local.time().replace(second=0, microsecond=0)}
    return {"on": on, "time": time(9, 0)}


class ArrivalForm(DeskForm):
    """What is asked before a dose before conception."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "last_period_on": DateField(
                label="Last period began on", required=False, help_text="Leave empty if it is not known."
            ),
            "pregnancy_test": forms.ChoiceField(
                label="Pregnancy test of today",
                choices=[("clear", "Negative"), ("reactive", "Positive: no dose is given")],
                widget=forms.RadioSelect,
            ),
        }
        super().__init__(*args, asks=asks, **kwargs)


class AttendForm(DeskForm):
    """What was done; the content of a dose is asked for doses only, against what `dose`, its step, asks."""

    renamed = dict(RENAMED)  # noqa: RUF012  read only
    more = MORE

    def __init__(
        self, *args: Any, today: date, dose: Step | None, asks_pregnancy: bool = False, **kwargs: Any
    ) -> None:
        asks: dict[str, forms.Field] = {"on": DateField(label="Done on", initial=today)}
        if asks_pregnancy:
            asks["pregnancy_test"] = forms.ChoiceField(
                label="Pregnancy test on that day",
                choices=[("clear", "Negative"), ("reactive", "Positive: no dose is given")],
                widget=forms.RadioSelect,
                help_text="Asked before the donor is drawn.",
            )
        if dose is not None:
            asks |= dose_fields(dose)
        super().__init__(*args, asks=asks, **kwargs)

    def content(self) -> dict[str, Any] | None:
        """What was given, or None where nothing was measured."""
        return content_in(self.given())


class ReasonForm(DeskForm):
    """Why a visit was cancelled or missed."""

    def __init__(self, *args: Any, required: bool = True, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "reason": forms.CharField(label="Reason", max_length=300, required=required)
        }
        super().__init__(*args, asks=asks, **kwargs)
