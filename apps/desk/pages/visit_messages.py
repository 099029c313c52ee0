"""Why was this sent, and why was nothing sent: one visit, each of its people, every message."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.desk import words
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
}
_CAUSES = {
    "appointment.booked": gettext_lazy("booked by %(who)s, %(when)s"),
    "appointment.moved": gettext_lazy("moved by %(who)s, %(when)s"),
    "appointment.cancelled": gettext_lazy("cancelled by %(who)s, %(when)s"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One message: what became of it, what it followed from, and the exact text."""

    row: MessageRow
    because: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One person: what holds everything back at this moment, and each message."""

    name: str
    holds: tuple[str, ...]
    told: tuple[Told, ...]


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk, visit = found(request, pk)
    desk.require("see contact data", visit.clinic)
    answers = [_answer(one, desk) for one in explain(appointment=visit)]
    context = {**frame(visit, desk), "answers": answers}
    return page(request, "desk/visit_messages.html", _("Messages about this visit"), context)


def _answer(one: Explanation, desk: Desk) -> Answer:
    return Answer(
        name=one.person.full_name,
        holds=tuple(_hold(code) for code in one.holds_now),
        told=tuple(_told(line, bool(one.holds_now), desk, one) for line in one.lines),
    )


def _hold(code: str) -> str:
    if code.startswith("visit "):
        state = words.STATUSES.get(code.removeprefix("visit "), code)
        return _("the visit is not booked now: %(state)s") % {"state": str(state).lower()}
    return str(_HOLDS.get(code, code))


def _told(line: Line, is_withheld: bool, desk: Desk, one: Explanation) -> Told:
    clinic = desk.clinic(one.person.clinic_id)
    if line.delivery is None:
        none = MessageRow(kind_words(line.kind), "", _("none"), "quiet", str(_NONE[line.why_none]))
        return Told(none, "", "", "")
    row = message_row(line.delivery, moment_words(line.delivery.time, clinic, desk), is_withheld, desk)
    return Told(row, _because(line.cause, desk, one), line.delivery.subject, line.delivery.body)


def _because(cause: Cause | None, desk: Desk, one: Explanation) -> str:
    if cause is None:
        return ""
    when = moment_words(cause.at, desk.clinic(one.person.clinic_id), desk)
    return str(_CAUSES[cause.kind]) % {"who": cause.actor, "when": when}
