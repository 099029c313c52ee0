"""A record in the wrong couple: the right one is found, both plans are shown, then it is moved."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.clinic.actors import Actor
from apps.clinic.errors import LitError
from apps.couples.queries import search
from apps.desk.access import Desk, desk_of
from apps.desk.forms.base import in_one_line
from apps.desk.forms.couple import MoveRecordForm, OtherCoupleForm
from apps.desk.history import said, titles_of
from apps.desk.pages.base import FormPage, page
from apps.desk.post import MessageRow, message_row
from apps.desk.rows import changes_in_words, number, who
from apps.desk.words import KINDS
from apps.reminders.models import Delivery
from apps.reminders.queries import sent_since
from apps.treatments.models import Record, Treatment
from apps.treatments.queries import plan_of, record_by_id, template, treatment_by_id, treatments_of
from apps.treatments.sensitivity import is_donor_infection
from apps.treatments.transfers import move_record, preview_transfer

_FOUND = 20


def choose(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Finds the couple to which the record belongs; nothing changes here."""
    desk = desk_of(request)
    record = desk.find(lambda clinic: record_by_id(clinic, pk))
    clinic = desk.clinic(record.clinic_id)
    _allowed(record, desk)
    form = OtherCoupleForm(request.GET if "q" in request.GET else None)
    found: list[Treatment] = []
    if form.is_valid():
        couples = search(clinic, form.cleaned_data["q"]).exclude(pk=record.treatment.couple_id)
        running = treatments_of(clinic).filter(couple__in=couples[:_FOUND])
        found = list(running.exclude(pk=record.treatment_id))
    context = {
        **_frame(record, desk),
        "form": form,
        "asked": form.is_bound,
        "found": [
            {
                "who": who(row.couple, desk),
                "treatment": row,
                "url": reverse("admin:record_move_to", args=[record.pk, row.pk]),
            }
            for row in found
        ],
    }
    return page(request, "desk/move_record.html", _("Move to another couple"), context)


def confirm(request: HttpRequest, pk: UUID, to: UUID) -> HttpResponse:
    """Both plans before and after, what was already sent because of it, and the one button."""
    desk = desk_of(request)
    record = desk.find(lambda clinic: record_by_id(clinic, pk))
    target = desk.find(lambda clinic: treatment_by_id(clinic, to))
    if target.clinic_id != record.clinic_id:
        raise Http404("There is no such page.")
    actor = _allowed(record, desk)
    form = MoveRecordForm(
        request.POST or None, visits=_visits(record, target, desk), asked=_asked(request, record)
    )

    def act() -> str:
        moved = move_record(
            record=record,
            to=target,
            reason=form.cleaned_data["reason"],
            occurrence=_number(form.cleaned_data.get("occurrence", "")),
            actor=actor,
            at=desk.at,
        )
        return reverse("admin:treatments_treatment_change", args=[moved.treatment_id])

    return FormPage(
        title=_("Move to another couple"),
        form=form,
        act=act,
        done=_("Moved. Both plans have been made anew; this is the right couple."),
        button=_("Move the record"),
        back=reverse("admin:record_move", args=[record.pk]),
        template="desk/move_record_to.html",
        danger=True,
        context={
            **_frame(record, desk),
            "there": who(target.couple, desk),
            "there_protocol": target.protocol_version.title,
            "sent": _sent(record, desk),
            **_changes(record, target, _asked(request, record), actor, desk),
        },
    ).answer(request)


def _allowed(record: Record, desk: Desk) -> Actor:
    """Who moves records, and may read this one: what it says stands on both pages."""
    clinic = desk.clinic(record.clinic_id)
    if is_donor_infection(record.kind, record.data):
        desk.require("see donor safety", clinic)
    return desk.require("record", clinic)


def _frame(record: Record, desk: Desk) -> dict[str, object]:
    titles = titles_of(template(record.treatment.protocol_version))
    return {
        "who": who(record.treatment.couple, desk),
        "record": record,
        "kind": KINDS.get(record.kind, record.kind),
        "said": said(record.kind, record.data, titles),
        "back": reverse("admin:treatments_treatment_change", args=[record.treatment_id]),
    }


def _changes(record: Record, to: Treatment, asked: str, actor: Actor, desk: Desk) -> dict[str, object]:
    """What differs in either plan, in words; or why the other plan does not take the record."""
    try:
        seen = preview_transfer(record=record, to=to, actor=actor, at=desk.at, occurrence=_number(asked))
    except LitError as error:
        return {"refused": in_one_line(error)}
    today = desk.today(to.clinic)
    return {
        "here_changes": changes_in_words(seen.here_before, seen.here_after, today),
        "there_changes": changes_in_words(seen.there_before, seen.there_after, today),
    }


def _visits(record: Record, to: Treatment, desk: Desk) -> list[tuple[str, str]]:
    """The visits of the same step there, for a record of a visit."""
    step = record.data.get("step")
    if not step:
        return []
    return [
        (str(visit.occurrence), " ".join(filter(None, (visit.title, number(visit.as_json())))))
        for visit in plan_of(to, desk.at).visits
        if visit.step == step
    ]


def _asked(request: HttpRequest, record: Record) -> str:
    """Which of the step's visits it is to be: as chosen, else as it was recorded."""
    given = request.POST.get("occurrence") or request.GET.get("occurrence")
    return str(given or record.data.get("occurrence", ""))


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def _sent(record: Record, desk: Desk) -> list[tuple[str, MessageRow]]:
    """What left the house for this couple since the record was made: it may have said what is not so."""
    rows = sent_since(record.treatment.couple, record.recorded_at)
    titles = dict(record.treatment.appointments.values_list("pk", "title"))

    def about(row: Delivery) -> str:
        return titles.get(row.appointment_id, "") if row.appointment_id else ""

    return [(row.person.full_name, message_row(row, about(row), False, desk)) for row in rows]
