"""The day sheet and the session board of one clinic: what happens when, where, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.booking.day.queries import (
    DaySession,
    earlier_without_outcome,
    end_of,
    session_by_id,
    sessions_of,
    taken_of,
    without_outcome,
)
from apps.booking.undoing import undoable
from apps.clinic.clock import local_date
from apps.clinic.models import Clinic
from apps.clinic.queries import closed_days, hours_of
from apps.clinic.resource_queries import resources_of
from apps.desk import words
from apps.desk.access import Desk, desk_of
from apps.desk.day_lanes import Axis, axis_of, resource_lanes
from apps.desk.day_rows import SessionRow, day_words, outcome_buttons, session_row
from apps.desk.pages.base import page
from apps.desk.rows import Button, Who, local, number, who
from apps.treatments.models import Appointment

VIEWS = ("sheet", "board")


@dataclass(frozen=True, slots=True)
class OpenVisit:
    """A visit of which nobody has said what became of it, and the clicks that say it."""

    when: str
    who: Who
    what: str
    status: str
    buttons: tuple[Button, ...]


def home(request: HttpRequest) -> HttpResponse:
    """Today in the user's first clinic; the page itself links the others."""
    desk = desk_of(request)
    if not desk.clinics:
        return page(request, "desk/day_nowhere.html", _("Day"), {})
    clinic = desk.clinics[0]
    return HttpResponseRedirect(sheet_address(clinic, desk.today(clinic)))


# So many visits of earlier days stand on the sheet of today, the oldest first; the rest is on its own list.
_EARLIER = 20


def sheet(request: HttpRequest, clinic: UUID, on: str) -> HttpResponse:
    """The day by time, then its rooms and people in lanes, then what is still to be said of it."""
    return _show(request, clinic, day_of(on), "sheet")


def board(request: HttpRequest, clinic: UUID, on: str) -> HttpResponse:
    """A lane per couple: every link of the chain, elapsed against the most, red only where a person must act."""
    return _show(request, clinic, day_of(on), "board")


def day_of(text: str) -> date:
    """The day of an address; Http404 for one that no calendar has."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Http404("There is no such day.") from error


def _show(request: HttpRequest, pk: UUID, on: date, view: str) -> HttpResponse:
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    found = sessions_of(clinic, on, on)
    spans = opening_spans(clinic, on)
    context = {
        **_frame(clinic, on, desk, view),
        "rows": [],
        "axis": None,
        "lanes": [],
        **(ending(clinic, on, desk) if view == "sheet" else {}),
        "closed": bool(closed_days(clinic, on, on)),
    }
    moved = next((one for one in found if str(one.appointment.pk) == request.GET.get("moved")), None)
    if moved is not None and desk.may("book", clinic) and undoable(moved.appointment, at=desk.at) is not None:
        context["undo_url"] = reverse("admin:day_undo", args=[moved.appointment.pk])
    if found or spans:
        axis = axis_of(found, spans, clinic.zone)
        context |= {"axis": axis, "rows": [session_row(one, desk, axis) for one in found]}
        if view == "sheet":
            listed = [
                (one.pk, one.kind, one.name, one.places) for one in resources_of(clinic) if one.is_active
            ]
            context["lanes"] = resource_lanes(taken_of(clinic, on, on, desk.at), listed, axis)
    title = _("Session board") if view == "board" else _("Day")
    return page(request, f"desk/day_{view}.html", f"{title}: {day_words(on)}", context)


def row_of(clinic: Clinic, pk: UUID, desk: Desk) -> SessionRow:
    """One session as its row stands now."""
    session = session_by_id(clinic, pk)
    return session_row(session, desk, axis_for(session, clinic))


def axis_for(session: DaySession, clinic: Clinic) -> Axis:
    """The axis of the session's day, as its sheet has it."""
    on = local_date(clinic.zone, session.starts_at)
    return axis_of(sessions_of(clinic, on, on) or (session,), opening_spans(clinic, on), clinic.zone)


def fragment(
    request: HttpRequest, row: SessionRow, view: str, *, said: str = "", wrong: str = ""
) -> HttpResponse:
    """The row alone, to take the place of the one on the page, and what is said of it."""
    context = {"row": row, "view": view, "said": said, "wrong": wrong, "fragment": True}
    return HttpResponse(render_to_string(f"desk/_day_{view}_row.html", context, request))


def opening_spans(clinic: Clinic, on: date) -> list[tuple[datetime, datetime]]:
    """The hours of that weekday as moments."""
    zone = ZoneInfo(clinic.zone)
    return [
        (datetime.combine(on, opens, zone), datetime.combine(on, closes, zone))
        for opens, closes in hours_of(clinic)
        .filter(weekday=on.weekday())
        .values_list("opens_at", "closes_at")
    ]


def ending(clinic: Clinic, on: date, desk: Desk) -> dict[str, object]:
    """What is still to be said of the day, and who closed it. Days to come have neither."""
    today = desk.today(clinic)
    if on > today:
        return {"open_visits": [], "open_count": 0, "ended": None, "may_end": False, "is_past": False}
    visits = without_outcome(clinic, on)
    over = [visit for visit in visits if on < today or (visit.ends_at and visit.ends_at <= desk.at)]
    earlier = earlier_without_outcome(clinic, on) if on == today else Appointment.objects.none()
    first, count = list(earlier[:_EARLIER]), earlier.count()
    return {
        "open_visits": [_open(visit, desk) for visit in over],
        "earlier_visits": [_open(visit, desk, with_day=True) for visit in first],
        "earlier_more": count - len(first),
        "open_count": len(over) + count,
        "still_to_come": len(visits) - len(over),
        "ended": end_of(clinic, on),
        "may_end": desk.may("end the day", clinic),
        "is_past": True,
        "end_url": reverse("admin:day_end", args=[clinic.pk, on.isoformat()]),
    }


def _open(visit: Appointment, desk: Desk, *, with_day: bool = False) -> OpenVisit:
    start = local(visit)
    day = f"{words.day(start.date(), desk.today(visit.clinic))}, " if with_day else ""
    return OpenVisit(
        when=f"{day}{start:%H:%M}",
        who=who(visit.treatment.couple, desk),
        what=" ".join(filter(None, (visit.title, number(visit.plan)))),
        status=words.STATUSES[visit.status],
        buttons=tuple(outcome_buttons(visit, desk)),
    )


def _frame(clinic: Clinic, on: date, desk: Desk, view: str) -> dict[str, object]:
    """Where the page stands: clinic, day, its neighbours and its other views."""
    before, after = on - timedelta(days=1), on + timedelta(days=1)
    today = desk.today(clinic)

    def go(day: date) -> str:
        return reverse(f"admin:day_{view}", args=[clinic.pk, day.isoformat()])

    return {
        "clinic": clinic,
        "on": on,
        "day": day_words(on),
        "view": view,
        "is_today": on == today,
        "before_url": go(before),
        "after_url": go(after),
        "today_url": go(today),
        "sheet_url": sheet_address(clinic, on),
        "board_url": reverse("admin:day_board", args=[clinic.pk, on.isoformat()]),
        "papers_url": reverse("admin:day_papers", args=[clinic.pk]),
        "other_clinics": [(one.name, sheet_address(one, on)) for one in desk.clinics if one != clinic],
        "now_words": f"{desk.at.astimezone(ZoneInfo(clinic.zone)):%H:%M}",
    }


def sheet_address(clinic: Clinic, on: date) -> str:
    return reverse("admin:day_sheet", args=[clinic.pk, on.isoformat()])
