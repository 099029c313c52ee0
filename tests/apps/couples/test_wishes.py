"""What a person wishes of messages: a stop holds at once, and only who said it takes it back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.couples.models import Couple, Person
from apps.couples.services import end_silence, silence_couple
from apps.couples.wishes import choose_language, start_messages, stop_messages, wished_by
from tests import rows

AT = rows.AT
LATER = AT + timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def couple() -> Couple:
    return rows.a_couple(rows.a_clinic())


def patient(person: Person) -> Actor:
    return Actor.patient(person_id=person.pk, clinic_id=person.clinic_id)


def test_a_stop_holds_for_both_and_ends_by_who_said_it(couple: Couple) -> None:
    her, him = couple.recipient, couple.partner
    (stopped,) = stop_messages(person=her, actor=patient(her), at=AT)
    assert (stopped.silent_reason, stopped.silent_since) == ("own_wish", AT)
    stop_messages(person=him, actor=patient(him), at=LATER)
    assert wished_by(her, stopped)
    # Both said it: neither's yes speaks for the other.
    assert start_messages(person=him, couple=couple, actor=patient(him), at=LATER).is_silent
    with pytest.raises(Conflict):
        start_messages(person=him, couple=couple, actor=patient(him), at=LATER)
    assert not start_messages(person=her, couple=couple, actor=patient(her), at=LATER).is_silent


def test_what_staff_or_a_loss_stopped_is_not_started_at_the_page(couple: Couple) -> None:
    her = couple.recipient
    by_staff = silence_couple(couple=couple, reason="own_wish", actor=rows.SYSTEM, at=AT)
    with pytest.raises(Conflict):
        start_messages(person=her, couple=by_staff, actor=patient(her), at=LATER)
    stop_messages(person=her, actor=patient(her), at=LATER)
    silence_couple(couple=couple, reason="suspected_loss", actor=rows.SYSTEM, at=LATER)
    with pytest.raises(Conflict):
        start_messages(person=her, couple=couple, actor=patient(her), at=LATER)
    with pytest.raises(Forbidden):
        end_silence(couple=couple, actor=patient(her), at=LATER)
    with pytest.raises(Forbidden):
        silence_couple(couple=couple, reason="confirmed_loss", actor=patient(her), at=LATER)


def test_a_language_is_the_persons_own(couple: Couple) -> None:
    her = couple.recipient
    assert choose_language(person=her, language="ur", actor=patient(her), at=AT).language == "ur"
    with pytest.raises(Invalid):
        choose_language(person=her, language="fr", actor=patient(her), at=AT)
    with pytest.raises(NotFound):
        choose_language(person=couple.partner, language="te", actor=patient(her), at=AT)
