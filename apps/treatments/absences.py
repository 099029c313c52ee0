"""Days on which one of the two cannot come, said by themself. Part of the treatments' write path.

An absence is an input of the plan: proposals go around it, and a booking that falls into it stays where it is and raises
a flag. Nothing else can be said here, so that a patient's page decides nothing.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q

from apps.clinic.access import require_own_or_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.clock import local_date
from apps.clinic.errors import Conflict, Invalid, NotFound
from apps.couples.models import Person
from apps.treatments.models import Record, Treatment
from apps.treatments.reconciling import locked
from apps.treatments.recording import add, correct_row, finish
from apps.treatments.saying import read

LONGEST = timedelta(days=366)


def cannot_come(*, person: Person, from_on: date, to_on: date, actor: Actor, at: datetime) -> list[Record]:
    """The person cannot come on those days of the clinic, ends inclusive: one record in each of their open treatments.

    The person themself, or a nurse, doctor, manager or program for them. Invalid for days in the wrong order, in the
    past, or more than a year; Conflict for somebody who is in no open treatment.
    """
    _require(actor, person)
    _refuse_days(from_on, to_on, local_date(person.clinic.zone, at))
    with acting(actor):
        made = [_say(one, person, from_on, to_on, actor, at) for one in _open_treatments(person)]
    if not made:
        raise Conflict("There is nothing planned.", code="nothing_planned", field="person")
    return made


def can_come_again(*, person: Person, record: Record, actor: Actor, at: datetime) -> None:
    """Takes back an absence that was said; harmless if it no longer stands. NotFound for a record that is no absence of
    this person.
    """
    _require(actor, person)
    treatment = Treatment.objects.select_related("couple").filter(pk=record.treatment_id).first()
    if treatment is None or record.kind != "absence" or record.data["person"] != _role(treatment, person.pk):
        raise NotFound("There is no such record.", field="record")
    with acting(actor):
        gathered = locked(treatment_id=treatment.pk, at=at)
        try:
            correct_row(gathered, record, "Taken back", None, actor=actor, at=at)
        except Conflict as error:
            if error.code != "not_in_force":
                raise


def _require(actor: Actor, person: Person) -> None:
    require_own_or_role(actor, person.clinic_id, (person.pk,), "nurse", "doctor", "manager", "client")


def _refuse_days(from_on: date, to_on: date, today: date) -> None:
    if to_on < from_on:
        raise Invalid("The last day lies before the first.", code="order", field="to_on")
    if to_on < today:
        raise Invalid("These days have passed.", code="in_the_past", field="to_on")
    if to_on - from_on > LONGEST or from_on - today > LONGEST:
        raise Invalid("This is more than a year.", code="too_long", field="to_on")


def _open_treatments(person: Person) -> list[Treatment]:
    """In the order of their ids, as everybody locks them."""
    mine = Q(couple__recipient=person) | Q(couple__partner=person)
    found = Treatment.objects.filter(mine, clinic_id=person.clinic_id, closed_reason="")
    return list(found.select_related("couple").order_by("pk"))


def _say(
    treatment: Treatment, person: Person, from_on: date, to_on: date, actor: Actor, at: datetime
) -> Record:
    gathered = locked(treatment_id=treatment.pk, at=at)
    data = {"kind": "absence", "person": _role(treatment, person.pk), "from_on": from_on, "to_on": to_on}
    before = gathered.facts()
    row = add(gathered, read(data, actor=actor, at=at), actor=actor, at=at)
    finish(gathered, before, actor=actor, at=at)
    return row


def _role(treatment: Treatment, person: UUID) -> str:
    roles = {treatment.couple.recipient_id: "recipient", treatment.couple.partner_id: "partner"}
    return roles.get(person, "")
