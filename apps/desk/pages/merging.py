"""The same human entered twice: who may be meant, what a merge would move, the merge and its undoing."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.clinic.errors import LitError
from apps.couples.inputs import Identifier, PersonInput
from apps.couples.likeness import Likely, likely_people
from apps.couples.merging import preview_merge
from apps.couples.models import Couple, Person
from apps.couples.queries import couples_with, merge_by_id, person_by_id, search
from apps.couples.services import merge_people, unmerge_people
from apps.desk.access import desk_of
from apps.desk.forms.base import in_one_line
from apps.desk.pages.base import page, press

RIGHT = "merge"
_FOUND = 20
_LABELS = {
    "given_name": gettext_lazy("Given name"),
    "family_name": gettext_lazy("Family name"),
    "birth_on": gettext_lazy("Date of birth"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "blood_group": gettext_lazy("Blood group"),
    "contact_consent_at": gettext_lazy("Agrees to receive messages"),
    "alternative_email": gettext_lazy("Other e-mail"),
    "hard_news_note": gettext_lazy("Hard news"),
    "allergies": gettext_lazy("Allergies"),
}


def candidates(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who looks like this person, and whoever else is searched for."""
    desk = desk_of(request)
    person = desk.find(lambda clinic: person_by_id(clinic, pk))
    desk.require(RIGHT, person.clinic)
    numbers = tuple(Identifier(one.system, one.value) for one in person.identifiers.all())
    likely = likely_people(person.clinic, replace(PersonInput.of(person), identifiers=numbers))
    asked = request.GET.get("q", "").strip()
    found = _people(list(search(person.clinic, asked)[:_FOUND])) if asked else []
    shown = [one for one in likely if one.person.pk != person.pk]
    known = {one.person.pk for one in shown} | {person.pk}
    shown += [Likely(one, (), (code,), 0) for one, code in found if one.pk not in known]
    context = {"person": person, "likely": shown, "asked": asked, "back": _couple_of(person)}
    return page(request, "desk/merge_candidates.html", _("Entered twice?"), context)


def preview(request: HttpRequest, pk: UUID, other: UUID) -> HttpResponse:
    """What would move and what differs; a POST with the word that it is one human merges."""
    desk = desk_of(request)
    kept = desk.find(lambda clinic: person_by_id(clinic, pk))
    actor = desk.require(RIGHT, kept.clinic)
    goes = desk.find(lambda clinic: person_by_id(clinic, other))
    if goes.clinic_id != kept.clinic_id:
        raise Http404("There is no such page.")
    problem = ""
    try:
        if request.method == "POST":
            said = request.POST.get("same_human") == "on"
            merge = merge_people(kept=kept, other=goes, same_human=said, actor=actor, at=desk.at)
            return HttpResponseRedirect(reverse("admin:merge_show", args=[merge.pk]))
    except LitError as error:
        problem = in_one_line(error)
    told = preview_merge(kept=kept, other=goes, actor=actor)
    context = {
        "told": told,
        "problem": problem,
        "conflicts": [(_LABELS[name], mine, theirs) for name, mine, theirs in told.conflicts],
        "filled": [(_LABELS[name], getattr(goes, name)) for name in told.filled],
        "numbers": [(one.person_id == kept.pk, one) for who in (kept, goes) for one in who.identifiers.all()],
        "back": reverse("admin:person_same", args=[kept.pk]),
        "swapped": reverse("admin:person_merge", args=[goes.pk, kept.pk]),
    }
    return page(
        request,
        "desk/merge_preview.html",
        _("One person, entered twice"),
        context,
        status=422 if problem else 200,
    )


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What was merged, by whom, and the button that takes it back."""
    desk = desk_of(request)
    merge = desk.find(lambda clinic: merge_by_id(clinic, pk))
    desk.require(RIGHT, merge.clinic)
    return page(
        request, "desk/merge_show.html", _("Merged"), {"merge": merge, "back": _couple_of(merge.kept)}
    )


def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    merge = desk.find(lambda clinic: merge_by_id(clinic, pk))
    actor = desk.require(RIGHT, merge.clinic)
    return press(
        request,
        lambda: unmerge_people(merge=merge, actor=actor, at=desk.at),
        done=_("They are two again. What was added since stays with the first."),
        back=reverse("admin:merge_show", args=[merge.pk]),
    )


def _people(couples: list[Couple]) -> list[tuple[Person, str]]:
    return [(one, couple.code) for couple in couples for one in (couple.recipient, couple.partner)]


def _couple_of(person: Person) -> str:
    couple = couples_with(person.clinic, person).order_by("-enrolled_at").first()
    return reverse("admin:couples_couple_change", args=[couple.pk]) if couple else reverse("admin:index")
