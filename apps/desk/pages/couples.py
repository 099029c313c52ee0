"""Couples: enrolment, their people, silence, starting a treatment."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.clinic.models import Clinic
from apps.couples.models import Couple, SilenceReason
from apps.couples.queries import couple_by_id, couples_with, person_by_id
from apps.couples.services import end_silence, enrol_couple, silence_couple, update_person
from apps.desk.access import Desk, desk_of
from apps.desk.forms.base import DeskForm
from apps.desk.forms.clinic import StartForm
from apps.desk.forms.people import EnrolForm, PersonForm, person_input
from apps.desk.pages.base import FormPage, press
from apps.desk.rows import who
from apps.treatments.queries import protocol_by_id, protocols_of
from apps.treatments.services import start_treatment


def enrol(request: HttpRequest) -> HttpResponse:
    """A new couple; every fault of both people comes back at once."""
    desk = desk_of(request)
    clinics = desk.where("enrol")
    if not clinics:
        raise PermissionDenied("Your role may not enrol couples.")
    form = EnrolForm(request.POST or None, clinics=clinics)

    def act() -> str:
        clinic = _chosen(desk, form)
        couple = enrol_couple(
            clinic=clinic,
            recipient=person_input(form.cleaned_data, "recipient-", desk.at),
            partner=person_input(form.cleaned_data, "partner-", desk.at),
            actor=desk.require("enrol", clinic),
            at=desk.at,
        )
        return _address(couple)

    return FormPage(
        title="Enrol a couple",
        form=form,
        act=act,
        done="The couple is enrolled.",
        button="Enrol",
        back=reverse("admin:couples_couple_changelist"),
        template="desk/enrol.html",
    ).answer(request)


def _chosen(desk: Desk, form: DeskForm) -> Clinic:
    return desk.clinic(UUID(form.cleaned_data["clinic"]))


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


def silence(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop all messages at the couple's wish."""
    desk = desk_of(request)
    couple = desk.find(lambda clinic: couple_by_id(clinic, pk))
    actor = desk.require("record", couple.clinic)
    return press(
        request,
        lambda: silence_couple(couple=couple, reason=SilenceReason.OWN_WISH, actor=actor, at=desk.at),
        done="Nothing is sent to this couple any more.",
        back=_address(couple),
    )


def speak(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Messages again, at the couple's yes; the service decides who may."""
    desk = desk_of(request)
    couple = desk.find(lambda clinic: couple_by_id(clinic, pk))
    actor = desk.require("record", couple.clinic)
    return press(
        request,
        lambda: end_silence(couple=couple, actor=actor, at=desk.at),
        done="Messages are sent again.",
        back=_address(couple),
    )


def _address(couple: Couple) -> str:
    return reverse("admin:couples_couple_change", args=[couple.pk])
