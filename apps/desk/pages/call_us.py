""" "Please call us" to one of a couple, or the one word after a loss: by which way it goes, in which words, when, and why
it cannot."""

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
from apps.reminders.calling_us import CallUs, foretell_after_loss, foretell_call_us
from apps.reminders.reviewing import is_reviewed
from apps.reminders.services import ask_to_call, write_after_loss
from apps.reminders.texts import CALL_US, UPDATED

_WHY_NOT = {
    **WITHHELD,
    "test clinic": gettext_lazy("a test clinic sends nothing"),
    "by_hand": gettext_lazy("they wish to be told by somebody of the clinic, not to be written to"),
    "no_way": gettext_lazy("no way to reach them can be used; look at “How to reach”"),
    "not_registered": gettext_lazy(
        "the provider takes registered wordings only, and this text is not registered"
    ),
    "no loss": gettext_lazy("no loss is confirmed, or messages go again; this is for after a loss alone"),
    "own wish": gettext_lazy("they asked for no messages"),
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
    """Both people; a press asks one of them to call."""
    return _show(request, pk, CALL_US)


def after_loss(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Both people; a press writes to one of them that nothing is needed now."""
    return _show(request, pk, UPDATED)


def _show(request: HttpRequest, pk: UUID, kind: str) -> HttpResponse:
    desk = desk_of(request)
    couple = desk.find(lambda clinic: couple_by_id(clinic, pk))
    is_after_loss = kind == UPDATED
    actor = desk.require("loss" if is_after_loss else "call", couple.clinic)
    if request.method == "POST":
        person = _one_of(couple, request.POST.get("person", ""))
        # Named after the one before it: a page that is sent twice asks once.
        key = f"desk {_plain(request.POST.get('after', ''))}"

        def ask() -> object:
            if is_after_loss:
                return write_after_loss(couple=couple, person=person, key=key, actor=actor, at=desk.at)
            return ask_to_call(person=person, key=key, actor=actor, at=desk.at)

        return press(
            request,
            ask,
            done=_("Asked: %(name)s is written to as said below.") % {"name": person.full_name},
            back=reverse(
                "admin:couple_after_loss" if is_after_loss else "admin:couple_call_us", args=[couple.pk]
            ),
        )
    context = {
        "couple": couple,
        "who": who(couple, desk),
        "pinned": pinned(pinned_of([couple]).get(couple.pk, ())),
        "cards": [_card(couple, person, kind, desk) for person in (couple.recipient, couple.partner)],
        "is_after_loss": is_after_loss,
    }
    title = _("After a loss") if is_after_loss else _("Please call us")
    return page(request, "desk/call_us.html", title, context)


def _plain(after: str) -> str:
    return after if len(after) <= 36 and after.replace("-", "").isalnum() else "first"


def _one_of(couple: Couple, chosen: str) -> Person:
    for person in (couple.recipient, couple.partner):
        if str(person.pk) == chosen:
            return person
    raise Http404("There is no such page.")


def _card(couple: Couple, person: Person, kind: str, desk: Desk) -> Card:
    if kind == UPDATED:
        found = foretell_after_loss(person=person, at=desk.at)
    else:
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
        is_unread=bool(found.language) and not is_reviewed(clinic, kind, found.language),
        when=moment_words(found.goes_at, clinic, desk) if found.goes_at else "",
        at_once=found.goes_at == desk.at,
        last=_last(found, desk),
    )


def _last(found: CallUs, desk: Desk) -> str:
    """What became of the latest one, if there was any."""
    if found.last is None:
        return ""
    row = message_row(found.last, "", False, desk)
    return row.detail if row.detail.startswith(row.state) else f"{row.state} {row.detail}".strip()
