"""The brake of a clinic's messages: on, since when and by whom, and off again."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.clinic.queries import brake_of
from apps.clinic.services import brake, release_brake
from apps.desk.access import desk_of
from apps.desk.forms.silence import BrakeForm
from apps.desk.pages.base import FormPage, press
from apps.reminders.models import DeliveryState
from apps.reminders.queries import deliveries_of


def pull(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stops all messages of the clinic at once."""
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    actor = desk.require("brake", clinic)
    form = BrakeForm(request.POST or None)
    waiting = deliveries_of(clinic).filter(state=DeliveryState.PENDING, due_at__lte=desk.at).count()

    def act() -> str:
        brake(clinic=clinic, reason=form.cleaned_data["reason"], actor=actor, at=desk.at)
        return reverse("admin:index")

    return FormPage(
        title=_("Stop all messages of %(clinic)s") % {"clinic": clinic.name},
        form=form,
        act=act,
        done=_("Nothing is sent for this clinic until the brake is released."),
        button=_("Stop all messages now"),
        back=reverse("admin:index"),
        template="desk/brake.html",
        danger=True,
        context={
            "clinic": clinic,
            "on": brake_of(clinic),
            "waiting": waiting,
            "may_release": desk.may("release the brake", clinic),
        },
    ).answer(request)


def release(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Messages again: what is still to the point at once, the rest never."""
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    actor = desk.require("release the brake", clinic)
    return press(
        request,
        lambda: release_brake(clinic=clinic, actor=actor, at=desk.at),
        done=_("Messages are sent again. What is no longer to the point is not."),
        back=reverse("admin:index"),
    )
