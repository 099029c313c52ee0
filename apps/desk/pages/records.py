"""Recording, correcting, and the loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from apps.desk.access import Desk, desk_of
from apps.desk.forms.base import DateField, DeskForm
from apps.desk.forms.decisions import CorrectionForm
from apps.desk.forms.done import DONE_FORMS
from apps.desk.forms.records import FORMS, RIGHT_OF
from apps.desk.forms.setting import RecordForm, Setting
from apps.desk.history import said, titles_of
from apps.desk.pages.base import FormPage
from apps.desk.rows import number, who
from apps.desk.words import KINDS
from apps.reminders.models import DeliveryState
from apps.reminders.queries import deliveries_of
from apps.treatments.models import Record, Treatment
from apps.treatments.queries import plan_of, record_by_id, template, treatment_by_id
from apps.treatments.sensitivity import is_donor_infection
from apps.treatments.services import correct, record, record_together


def setting_of(treatment: Treatment, desk: Desk) -> Setting:
    """What the forms of this treatment are made from."""
    plan = plan_of(treatment, desk.at)
    visits = tuple(
        (f"{visit.step}#{visit.occurrence}", " ".join(filter(None, (visit.title, number(visit.as_json())))))
        for visit in plan.visits
        if visit.state in ("proposed", "waiting", "missed", "expired")
    )
    return Setting(
        template=template(treatment.protocol_version), today=desk.today(treatment.clinic), visits=visits
    )


def add(request: HttpRequest, pk: UUID, kind: str) -> HttpResponse:
    """One record of one kind."""
    desk = desk_of(request)
    treatment = desk.find(lambda clinic: treatment_by_id(clinic, pk))
    if kind not in FORMS:
        raise Http404("There is no such kind of record.")
    actor = desk.require(RIGHT_OF.get(kind, "record"), treatment.clinic)
    form = FORMS[kind](request.POST or None, setting=setting_of(treatment, desk))

    def act() -> str:
        items = [_plain(body) for body in form.records()]
        if len(items) == 1:
            record(treatment=treatment, data=items[0], actor=actor, at=desk.at)
        else:
            record_together(treatment=treatment, items=items, actor=actor, at=desk.at)
        return _address(treatment)

    return FormPage(
        title=form.title,
        form=form,
        act=act,
        done=f"{form.title}: recorded.",
        back=_address(treatment),
        context={"who": who(treatment.couple, desk)},
    ).answer(request)


def amend(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A correction: the old record stays readable, and no longer counts."""
    desk = desk_of(request)
    wrong = desk.find(lambda clinic: record_by_id(clinic, pk))
    treatment = wrong.treatment
    actor = desk.require("record", treatment.clinic)
    if is_donor_infection(wrong.kind, wrong.data):
        desk.require("see donor safety", treatment.clinic)
    new = _right_record(request, wrong, desk)
    form = CorrectionForm(request.POST or None, replaceable=new is not None)
    words_of_it = said(wrong.kind, wrong.data, titles_of(template(treatment.protocol_version)))

    def act() -> str | None:
        replaced = new is not None and form.cleaned_data.get("how") == "replace"
        if replaced and new is not None and not new.is_valid():
            return None
        correct(
            record=wrong,
            reason=form.cleaned_data["correction_reason"],
            replacement=_plain(new.record()) if new is not None and replaced else None,
            actor=actor,
            at=desk.at,
        )
        return _address(treatment)

    return FormPage(
        title=f"Correct: {KINDS[wrong.kind]}",
        form=form,
        act=act,
        done="Corrected. The plan has been made anew.",
        button="Correct",
        back=_address(treatment),
        template="desk/correct.html",
        context={"who": who(treatment.couple, desk), "wrong": wrong, "said": words_of_it, "new": new},
    ).answer(request)


def _right_record(request: HttpRequest, wrong: Record, desk: Desk) -> RecordForm | None:
    """The form for what stands in place of a wrong record, filled with it; None for a kind that is only taken out."""
    kinds: dict[str, type[RecordForm]] = {**FORMS, **DONE_FORMS}
    if wrong.kind not in kinds:
        return None
    initial = kinds[wrong.kind].initial_of(wrong.data)
    sent = request.POST if request.POST.get("how") == "replace" else None
    return kinds[wrong.kind](sent, setting=setting_of(wrong.treatment, desk), initial=initial)


@dataclass(frozen=True, slots=True)
class Stops:
    """Exactly what a loss ends: counted before anybody confirms it."""

    visits: int
    messages: int
    proposals: int


class LossForm(DeskForm):
    """The day, and a tick that says that it is meant."""

    def __init__(self, *args: Any, setting: Setting, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "on": DateField(label="Date of the loss", initial=setting.today),
            "sure": forms.BooleanField(
                label="The loss is confirmed. Stop everything now.",
                error_messages={"required": "Tick the box to say that the loss is confirmed."},
            ),
        }
        super().__init__(*args, asks=asks, **kwargs)


def loss(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One act: every booking ahead is cancelled and nothing is sent to either of the two."""
    desk = desk_of(request)
    treatment = desk.find(lambda clinic: treatment_by_id(clinic, pk))
    actor = desk.require("loss", treatment.clinic)
    form = LossForm(request.POST or None, setting=setting_of(treatment, desk))

    def act() -> str:
        data = {"kind": "milestone", "name": "loss", "on": form.cleaned_data["on"].isoformat()}
        record(treatment=treatment, data=data, actor=actor, at=desk.at)
        return _address(treatment)

    couple = treatment.couple
    return FormPage(
        title="Record a loss",
        form=form,
        act=act,
        done="Everything ahead has stopped for both. Nothing is sent.",
        button="Stop everything now",
        back=_address(treatment),
        template="desk/loss.html",
        danger=True,
        context={
            "who": who(couple, desk),
            "stops": _stops(treatment, desk),
            "notes": [
                (p.full_name, p.hard_news_note)
                for p in (couple.recipient, couple.partner)
                if p.hard_news_note
            ],
        },
    ).answer(request)


def _stops(treatment: Treatment, desk: Desk) -> Stops:
    rows = treatment.appointments.all()
    return Stops(
        visits=sum(row.in_force and row.starts_at is not None and row.starts_at >= desk.at for row in rows),
        messages=deliveries_of(treatment.clinic)
        .filter(treatment__couple=treatment.couple, state__in=(DeliveryState.PENDING, DeliveryState.LEASED))
        .count(),
        proposals=sum(row.status == "proposed" and row.state in ("proposed", "waiting") for row in rows),
    )


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    """Days as text, as a record is sent over any route."""
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in body.items()}


def _address(treatment: Treatment) -> str:
    return reverse("admin:treatments_treatment_change", args=[treatment.pk])
