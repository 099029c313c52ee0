"""Who answers for a couple, one by one and in bulk, and who covers for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.clinic.covering import add_cover, cover_by_id, covers_of, end_cover
from apps.clinic.models import Clinic, Membership, User
from apps.clinic.queries import members
from apps.couples.care import assign
from apps.couples.queries import couple_by_id, couples_of
from apps.desk import words
from apps.desk.access import desk_of
from apps.desk.forms.calls import AssignForm, AssignManyForm, CoverForm
from apps.desk.pages.base import FormPage, press
from apps.desk.rows import who
from apps.desk.worklist import name_of


def staff_of(clinic: Clinic) -> list[Membership]:
    """Nurses and doctors who work there now."""
    return [one for one in members(clinic) if one.is_active and one.role in ("nurse", "doctor")]


def choices(staff: list[Membership], role: str = "") -> list[tuple[str, str]]:
    return [
        (str(one.user_id), name_of(one.user) if role else f"{name_of(one.user)} ({one.role})")
        for one in staff
        if role in ("", one.role)
    ]


def couple(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The nurse and the doctor of one couple."""
    desk = desk_of(request)
    row = desk.find(lambda clinic: couple_by_id(clinic, pk))
    clinic = desk.clinic(row.clinic_id)
    actor = desk.require("assign", clinic)
    staff = staff_of(clinic)
    now = {"nurse": row.nurse_id or "", "doctor": row.doctor_id or ""}
    form = AssignForm(
        request.POST or None,
        initial=now,
        nurses=choices(staff, "nurse"),
        doctors=choices(staff, "doctor"),
    )
    back = reverse("admin:couples_couple_change", args=[row.pk])

    def act() -> str:
        for role in ("nurse", "doctor"):
            assign(
                clinic=clinic,
                couples=[row],
                role=role,
                user=_user(form.cleaned_data[role]),
                actor=actor,
                at=desk.at,
            )
        return back

    return FormPage(
        title=_("Nurse and doctor"),
        form=form,
        act=act,
        done=_("Saved."),
        back=back,
        context={"who": who(row, desk)},
    ).answer(request)


def several(request: HttpRequest) -> HttpResponse:
    """One nurse or doctor for the couples ticked in the list; all of a clinic or none."""
    desk = desk_of(request)
    ids = [UUID(pk) for pk in request.GET.getlist("couple") if _is_uuid(pk)]
    places = desk.where("assign")
    couples = {clinic: list(couples_of(clinic).filter(pk__in=ids)) for clinic in places}
    ticked = {clinic: rows for clinic, rows in couples.items() if rows}
    if not ticked:
        raise Http404("There is no such page.")
    people = [
        (f"{one.user_id}:{one.role}", f"{name_of(one.user)} ({one.role})")
        for clinic in ticked
        for one in staff_of(clinic)
    ]
    form = AssignManyForm(request.POST or None, people=list(dict(people).items()))
    back = reverse("admin:couples_couple_changelist")

    def act() -> str:
        user_id, _sep, role = form.cleaned_data["who"].partition(":")
        for clinic, rows in ticked.items():
            assign(
                clinic=clinic,
                couples=rows,
                role=role,
                user=_user(user_id),
                actor=desk.actor(clinic),
                at=desk.at,
            )
        return back

    codes = ", ".join(row.code for rows in ticked.values() for row in rows)
    return FormPage(
        title=_("Nurse or doctor of several couples"),
        form=form,
        act=act,
        done=_("Saved."),
        back=back,
        intro=codes,
    ).answer(request)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _user(pk: str) -> User | None:
    return User.objects.filter(pk=int(pk)).first() if pk.isdigit() else None


@dataclass(frozen=True, slots=True)
class CoverRow:
    """One cover in words, and the button that ends it."""

    text: str
    days: str
    what: str
    url: str


def covers(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who covers for whom from today on, and a form for one more."""
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    actor = desk.require("assign", clinic)
    today = desk.today(clinic)
    form = CoverForm(request.POST or None, people=choices(staff_of(clinic)), initial={"from_on": today})
    here = reverse("admin:covers", args=[clinic.pk])

    def act() -> str:
        said = form.cleaned_data
        add_cover(
            clinic=clinic,
            user=User.objects.get(pk=said["user"]),
            by=User.objects.get(pk=said["by"]),
            from_on=said["from_on"],
            to_on=said["to_on"],
            away=said["away"] == "away",
            actor=actor,
            at=desk.at,
        )
        return here

    return FormPage(
        title=_("Cover"),
        form=form,
        act=act,
        done=_("Saved."),
        button=_("Add"),
        back=reverse("admin:index"),
        template="desk/covers.html",
        context={"covers": _rows(clinic, today), "clinic": clinic},
    ).answer(request)


def _rows(clinic: Clinic, today: date) -> list[CoverRow]:
    return [
        CoverRow(
            text=_("%(by)s for %(user)s") % {"by": name_of(row.by), "user": name_of(row.user)},
            days=words.span(row.from_on, row.to_on, today),
            what=_("everything") if row.away else _("what is past its day"),
            url=reverse("admin:cover_end", args=[row.pk]),
        )
        for row in covers_of(clinic, from_on=today)
    ]


def uncover(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    cover = desk.find(lambda clinic: cover_by_id(clinic, pk))
    actor = desk.require("assign", desk.clinic(cover.clinic_id))
    return press(
        request,
        lambda: end_cover(cover=cover, actor=actor, at=desk.at),
        done=_("The cover has ended."),
        back=reverse("admin:covers", args=[cover.clinic_id]),
    )
