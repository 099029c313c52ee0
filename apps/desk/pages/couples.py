"""Couples: their people, starting a treatment."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.couples.models import Couple
from apps.couples.queries import couple_by_id, couples_with, person_by_id
from apps.couples.services import update_person
from apps.desk.access import desk_of
from apps.desk.forms.clinic import StartForm
from apps.desk.forms.people import PersonForm, person_input
from apps.desk.pages.base import FormPage
from apps.desk.rows import who
from apps.treatments.queries import protocol_by_id, protocols_of
from apps.treatments.services import start_treatment


def edit_person(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    person = desk.find(lambda clinic: person_by_id(clinic, pk))
    actor = desk.require("enrol", person.clinic)
    form = PersonForm(request.POST or None, person=person)
    couple = couples_with(person.clinic, person).order_by("-enrolled_at").first()
    back = _address(couple) if couple else reverse("admin:couples_couple_changelist")

    def act() -> str:
        given = person_input(form.cleaned_data, "", desk.at, person)
        update_person(person=person, given=given, actor=actor, at=desk.at)
        return back

    return FormPage(title=person.full_name, form=form, act=act, done="Saved.", back=back).answer(request)


def start(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A treatment on a published protocol version."""
    desk = desk_of(request)
    couple = desk.find(lambda clinic: couple_by_id(clinic, pk))
    actor = desk.require("start", couple.clinic)
    versions = [(str(row.pk), f"{row.title} ({row.version})") for row in protocols_of(couple.clinic)]
    form = StartForm(request.POST or None, versions=versions, today=desk.today(couple.clinic))

    def act() -> str:
        treatment = start_treatment(
            couple=couple,
            protocol_version=protocol_by_id(couple.clinic, UUID(form.cleaned_data["protocol_version"])),
            started_on=form.cleaned_data["started_on"],
            actor=actor,
            at=desk.at,
        )
        return reverse("admin:treatments_treatment_change", args=[treatment.pk])

    return FormPage(
        title="Start a treatment",
        form=form,
        act=act,
        done="The treatment has started; its plan is below.",
        button="Start",
        back=_address(couple),
        context={"who": who(couple, desk)},
    ).answer(request)


def _address(couple: Couple) -> str:
    return reverse("admin:couples_couple_change", args=[couple.pk])
