"""Resources of a clinic: what it has, when it is there, its batches, and closing it for hours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.clinic.clock import day_bounds, local_moment
from apps.clinic.inputs import BatchInput, Span
from apps.clinic.models import Batch, Clinic, Resource, ResourceKind
from apps.clinic.resources import MOST_PLACES
from apps.desk.forms.base import DateField, DeskForm, TimeField
from apps.desk.forms.clinic import WEEKDAYS

Hours = Sequence[tuple[int, time, time]]
_ENDS = ("opens", "rest_from", "rest_to", "closes")
_END_WORDS = (
    gettext_lazy("from"),
    gettext_lazy("break from"),
    gettext_lazy("break to"),
    gettext_lazy("to"),
)
# Where a day without a break is cut into halves.
_NOON = time(13, 0)
_MOST_BATCHES = 4


class ResourceForm(DeskForm):
    """One resource. Its kind is chosen once; whether it is in use is asked of one that exists."""

    def __init__(self, *args: Any, resource: Resource | None = None, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "name": forms.CharField(
                label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("Such as “Chair 1”.")
            ),
            "places": forms.IntegerField(
                label=gettext_lazy("Places"),
                min_value=1,
                max_value=MOST_PLACES,
                initial=1,
                help_text=gettext_lazy(
                    "How many sessions it serves at one moment; for a bench with batches, in one batch."
                ),
            ),
        }
        if resource is None:
            kind = forms.ChoiceField(
                label=gettext_lazy("Kind"),
                choices=ResourceKind.choices,
                help_text=gettext_lazy(
                    "From the first one of a kind on, a booking needs a free one. A kind not listed is not counted."
                ),
            )
            asks = {"kind": kind, **asks}
        else:
            asks["is_active"] = forms.BooleanField(label=gettext_lazy("In use"), required=False)
            kwargs["initial"] = {
                "name": resource.name,
                "places": resource.places,
                "is_active": resource.is_active,
            }
        super().__init__(*args, asks=asks, **kwargs)


class WeekForm(DeskForm):
    """Hours of a week: from and to on each day, with a break or without. A day without times: not there."""

    renamed = {"opens_at": "0-opens", "closes_at": "0-closes"}  # noqa: RUF012  read only

    def __init__(self, *args: Any, hours: Hours, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            f"{weekday}-{end}": TimeField(label=f"{name}, {words}", required=False)
            for weekday, name in enumerate(WEEKDAYS)
            for end, words in zip(_ENDS, _END_WORDS, strict=True)
        }
        for field in asks.values():
            field.widget.attrs["step"] = 300
        super().__init__(*args, asks=asks, initial=dict(_as_asked(hours)), **kwargs)

    def clean(self) -> dict[str, Any]:
        for weekday in range(7):
            opens, rest_from, rest_to, closes = self._day(weekday)
            if (opens is None) != (closes is None):
                self.add_error(f"{weekday}-{'opens' if opens is None else 'closes'}", _("Give both times."))
            if (rest_from is None) != (rest_to is None):
                self.add_error(
                    f"{weekday}-{'rest_from' if rest_from is None else 'rest_to'}", _("Give both ends.")
                )
            if opens is None and rest_from is not None:
                self.add_error(f"{weekday}-rest_from", _("A break needs hours around it."))
            times = [at for at in (opens, rest_from, rest_to, closes) if at is not None]
            if any(later <= earlier for earlier, later in pairwise(times)):
                self.add_error(f"{weekday}-opens", _("These times do not follow one another."))
        return self.cleaned_data

    def spans(self) -> list[Span]:
        found = []
        for weekday in range(7):
            opens, rest_from, rest_to, closes = self._day(weekday)
            if opens is None or closes is None:
                continue
            if rest_from is None or rest_to is None:
                found.append(Span(weekday, opens, closes))
            else:
                found += [Span(weekday, opens, rest_from), Span(weekday, rest_to, closes)]
        return found

    def days(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(name, [self[f"{n}-{end}"] for end in _ENDS]) for n, name in enumerate(WEEKDAYS)]

    def _day(self, weekday: int) -> tuple[time | None, ...]:
        return tuple(self.cleaned_data.get(f"{weekday}-{end}") for end in _ENDS)


def _as_asked(hours: Hours) -> Iterator[tuple[str, time]]:
    for weekday in range(7):
        spans = sorted((opens, closes) for day, opens, closes in hours if day == weekday)
        if not spans:
            continue
        yield f"{weekday}-opens", spans[0][0]
        yield f"{weekday}-closes", spans[-1][1]
        if len(spans) > 1:
            yield f"{weekday}-rest_from", spans[0][1]
            yield f"{weekday}-rest_to", spans[1][0]


class BatchesForm(DeskForm):
    """The batches of a bench on a day. A row without a name is no batch."""

    def __init__(self, *args: Any, batches: Sequence[Batch], **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {}
        initial: dict[str, Any] = {}
        for n in range(_MOST_BATCHES):
            asks[f"{n}-name"] = forms.CharField(
                label=gettext_lazy("Name of the batch"), required=False, max_length=40
            )
            for end, words in (
                ("starts_at", gettext_lazy("Begins")),
                ("cutoff_at", gettext_lazy("Blood there by")),
                ("ends_at", gettext_lazy("Ready at")),
            ):
                asks[f"{n}-{end}"] = TimeField(label=words, required=False)
                asks[f"{n}-{end}"].widget.attrs["step"] = 300
            for row in batches[n : n + 1]:
                initial |= {f"{n}-{name}": getattr(row, name) for name in BatchInput.__slots__}
        super().__init__(*args, asks=asks, initial=initial, **kwargs)

    def clean(self) -> dict[str, Any]:
        for n in range(_MOST_BATCHES):
            given = [self.cleaned_data.get(f"{n}-{name}") for name in BatchInput.__slots__]
            if any(value not in (None, "") for value in given) and any(
                value in (None, "") for value in given
            ):
                self.add_error(f"{n}-name", _("A batch needs a name and three times."))
        return self.cleaned_data

    def batches(self) -> list[BatchInput]:
        data = self.cleaned_data
        return [
            BatchInput(**{name: data[f"{n}-{name}"] for name in BatchInput.__slots__})
            for n in range(_MOST_BATCHES)
            if data[f"{n}-name"]
        ]

    def rows(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [
            (_("Batch %(n)d") % {"n": n + 1}, [self[f"{n}-{name}"] for name in BatchInput.__slots__])
            for n in range(_MOST_BATCHES)
        ]


class HoursClosureForm(DeskForm):
    """What is closed on a day, and for which part of it; from a time on or between two."""

    renamed = {"starts_at": "from_time", "ends_at": "to_time"}  # noqa: RUF012  read only

    def __init__(
        self, *args: Any, clinic: Clinic, resources: Sequence[Resource], today: date, **kwargs: Any
    ) -> None:
        self.clinic, self.resources = clinic, {str(row.pk): row for row in resources}
        asks: dict[str, forms.Field] = {
            "resource": forms.ChoiceField(
                label=gettext_lazy("What is closed"),
                required=False,
                choices=[
                    ("", _("The whole clinic")),
                    *((pk, row.name) for pk, row in self.resources.items()),
                ],
            ),
            "on": DateField(label=gettext_lazy("Day"), initial=today),
            "part": forms.ChoiceField(
                label=gettext_lazy("Which part of the day"),
                choices=[
                    ("morning", _("The morning")),
                    ("afternoon", _("The afternoon")),
                    ("day", _("The whole day")),
                    ("times", _("From one time to another")),
                ],
                widget=forms.RadioSelect,
                initial="morning",
            ),
            "from_time": TimeField(label=gettext_lazy("From"), required=False),
            "to_time": TimeField(label=gettext_lazy("To"), required=False),
            "to_on": DateField(
                label=gettext_lazy("Until which day"),
                required=False,
                help_text=gettext_lazy("Only if it ends on a later day."),
            ),
            "reason": forms.CharField(label=gettext_lazy("Reason"), required=False, max_length=200),
        }
        super().__init__(*args, asks=asks, **kwargs)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("part") == "times":
            for name in ("from_time", "to_time"):
                if data.get(name) is None and name not in self.errors:
                    self.add_error(name, _("Give a time."))
        return data

    def resource(self) -> Resource | None:
        return self.resources.get(self.cleaned_data["resource"])

    def bounds(self, hours: Hours) -> tuple[datetime, datetime]:
        """From and to as moments. The halves of a day meet in the clinic's break, or at 13:00 where it has none.

        Raises Invalid for a time in the hour in which the clocks change.
        """
        data = self.cleaned_data
        on: date = data["on"]
        last: date = data["to_on"] or on
        start, end = day_bounds(self.clinic.zone, on)[0], day_bounds(self.clinic.zone, last)[1]
        spans = sorted((opens, closes) for day, opens, closes in hours if day == on.weekday())
        first_end, second_start = (spans[0][1], spans[1][0]) if len(spans) > 1 else (_NOON, _NOON)
        if data["part"] == "morning":
            return start, self._moment(last, first_end)
        if data["part"] == "afternoon":
            return self._moment(on, second_start), end
        if data["part"] == "times":
            return self._moment(on, data["from_time"]), self._moment(last, data["to_time"])
        return start, end

    def _moment(self, on: date, at: time) -> datetime:
        return local_moment(self.clinic.zone, datetime.combine(on, at))


class FestivalsForm(DeskForm):
    """Further days of the library to tick; those listed already are not offered."""

    def __init__(self, *args: Any, days: Sequence[tuple[date, str]], **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "days": forms.MultipleChoiceField(
                label=gettext_lazy("We are closed on"),
                choices=[(day.isoformat(), words) for day, words in days],
                widget=forms.CheckboxSelectMultiple,
                error_messages={"required": gettext_lazy("Tick at least one day.")},
            )
        }
        super().__init__(*args, asks=asks, **kwargs)

    def picked(self) -> list[date]:
        return [date.fromisoformat(day) for day in self.cleaned_data["days"]]


def in_words(hours: Hours) -> list[str]:
    """A week in a few lines: days that follow one another with the same hours stand together."""
    week = [
        ", ".join(f"{opens:%H:%M}–{closes:%H:%M}" for day, opens, closes in sorted(hours) if day == n)
        for n in range(7)
    ]
    lines: list[tuple[int, int, str]] = []
    for n, text in enumerate(week):
        if text and lines and lines[-1][1] == n - 1 and lines[-1][2] == text:
            lines[-1] = (lines[-1][0], n, text)
        elif text:
            lines.append((n, n, text))
    short = [name[:3] for name in WEEKDAYS]
    return [
        f"{short[first]}{f'–{short[last]}' if last != first else ''} {text}" for first, last, text in lines
    ]


def midnight_before(moment: datetime) -> datetime:
    """For saying when something ends: an end at midnight belongs to the day before."""
    return moment - timedelta(minutes=1) if (moment.hour, moment.minute) == (0, 0) else moment
