"""The first page: what asks for a person now, today and this week; and the whole of each of its lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.booking.call_models import CallOutcome
from apps.booking.calls.queries import outcomes_of
from apps.booking.wall_times import kept_times
from apps.booking.worklist import NOBODY
from apps.clinic.models import Brake, Clinic, User
from apps.clinic.queries import brake_of
from apps.couples.models import Couple
from apps.desk import words
from apps.desk.access import Desk, desk_of
from apps.desk.models import DeskPreference
from apps.desk.pages.base import page
from apps.desk.pages.holidays import to_confirm
from apps.desk.worklist import KINDS, Filters, Found, Room, look, name_of, rooms, with_pins
from apps.desk.worklist_couples import one_row_each
from apps.desk.worklist_rows import NOW, TODAY, WEEK, WorkRow
from apps.treatments.models import Flag, FlagState

# Longer lists are cut; the whole is one link away.
_MOST = 8
# So many rows of a part of the day are open at once; the rest unfold.
_OPEN = 5
_PAGE = 50
# So long the first page says that visits kept their wall time.
_CLOCKS_SHOWN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows of a kind there are, and where all of them stand."""

    name: str
    title: str
    count: int
    hidden: int
    url: str


def home(request: HttpRequest) -> HttpResponse:
    """One list over all clinics of the user, each row with why it is there and the one button."""
    desk = desk_of(request)
    filters = kept_filters(desk)
    open_rooms = rooms(desk, filters)
    found = {kind: look(open_rooms, kind, 0, _MOST) for kind in KINDS}
    rows = one_row_each(with_pins((row for one in found.values() for row in one.rows), desk))
    counts = [_count(kind, one) for kind, one in found.items()]
    context = {
        "groups": _groups(rows),
        "open_rows": f":{_OPEN}",
        "folded_rows": f"{_OPEN}:",
        "counts": counts,
        "cut": [one for one in counts if one.hidden],
        "header": [_header(room, desk) for room in open_rooms],
        "unrecorded": found["unrecorded"].count,
        "kept_times": sum(
            kept_times(room.clinic, since=desk.at - _CLOCKS_SHOWN).count() for room in open_rooms
        ),
        "to_confirm": [entry for room in open_rooms for entry in to_confirm(room.clinic, room.frame.today)],
        "may_run": desk.may_anywhere("run the clinic"),
        "undo": _undo(request, desk),
        **_filter_fields(open_rooms, filters, desk),
    }
    return page(request, "desk/worklist.html", _("Worklist"), context)


def whole(request: HttpRequest, kind: str) -> HttpResponse:
    """All rows of one kind, a page at a time."""
    if kind not in KINDS:
        raise Http404("There is no such page.")
    desk = desk_of(request)
    filters = kept_filters(desk)
    open_rooms = rooms(desk, filters)
    number = max(int(request.GET.get("page", "1")), 1) if request.GET.get("page", "1").isdigit() else 1
    found = look(open_rooms, kind, (number - 1) * _PAGE, number * _PAGE)
    here = reverse("admin:worklist_kind", args=[kind])
    title, about = KINDS[kind]
    context = {
        "rows": with_pins(found.rows, desk),
        "count": found.count,
        "about": about,
        "before": f"{here}?page={number - 1}" if number > 1 else "",
        "after": f"{here}?page={number + 1}" if number * _PAGE < found.count else "",
        "from_row": (number - 1) * _PAGE + 1,
        "to_row": min(number * _PAGE, found.count),
        "kind": kind,
        **_filter_fields(open_rooms, filters, desk),
    }
    return page(request, "desk/worklist_kind.html", str(title), context)


def keep(request: HttpRequest) -> HttpResponse:
    """Keeps the filters for this user, from now on and on every machine."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    desk = desk_of(request)
    if isinstance(desk.user, User):
        wanted = Filters.of({name: request.POST.get(name) for name in ("nurse", "doctor", "clinic")})
        DeskPreference.objects.update_or_create(
            user=desk.user, clinic=None, defaults={"filters": wanted.as_json()}
        )
    return HttpResponseRedirect(_back(request))


def _back(request: HttpRequest) -> str:
    """The list of a kind that the form stood on, or the first page; no other address."""
    kind = request.POST.get("kind", "")
    return reverse("admin:worklist_kind", args=[kind]) if kind in KINDS else reverse("admin:index")


def kept_filters(desk: Desk) -> Filters:
    if not isinstance(desk.user, User):
        return Filters()
    kept = DeskPreference.objects.filter(user=desk.user, clinic=None).first()
    return Filters.of(kept.filters) if kept else Filters()


def _groups(rows: Sequence[WorkRow]) -> list[tuple[str, str, list[WorkRow]]]:
    titles = ((NOW, _("Now")), (TODAY, _("Today")), (WEEK, _("This week")))
    return [(group, title, [row for row in rows if row.group == group]) for group, title in titles]


def _count(kind: str, found: Found) -> Count:
    url = reverse("admin:worklist_kind", args=[kind])
    return Count(kind, str(KINDS[kind][0]), found.count, found.count - len(found.rows), url)


@dataclass(frozen=True, slots=True)
class Header:
    """One clinic above the list: its day, whether messages go out, and how long the oldest flag waits."""

    clinic: Clinic
    day: str
    sends: bool
    brake: Brake | None
    brake_url: str
    silenced: int
    waits: str
    waits_url: str
    sheet_url: str


def _header(room: Room, desk: Desk) -> Header:
    clinic, today = room.clinic, room.frame.today
    # No flag is hidden from this one: it is the clinic's oldest, whoever looks.
    oldest = Flag.objects.filter(clinic=clinic, state=FlagState.OPEN).exclude(decisions=[])
    flag = oldest.order_by("raised_at", "pk").values("pk", "raised_at").first()
    return Header(
        clinic=clinic,
        day=words.day(today, today),
        sends=not clinic.is_test,
        brake=brake_of(clinic),
        brake_url=reverse("admin:clinic_brake", args=[clinic.pk]),
        silenced=Couple.objects.filter(clinic=clinic, silent_since__isnull=False).count(),
        waits=_waited(flag["raised_at"], desk.at) if flag else "",
        waits_url=reverse("admin:treatments_flag_change", args=[flag["pk"]]) if flag else "",
        sheet_url=reverse("admin:day_sheet", args=[clinic.pk, today.isoformat()]),
    )


def _waited(since: datetime, at: datetime) -> str:
    days = max((at - since).days, 0)
    return _("today") if days == 0 else _("1 day") if days == 1 else _("%(n)s days") % {"n": days}


def _filter_fields(open_rooms: Sequence[Room], filters: Filters, desk: Desk) -> dict[str, Any]:
    """The choices of the filter form; people who left stay choosable while couples may still be theirs."""

    def people(role: str, chosen: int | str | None) -> list[tuple[str, str, bool]]:
        found = {
            one.user_id: name_of(one.user) for room in open_rooms for one in room.staff if one.role == role
        }
        known = [(str(pk), name, pk == chosen) for pk, name in sorted(found.items(), key=lambda one: one[1])]
        return [("", _("all"), chosen is None), *known, (NOBODY, _("nobody yet"), chosen == NOBODY)]

    clinics = [(str(clinic.pk), clinic.name, clinic.pk == filters.clinic) for clinic in desk.clinics]
    return {
        "nurses": people("nurse", filters.nurse),
        "doctors": people("doctor", filters.doctor),
        "clinics": [] if desk.has_one_clinic else [("", _("all"), filters.clinic is None), *clinics],
        "filtered": filters.any,
    }


@dataclass(frozen=True, slots=True)
class Undo:
    """What the user has just said of a call, and the button that takes it back."""

    text: str
    url: str


def _undo(request: HttpRequest, desk: Desk) -> Undo | None:
    """Only what this user said themselves, and only while nothing was said after it."""
    asked = request.GET.get("said", "")
    if not _is_uuid(asked):
        return None
    said = CallOutcome.objects.filter(pk=asked, clinic__in=desk.clinics, by_user=desk.user.pk)
    outcome = said.select_related("task__couple").first()
    if outcome is None or outcomes_of(outcome.task)[0] != outcome:
        return None
    day = f" {words.short(outcome.again_on, outcome.at.date())}" if outcome.again_on else ""
    text = f"{outcome.task.couple.code}: {outcome.get_outcome_display()}{day}"
    return Undo(text, reverse("admin:call_undo", args=[outcome.pk]))


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
