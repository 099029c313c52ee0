"""Week and month load as a heat map: how full each kind of resource is, in numbers and in colour."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.booking.slots.loads import DayLoad, Load, load_of
from apps.clinic.models import Clinic, ResourceKind
from apps.desk import words
from apps.desk.access import Desk, desk_of
from apps.desk.day_rows import day_words
from apps.desk.pages.base import page
from apps.desk.pages.day import day_of, sheet_address

_TOTAL = "total"
# Steps of the colour scale, by the per cent from which each begins; the number stands in the cell all the same.
_STEPS = (0, 1, 25, 50, 75, 90)


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One cell: what it says, the step of its colour, where it leads, and the whole of it in words."""

    text: str
    step: str
    url: str
    label: str


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One kind of resource, or all of them, over the days."""

    title: str
    cells: tuple[HeatCell, ...]
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class MonthDay:
    day: int
    is_today: bool
    cell: HeatCell


def home(request: HttpRequest) -> HttpResponse:
    """This week in the user's first clinic."""
    desk = desk_of(request)
    if not desk.clinics:
        return page(request, "desk/day_nowhere.html", _("Load"), {})
    clinic = desk.clinics[0]
    return HttpResponseRedirect(reverse("admin:load_week", args=[clinic.pk, desk.today(clinic).isoformat()]))


def week(request: HttpRequest, clinic: UUID, on: str) -> HttpResponse:
    """Monday to Sunday: a row a kind of resource, and one for all together."""
    desk = desk_of(request)
    where, day = desk.clinic(clinic), day_of(on)
    first = day - timedelta(days=day.weekday())
    loads = load_of(where, first, first + timedelta(days=6), at=desk.at)
    kinds = list(loads[0].kinds)
    context = {
        **_frame(where, day, desk, "week", timedelta(days=7)),
        "days": [(words.day(load.on, day), load.on == desk.today(where)) for load in loads],
        "rows": [
            *(_row(where, loads, kind) for kind in kinds),
            *([_row(where, loads, _TOTAL)] if kinds else []),
        ],
        "visits": HeatRow(_("Visits"), tuple(_visits(where, load) for load in loads)),
        "has_resources": bool(kinds),
    }
    span = words.span(first, first + timedelta(days=6), day)
    return page(request, "desk/load_week.html", _("Load: %(span)s") % {"span": span}, context)


def month(request: HttpRequest, clinic: UUID, on: str) -> HttpResponse:
    """The month as a calendar, for all resources together or for one kind (`?kind=`)."""
    desk = desk_of(request)
    where, day = desk.clinic(clinic), day_of(on)
    first = day.replace(day=1)
    last = day.replace(day=monthrange(day.year, day.month)[1])
    loads = load_of(where, first, last, at=desk.at)
    kinds = [ResourceKind(kind) for kind in loads[0].kinds]
    asked = request.GET.get("kind", _TOTAL)
    kind = asked if asked in [*kinds, _TOTAL] else _TOTAL
    here = reverse("admin:load_month", args=[where.pk, day.isoformat()])
    context = {
        **_frame(where, day, desk, "month", None),
        "weeks": list(_weeks(where, loads, kind if kinds else "", desk.today(where))),
        "weekdays": [f"{first + timedelta(days=n - first.weekday()):%a}" for n in range(7)],
        "kinds": [
            (_("All together"), here, kind == _TOTAL),
            *((one.label, f"{here}?kind={one.value}", kind == one) for one in kinds),
        ],
        "has_resources": bool(kinds),
    }
    return page(request, "desk/load_month.html", _("Load: %(month)s") % {"month": f"{day:%B %Y}"}, context)


def _row(clinic: Clinic, loads: tuple[DayLoad, ...], kind: str) -> HeatRow:
    title = _("All together") if kind == _TOTAL else str(ResourceKind(kind).label)
    return HeatRow(title, tuple(_cell(clinic, load, kind, title) for load in loads), kind == _TOTAL)


def _cell(clinic: Clinic, day: DayLoad, kind: str, title: str) -> HeatCell:
    load = day.total if kind == _TOTAL else day.kinds[kind]
    text, said = _text(day, load)
    label = f"{title}, {day_words(day.on)}: {said}"
    return HeatCell(text, _step(load), sheet_address(clinic, day.on), label)


def _text(day: DayLoad, load: Load) -> tuple[str, str]:
    percent = load.percent
    if percent is None:
        said = _("%(taken)s taken of nothing that is there") % {"taken": _hours(load.taken)}
        return ("!", said) if load.taken else ("–", _("closed") if not day.is_open else _("nobody there"))
    amounts = {"taken": _hours(load.taken), "available": _hours(load.available), "percent": percent}
    return f"{percent}%", _("%(percent)d per cent, %(taken)s of %(available)s taken") % amounts


def _visits(clinic: Clinic, day: DayLoad) -> HeatCell:
    """The number of visits; without resources it is all that the map can say."""
    text = str(day.sessions) if day.sessions or day.is_open else "–"
    step = "none" if not day.sessions else str(min(5, 1 + day.sessions // 3))
    said = _("%(count)d visits, %(day)s") % {"count": day.sessions, "day": day_words(day.on)}
    return HeatCell(text, step, sheet_address(clinic, day.on), said)


def _weeks(
    clinic: Clinic, loads: tuple[DayLoad, ...], kind: str, today: date
) -> Iterator[list[MonthDay | None]]:
    """Rows of seven, empty where the month has no day."""
    title = _("All together") if kind == _TOTAL else str(ResourceKind(kind).label) if kind else _("Visits")
    days: list[MonthDay | None] = [None] * loads[0].on.weekday()
    for load in loads:
        cell = _cell(clinic, load, kind, title) if kind else _visits(clinic, load)
        days.append(MonthDay(load.on.day, load.on == today, cell))
    days += [None] * (-len(days) % 7)
    for start in range(0, len(days), 7):
        yield days[start : start + 7]


def _step(load: Load) -> str:
    percent = load.percent
    if percent is None:
        return "over" if load.taken else "none"
    if percent > 100:
        return "over"
    return str(max(number for number, begins in enumerate(_STEPS) if percent >= begins))


def _hours(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02}" if rest else f"{hours} h"


def _frame(clinic: Clinic, on: date, desk: Desk, span: str, step: timedelta | None) -> dict[str, object]:
    """The neighbours of what is shown, and the other view of it."""
    first = on.replace(day=1)
    before = on - step if step else first - timedelta(days=1)
    after = on + step if step else first + timedelta(days=31)
    today = desk.today(clinic)

    def go(name: str, day: date, where: Clinic = clinic) -> str:
        return reverse(f"admin:load_{name}", args=[where.pk, day.isoformat()])

    return {
        "clinic": clinic,
        "span": span,
        "before_url": go(span, before),
        "after_url": go(span, after),
        "today_url": go(span, today),
        "week_url": go("week", on),
        "month_url": go("month", on),
        "other_clinics": [(one.name, go(span, on, one)) for one in desk.clinics if one != clinic],
    }
