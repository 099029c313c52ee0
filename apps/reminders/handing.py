"""What is given to people: a message that only a person tells, and one that could not be sent."""

from __future__ import annotations

from datetime import datetime

from apps.booking.calling import NOTE_LENGTH, ask_for_call
from apps.booking.models import CallWhy
from apps.clinic.actors import Actor
from apps.couples.models import Couple
from apps.reminders.channels import Letter
from apps.reminders.models import Delivery
from apps.reminders.present import Visit, couples_of_person, load_visit
from apps.reminders.texts import ANSWERS

_ACTOR = Actor.system("task")


def ask_staff_to_tell(row: Delivery, visit: Visit | None, letter: Letter, now: datetime) -> None:
    """The person wishes to be rung: a call with the text that would have been sent, due now."""
    _ask(row, visit, CallWhy.TELL, letter.body[:NOTE_LENGTH], now)


def ask_staff_to_call(row: Delivery, now: datetime) -> None:
    """A message was given up: somebody rings in its place. Not for what the person waits for before a screen."""
    if row.kind in ANSWERS:
        return
    visit = load_visit(row.appointment_id) if row.appointment_id else None
    _ask(row, visit, CallWhy.MESSAGE_REFUSED, row.last_error, now)


def _ask(row: Delivery, visit: Visit | None, why: str, note: str, now: datetime) -> None:
    couple = visit.row.treatment.couple if visit is not None else _couple_of(row)
    if couple is None:
        return
    ask_for_call(
        couple=couple,
        why=why,
        due_at=now,
        appointment=visit.row if visit is not None else None,
        note=note,
        actor=_ACTOR,
        at=now,
    )


def _couple_of(row: Delivery) -> Couple | None:
    """The couple of a message about no visit: the person's latest."""
    if row.treatment is not None:
        return row.treatment.couple
    return couples_of_person(row.person).order_by("-enrolled_at").first()
