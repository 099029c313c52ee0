"""What is to be closed, from when to when; and what becomes of each session of a closing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.booking.closing.services import Decided
from apps.booking.models import ClosingLine, LineDecision
from apps.clinic.clock import day_bounds, local_moment
from apps.clinic.errors import Invalid
from apps.clinic.models import Clinic, Resource
from apps.desk.forms.base import DateField, DeskForm, TimeField

# Where a half day ends and the other one begins, unless hours are given.
NOON = time(13)
EVERYTHING = "clinic"
PARTS = (
    ("day", _("The whole day")),
    ("morning", _("The morning, until 13:00")),
    ("afternoon", _("The afternoon, from 13:00")),
    ("hours", _("From one time to another")),
)


def choices_of(resources: Iterable[Resource]) -> list[tuple[str, Any]]:
    return [
        (EVERYTHING, _("The whole clinic")),
        *((str(one.pk), f"{one.name} ({one.get_kind_display()})") for one in resources),
    ]


class ClosingForm(DeskForm):
    """A day, half a day, some hours, or the same of one resource."""

    renamed = {"starts_at": "from_on", "ends_at": "to_on", "resource": "what"}  # noqa: RUF012  read only

    def __init__(self, *args: Any, resources: list[Resource], today: date, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "what": forms.ChoiceField(label=_("What is closed"), choices=choices_of(resources)),
            "from_on": DateField(label=_("First day"), initial=today),
            "to_on": DateField(
                label=_("Last day"), required=False, help_text=_("Empty if it is one day only.")
            ),
            "part": forms.ChoiceField(
                label=_("Which part of the day"), choices=PARTS, widget=forms.RadioSelect
            ),
            "from_time": TimeField(label=_("From"), required=False),
            "to_time": TimeField(label=_("To"), required=False),
            "reason": forms.CharField(
                label=_("Reason"), max_length=200, help_text=_("For the staff; no message names it.")
            ),
        }
        self.resources = {str(one.pk): one for one in resources}
        kwargs.setdefault("initial", {"part": "day"})
        super().__init__(*args, asks=asks, **kwargs)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("part") == "hours":
            for name in ("from_time", "to_time"):
                if data.get(name) is None and name not in self.errors:
                    self.add_error(name, _("Give both times."))
        return data

    def resource(self) -> Resource | None:
        return self.resources.get(self.cleaned_data["what"])

    def span(self, clinic: Clinic) -> tuple[datetime, datetime]:
        """From the first moment to the last; a part of the day is that of each end of the span."""
        data = self.cleaned_data
        first, last = data["from_on"], data["to_on"] or data["from_on"]
        opens, closes = {
            "day": (None, None),
            "morning": (None, NOON),
            "afternoon": (NOON, None),
            "hours": (data["from_time"], data["to_time"]),
        }[data["part"]]
        starts = _moment(clinic, first, opens) if opens else day_bounds(clinic.zone, first)[0]
        ends = _moment(clinic, last, closes) if closes else day_bounds(clinic.zone, last)[1]
        return starts, ends


class NowForm(DeskForm):
    """What has failed, and until when it is out of order."""

    renamed = {"ends_at": "until", "resource": "what"}  # noqa: RUF012  read only

    def __init__(self, *args: Any, resources: list[Resource], **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "what": forms.ChoiceField(label=_("What has failed"), choices=choices_of(resources)),
            "until": forms.DateTimeField(
                label=_("Out of order until"),
                required=False,
                input_formats=["%Y-%m-%dT%H:%M"],
                widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
                help_text=_("Empty for the rest of today."),
            ),
            "reason": forms.CharField(
                label=_("Reason"), max_length=200, help_text=_("For the staff; no message names it.")
            ),
        }
        self.resources = {str(one.pk): one for one in resources}
        super().__init__(*args, asks=asks, **kwargs)

    def resource(self) -> Resource | None:
        return self.resources.get(self.cleaned_data["what"])

    def until(self, clinic: Clinic, today: date) -> datetime:
        given: datetime | None = self.cleaned_data["until"]
        if given is None:
            return day_bounds(clinic.zone, today)[1]
        return local_moment(clinic.zone, given.replace(tzinfo=None))


class EarlierForm(DeskForm):
    """From when on a couple would come earlier."""

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "from_on": DateField(label=_("Could come from"), initial=today),
            "note": forms.CharField(
                label=_("Note"),
                max_length=300,
                required=False,
                help_text=_("Such as: mornings only, two hours' notice."),
            ),
        }
        super().__init__(*args, asks=asks, **kwargs)


def decided_in(posted: Mapping[str, str], lines: Iterable[ClosingLine], zone: str) -> dict[UUID, Decided]:
    """What was chosen on the page for each line. Invalid, naming the line, for a time that is none."""
    decided = {}
    for line in lines:
        decision = posted.get(f"decision-{line.pk}", line.decision)
        said = posted.get(f"at-{line.pk}", "")
        when = _wall(said, zone, line) if decision == LineDecision.MOVE else None
        decided[line.pk] = Decided(decision, when, posted.get(f"disposed-{line.pk}", ""))
    return decided


def _wall(said: str, zone: str, line: ClosingLine) -> datetime | None:
    if not said:
        return None
    try:
        wall = datetime.fromisoformat(said).replace(tzinfo=None)
    except ValueError as error:
        raise Invalid(
            "This is no time.", field=f"lines.{line.pk}", remedy="Pick a day and a time of day."
        ) from error
    # Seconds are not shown: the proposed time stays exactly what was proposed.
    if line.proposed_at is not None and abs(local_moment(zone, wall) - line.proposed_at) < timedelta(
        minutes=1
    ):
        return line.proposed_at
    return local_moment(zone, wall)


def _moment(clinic: Clinic, on: date, clock: time) -> datetime:
    return local_moment(clinic.zone, datetime.combine(on, clock))
