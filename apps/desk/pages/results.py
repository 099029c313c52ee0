"""A result that came while nobody of the clinic looked: read by a doctor or nurse, and then the messages go on."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.desk.access import desk_of
from apps.desk.forms.base import DeskForm
from apps.desk.history import said, titles_of
from apps.desk.pages.base import FormPage
from apps.desk.rows import who
from apps.treatments.queries import record_by_id, template
from apps.treatments.result_readings import read_result


def read(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What the laboratory or a machine wrote, and one press: I have read it."""
    desk = desk_of(request)
    record = desk.find(lambda clinic: record_by_id(clinic, pk))
    actor = desk.require("read results", desk.clinic(record.clinic_id))
    couple = record.treatment.couple

    def act() -> str:
        read_result(record=record, actor=actor, at=desk.at)
        return reverse("admin:couples_couple_change", args=[couple.pk])

    return FormPage(
        title=_("Read a result"),
        form=DeskForm(request.POST if request.method == "POST" else None, asks={}),
        act=act,
        done=_("Noted that you have read it. Messages that waited for it go on."),
        button=_("I have read it"),
        back=reverse("admin:index"),
        intro=said(record.kind, record.data, titles_of(template(record.treatment.protocol_version))),
        context={"who": who(couple, desk)},
    ).answer(request)
