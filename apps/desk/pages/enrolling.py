"""Enrolment: nobody is saved as new before whoever looks like them was shown."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.clinic.models import Clinic
from apps.couples.inputs import PersonInput
from apps.couples.likeness import likely_people
from apps.couples.models import Person
from apps.couples.services import enrol_couple
from apps.desk.access import desk_of
from apps.desk.forms.people import ROLES, EnrolForm, person_input
from apps.desk.pages.base import FormPage

NEW = "new"


@dataclass(frozen=True, slots=True)
class Match:
    """Somebody who is here and may be meant: the reasons, the couples' codes, and what was chosen before."""

    person: Person
    why: tuple[str, ...]
    codes: tuple[str, ...]
    chosen: bool
    is_new: bool


def enrol(request: HttpRequest) -> HttpResponse:
    """A new couple; every fault of both people comes back at once, then whoever is here and looks like them."""
    desk = desk_of(request)
    clinics = desk.where("enrol")
    if not clinics:
        raise PermissionDenied("Your role may not enrol couples.")
    form = EnrolForm(request.POST or None, clinics=clinics)
    likely: dict[str, list[Match]] = {}

    def act() -> str | None:
        clinic = desk.clinic(UUID(form.cleaned_data["clinic"]))
        given = {role: person_input(form.cleaned_data, f"{role}-", desk.at) for role in ROLES}
        said = {role: _is_said(form, clinic, role, given[role], likely) for role in ROLES}
        if not all(said.values()):
            form.add_error(None, _("Somebody here looks like this. Say below whether it is the same person."))
            return None
        couple = enrol_couple(
            clinic=clinic,
            recipient=_who(form, "recipient", given["recipient"]),
            partner=_who(form, "partner", given["partner"]),
            actor=desk.require("enrol", clinic),
            at=desk.at,
        )
        return reverse("admin:couples_couple_change", args=[couple.pk])

    return FormPage(
        title=_("Enrol a couple"),
        form=form,
        act=act,
        done=_("The couple is enrolled."),
        button=_("Enrol"),
        back=reverse("admin:couples_couple_changelist"),
        template="desk/enrol.html",
        context={"likely": likely},
    ).answer(request)


def _is_said(
    form: EnrolForm, clinic: Clinic, role: str, given: PersonInput, likely: dict[str, list[Match]]
) -> bool:
    """Whether it is said who this is, or nobody here looks like them; fills `likely` for the page."""
    said = form.cleaned_data[f"is-{role}"]
    found = likely_people(clinic, given)
    likely[role] = [
        Match(one.person, one.why, one.codes, said == str(one.person.pk), said == NEW) for one in found
    ]
    return said == NEW or any(one.chosen for one in likely[role]) or not found


def _who(form: EnrolForm, role: str, given: PersonInput) -> PersonInput | UUID:
    said = form.cleaned_data[f"is-{role}"]
    return given if said in ("", NEW) else UUID(said)
