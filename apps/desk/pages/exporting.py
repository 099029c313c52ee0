"""A list as a file: exactly the rows that are filtered, searched and ordered, and exactly the columns that are shown."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import display_for_field, label_for_field, lookup_field
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import reverse
from django.utils.html import strip_tags
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from apps.clinic.exports import note_export
from apps.couples.models import Couple
from apps.desk.access import Desk, desk_of
from apps.treatments.models import Appointment, Flag, Treatment

LISTS: dict[str, Any] = {
    "couples": Couple,
    "treatments": Treatment,
    "appointments": Appointment,
    "flags": Flag,
}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CHUNK = 500
# What a spreadsheet would run instead of show.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def export(request: HttpRequest, name: str, form: str) -> HttpResponse | StreamingHttpResponse | FileResponse:
    """The list as CSV or XLSX, streamed. Who took it, when and how many rows stands in the clinic's changes."""
    if name not in LISTS or form not in ("csv", "xlsx"):
        raise Http404("There is no such list.")
    desk, model = desk_of(request), LISTS[name]
    shown = admin.site.get_model_admin(model)
    request.GET = request.GET.copy()  # type: ignore[assignment]  # a page of the list is no part of what is exported
    for page in ("p", "e", "all"):
        request.GET.pop(page, None)  # type: ignore[misc]
    try:
        changes = shown.get_changelist_instance(request)
    except IncorrectLookupParameters:
        opts = model._meta
        return HttpResponseRedirect(reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"))
    columns = [one for one in changes.list_display if one != "action_checkbox"]
    headings = [str(label_for_field(one, model, shown)) for one in columns]
    rows = changes.queryset
    for clinic in desk.clinics:
        note_export(
            clinic=clinic,
            what=name,
            form=form,
            rows=rows.filter(clinic=clinic).count(),
            narrowed_by=["search" if one == "q" else one for one in request.GET],
            actor=desk.actor(clinic),
            at=desk.at,
        )
    lines = ([safe(_text(one, row, shown)) for one in columns] for row in rows.iterator(chunk_size=_CHUNK))
    file = f"{_whose(desk)}-{name}-{desk.today(desk.clinics[0]):%Y-%m-%d}.{form}"
    if form == "xlsx":
        return FileResponse(_workbook(headings, lines), as_attachment=True, filename=file, content_type=_XLSX)
    answer = StreamingHttpResponse(_csv(headings, lines), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{file}"'
    return answer


def safe(text: str) -> str:
    """A text that a spreadsheet shows as it is: an apostrophe keeps `=1+1` and `+91 98...` from being calculated."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def _whose(desk: Desk) -> str:
    return desk.clinics[0].slug if desk.has_one_clinic else "clinics"


def _text(column: Any, row: Any, shown: Any) -> str:
    """What stands in the cell on the page, without its colours."""
    field, _, value = lookup_field(column, row, shown)
    if value is None:
        return ""
    text = str(display_for_field(value, field, "")) if field is not None else str(value)
    plain = strip_tags(text).strip()
    return "" if plain == "—" else plain


class _Echo:
    """A file that hands back what is written to it: one line of CSV at a time."""

    def write(self, line: str) -> str:
        return line


def _csv(headings: list[str], lines: Iterable[list[str]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    # Without the mark Excel reads UTF-8 as something else.
    yield "\ufeff" + writer.writerow(headings)
    for line in lines:
        yield writer.writerow(line)


def _workbook(headings: list[str], lines: Iterable[list[str]]) -> Any:
    """Row by row into a file of its own, whatever their number; every cell is text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("List")
    sheet.append(headings)
    for line in lines:
        cells = []
        for text in line:
            cell = WriteOnlyCell(sheet, value=text)
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    written = tempfile.TemporaryFile()  # noqa: SIM115  the answer closes it
    book.save(written)
    written.seek(0)
    return written
