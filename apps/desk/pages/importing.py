"""Couples by file: upload, trial run row by row, confirm, progress; and the release of who came in that way."""

from __future__ import annotations

import csv
import io
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from openpyxl import Workbook
from openpyxl.styles import Font

from apps.clinic.errors import LitError
from apps.clinic.models import Clinic
from apps.couples.models import Couple
from apps.couples.queries import unreleased_of
from apps.couples.services import release_couples
from apps.desk.access import Desk, desk_of
from apps.desk.forms.base import in_one_line
from apps.desk.forms.importing import UploadForm
from apps.desk.pages.base import FormPage, page, press
from apps.desk.rows import who
from apps.treatments.intake.cells import Reading
from apps.treatments.intake.columns import COLUMNS
from apps.treatments.intake.queries import import_by_id, import_lines_of, import_progress, imports_of
from apps.treatments.intake.services import confirm_import, discard_import, upload_import, work_lines
from apps.treatments.models import CoupleImport
from apps.treatments.tasks import work_import_soon

RIGHT = "import"
PER_PAGE = 50
# A short file is tried while its nurse waits; a long one by a worker.
_TRIED_AT_ONCE = 20


def upload(request: HttpRequest) -> HttpResponse:
    """The file goes in, its rows are tried, nobody is enrolled."""
    desk = desk_of(request)
    clinics = desk.where(RIGHT)
    if not clinics:
        raise PermissionDenied("Your role may not import couples.")
    form = UploadForm(request.POST or None, request.FILES or None, clinics=clinics)

    def act() -> str:
        clinic = desk.clinic(UUID(form.cleaned_data["clinic"]))
        made = upload_import(
            clinic=clinic,
            content=form.cleaned_data["file"].read(),
            reading=Reading(form.cleaned_data["dates"], serials=form.cleaned_data["serials"]),
            actor=desk.require(RIGHT, clinic),
            at=desk.at,
        )
        if work_lines(at=desk.at, import_id=made.pk, limit=_TRIED_AT_ONCE).left:
            work_import_soon(made.pk)
        return _address(made)

    return FormPage(
        title=_("Import couples"),
        form=form,
        act=act,
        button=_("Try it"),
        back=reverse("admin:couples_couple_changelist"),
        template="desk/import_upload.html",
        context={"imports": [row for clinic in clinics for row in imports_of(clinic)[:5]]},
    ).answer(request)


def template(request: HttpRequest, form: str) -> HttpResponse:
    """The headings and one example, as CSV or XLSX; every cell of the XLSX is text, so that Excel changes none."""
    desk = desk_of(request)
    if not desk.where(RIGHT):
        raise PermissionDenied("Your role may not import couples.")
    headings, examples = [c.name for c in COLUMNS], [c.example for c in COLUMNS]
    if form == "csv":
        text = io.StringIO(newline="")
        csv.writer(text).writerows([headings, examples])
        answer = HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    else:
        answer = HttpResponse(
            _workbook(headings, examples),
            content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        )
    answer["Content-Disposition"] = f'attachment; filename="couples-template.{form}"'
    return answer


def _workbook(headings: list[str], examples: list[str]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Couples"
    sheet.append(headings)
    sheet.append(examples)
    for column in sheet.iter_cols(1, len(headings), 1, 201):
        column[0].font = Font(bold=True)
        for cell in column:
            cell.number_format = "@"
        sheet.column_dimensions[column[0].column_letter].width = max(14, len(str(column[0].value)) + 2)
    sheet.freeze_panes = "A2"
    meaning = book.create_sheet("Columns")
    for one in COLUMNS:
        meaning.append([one.name, str(one.help)])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The trial run or how far the import is, counted from its lines. Asks again by itself while a worker is at it."""
    desk = desk_of(request)
    found = desk.find(lambda clinic: import_by_id(clinic, pk))
    desk.require(RIGHT, found.clinic)
    lines = Paginator(import_lines_of(found), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "found": found,
        "progress": import_progress(found),
        "lines": lines,
        "pages": lines,
        "back": reverse("admin:couples_couple_changelist"),
    }
    title = _("Import of couples") if found.confirmed_at else _("Trial run: nothing is imported yet")
    return page(request, "desk/import_show.html", title, context)


def confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    found = desk.find(lambda clinic: import_by_id(clinic, pk))
    actor = desk.require(RIGHT, found.clinic)

    def act() -> None:
        stay_out = request.POST.get("faulty") == "stay out"
        confirm_import(couple_import=found, faulty_lines_stay_out=stay_out, actor=actor, at=desk.at)
        work_import_soon(found.pk)

    return press(request, act, done=_("The import has begun. You may leave this page."), back=_address(found))


def discard(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    found = desk.find(lambda clinic: import_by_id(clinic, pk))
    actor = desk.require(RIGHT, found.clinic)
    return press(
        request,
        lambda: discard_import(couple_import=found, actor=actor, at=desk.at),
        done=_("The upload is forgotten."),
        back=reverse("admin:couple_import"),
    )


def unreleased(request: HttpRequest) -> HttpResponse:
    """Imported, still silent: a POST releases the ticked couples, or all of them, in one act for each clinic."""
    desk = desk_of(request)
    clinics = desk.where("release")
    if not clinics:
        raise PermissionDenied("Your role may not release couples.")
    waiting = {clinic: list(unreleased_of(clinic)) for clinic in clinics}
    if request.method == "POST":
        return _release(request, desk, waiting)
    rows = [couple for couples in waiting.values() for couple in couples]
    pages = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": [(couple, who(couple, desk), _reachable(couple)) for couple in pages],
        "pages": pages,
        "total": len(rows),
        "back": reverse("admin:couples_couple_changelist"),
    }
    return page(request, "desk/unreleased.html", _("Imported, still silent"), context)


def _release(request: HttpRequest, desk: Desk, waiting: dict[Clinic, list[Couple]]) -> HttpResponse:
    ticked = set(request.POST.getlist("couple"))
    released = 0
    try:
        for clinic, couples in waiting.items():
            chosen = [one.pk for one in couples if "all" in request.POST or str(one.pk) in ticked]
            if chosen:
                done = release_couples(
                    clinic_id=clinic.pk, couple_ids=chosen, actor=desk.actor(clinic), at=desk.at
                )
                released += len(done)
    except LitError as error:
        messages.error(request, in_one_line(error))
    else:
        said = ngettext(
            "%(n)d couple is released: messages go out from now on.",
            "%(n)d couples are released: messages go out from now on.",
            released,
        )
        if released:
            messages.success(request, said % {"n": released})
        else:
            messages.warning(request, _("Nobody was ticked."))
    return HttpResponseRedirect(reverse("admin:couples_unreleased"))


def _reachable(couple: Couple) -> str:
    """Who would be written to once released; a couple whom nobody can write to is released to no effect."""
    agreed = [
        role
        for role, person in ((_("recipient"), couple.recipient), (_("partner"), couple.partner))
        if person.contact_consent_at and person.wants_email and (person.alternative_email or person.email)
    ]
    return _(" and ").join(agreed)


def _address(couple_import: CoupleImport) -> str:
    return reverse("admin:couple_import_show", args=[couple_import.pk])
