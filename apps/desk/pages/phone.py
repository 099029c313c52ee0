"""A doctor's word by phone: entered by a nurse, signed or refused by the doctor, on the page of its flag."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.clinic.models import User
from apps.desk import words
from apps.desk.access import Desk, desk_of
from apps.desk.forms.calls import PhoneForm, RefusalForm
from apps.desk.pages.base import FormPage, press
from apps.desk.pages.records import setting_of
from apps.desk.pages.responsible import choices, staff_of
from apps.desk.rows import who
from apps.treatments.models import Flag, PhoneDecision
from apps.treatments.phone_decisions import (
    countersign,
    enter_phone_decision,
    phone_decision_by_id,
    phone_decisions_of,
    refuse_phone_decision,
    withdraw_phone_decision,
)
from apps.treatments.queries import flag_by_id


def of_flag(flag: Flag, desk: Desk) -> dict[str, Any]:
    """What the page of a flag shows of decisions by phone."""
    phone = phone_decisions_of(flag.clinic).filter(flag=flag).first() if flag.is_open else None
    role = desk.actor(flag.clinic).role
    return {
        "phone": phone,
        "phone_choice": words.choice_words(phone.choice, flag.code) if phone else "",
        "phone_signs": bool(phone) and role == "doctor" and phone_is_of(phone, desk),
        "phone_refuses": bool(phone) and role == "doctor",
        "phone_withdraws": bool(phone) and role == "nurse",
        "phone_enters": phone is None
        and flag.is_open
        and flag.owner == "doctor"
        and bool(flag.decisions)
        and role == "nurse",
    }


def phone_is_of(phone: PhoneDecision | None, desk: Desk) -> bool:
    return phone is not None and phone.doctor_id == desk.user.pk


def enter(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The nurse writes down what the doctor said; it waits for the doctor's signature."""
    desk = desk_of(request)
    flag = desk.find(lambda clinic: flag_by_id(clinic, pk))
    actor = desk.actor(flag.clinic)
    setting = setting_of(flag.treatment, desk)
    form = PhoneForm(
        request.POST or None,
        code=flag.code,
        choices=flag.decisions,
        donors=setting.donors()[1:],
        doses_left=None,
        doctors=choices(staff_of(flag.clinic), "doctor"),
    )
    back = reverse("admin:treatments_flag_change", args=[flag.pk])

    def act() -> str:
        enter_phone_decision(
            flag=flag,
            choice=form.cleaned_data["choice"],
            reason=form.cleaned_data["reason"],
            parameters=form.parameters(),
            doctor=User.objects.get(pk=form.cleaned_data["doctor"]),
            actor=actor,
            at=desk.at,
        )
        return back

    return FormPage(
        title=_("Decision by phone"),
        form=form,
        act=act,
        done=_("Entered. It changes nothing until the doctor signs."),
        back=back,
        intro=flag.text,
        context={"who": who(flag.treatment.couple, desk)},
    ).answer(request)


def sign(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    phone = desk.find(lambda clinic: phone_decision_by_id(clinic, pk))
    return press(
        request,
        lambda: countersign(phone=phone, actor=desk.actor(phone.clinic), at=desk.at),
        done=_("Decided and signed. The plan has been made anew."),
        back=reverse("admin:treatments_flag_change", args=[phone.flag_id]),
    )


def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    phone = desk.find(lambda clinic: phone_decision_by_id(clinic, pk))
    return press(
        request,
        lambda: withdraw_phone_decision(phone=phone, actor=desk.actor(phone.clinic), at=desk.at),
        done=_("Taken back. The flag stays open."),
        back=reverse("admin:treatments_flag_change", args=[phone.flag_id]),
    )


def refuse(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A doctor says why it is not so."""
    desk = desk_of(request)
    phone = desk.find(lambda clinic: phone_decision_by_id(clinic, pk))
    if desk.actor(phone.clinic).role != "doctor":
        raise Http404("There is no such page.")
    form = RefusalForm(request.POST or None)
    back = reverse("admin:treatments_flag_change", args=[phone.flag_id])

    def act() -> str:
        refuse_phone_decision(
            phone=phone, reason=form.cleaned_data["reason"], actor=desk.actor(phone.clinic), at=desk.at
        )
        return back

    return FormPage(
        title=_("Do not sign"), form=form, act=act, done=_("Refused. The flag stays open."), back=back
    ).answer(request)
