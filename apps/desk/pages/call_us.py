""" "Please call us" to one of a couple: by which way it goes, in which words, when, and why it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.couples.models import Couple, Person, RouteChannel
from apps.couples.queries import couple_by_id, pinned_of
from apps.desk import languages
from apps.desk.access import Desk, desk_of
from apps.desk.pages.base import page, press
from apps.desk.post import WITHHELD, message_row, moment_words
from apps.desk.rows import who
from apps.desk.worklist_rows import pinned
from apps.reminders.calling_us import CallUs, foretell_call_us
from apps.reminders.reviewing import is_reviewed
from apps.reminders.services import ask_to_call
from apps.reminders.texts import CALL_US

_WHY_NOT = {
    **WITHHELD,
    "test clinic": gettext_lazy("a test clinic sends nothing"),
    "by_hand": gettext_lazy("they wish to be told by somebody of the clinic, not to be written to"),
    "no_way": gettext_lazy("no way to reach them can be used; look at “How to reach”"),
    "not_registered": gettext_lazy(
        "the provider takes registered wordings only, and this text is not registered"
    ),
    "clinical_word": gettext_lazy("the clinic's own name or place holds a word that may not leave the house"),
    "no_hour": gettext_lazy("there is no hour within four days at which somebody could explain by phone"),
}
_WAITS = {
    "braked": gettext_lazy("it waits while the clinic's messages are stopped by the brake"),
    "unread text": gettext_lazy("it waits until somebody has read what they wrote to us"),
}


@dataclass(frozen=True, slots=True)
class Card:
    """One of the two, and what asking would come to."""

    person: Person
    call_us: CallUs
    why_not: str
    waits: tuple[str, ...]
    way: str
    language: str
    direction: str
    is_unread: bool
    when: str
    at_once: bool
    last: str


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Both people; a press asks for the message to one of them."""
    desk = desk_of(request)
    couple = desk.find(lambda clinic: couple_by_id(clinic, pk))
    actor = desk.require("call", couple.clinic)
    if request.method == "POST":
        person = _one_of(couple, request.POST.get("person", ""))
        # Named after the one before it: a page that is sent twice asks once.
        key = f"desk {_plain(request.POST.get('after', ''))}"
        return press(
            request,
            lambda: ask_to_call(person=person, key=key, actor=actor, at=desk.at),
            done=_("Asked: %(name)s is written to as said below.") % {"name": person.full_name},
            back=reverse("admin:couple_call_us", args=[couple.pk]),
        )
    context = {
        "couple": couple,
        "who": who(couple, desk),
        "pinned": pinned(pinned_of([couple]).get(couple.pk, ())),
        "cards": [_card(couple, person, desk) for person in (couple.recipient, couple.partner)],
    }
    return page(request, "desk/call_us.html", _("Please call us"), context)


def _plain(after: str) -> str:
    return after if len(after) <= 36 and after.replace("-", "").isalnum() else "first"


def _one_of(couple: Couple, chosen: str) -> Person:
    for person in (couple.recipient, couple.partner):
        if str(person.pk) == chosen:
            return person
    raise Http404("There is no such page.")


def _card(couple: Couple, person: Person, desk: Desk) -> Card:
    found = foretell_call_us(couple=couple, person=person, at=desk.at)
    clinic = couple.clinic
    return Card(
        person=person,
        call_us=found,
        why_not=str(_WHY_NOT.get(found.why_not, found.why_not)),
        waits=tuple(str(_WAITS[code]) for code in found.waits_for),
        way=str(RouteChannel(found.channel).label) if found.channel else "",
        language=languages.name_of(found.language) if found.language else "",
        direction=languages.direction(found.language),
        is_unread=bool(found.language) and not is_reviewed(clinic, CALL_US, found.language),
        when=moment_words(found.goes_at, clinic, desk) if found.goes_at else "",
        at_once=found.goes_at == desk.at,
        last=_last(found, desk),
    )


def _last(found: CallUs, desk: Desk) -> str:
    """What became of the latest one, if there was any."""
    if found.last is None:
        return ""
    row = message_row(found.last, "", False, desk)
    return f"{row.state} {row.detail}".strip()
