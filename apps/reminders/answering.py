"""The one question that a reminder may put, and its answer: "Reply 1 if you are coming, 2 to change it."

An answer is the whole of a text, "1" or "2" in any script's digits, and says what the person's own page says by a press. It
holds only where nothing has to be guessed: the number is one person's alone, the question stands in a reminder that went
to it, and of one visit, which still stands at that very time. Anything else is a text like any other.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext

from apps.booking.calls.services import ask_for_call
from apps.booking.coming import say_coming
from apps.booking.models import CallWhy
from apps.clinic.actors import Actor
from apps.couples.models import NUMBERED, Person, RouteOwner
from apps.couples.route_queries import Way, people_at
from apps.reminders.models import Delivery, DeliveryState, InboundText
from apps.reminders.present import Visit, load_visit, why_not_now
from apps.reminders.texts import ASK

COMING, CHANGE = 1, 2
_WENT = (DeliveryState.SENT, DeliveryState.UNKNOWN)
_NOTE = "Answered 2 to a reminder: another time. The appointment stands until then."


def may_be_asked(row: Delivery, way: Way) -> bool:
    """Whether the question goes with this delivery: by a number that is its person's and nobody else's."""
    route = way.route
    if way.channel not in NUMBERED or route is None or route.read_by or route.belongs_to != RouteOwner.OWN:
        return False
    return people_at(row.clinic, way.channel, way.address) == [row.person]


def answer_in(text: str) -> int | None:
    """1 or 2 where that is the whole of the text, in whatever script; None otherwise."""
    said = " ".join(text.split()).strip(" .!\"'")
    number = unicodedata.decimal(said, None) if len(said) == 1 else None
    return number if number in (COMING, CHANGE) else None


def take_answer(row: InboundText, people: Sequence[Person], at: datetime) -> bool:
    """Does what the answer says, as the person themself; False where it fits no single visit and nothing was done."""
    answer = answer_in(row.text)
    visit = _asked_about(row, people, at) if answer is not None else None
    if visit is None:
        return False
    [person] = people
    name = f"their answer by {row.channel}"
    actor = Actor(name, "patient", "api", clinic_id=row.clinic_id, person_id=person.pk)
    if answer == COMING:
        say_coming(appointment=visit.row, person=person, actor=actor, at=at)
    else:
        couple = visit.row.treatment.couple
        ask_for_call(
            couple=couple,
            why=CallWhy.CHANGE,
            due_at=at,
            appointment=visit.row,
            note=_NOTE,
            actor=actor,
            at=at,
        )
    return True


def _asked_about(row: InboundText, people: Sequence[Person], at: datetime) -> Visit | None:
    """The one visit ahead that reminders with the question, sent to this number, speak of as it still stands."""
    if len(people) != 1:
        return None
    reminders = Delivery.objects.filter(
        clinic=row.clinic_id,
        person=people[0],
        channel=row.channel,
        sent_to=row.address,
        state__in=_WENT,
        starts_at__gt=at,
        appointment_id__isnull=False,
    ).select_related("person", "clinic")
    found: dict[UUID, Visit] = {}
    for reminder in reminders:
        visit = (
            load_visit(reminder.appointment_id) if _puts_it(reminder) and reminder.appointment_id else None
        )
        if visit is not None and not why_not_now(reminder, visit):
            found[visit.id] = visit
    return next(iter(found.values())) if len(found) == 1 else None


def _puts_it(reminder: Delivery) -> bool:
    """The question stands in the exact text that was handed over."""
    with translation.override(reminder.language or "en"):
        return gettext(ASK) in reminder.body
