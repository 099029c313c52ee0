"""Parts of the page of a call: the numbers, what was said before, why it is asked for, and what may come of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from apps.booking.call_models import READ_OFF_THE_VISIT, CallOutcome, CallTask, CallWhy, Outcome
from apps.booking.calls.outcomes import SAYABLE
from apps.booking.calls.services import why_of
from apps.clinic.models import Clinic
from apps.couples.models import Person
from apps.desk import words
from apps.desk.access import Desk
from apps.desk.worklist_rows import local_day
from apps.treatments.models import Appointment

_ABOUT_NO_BOOKING = (CallWhy.SILENCED, CallWhy.ENDED, CallWhy.NOT_TOLD, CallWhy.NOT_SHOWN)


@dataclass(frozen=True, slots=True)
class Number:
    """One of the two and how to reach them."""

    name: str
    phone: str
    wrong: bool
    language: str
    note: str
    edit_url: str


@dataclass(frozen=True, slots=True)
class Past:
    """One call that was made: what came of it, by whom and when."""

    on: str
    text: str
    note: str
    by: str
    undone: bool


def outcomes_for(task: CallTask | None, visit: Appointment | None) -> list[Outcome]:
    """Those that can be true: a visit without a booking is neither booked nor done by a mere talk."""
    left_out = set()
    why = task.why if task is not None else why_of(visit) if visit is not None else CallWhy.SILENCED
    if why in READ_OFF_THE_VISIT:
        left_out.add(Outcome.REACHED)
    if why in _ABOUT_NO_BOOKING or (visit is not None and not visit.in_force):
        left_out.add(Outcome.BOOKED)
    return [outcome for outcome in SAYABLE if outcome not in left_out]


def why_words(task: CallTask | None, visit: Appointment | None) -> str:
    """Of a visit that stands, what it is that they do not know; one without a booking says by itself what is asked."""
    if task is not None:
        return str(task.get_why_display())
    return str(CallWhy(why_of(visit)).label) if visit is not None and visit.in_force else ""


def number_of(person: Person) -> Number:
    """How the person is rung."""
    return Number(
        name=person.full_name,
        phone=person.phone,
        wrong=person.phone_wrong_since is not None,
        language=person.get_language_display(),
        note=person.hard_news_note,
        edit_url=reverse("admin:person_edit", args=[person.pk]),
    )


def past_of(rows: Sequence[CallOutcome], clinic: Clinic, desk: Desk) -> list[Past]:
    """What came of earlier tries."""
    today = desk.today(clinic)
    undone = {row.undoes_id for row in rows if row.undoes_id}
    return [
        Past(
            on=words.day(local_day(row.at, clinic.zone), today),
            text=str(row.get_outcome_display())
            + (f" {words.day(row.again_on, today)}" if row.again_on else ""),
            note=row.note,
            by=row.by_name,
            undone=row.pk in undone,
        )
        for row in rows
        if row.outcome != Outcome.UNDONE
    ]
