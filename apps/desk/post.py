"""Messages to a couple as its page shows them: to whom, about what, and exactly what became of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.clinic.models import Clinic
from apps.couples.models import Couple, Person, RouteChannel
from apps.couples.queries import last_yes
from apps.desk import words
from apps.desk.access import Desk
from apps.desk.languages import name_of
from apps.reminders.models import Delivery, DeliveryState, Receipt
from apps.reminders.queries import deliveries_of_couple, withheld
from apps.reminders.texts import BOOK, NEW_DAYS, UPDATED

WITHHELD = {
    "silent": gettext_lazy("the couple is silent"),
    "silent_elsewhere": gettext_lazy("silent in the person's other couple"),
    "test_clinic": gettext_lazy("a test clinic sends nothing"),
    "not_agreed": gettext_lazy("has not agreed to be written to"),
    "not_wanted": gettext_lazy("wishes no e-mail, and there is no other way"),
    "no_address": gettext_lazy("there is no way that can be used"),
}
# Why a message was withdrawn, in the sender's own codes.
_REASONS = {
    **WITHHELD,
    "changed": gettext_lazy("the visit changed"),
    "visit changed": gettext_lazy("the visit changed"),
    "visit gone": gettext_lazy("the visit is gone"),
    "visit stands": gettext_lazy("the visit takes place"),
    "not to be written to": gettext_lazy("not to be written to"),
    "not coming": gettext_lazy("need not come"),
    "held": gettext_lazy("the visit is on hold"),
    "pencilled": gettext_lazy("the visit is only pencilled"),
    "back-filled": gettext_lazy("the treatment was entered afterwards"),
    "test clinic": gettext_lazy("a test clinic sends nothing"),
    "no loss": gettext_lazy("messages go again, or no loss is confirmed"),
    "own wish": gettext_lazy("they asked for no messages"),
    "said to the same address": gettext_lazy("said already to the other, at the same address"),
    "interrupted": gettext_lazy("the sender was interrupted"),
}
# Our texts by their names, as a nurse says them.
TEXT_NAMES = {
    "confirmation": gettext_lazy("Confirmation"),
    "moved": gettext_lazy("New time"),
    "reminder": gettext_lazy("Reminder"),
    "cancelled": gettext_lazy("Cancellation"),
    "cancelled today": gettext_lazy("Cancellation on the day"),
    "book": gettext_lazy("Please book"),
    "new days": gettext_lazy("Please book, new days"),
    "missed": gettext_lazy("After a missed visit"),
    "call-us": gettext_lazy("Please call us"),
    "updated": gettext_lazy("After a loss"),
    "code": gettext_lazy("Code"),
    "link": gettext_lazy("Link to their own page"),
    "auto-reply": gettext_lazy("Answer to a text"),
    "test": gettext_lazy("Trial"),
}
YES_HOW_SAID = {
    "phone": gettext_lazy("on the phone"),
    "in_person": gettext_lazy("in person"),
    "in_writing": gettext_lazy("in writing"),
}
_RECEIPTS = {
    Receipt.DELIVERED: gettext_lazy("delivered"),
    Receipt.READ: gettext_lazy("read"),
}
_SHOWN, _READ = 5, 60


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message: which, about what, its state and since when or for when."""

    kind: str
    about: str
    state: str
    tone: str
    detail: str


@dataclass(frozen=True, slots=True)
class Post:
    """One person's messages, the newest first; `withheld` says why nothing goes now."""

    name: str
    withheld: str
    recent: tuple[MessageRow, ...]
    older: tuple[MessageRow, ...]


def post_of(couple: Couple, titles: Mapping[UUID, str], desk: Desk) -> list[Post]:
    """Both people's messages of all treatments. `titles` says what visits are called, by the ids of their rows."""
    rows = list(deliveries_of_couple(couple)[:_READ])
    return [_post(couple, person, rows, titles, desk) for person in (couple.recipient, couple.partner)]


def _post(
    couple: Couple, person: Person, rows: Iterable[Delivery], titles: Mapping[UUID, str], desk: Desk
) -> Post:
    why = withheld(couple, person)
    mine = tuple(
        message_row(row, titles.get(row.appointment_id, "") if row.appointment_id else "", bool(why), desk)
        for row in rows
        if row.person_id == person.pk
    )
    return Post(
        name=person.full_name,
        withheld=str(WITHHELD.get(why, "")),
        recent=mine[:_SHOWN],
        older=mine[_SHOWN:],
    )


def yes_words(couple: Couple, desk: Desk) -> str:
    """Whose yes let messages go again, how and when; empty while they are stopped, or if they never were."""
    said = None if couple.is_silent else last_yes(couple)
    if said is None:
        return ""
    of = {"recipient": couple.recipient.full_name, "partner": couple.partner.full_name, "both": _("Both")}
    on = words.day(date.fromisoformat(said.detail["yes_on"]), desk.today(desk.clinic(couple.clinic_id)))
    told = {"who": of[said.detail["yes_of"]], "how": YES_HOW_SAID[said.detail["yes_how"]], "day": on}
    return _("Messages go again: %(who)s said yes %(how)s, %(day)s") % told


def message_row(row: Delivery, about: str, is_withheld: bool, desk: Desk) -> MessageRow:
    state, tone, detail = _state(row, is_withheld, desk)
    return MessageRow(kind_words(row.kind), about, state, tone, detail)


def kind_words(kind: str) -> str:
    """``reminder-3d`` as a person says it."""
    if kind in TEXT_NAMES:
        return str(TEXT_NAMES[kind])
    family, *rest = kind.split("-")
    if family == BOOK:
        return str(TEXT_NAMES[NEW_DAYS])
    said = str(TEXT_NAMES.get(family, words.words(kind)))
    before = [
        ngettext("%(n)d month", "%(n)d months", int(part[:-1])) % {"n": int(part[:-1])}
        if part.endswith("m")
        else ngettext("%(n)d day", "%(n)d days", int(part[:-1])) % {"n": int(part[:-1])}
        for part in rest
        if part[:-1].isdigit() and part[-1:] in ("m", "d")
    ]
    if not before:
        return said
    return _("%(message)s %(time)s before") % {"message": said, "time": " ".join(before)}


def _state(row: Delivery, is_withheld: bool, desk: Desk) -> tuple[str, str, str]:
    """In a word, how it is to be seen, and the rest."""
    why = str(_REASONS.get(row.last_error, row.last_error))
    if row.state == DeliveryState.PENDING:
        due = _("due %(when)s") % {"when": _when(row.next_try_at or row.due_at, row, desk)}
        return (
            (_("withheld"), "warn", due) if is_withheld and row.kind != UPDATED else (_("due"), "info", due)
        )
    if row.state == DeliveryState.LEASED:
        return _("being sent"), "info", ""
    if row.state == DeliveryState.SENT:
        return _("sent"), "good", _sent(row, desk)
    if row.state == DeliveryState.HANDED:
        return _handed(row, desk)
    if row.state == DeliveryState.WITHDRAWN:
        return _("withdrawn"), "quiet", why
    if row.state == DeliveryState.EXPIRED:
        return _("not sent, its time had passed"), "bad", why
    if row.state == DeliveryState.DEAD:
        tries = _("given up after %(n)s tries") % {"n": row.attempts}
        return _("not sent"), "bad", ", ".join(filter(None, (tries, why)))
    return _("not known whether it arrived"), "bad", _when(row.attempt_began_at, row, desk)


def _sent(row: Delivery, desk: Desk) -> str:
    """When, by which way, in which language, and what the provider said since."""
    way = RouteChannel(row.channel).label if row.channel in RouteChannel.values else row.channel
    parts = [_when(row.sent_at, row, desk)]
    if row.sent_to:
        parts.append(_("%(way)s to %(address)s") % {"way": way, "address": row.sent_to})
    if row.language:
        parts.append(name_of(row.language))
    if row.receipt in _RECEIPTS:
        parts.append(f"{_RECEIPTS[Receipt(row.receipt)]} {_when(row.receipt_at, row, desk)}".strip())
    return " · ".join(filter(None, parts))


def _handed(row: Delivery, desk: Desk) -> tuple[str, str, str]:
    """What people tell: a call is on the worklist, a card waits to be printed until somebody handed it over."""
    if row.channel != RouteChannel.CARD:
        return _("given to a nurse to tell"), "info", _when(row.sent_at, row, desk)
    if row.receipt_at is not None:
        return _("card handed over"), "good", _when(row.receipt_at, row, desk)
    return _("card to hand over"), "warn", _when(row.sent_at, row, desk)


def _when(moment: datetime | None, row: Delivery, desk: Desk) -> str:
    return moment_words(moment, desk.clinic(row.clinic_id), desk) if moment else ""


def moment_words(moment: datetime, clinic: Clinic, desk: Desk) -> str:
    """Day and time in the clinic's own zone."""
    wall = moment.astimezone(ZoneInfo(clinic.zone))
    return f"{words.day(wall.date(), desk.today(clinic))}, {wall:%H:%M}"
