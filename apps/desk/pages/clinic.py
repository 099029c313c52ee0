"""One clinic: hours, holidays, closures."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.clinic.models import Clinic, ResourceKind
from apps.clinic.queries import closures_of, holidays_of, hours_of
from apps.clinic.resource_queries import resources_of
from apps.clinic.services import close_days, reopen_days, set_holiday, set_hours, tick_holidays
from apps.desk.access import desk_of
from apps.desk.forms.clinic import WEEKDAYS, ClosureForm, HolidayForm, HoursForm
from apps.desk.pages.base import FormPage, page, press
from apps.desk.pages.holidays import to_confirm

_FAR = timedelta(days=730)


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    today = desk.today(clinic)
    hours = list(hours_of(clinic))
    context = {
        "clinic": clinic,
        "today": today,
        "week": [(name, [row for row in hours if row.weekday == n]) for n, name in enumerate(WEEKDAYS)],
        "closures": closures_of(clinic, today, today + _FAR),
        "holidays": [
            row
            for year in (today.year, today.year + 1)
            for row in holidays_of(clinic, year)
            if row.on >= today
        ],
        "years": (today.year, today.year + 1),
        "to_confirm": to_confirm(clinic, today),
        "resources": _resources(clinic),
        "may_run": desk.may("run the clinic", clinic),
        "may_review": desk.may("review texts", clinic),
        "may_set_limits": desk.may("set limits", clinic),
        "may_close": desk.may("close days", clinic),
    }
    return page(request, "desk/clinic.html", clinic.name, context)


def _resources(clinic: Clinic) -> list[tuple[str, list[str]]]:
    """What is in use, by kind."""
    active = [row for row in resources_of(clinic) if row.is_active]
    kinds = [
        (label, [row.name for row in active if row.kind == kind]) for kind, label in ResourceKind.choices
    ]
    return [(label, names) for label, names in kinds if names]


def hours(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    actor = desk.require("run the clinic", clinic)
    form = HoursForm(request.POST or None, hours=list(hours_of(clinic)))

    def act() -> str:
        set_hours(clinic=clinic, spans=form.spans(), actor=actor, at=desk.at)
        return _address(clinic)

    return FormPage(
        title="Opening hours",
        form=form,
        act=act,
        done="Saved. Plans follow within minutes.",
        back=_address(clinic),
        template="desk/hours.html",
    ).answer(request)


def close(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Whole days; what is booked there is flagged and never moved by itself."""
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    actor = desk.require("close days", clinic)
    form = ClosureForm(request.POST or None, today=desk.today(clinic))

    def act() -> str:
        data = form.cleaned_data
        close_days(
            clinic=clinic,
            from_on=data["from_on"],
            to_on=data["to_on"],
            reason=data["reason"],
            actor=actor,
            at=desk.at,
        )
        return _address(clinic)

    return FormPage(
        title="Close days",
        form=form,
        act=act,
        done="Closed. Visits booked on these days are flagged within minutes.",
        button="Close these days",
        back=_address(clinic),
        intro="Nothing that is booked moves by itself: each visit on these days gets a flag.",
    ).answer(request)


def reopen(request: HttpRequest, pk: UUID, from_on: str, to_on: str) -> HttpResponse:
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    actor = desk.require("close days", clinic)
    first, last = date.fromisoformat(from_on), date.fromisoformat(to_on)
    return press(
        request,
        lambda: reopen_days(clinic=clinic, from_on=first, to_on=last, actor=actor, at=desk.at),
        done="The days are open again.",
        back=_address(clinic),
    )


def add_holiday(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    actor = desk.require("run the clinic", clinic)
    form = HolidayForm(request.POST or None, today=desk.today(clinic))

    def act() -> str:
        data = form.cleaned_data
        set_holiday(clinic=clinic, on=data["on"], name=data["name"], closed=True, actor=actor, at=desk.at)
        return _address(clinic)

    return FormPage(title="Add a holiday", form=form, act=act, done="Saved.", back=_address(clinic)).answer(
        request
    )


def tick(request: HttpRequest, pk: UUID, on: str) -> HttpResponse:
    """Closed becomes open and the other way round; an estimated day is thereby confirmed."""
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    actor = desk.require("run the clinic", clinic)
    day = date.fromisoformat(on)
    closed = request.POST.get("closed") == "1"
    return press(
        request,
        lambda: set_holiday(clinic=clinic, on=day, closed=closed, actor=actor, at=desk.at),
        done="Closed on that day." if closed else "Open on that day.",
        back=_address(clinic),
    )


def list_year(request: HttpRequest, pk: UUID, year: int) -> HttpResponse:
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    actor = desk.require("run the clinic", clinic)
    return press(
        request,
        lambda: tick_holidays(clinic=clinic, year=year, actor=actor, at=desk.at),
        done=f"The public holidays of {year} are listed.",
        back=_address(clinic),
    )


def _address(clinic: Clinic) -> str:
    return reverse("admin:clinic_clinic_change", args=[clinic.pk])
