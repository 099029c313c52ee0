"""Somebody says that they come to a booked visit, and may take it back. Part of booking's write path.

A word changes nothing of the visit: it is shown to whoever expects the couple.
"""

from __future__ import annotations

from datetime import datetime

from apps.booking.coming_models import ComingWord
from apps.booking.coming_queries import standing_words
from apps.clinic.access import require_own_or_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.errors import Conflict, NotFound
from apps.couples.models import Person
from apps.treatments.models import Appointment
from protocols.status import Status


def say_coming(*, appointment: Appointment, person: Person, actor: Actor, at: datetime) -> ComingWord:
    """The person comes to the visit at the time for which it is booked now; harmless if they said so already.

    The person themself, or a nurse, doctor, manager or program for them. NotFound for somebody who does not come to
    it; Conflict for a visit that is not booked, only pencilled, or has begun.
    """
    with acting(actor):
        visit = _locked(appointment, person, actor)
        assert visit.starts_at is not None
        said: ComingWord | None = standing_words([visit]).filter(whose=person.pk).first()
        if said is not None:
            return said
        word = ComingWord.objects.create(
            clinic_id=visit.clinic_id,
            appointment=visit,
            person=person,
            starts_at=visit.starts_at,
            at=at,
            by_name=actor.name[:150],
            by_user_id=actor.user_id,
            route=actor.route,
        )
        _tell(word, visit, "appointment.coming", actor, at)
    return word


def take_back_coming(*, appointment: Appointment, person: Person, actor: Actor, at: datetime) -> None:
    """The person's word for the present time no longer holds; harmless if there is none. By the rules of `say_coming`."""
    with acting(actor):
        visit = _locked(appointment, person, actor)
        for said in standing_words([visit]).filter(whose=person.pk):
            word = ComingWord.objects.create(
                clinic_id=visit.clinic_id,
                appointment=visit,
                person=person,
                starts_at=said.starts_at,
                takes_back=said,
                at=at,
                by_name=actor.name[:150],
                by_user_id=actor.user_id,
                route=actor.route,
            )
            _tell(word, visit, "appointment.coming_taken_back", actor, at)


def _locked(appointment: Appointment, person: Person, actor: Actor) -> Appointment:
    require_own_or_role(actor, appointment.clinic_id, (person.pk,), "nurse", "doctor", "manager", "client")
    rows = Appointment.objects.select_for_update(of=("self",), no_key=True).select_related("treatment")
    visit = rows.filter(pk=appointment.pk, clinic_id=appointment.clinic_id).first()
    if visit is None or person.pk not in (visit.recipient_id, visit.partner_id):
        raise NotFound("There is no such appointment.", field="appointment")
    if visit.status != Status.BOOKED or visit.pencilled or visit.starts_at is None:
        raise Conflict("This visit is not booked.", code="not_booked", field="appointment")
    return visit


def _tell(word: ComingWord, visit: Appointment, kind: str, actor: Actor, at: datetime) -> None:
    record_change(
        clinic_id=visit.clinic_id,
        kind=kind,
        subject_type="appointment",
        subject_id=visit.pk,
        treatment_id=visit.treatment_id,
        couple_id=visit.treatment.couple_id,
        actor=actor,
        at=at,
        detail={"word": str(word.pk)},
    )
