"""A unit that nobody will be given was thrown away: said where it is listed."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from apps.booking.session.unit_queries import unit_by_id
from apps.booking.session.units import dispose_unit
from apps.desk.access import desk_of
from apps.desk.pages.base import press


def dispose(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Records the disposal, and back to the page that listed the unit."""
    desk = desk_of(request)
    unit = desk.find(lambda clinic: unit_by_id(clinic, pk))
    actor = desk.require("tick off", desk.clinic(unit.clinic_id))
    back = request.POST.get("back", "")
    return press(
        request,
        lambda: dispose_unit(unit=unit, reason=request.POST.get("reason", ""), actor=actor, at=desk.at),
        done=_("Recorded: the unit was thrown away."),
        back=back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else reverse("admin:index"),
    )
