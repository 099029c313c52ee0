"""Files beside records: attached, fetched as a download and nothing else, withdrawn."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.clinic.errors import Forbidden, NotFound
from apps.desk.access import Desk, desk_of
from apps.desk.forms.couple import FileForm, WhyForm
from apps.desk.history import may_attach, said, titles_of
from apps.desk.pages.base import FormPage
from apps.desk.rows import who
from apps.desk.words import KINDS
from apps.treatments.file_models import LARGEST
from apps.treatments.files import attach_file, fetch_file, file_by_id, may_read, withdraw_file
from apps.treatments.models import Record
from apps.treatments.queries import record_by_id, template
from apps.treatments.sensitivity import is_donor_infection


def attach(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One file to one record, in force or not."""
    desk = desk_of(request)
    record = desk.find(lambda clinic: record_by_id(clinic, pk))
    actor = desk.actor(desk.clinic(record.clinic_id))
    if not may_attach(record.kind, actor.role):
        raise PermissionDenied(_("Your role may not attach files to this record."))
    sent = request.method == "POST"
    form = FileForm(request.POST if sent else None, request.FILES if sent else None)

    def act() -> str:
        upload = form.cleaned_data["file"]
        # One byte more than is kept: the service then says that it is too large.
        content = upload.read(LARGEST + 1)
        attach_file(record=record, name=upload.name, content=content, actor=actor, at=desk.at)
        return _address(record)

    return FormPage(
        title=_("Attach a file"),
        form=form,
        act=act,
        done=_("The file is attached."),
        button=_("Attach"),
        back=_address(record),
        intro=_said(record, desk),
        template="desk/attach.html",
        context={"who": who(record.treatment.couple, desk)},
    ).answer(request)


@require_safe
def fetch(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A download, never shown inside the product: a browser is told to guess nothing and to run nothing."""
    desk = desk_of(request)
    row = desk.find(lambda clinic: file_by_id(clinic, pk))
    actor = desk.actor(desk.clinic(row.clinic_id))
    try:
        content = fetch_file(attachment=row, actor=actor, at=desk.at)
    except Forbidden as error:
        raise PermissionDenied(error.message) from error
    except NotFound as error:
        raise Http404(error.message) from error
    answer = HttpResponse(content, content_type=row.content_type)
    answer["Content-Disposition"] = content_disposition_header(True, row.name) or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "private, no-store"
    return answer


def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """It is shown no more; its bytes stay for whoever must answer for it."""
    desk = desk_of(request)
    row = desk.find(lambda clinic: file_by_id(clinic, pk))
    actor = desk.require("record", desk.clinic(row.clinic_id))
    if not may_read(row.record.kind, actor.role):
        raise PermissionDenied(_("Your role may not see this file."))
    if is_donor_infection(row.record.kind, row.record.data):
        desk.require("see donor safety", desk.clinic(row.clinic_id))
    form = WhyForm(request.POST or None, label=_("Why does it not belong here"))

    def act() -> str:
        withdraw_file(attachment=row, reason=form.cleaned_data["reason"], actor=actor, at=desk.at)
        return _address(row.record)

    return FormPage(
        title=_("Withdraw a file"),
        form=form,
        act=act,
        done=_("The file is withdrawn."),
        button=_("Withdraw"),
        back=_address(row.record),
        intro=row.name,
        context={"who": who(row.record.treatment.couple, desk)},
    ).answer(request)


def _said(record: Record, desk: Desk) -> str:
    """The record in words; of a donor's infection result without the right to see it only what kind it is."""
    hidden = is_donor_infection(record.kind, record.data)
    if hidden and not desk.may("see donor safety", desk.clinic(record.clinic_id)):
        return KINDS.get(record.kind, record.kind)
    titles = titles_of(template(record.treatment.protocol_version))
    return f"{KINDS.get(record.kind, record.kind)}: {said(record.kind, record.data, titles)}"


def _address(record: Record) -> str:
    return reverse("admin:treatments_treatment_change", args=[record.treatment_id])
