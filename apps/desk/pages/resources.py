"""What a clinic can do at one time: its resources, when they are there, and closing them for hours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.booking.capacity import change_resource, taken_between
from apps.clinic.actors import Actor
from apps.clinic.models import Clinic, OpeningHours, Resource, ResourceClosure, ResourceHours, ResourceKind
from apps.clinic.queries import hours_of
from apps.clinic.resource_queries import (
    resource_by_id,
    resource_closure_by_id,
    resource_closures_of,
    resources_of,
)
from apps.clinic.resources import (
    add_resource,
    close_resource,
    reopen_resource,
    set_batches,
    set_resource_hours,
)
from apps.clinic.services import close_days
from apps.desk import words
from apps.desk.access import Desk, desk_of
from apps.desk.forms.resources import (
    BatchesForm,
    HoursClosureForm,
    ResourceForm,
    WeekForm,
    in_words,
    midnight_before,
)
from apps.desk.pages.base import FormPage, page, press


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """One resource as its manager reads it."""

    row: Resource
    hours: tuple[str, ...]
    batches: tuple[str, ...]

    @property
    def works_in_batches(self) -> bool:
        return self.row.kind == ResourceKind.BENCH


@dataclass(frozen=True, slots=True)
class ClosureRow:
    """A closure of hours, and how many visits are booked in it."""

    row: ResourceClosure
    what: str
    when: str
    booked: int


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    rows = [_resource_row(row) for row in resources_of(clinic)]
    context = {
        "clinic": clinic,
        "kinds": [
            (label, [row for row in rows if row.row.kind == kind and row.row.is_active])
            for kind, label in ResourceKind.choices
            if any(row.row.kind == kind and row.row.is_active for row in rows)
        ],
        "idle": [row for row in rows if not row.row.is_active],
        "not_listed": [
            label
            for kind, label in ResourceKind.choices
            if not any(row.row.kind == kind and row.row.is_active for row in rows)
        ],
        "closures": [_closure_row(row, desk) for row in resource_closures_of(clinic, desk.at)],
        "may_run": desk.may("run the clinic", clinic),
        "may_close": desk.may("close days", clinic),
        "back": reverse("admin:clinic_clinic_change", args=[clinic.pk]),
    }
    return page(request, "desk/resources.html", _("Resources"), context)


def _resource_row(row: Resource) -> ResourceRow:
    return ResourceRow(
        row=row,
        hours=tuple(in_words(_hours(row.hours.all()))),
        batches=tuple(
            _("%(name)s %(from)s–%(to)s, blood there by %(cutoff)s")
            % {
                "name": batch.name,
                "from": f"{batch.starts_at:%H:%M}",
                "to": f"{batch.ends_at:%H:%M}",
                "cutoff": f"{batch.cutoff_at:%H:%M}",
            }
            for batch in row.batches.all()
        ),
    )


def _closure_row(row: ResourceClosure, desk: Desk) -> ClosureRow:
    clinic = desk.clinic(row.clinic_id)
    return ClosureRow(
        row=row,
        what=row.resource.name if row.resource else _("The whole clinic"),
        when=_span(clinic, row.starts_at, row.ends_at, desk),
        booked=taken_between(clinic, row.resource, row.starts_at, row.ends_at, at=desk.at),
    )


def _span(clinic: Clinic, starts_at: datetime, ends_at: datetime, desk: Desk) -> str:
    zone, today = ZoneInfo(clinic.zone), desk.today(clinic)
    first, last = starts_at.astimezone(zone), ends_at.astimezone(zone)
    last_on = midnight_before(last).date()
    until = _("midnight") if last_on != last.date() else f"{last:%H:%M}"
    if last_on == first.date():
        return f"{words.day(first.date(), today)}, {first:%H:%M}–{until}"
    return f"{words.day(first.date(), today)}, {first:%H:%M} – {words.day(last_on, today)}, {until}"


def add(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    actor = desk.require("run the clinic", clinic)
    form = ResourceForm(request.POST or None)

    def act() -> str:
        add_resource(clinic=clinic, **form.cleaned_data, actor=actor, at=desk.at)
        return _address(clinic)

    return FormPage(
        title=_("Add a resource"), form=form, act=act, done=_("Added."), back=_address(clinic)
    ).answer(request)


def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk, resource = _found(request, pk)
    actor = desk.require("run the clinic", resource.clinic)
    form = ResourceForm(request.POST or None, resource=resource)

    def act() -> str:
        change_resource(resource=resource, **form.cleaned_data, actor=actor, at=desk.at)
        return _address(resource.clinic)

    return FormPage(
        title=_("Change %(name)s") % {"name": resource.name},
        form=form,
        act=act,
        done=_("Saved."),
        back=_address(resource.clinic),
    ).answer(request)


def hours(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Hours of its own. Without any it is there while the clinic is open; `?as=clinic` starts from the clinic's."""
    desk, resource = _found(request, pk)
    actor = desk.require("run the clinic", resource.clinic)
    own = _hours(resource.hours.all())
    shown = _hours(hours_of(resource.clinic)) if request.GET.get("as") == "clinic" else own
    form = WeekForm(request.POST or None, hours=shown)

    def act() -> str:
        spans = [] if "as_clinic" in request.POST else form.spans()
        set_resource_hours(resource=resource, spans=spans, actor=actor, at=desk.at)
        return _address(resource.clinic)

    return FormPage(
        title=_("Hours of %(name)s") % {"name": resource.name},
        form=form,
        act=act,
        done=_("Saved. What is booked stays as it is."),
        back=_address(resource.clinic),
        intro=_("Leave every day empty if it is there whenever the clinic is open."),
        template="desk/resource_hours.html",
        context={"resource": resource, "has_own": bool(own)},
    ).answer(request)


def batches(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk, resource = _found(request, pk)
    actor = desk.require("run the clinic", resource.clinic)
    form = BatchesForm(request.POST or None, batches=list(resource.batches.all()))

    def act() -> str:
        set_batches(resource=resource, batches=form.batches(), actor=actor, at=desk.at)
        return _address(resource.clinic)

    intro = ngettext(
        "Each batch takes %(places)d couple's cells.", "Each batch takes the cells of %(places)d couples.",
        resource.places,
    ) % {"places": resource.places}  # fmt: skip
    return FormPage(
        title=_("Batches of %(name)s") % {"name": resource.name},
        form=form,
        act=act,
        done=_("Saved. What is booked stays as it is."),
        back=_address(resource.clinic),
        intro=f"{intro} {_('Blood that comes after the cut-off waits for the next one.')}",
        template="desk/resource_batches.html",
    ).answer(request)


def close(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Some hours or half a day, of one resource or all; whole days of the clinic are a closure that plans follow."""
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    actor = desk.require("close days", clinic)
    active = [row for row in resources_of(clinic) if row.is_active]
    picked = {"resource": request.GET.get("resource", "")}
    form = HoursClosureForm(
        request.POST or None, clinic=clinic, resources=active, today=desk.today(clinic), initial=picked
    )

    def act() -> str:
        booked = _close(form, clinic, actor, desk)
        _say_what_is_booked(request, booked)
        return _address(clinic)

    return FormPage(
        title=_("Close for some hours"),
        form=form,
        act=act,
        done=_("Closed."),
        button=_("Close"),
        back=_address(clinic),
        intro=_("Nobody can book there any more. What is booked already stays until somebody moves it."),
    ).answer(request)


def _close(form: HoursClosureForm, clinic: Clinic, actor: Actor, desk: Desk) -> int:
    """Closes what the form says; how many visits are booked there."""
    data, resource = form.cleaned_data, form.resource()
    starts_at, ends_at = form.bounds(_hours(hours_of(clinic)))
    why = {"reason": data["reason"], "actor": actor, "at": desk.at}
    if resource is None and data["part"] == "day":
        close_days(clinic=clinic, from_on=data["on"], to_on=data["to_on"] or data["on"], **why)
    else:
        close_resource(clinic=clinic, resource=resource, starts_at=starts_at, ends_at=ends_at, **why)
    return taken_between(clinic, resource, starts_at, ends_at, at=desk.at)


def _say_what_is_booked(request: HttpRequest, booked: int) -> None:
    if booked:
        text = ngettext(
            "%(n)d visit is booked in that time and needs another.",
            "%(n)d visits are booked in that time and need another.",
            booked,
        )
        messages.warning(request, text % {"n": booked})


def reopen(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    closure = desk.find(lambda clinic: resource_closure_by_id(clinic, pk))
    actor = desk.require("close days", closure.clinic)
    return press(
        request,
        lambda: reopen_resource(closure=closure, actor=actor, at=desk.at),
        done=_("Open again."),
        back=_address(closure.clinic),
    )


def _found(request: HttpRequest, pk: UUID) -> tuple[Desk, Resource]:
    desk = desk_of(request)
    return desk, desk.find(lambda clinic: resource_by_id(clinic, pk))


def _hours(rows: Iterable[ResourceHours | OpeningHours]) -> list[tuple[int, time, time]]:
    return [(row.weekday, row.opens_at, row.closes_at) for row in rows]


def _address(clinic: Clinic) -> str:
    return reverse("admin:clinic_resources", args=[clinic.pk])
