"""Hours, holidays, closures, protocols and staff."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from apps.clinic.inputs import Span
from apps.clinic.models import Clinic, OpeningHours, Role
from apps.desk.forms.base import DateField, DeskForm, TimeField

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class HoursForm(DeskForm):
    """Two spans a day at most: morning and afternoon. A day without times is closed."""

    def __init__(self, *args: Any, hours: list[OpeningHours], **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            f"{weekday}-{n}-{end}": TimeField(label=f"{name}, {which} {words}", required=False)
            for weekday, name in enumerate(WEEKDAYS)
            for n, which in enumerate(("first", "second"))
            for end, words in (("opens", "from"), ("closes", "to"))
        }
        initial: dict[str, Any] = {}
        for weekday in range(7):
            for n, row in enumerate([row for row in hours if row.weekday == weekday][:2]):
                initial[f"{weekday}-{n}-opens"], initial[f"{weekday}-{n}-closes"] = (
                    row.opens_at,
                    row.closes_at,
                )
        super().__init__(*args, asks=asks, initial=initial, **kwargs)

    def clean(self) -> dict[str, Any]:
        for name, value in list(self.cleaned_data.items()):
            other = (
                name.replace("opens", "closes") if name.endswith("opens") else name.replace("closes", "opens")
            )
            if value is None and self.cleaned_data.get(other) is not None:
                self.add_error(name, "Give both times, or none.")
        return self.cleaned_data

    def spans(self) -> list[Span]:
        data = self.cleaned_data
        return [
            Span(weekday, data[f"{weekday}-{n}-opens"], data[f"{weekday}-{n}-closes"])
            for weekday in range(7)
            for n in range(2)
            if data[f"{weekday}-{n}-opens"] is not None
        ]

    def days(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [
            (name, [self[f"{weekday}-{n}-{end}"] for n in range(2) for end in ("opens", "closes")])
            for weekday, name in enumerate(WEEKDAYS)
        ]


class ClosureForm(DeskForm):
    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "from_on": DateField(label="First day", initial=today),
            "to_on": DateField(label="Last day", initial=today),
            "reason": forms.CharField(label="Reason", required=False, max_length=200),
        }
        super().__init__(*args, asks=asks, **kwargs)


class HolidayForm(DeskForm):
    """One holiday, added or moved by hand."""

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "on": DateField(label="Day", initial=today),
            "name": forms.CharField(label="Name", max_length=200),
        }
        super().__init__(*args, asks=asks, **kwargs)


class StartForm(DeskForm):
    """Which protocol version a couple starts on, and when the course started, if it has."""

    renamed = {"started_on": "started_on"}  # noqa: RUF012  read only

    def __init__(self, *args: Any, versions: list[tuple[str, str]], today: date, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "protocol_version": forms.ChoiceField(label="Protocol", choices=versions),
            "started_on": DateField(
                label="Course starts on",
                required=False,
                initial=today,
                help_text="Empty if it is not known yet.",
            ),
        }
        super().__init__(*args, asks=asks, **kwargs)


class PublishForm(DeskForm):
    """A protocol of the library, signed by the doctor who is logged in."""

    def __init__(
        self, *args: Any, names: list[tuple[str, str]], clinics: tuple[Clinic, ...], **kwargs: Any
    ) -> None:
        asks: dict[str, forms.Field] = {
            "clinic": forms.ChoiceField(
                label="Clinic",
                choices=[(str(clinic.pk), clinic.name) for clinic in clinics],
                widget=forms.HiddenInput() if len(clinics) == 1 else forms.Select(),
                initial=str(clinics[0].pk),
            ),
            "name": forms.ChoiceField(label="Protocol of the library", choices=names),
            "signed": forms.BooleanField(
                label="I have read this protocol and sign it for use in this clinic",
                error_messages={
                    "required": "A protocol is published only with a doctor's signature: tick the box."
                },
            ),
        }
        super().__init__(*args, asks=asks, **kwargs)


class MemberForm(DeskForm):
    """A member of staff: a new user, or a new role for one who is here."""

    def __init__(self, *args: Any, clinics: tuple[Clinic, ...], **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "clinic": forms.ChoiceField(
                label="Clinic",
                choices=[(str(clinic.pk), clinic.name) for clinic in clinics],
                widget=forms.HiddenInput() if len(clinics) == 1 else forms.Select(),
                initial=str(clinics[0].pk),
            ),
            "username": forms.CharField(label="User name", max_length=150),
            "first_name": forms.CharField(label="Given name", max_length=150, required=False),
            "last_name": forms.CharField(label="Family name", max_length=150, required=False),
            "role": forms.ChoiceField(label="Role", choices=Role.choices),
        }
        super().__init__(*args, asks=asks, **kwargs)
