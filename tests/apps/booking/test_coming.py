"""Somebody says that they come: kept as said, for that time alone, taken back by another word."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import ProgrammingError, transaction

from apps.booking import services
from apps.booking.coming import say_coming, take_back_coming
from apps.booking.coming_queries import with_coming
from apps.booking.models import ComingWord
from apps.booking.queries import best_slots
from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, NotFound
from apps.clinic.models import Change
from apps.couples.merging import merge_people
from apps.couples.models import Person
from apps.treatments.models import Appointment, Treatment
from tests import rows

AT = rows.AT
pytestmark = pytest.mark.django_db


def patient(person: Person) -> Actor:
    return Actor.patient(person_id=person.pk, clinic_id=person.clinic_id)


@pytest.fixture
def treatment() -> Treatment:
    clinic = rows.a_clinic()
    made = rows.a_treatment(clinic)
    rows.consented(made, rows.staff(clinic, "nurse"))
    return made


def booked(treatment: Treatment, moment: datetime | None = None) -> Appointment:
    visit = rows.visit(treatment, "baseline-antibody-test")
    starts_at = moment or best_slots(visit, at=AT)[0].starts_at
    verb = services.move if visit.in_force else services.book
    return verb(appointment=visit, starts_at=starts_at, actor=rows.SYSTEM, at=AT)


def coming(visit: Appointment) -> list[object]:
    return list(with_coming(Appointment.objects.filter(pk=visit.pk)).get().coming)


def test_a_word_stands_under_the_person_who_it_was_found_to_be(treatment: Treatment) -> None:
    visit, her = booked(treatment), treatment.couple.recipient
    say_coming(appointment=visit, person=her, actor=patient(her), at=AT)
    kept = Person.objects.create(clinic=treatment.clinic, given_name="Lalitha", changed_at=AT)
    manager = rows.staff(treatment.clinic, "manager")
    merge_people(kept=kept, other=her, same_human=True, actor=manager, at=AT)
    visit.refresh_from_db()
    assert (visit.recipient_id, coming(visit)) == (kept.pk, [kept.pk])
    take_back_coming(appointment=visit, person=kept, actor=patient(kept), at=AT)
    assert coming(visit) == []


def test_a_word_stands_for_its_time_and_is_taken_back_by_another(treatment: Treatment) -> None:
    visit, her = booked(treatment), treatment.couple.recipient
    say_coming(appointment=visit, person=her, actor=patient(her), at=AT)
    say_coming(appointment=visit, person=her, actor=patient(her), at=AT + timedelta(minutes=1))
    assert coming(visit) == [her.pk]
    take_back_coming(appointment=visit, person=her, actor=patient(her), at=AT + timedelta(minutes=2))
    take_back_coming(appointment=visit, person=her, actor=patient(her), at=AT + timedelta(minutes=3))
    assert coming(visit) == []
    say_coming(appointment=visit, person=her, actor=patient(her), at=AT + timedelta(minutes=4))
    assert coming(visit) == [her.pk]
    assert ComingWord.objects.count() == 3
    told = Change.objects.filter(kind__startswith="appointment.coming").values_list("actor", "route")
    assert set(told) == {("patient's page", "page")}


def test_a_visit_that_is_moved_has_to_be_confirmed_anew(treatment: Treatment) -> None:
    visit, her = booked(treatment), treatment.couple.recipient
    say_coming(appointment=visit, person=her, actor=patient(her), at=AT)
    assert visit.starts_at is not None
    moved = booked(treatment, visit.starts_at + timedelta(minutes=30))
    assert coming(moved) == []


def test_only_who_comes_says_it_and_only_of_a_booked_visit(treatment: Treatment) -> None:
    her, him = treatment.couple.recipient, treatment.couple.partner
    waiting = rows.visit(treatment, "baseline-antibody-test")
    with pytest.raises(NotFound):
        say_coming(appointment=waiting, person=her, actor=patient(her), at=AT)
    visit = booked(treatment)
    with pytest.raises(NotFound):
        say_coming(appointment=visit, person=her, actor=patient(him), at=AT)
    services.cancel(appointment=visit, reason="Asked", actor=rows.SYSTEM, at=AT)
    with pytest.raises(Conflict):
        say_coming(appointment=visit, person=her, actor=patient(her), at=AT)


def test_a_word_is_never_altered(treatment: Treatment) -> None:
    visit, her = booked(treatment), treatment.couple.recipient
    word = say_coming(appointment=visit, person=her, actor=patient(her), at=AT)
    with pytest.raises(ProgrammingError, match="append_only"), transaction.atomic():
        ComingWord.objects.filter(pk=word.pk).update(at=AT + timedelta(days=1))
