"""The first page: what asks for a person now, today and this week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain

from django.db.models.functions import Least
from django.http import HttpRequest, HttpResponse

from apps.clinic.clock import day_bounds
from apps.clinic.models import Clinic
from apps.desk import words
from apps.desk.access import Desk, desk_of
from apps.desk.pages.base import page
from apps.desk.rows import Button, Who, buttons, flag_row, last_good_day, local, number, who
from apps.treatments.models import Appointment
from apps.treatments.queries import appointments_of, flags_of

# Visits that close this soon without a booking are shown as closing.
_CLOSING_WITHIN = timedelta(days=7)
# Longer lists are cut; the whole is one link away.
_MOST = 12


@dataclass(frozen=True, slots=True)
class WorkRow:
    """A visit in a work list: when, whom, what, why, and the one button."""

    when: str
    who: Who
    what: str
    why: str
    state: str
    button: Button | None


def today(request: HttpRequest) -> HttpResponse:
    """Four lists over all clinics of the user, each linked to what can be done."""
    desk = desk_of(request)
    flags = sorted(
        chain.from_iterable(flags_of(clinic, state="open") for clinic in desk.clinics),
        key=lambda flag: (flag.due_on, flag.raised_at, str(flag.pk)),
    )
    decide = [flag_row(flag, desk) for flag in flags if flag.decisions]
    decide.sort(key=lambda row: (not row.button.primary, not row.late))
    mine = sum(row.button.primary for row in decide)
    visits = _visits(desk)
    lists = {
        "today_rows": [_work(row, desk) for row in visits.today],
        "open_rows": [_work(row, desk) for row in visits.without_outcome],
        "closing_rows": [_work(row, desk) for row in visits.closing],
        "flag_rows": decide[:_MOST],
        "flag_count": len(decide),
        "mine": mine,
        "other_flags": len(flags) - len(decide),
        "dates": [
            (clinic.name, words.day(desk.today(clinic), desk.today(clinic))) for clinic in desk.clinics
        ],
    }
    return page(request, "desk/today.html", "Today", lists)


@dataclass(frozen=True, slots=True)
class _Visits:
    today: Sequence[Appointment]
    without_outcome: Sequence[Appointment]
    closing: Sequence[Appointment]


def _visits(desk: Desk) -> _Visits:
    """Today's in order of time, past ones that nobody has closed, unbooked ones whose good days end soon."""
    now: list[Appointment] = []
    past: list[Appointment] = []
    closing: list[Appointment] = []
    for clinic in desk.clinics:
        day = desk.today(clinic)
        now += _of_day(clinic, day)
        begins, _ = day_bounds(clinic.zone, day)
        in_force = appointments_of(clinic, status=("booked", "arrived"))
        past += in_force.filter(starts_at__lt=begins).order_by("starts_at")
        closing += (
            appointments_of(clinic, status=("proposed", "noshow", "cancelled"))
            .alias(last_good=Least("latest_on", "bookable_to"))  # PostgreSQL passes over the empty one
            .filter(state__in=("proposed", "missed"), held=False, last_good__lte=day + _CLOSING_WITHIN)
            .order_by("last_good")
        )
    return _Visits(now, past, closing)


def _of_day(clinic: Clinic, day: date) -> list[Appointment]:
    begins, ends = day_bounds(clinic.zone, day)
    statuses = ("booked", "arrived", "fulfilled", "noshow")
    return list(
        appointments_of(clinic, status=statuses)
        .filter(starts_at__gte=begins, starts_at__lt=ends)
        .order_by("starts_at")
    )


def _work(appointment: Appointment, desk: Desk) -> WorkRow:
    near = desk.today(appointment.clinic)
    able = buttons(appointment, desk)
    return WorkRow(
        when=_when(appointment, near),
        who=who(appointment.treatment.couple, desk),
        what=" ".join(filter(None, (appointment.title, number(appointment.plan)))),
        why=_why(appointment, near),
        state=words.STATUSES[appointment.status],
        button=able[0] if able else None,
    )


def _when(appointment: Appointment, near: date) -> str:
    if appointment.in_force or appointment.status in ("fulfilled", "noshow"):
        start = local(appointment)
        return f"{start:%H:%M}" if start.date() == near else f"{words.day(start.date(), near)}, {start:%H:%M}"
    last = last_good_day(appointment)
    return f"by {words.day(last, near)}" if last else ""


def _why(appointment: Appointment, near: date) -> str:
    """In a few words what makes this row urgent."""
    if appointment.held:
        return "On hold: a decision is open"
    missing = appointment.plan.get("missing") or []
    if appointment.in_force and missing:
        return f"Due at arrival: {', '.join(missing)}"
    last = last_good_day(appointment)
    if not appointment.in_force and last and appointment.status != "fulfilled":
        return f"Good days {'ended' if last < near else 'end'} {words.day(last, near)}"
    return ""
