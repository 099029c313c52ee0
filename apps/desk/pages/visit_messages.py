"""Why was this sent, and why was nothing sent: one visit, each of its people, every message."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.desk import languages, words
from apps.desk.access import Desk
from apps.desk.pages.base import page
from apps.desk.pages.visits import found, frame
from apps.desk.post import WITHHELD, MessageRow, kind_words, message_row, moment_words
from apps.reminders.why import Cause, Explanation, Line, explain

_HOLDS = {
    **WITHHELD,
    "held": gettext_lazy("the visit is on hold"),
    "pencilled": gettext_lazy("the visit is only pencilled"),
    "back-filled": gettext_lazy("the treatment was entered afterwards and sends nothing"),
    "test clinic": gettext_lazy("a test clinic sends nothing"),
    "braked": gettext_lazy("the clinic's messages are stopped by the brake"),
    "unread text": gettext_lazy("they wrote to us and nobody has read it yet"),
    "unread result": gettext_lazy("a result waits for a clinician's word"),
    "not coming": gettext_lazy("this person need not come to the visit"),
}
_NONE = {
    "too_late": gettext_lazy("its moment had passed when the visit was booked"),
    "withheld": gettext_lazy("withheld, for what is said above"),
    "to_come": gettext_lazy("will be written within a minute"),
    "off": gettext_lazy(
        "the clinic asks nobody by message to book: a manager switches it on under “Messages”; until then a nurse rings"
    ),
    "nurse": gettext_lazy("the visit was missed or called off: a nurse rings first"),
    "no_days": gettext_lazy("the plan names no good days yet"),
    "no_way": gettext_lazy("nobody who would come can be written to: a nurse rings"),
    "few_days": gettext_lazy("too few good days are left for a message: a nurse rings"),
    "other": gettext_lazy("the other of the two is asked"),
    "other_told": gettext_lazy("the other of the two was asked"),
    "not_planned": gettext_lazy("the plan does not ask for this visit now"),
}
# Of these it is worth knowing for when they are, or were.
_DUE = ("too_late", "withheld", "to_come")
_CAUSES = {
    "appointment.booked": gettext_lazy("booked by %(who)s, %(when)s"),
    "appointment.moved": gettext_lazy("moved by %(who)s, %(when)s"),
    "appointment.cancelled": gettext_lazy("cancelled by %(who)s, %(when)s"),
    "message.asked": gettext_lazy("asked for by %(who)s, %(when)s"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One message: what became of it, what it followed from, and the exact text."""

    row: MessageRow
    because: str = ""
    subject: str = ""
    body: str = ""
    language: str = ""
    direction: str = "ltr"
    is_unread: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """One person: what holds everything back at this moment, and each message."""

    name: str
    language: str
    is_unread: bool
    holds: tuple[str, ...]
    told: tuple[Told, ...]


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk, visit = found(request, pk)
    desk.require("see contact data", visit.clinic)
    unread = languages.unread([visit.clinic])
    context = {
        **frame(visit, desk),
        "answers": [_answer(one, desk, unread) for one in explain(appointment=visit, at=desk.at)],
        "may_call": desk.may("call", visit.clinic),
    }
    return page(request, "desk/visit_messages.html", _("Messages about this visit"), context)


def _answer(one: Explanation, desk: Desk, unread: frozenset[str]) -> Answer:
    return Answer(
        name=one.person.full_name,
        language=languages.name_of(one.person.language),
        is_unread=one.person.language in unread,
        holds=tuple(_hold(code) for code in one.holds_now),
        told=tuple(_told(line, bool(one.holds_now), desk, one, unread) for line in one.lines),
    )


def _hold(code: str) -> str:
    if code.startswith("visit "):
        state = words.STATUSES.get(code.removeprefix("visit "), code)
        return _("the visit is not booked now: %(state)s") % {"state": str(state).lower()}
    return str(_HOLDS.get(code, code))


def _told(line: Line, is_withheld: bool, desk: Desk, one: Explanation, unread: frozenset[str]) -> Told:
    clinic, found = desk.clinic(one.person.clinic_id), line.delivery
    if found is None:
        why = str(_NONE[line.why_none])
        if line.why_none in _DUE:
            why = f"{_('due %(when)s') % {'when': moment_words(line.due_at, clinic, desk)}}: {why}"
        return Told(MessageRow(kind_words(line.kind), "", _("none"), "quiet", why))
    # "Please book" and its like speak of a visit that has no time.
    about = moment_words(found.starts_at, clinic, desk) if found.starts_at else ""
    return Told(
        row=message_row(found, about, is_withheld, desk),
        because=_because(line.cause, desk, one),
        subject=found.subject,
        body=found.body,
        language=found.language,
        direction=languages.direction(found.language),
        is_unread=found.language in unread,
    )


def _because(cause: Cause | None, desk: Desk, one: Explanation) -> str:
    if cause is None:
        return ""
    when = moment_words(cause.at, desk.clinic(one.person.clinic_id), desk)
    return str(_CAUSES[cause.kind]) % {"who": cause.actor, "when": when}
