"""A session stops: equipment failed, somebody is not fit after all, or the unit is not released."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.booking.session.running import fail_gate, stop_session
from apps.booking.session.unit_queries import refusals_of
from apps.desk.access import Desk
from apps.desk.forms.base import DeskForm
from apps.desk.pages.base import FormPage, page
from apps.desk.pages.visits import found, frame
from apps.treatments.models import Appointment


class CauseForm(DeskForm):
    """Why a session stops, in one of two words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        cause = forms.ChoiceField(
            label=_("What happened"),
            choices=[("equipment", _("Equipment failed")), ("not_fit", _("Somebody is not fit after all"))],
            widget=forms.RadioSelect,
        )
        super().__init__(*args, asks={"cause": cause}, **kwargs)


class RefusalForm(DeskForm):
    """Why a unit is not released."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        reason = forms.CharField(
            label=_("Why the unit is not released"),
            widget=forms.Textarea,
            max_length=2000,
            help_text=_(
                "Only doctors and the laboratory read this. Everybody else reads: unit not released."
            ),
        )
        super().__init__(*args, asks={"reason": reason}, **kwargs)


def stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stops the session where it stands and goes on to the best days for both."""
    desk, visit = found(request, pk)
    actor = desk.require("perform", visit.clinic)
    form = CauseForm(request.POST or None)

    def act() -> str:
        stop_session(appointment=visit, cause=form.cleaned_data["cause"], actor=actor, at=desk.at)
        return reverse("admin:visit_again", args=[visit.pk])

    return _danger(
        visit,
        desk,
        form,
        _("Stop the session: %(visit)s") % {"visit": visit.title},
        _("Stop the session"),
        act,
        _("The session is stopped and its places are free. Both are told that it cannot take place."),
    ).answer(request)


def refuse(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The unit is not released. The reason is kept for the donor-safety role alone."""
    desk, visit = found(request, pk)
    actor = desk.require("release units", visit.clinic)
    form = RefusalForm(request.POST or None)

    def act() -> str:
        fail_gate(appointment=visit, reason=form.cleaned_data["reason"], actor=actor, at=desk.at)
        return reverse("admin:visit_again", args=[visit.pk])

    return _danger(
        visit,
        desk,
        form,
        _("Do not release the unit: %(visit)s") % {"visit": visit.title},
        _("Do not release"),
        act,
        _(
            "The unit is not released. Both are told that today's appointment cannot take place; a nurse calls them."
        ),
    ).answer(request)


def reasons(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Why units of this visit were not released, for whoever has the donor-safety role."""
    desk, visit = found(request, pk)
    actor = desk.require("see donor safety", visit.clinic)
    context = {**frame(visit, desk), "refusals": refusals_of(visit, actor=actor)}
    return page(request, "desk/refusals.html", _("Units that were not released"), context)


def _danger(
    visit: Appointment,
    desk: Desk,
    form: DeskForm,
    title: str,
    button: str,
    act: Callable[[], str],
    done: str,
) -> FormPage:
    return FormPage(
        title=title,
        form=form,
        act=act,
        done=done,
        button=button,
        back=reverse("admin:treatments_appointment_change", args=[visit.pk]),
        template="desk/visit_form.html",
        danger=True,
        context=frame(visit, desk),
    )
