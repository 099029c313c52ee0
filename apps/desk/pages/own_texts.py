"""Every text that goes out, in each language, beside its English; and who has read it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.clinic.actors import Actor
from apps.clinic.errors import LitError
from apps.clinic.models import Clinic
from apps.couples.models import Language
from apps.desk import languages
from apps.desk.access import Desk, desk_of
from apps.desk.forms.base import in_one_line
from apps.desk.pages.base import page
from apps.desk.post import TEXT_NAMES, moment_words
from apps.reminders.messages import UNREVIEWED, Text
from apps.reminders.reviewing import Reading, readings
from apps.reminders.samples import samples
from apps.reminders.services import mark_reviewed, unmark_reviewed
from apps.reminders.words import ClinicalWord


@dataclass(frozen=True, slots=True)
class TextRow:
    """One text: in the language, in English, and whether somebody who speaks it has read it."""

    name: str
    title: str
    text: Text
    english: Text
    digest: str
    is_reviewed: bool
    review: str


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The texts of one language; a press of a button beside one says that it was read, or takes that back."""
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    actor = desk.require("review texts", clinic)
    asked = request.GET.get("language", "")
    language = asked if asked in Language.values else Language.ENGLISH.value
    if request.method == "POST":
        _mark(request, clinic, language, actor, desk)
        return HttpResponseRedirect(f"{_address(clinic)}?language={language}")
    found = readings(clinic, language)
    unread = languages.unread([clinic])
    context = {
        "clinic": clinic,
        "language": language,
        "language_name": languages.name_of(language),
        "direction": languages.direction(language),
        "needs_reader": language in UNREVIEWED,
        "languages": [
            (code, languages.name_of(code), code in unread, f"{_address(clinic)}?language={code}")
            for code in Language.values
        ],
        "rows": _rows(found, clinic, language, desk),
        "left": sum(not one.is_reviewed for one in found),
        "reader": next((one.review.reader for one in found if one.review is not None), ""),
        "may_run": desk.may("run the clinic", clinic),
    }
    return page(request, "desk/own_texts.html", _("Texts that go out"), context)


def _rows(found: list[Reading], clinic: Clinic, language: str, desk: Desk) -> list[TextRow]:
    """Empty while the clinic's own words hold one that may not leave the house: then nothing goes out at all."""
    try:
        texts, english = samples(clinic, language), samples(clinic, "en")
    except ClinicalWord:
        return []
    return [
        TextRow(
            name=one.name,
            title=str(TEXT_NAMES[one.name]),
            text=texts[one.name],
            english=english[one.name],
            digest=one.digest,
            is_reviewed=one.is_reviewed,
            review=_review(one, clinic, desk),
        )
        for one in found
    ]


def _review(one: Reading, clinic: Clinic, desk: Desk) -> str:
    if one.review is None:
        return ""
    told = {"who": one.review.reader, "when": moment_words(one.review.marked_at, clinic, desk)}
    return _("Read by %(who)s, %(when)s") % told


def _mark(request: HttpRequest, clinic: Clinic, language: str, actor: Actor, desk: Desk) -> None:
    """One button of many: `read` names a text and the wording that was shown, `again` a text."""
    digest, _sep, name = request.POST.get("read", "").partition(" ")
    try:
        if name:
            mark_reviewed(
                clinic=clinic,
                name=name,
                language=language,
                digest=digest,
                reader=request.POST.get("reader", ""),
                actor=actor,
                at=desk.at,
            )
        else:
            unmark_reviewed(
                clinic=clinic, name=request.POST.get("again", ""), language=language, actor=actor, at=desk.at
            )
    except LitError as error:
        messages.error(request, in_one_line(error))
    else:
        messages.success(request, _("Saved."))


def _address(clinic: Clinic) -> str:
    return reverse("admin:clinic_texts", args=[clinic.pk])
