"""Holidays of a clinic: those to confirm, festivals to tick, and the one-day shift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.clinic.models import Clinic, Holiday
from apps.clinic.public_holidays import PublicHoliday, further_holidays
from apps.clinic.queries import holiday_by_id, holidays_of, holidays_to_confirm
from apps.clinic.services import shift_holiday, tick_further_holidays
from apps.desk.access import desk_of
from apps.desk.forms.resources import FestivalsForm
from apps.desk.pages.base import FormPage, press

_SHIFTS = {"earlier": -1, "later": 1}
_CATEGORIES: Mapping[str, object] = {
    "optional": gettext_lazy("optional holiday"),
    "government": gettext_lazy("authorities are closed"),
    "bank": gettext_lazy("banks are closed"),
    "half_day": gettext_lazy("half a day"),
    "unofficial": gettext_lazy("kept, not official"),
}


@dataclass(frozen=True, slots=True)
class ToConfirm:
    """An estimated holiday that is near: what is asked, and the three answers."""

    row: Holiday
    text: str
    before: str
    after: str


def to_confirm(clinic: Clinic, today: date) -> list[ToConfirm]:
    """What a manager is asked about the next fourteen days."""
    return [
        ToConfirm(
            row=row,
            text=_("Confirm: %(name)s, estimated for %(day)s") % {"name": row.name, "day": _day(row.on)},
            before=_day(date.fromordinal(row.on.toordinal() - 1)),
            after=_day(date.fromordinal(row.on.toordinal() + 1)),
        )
        for row in holidays_to_confirm(clinic, today)
    ]


def shift(request: HttpRequest, pk: UUID, way: str) -> HttpResponse:
    """A day earlier or later: the old day opens, the new one closes, plans follow."""
    desk = desk_of(request)
    holiday = desk.find(lambda clinic: holiday_by_id(clinic, pk))
    actor = desk.require("run the clinic", holiday.clinic)
    becomes = date.fromordinal(holiday.on.toordinal() + _SHIFTS[way])
    return press(
        request,
        lambda: shift_holiday(holiday=holiday, days=_SHIFTS[way], actor=actor, at=desk.at),
        done=_("%(name)s is on %(day)s now; %(old)s is open. Plans follow within minutes.")
        % {"name": holiday.name, "day": _day(becomes), "old": _day(holiday.on)},
        back=_address(holiday.clinic),
    )


def shift_earlier(request: HttpRequest, pk: UUID) -> HttpResponse:
    return shift(request, pk, "earlier")


def shift_later(request: HttpRequest, pk: UUID) -> HttpResponse:
    return shift(request, pk, "later")


def festivals(request: HttpRequest, pk: UUID, year: int) -> HttpResponse:
    """Days that the library knows beyond the public ones, to be ticked where the clinic closes for them."""
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    actor = desk.require("run the clinic", clinic)
    listed = {row.on for row in holidays_of(clinic, year)}
    today = desk.today(clinic)
    further = further_holidays(clinic.country, clinic.subdivision, year)
    offered = [
        (on, _festivals(on, list(days)))
        for on, days in groupby(further, key=lambda day: day.on)
        if on not in listed and on >= today
    ]
    form = FestivalsForm(request.POST or None, days=offered)

    def act() -> str:
        tick_further_holidays(clinic=clinic, year=year, days=form.picked(), actor=actor, at=desk.at)
        return _address(clinic)

    return FormPage(
        title=_("Festivals and other days of %(year)d") % {"year": year},
        form=form,
        act=act,
        done=_("Closed on these days. Plans follow within minutes."),
        button=_("Close on these days"),
        back=_address(clinic),
        intro=_("The public holidays are listed already. Tick the days on which this clinic closes besides.")
        if offered
        else _("Nothing more is known for this country and year. Add a holiday by hand instead."),
        template="desk/festivals.html",
        context={"offered": offered},
    ).answer(request)


def _festivals(on: date, days: Sequence[PublicHoliday]) -> str:
    """Everything that the library knows of one day, each name once, and who keeps it."""
    names = dict.fromkeys(name for day in days for name in day.name.split("; "))
    about = dict.fromkeys(str(_CATEGORIES.get(day.category, day.category.replace("_", " "))) for day in days)
    estimated = [_("date estimated")] if any(day.estimated for day in days) else []
    return f"{_day(on)}: {', '.join(names)} ({', '.join([*about, *estimated])})"


def _day(on: date) -> str:
    return date_format(on, "D j M Y")


def _address(clinic: Clinic) -> str:
    return reverse("admin:clinic_clinic_change", args=[clinic.pk])
