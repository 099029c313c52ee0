"""Messages that were given up, came too late, or of which nobody knows whether they arrived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from apps.clinic.models import Clinic
from apps.desk.access import Desk, desk_of
from apps.desk.pages.base import page
from apps.desk.pages.couple_messages import Logged, logged
from apps.reminders.queries import undelivered

_BACK = timedelta(days=30)
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Part:
    """One clinic's, the newest first; `more` are older than those."""

    clinic: Clinic
    logged: list[Logged]
    more: int


def show(request: HttpRequest) -> HttpResponse:
    """The clinics of the user in which they may see contact data."""
    desk = desk_of(request)
    parts = [_part(clinic, desk) for clinic in desk.where("see contact data")]
    return page(request, "desk/undelivered.html", _("Messages that did not arrive"), {"parts": parts})


def _part(clinic: Clinic, desk: Desk) -> Part:
    rows = undelivered(clinic, since=desk.at - _BACK)
    return Part(clinic, logged(rows[:_SHOWN], desk), max(rows.count() - _SHOWN, 0))
