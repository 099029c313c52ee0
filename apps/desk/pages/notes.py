"""Writing notes on a couple, in place of others, and taking them down."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.couples.models import Couple, Note, NoteKind
from apps.couples.queries import couple_by_id, note_by_id
from apps.couples.services import withdraw_note, write_note
from apps.desk.access import Desk, desk_of
from apps.desk.forms.couple import NoteForm, WhyForm
from apps.desk.pages.base import FormPage
from apps.desk.rows import who

RIGHT = "write notes on couples"


def write(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    couple = desk.find(lambda clinic: couple_by_id(clinic, pk))
    return _form(request, desk, couple, None)


def replace(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The earlier note stays readable."""
    desk = desk_of(request)
    note = desk.find(lambda clinic: note_by_id(clinic, pk))
    desk.require(RIGHT, note.couple.clinic)
    couple = _couple_of(note, desk)
    return _form(request, desk, couple, note)


def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    note = desk.find(lambda clinic: note_by_id(clinic, pk))
    actor = desk.require(RIGHT, note.couple.clinic)
    couple = _couple_of(note, desk)
    form = WhyForm(request.POST or None, label=_("Why does it no longer hold"))

    def act() -> str:
        withdraw_note(note=note, reason=form.cleaned_data["reason"], actor=actor, at=desk.at)
        return _address(couple)

    return FormPage(
        title=_("Withdraw a note"),
        form=form,
        act=act,
        done=_("The note is withdrawn. It stays readable among the earlier ones."),
        button=_("Withdraw"),
        back=_address(couple),
        intro=f"{note.get_kind_display()}: {note.text}",
        context={"who": who(couple, desk)},
    ).answer(request)


def _form(request: HttpRequest, desk: Desk, couple: Couple, replaces: Note | None) -> HttpResponse:
    actor = desk.require(RIGHT, couple.clinic)
    form = NoteForm(
        request.POST or None,
        today=desk.today(couple.clinic),
        replaces=replaces,
        for_them=actor.role == "doctor",
    )

    def act() -> str:
        data = form.cleaned_data
        write_note(
            couple=couple,
            text=data["text"],
            kind=replaces.kind if replaces else data.get("kind", NoteKind.NOTE),
            on=data["on"],
            severity=data.get("severity", ""),
            replaces=replaces,
            actor=actor,
            at=desk.at,
        )
        return _address(couple)

    return FormPage(
        title=_("Write a note in its place") if replaces else _("Write a note"),
        form=form,
        act=act,
        done=_("Noted."),
        back=_address(couple),
        context={"who": who(couple, desk)},
    ).answer(request)


def _couple_of(note: Note, desk: Desk) -> Couple:
    """The couple on whose page the note stands: the one that its own was merged into, if it was."""
    return desk.find(lambda clinic: couple_by_id(clinic, note.couple.merged_into_id or note.couple_id))


def _address(couple: Couple) -> str:
    return reverse("admin:couples_couple_change", args=[couple.pk])
