"""Staff: who works in the manager's clinics, in which role."""

from __future__ import annotations

import secrets
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from apps.clinic.models import Membership, User
from apps.clinic.queries import members
from apps.clinic.services import add_member, end_membership
from apps.desk.access import Desk, desk_of
from apps.desk.forms.clinic import MemberForm
from apps.desk.pages.base import FormPage, page, press

_LIST = "admin:clinic_membership_changelist"


def add(request: HttpRequest) -> HttpResponse:
    """A new user gets a password that is shown this once; a user who exists keeps theirs."""
    desk = desk_of(request)
    clinics = desk.where("run the clinic")
    if not clinics:
        raise PermissionDenied("Only a manager of the clinic looks after its staff.")
    form = MemberForm(request.POST or None, clinics=clinics)
    if request.method == "POST" and form.is_valid():
        clinic = desk.clinic(UUID(form.cleaned_data["clinic"]))
        actor = desk.require("run the clinic", clinic)
        with transaction.atomic():
            user, password = _user(form)
            add_member(clinic=clinic, user=user, role=form.cleaned_data["role"], actor=actor, at=desk.at)
        context = {"member": user, "password": password, "back": reverse(_LIST)}
        return page(request, "desk/member_added.html", "Staff", context)
    return FormPage(
        title="Add to the staff",
        form=form,
        act=lambda: None,
        button="Add",
        back=reverse(_LIST),
        intro="For somebody who is on the staff already, this sets a new role.",
    ).answer(request)


def _user(form: MemberForm) -> tuple[User, str]:
    """The user of that name, and the new password if there was none before."""
    data = form.cleaned_data
    known = User.objects.filter(username=data["username"]).first()
    if known is not None:
        return known, ""
    password = secrets.token_urlsafe(12)
    made = User.objects.create_user(
        username=data["username"],
        password=password,
        first_name=data["first_name"],
        last_name=data["last_name"],
    )
    return made, password


def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The person no longer reaches the clinic, from their next click on."""
    desk = desk_of(request)
    membership = _membership(desk, pk)
    actor = desk.require("run the clinic", membership.clinic)
    return press(
        request,
        lambda: end_membership(membership=membership, actor=actor, at=desk.at),
        done="The membership has ended.",
        back=reverse(_LIST),
    )


def _membership(desk: Desk, pk: UUID) -> Membership:
    for clinic in desk.clinics:
        found = members(clinic).filter(pk=pk).select_related("clinic").first()
        if found is not None:
            return found
    raise Http404("There is no such page.")
