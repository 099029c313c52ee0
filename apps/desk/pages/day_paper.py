"""The day sheet as a PDF: made every evening, downloaded here, made again now if somebody wants it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.booking.day.queries import sheet_of, sheets_of
from apps.booking.day.sheets import make_sheet
from apps.clinic.errors import NotFound
from apps.desk.access import desk_of
from apps.desk.day_rows import day_words
from apps.desk.forms.base import DateField, DeskForm
from apps.desk.pages.base import page, press
from apps.desk.pages.day import day_of, sheet_address


class DayForm(DeskForm):
    """Which day to put on paper."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, asks={"on": DateField(label=_("Day"))}, **kwargs)


def papers(request: HttpRequest, clinic: UUID) -> HttpResponse:
    """The sheets that are kept, newest day first; and one made now for any day."""
    desk = desk_of(request)
    where = desk.clinic(clinic)
    zone = ZoneInfo(where.zone)
    form = DayForm(request.POST or None, initial={"on": desk.today(where) + timedelta(days=1)})
    if request.method == "POST" and form.is_valid():
        on = form.cleaned_data["on"]
        return press(
            request,
            lambda: make_sheet(clinic=where, on=on, actor=desk.actor(where), at=desk.at),
            done=_("The sheet is made."),
            back=reverse("admin:day_papers", args=[where.pk]),
        )
    context = {
        "clinic": where,
        "form": form,
        "sheet_url": sheet_address(where, desk.today(where)),
        "papers": [
            {
                "day": day_words(sheet.on),
                "count": sheet.sessions,
                "made": f"{sheet.made_at.astimezone(zone):%d %b, %H:%M}",
                "url": reverse("admin:day_paper", args=[where.pk, sheet.on.isoformat()]),
            }
            for sheet in sheets_of(where)
        ],
    }
    return page(request, "desk/day_papers.html", _("Day sheets on paper"), context)


def paper(request: HttpRequest, clinic: UUID, on: str) -> HttpResponse:
    """The bytes of one sheet. It holds names; like every page of the desk no cache may keep it."""
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    where = desk_of(request).clinic(clinic)
    try:
        sheet = sheet_of(where, day_of(on))
    except NotFound as error:
        raise Http404("There is no such sheet.") from error
    answer = HttpResponse(bytes(sheet.content), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="day-{sheet.on}.pdf"'
    return answer
