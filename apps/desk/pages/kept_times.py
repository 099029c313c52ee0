"""Visits that kept the wall time people were told, when a new table of time zones made another moment of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.booking.wall_times import kept_times
from apps.clinic.models import Clinic
from apps.desk import words
from apps.desk.access import Desk, desk_of
from apps.desk.pages.base import page
from apps.desk.post import moment_words
from apps.desk.rows import Who, local, who
from apps.desk.worklist_rows import visit_title
from apps.treatments.queries import appointments_of

_BACK = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class KeptRow:
    """One visit: whose, which, when by the wall, and since when its moment is another."""

    who: Who
    title: str
    when: str
    since: str
    url: str


def show(request: HttpRequest) -> HttpResponse:
    """Of all clinics of the user, the newest first."""
    desk = desk_of(request)
    rows = [row for clinic in desk.clinics for row in _rows(clinic, desk)]
    return page(request, "desk/kept_times.html", _("Visits that kept their wall time"), {"rows": rows})


def _rows(clinic: Clinic, desk: Desk) -> list[KeptRow]:
    since = dict(kept_times(clinic, since=desk.at - _BACK).order_by("at").values_list("subject_id", "at"))
    visits = appointments_of(clinic).filter(pk__in=since, starts_at__isnull=False).order_by("starts_at", "pk")
    return [
        KeptRow(
            who=who(visit.treatment.couple, desk),
            title=visit_title(visit),
            when=f"{words.day(local(visit).date(), desk.today(clinic))}, {local(visit):%H:%M}",
            since=moment_words(since[visit.pk], clinic, desk),
            url=reverse("admin:treatments_appointment_change", args=[visit.pk]),
        )
        for visit in visits
    ]
