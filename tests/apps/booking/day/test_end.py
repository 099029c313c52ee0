"""A person closes the day, and only when every visit of it has an outcome."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from apps.booking import services as booking
from apps.booking.day import queries as day_queries
from apps.booking.day.services import end_day
from apps.booking.models import DayEnd
from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.clinic.models import Change, Clinic
from tests import days, rows

pytestmark = pytest.mark.django_db
DAY = days.DAY
EVENING = days.START + timedelta(hours=9)


def test_a_day_with_an_open_visit_is_not_closed_and_the_couple_is_named(clinic: Clinic, nurse: Actor) -> None:
    visit = days.a_dose(clinic, nurse)
    with pytest.raises(Conflict, match=visit.treatment.couple.code) as refused:
        end_day(clinic=clinic, on=DAY, actor=nurse, at=EVENING)
    assert refused.value.code == "without_outcome"
    assert not DayEnd.objects.exists()
    assert not Change.objects.filter(kind="day.closed").exists()


def test_names_of_people_are_not_in_the_refusal(clinic: Clinic, nurse: Actor) -> None:
    days.a_dose(clinic, nurse)
    with pytest.raises(Conflict) as refused:
        end_day(clinic=clinic, on=DAY, actor=nurse, at=EVENING)
    assert "Lalitha" not in str(refused.value)


def test_a_visit_later_in_the_day_keeps_it_open(clinic: Clinic, nurse: Actor) -> None:
    days.a_dose(clinic, nurse)
    with pytest.raises(Conflict):
        end_day(clinic=clinic, on=DAY, actor=nurse, at=days.START - timedelta(hours=1))


def test_closing_says_who_and_when_and_is_told_to_others(clinic: Clinic, nurse: Actor) -> None:
    visit = days.a_dose(clinic, nurse)
    booking.miss(appointment=visit, reason="", actor=nurse, at=EVENING)
    end = end_day(clinic=clinic, on=DAY, actor=nurse, at=EVENING)
    assert (end.on, end.closed_at, end.by_name, end.by_user_id) == (DAY, EVENING, nurse.name, nurse.user_id)
    assert day_queries.end_of(clinic, DAY) == end
    told = Change.objects.get(kind="day.closed")
    assert (told.clinic, told.actor, told.detail) == (clinic, nurse.name, {"on": "2026-01-27"})


def test_closing_twice_keeps_the_first(clinic: Clinic, nurse: Actor) -> None:
    doctor = rows.staff(clinic, "doctor")
    first = end_day(clinic=clinic, on=DAY, actor=nurse, at=EVENING)
    again = end_day(clinic=clinic, on=DAY, actor=doctor, at=EVENING + timedelta(hours=1))
    assert again == first
    assert Change.objects.filter(kind="day.closed").count() == 1


def test_a_day_to_come_is_not_closed(clinic: Clinic, nurse: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        end_day(clinic=clinic, on=DAY + timedelta(days=1), actor=nurse, at=EVENING)
    assert (refused.value.code, refused.value.field) == ("not_yet", "on")
    assert refused.value.remedy


def test_the_laboratory_and_other_clinics_close_nothing(clinic: Clinic) -> None:
    with pytest.raises(Forbidden):
        end_day(clinic=clinic, on=DAY, actor=rows.staff(clinic, "lab"), at=EVENING)
    stranger = rows.staff(rows.a_clinic(rows.LONDON), "nurse")
    with pytest.raises(NotFound):
        end_day(clinic=clinic, on=DAY, actor=stranger, at=EVENING)
    assert not DayEnd.objects.exists()


def test_the_end_of_a_day_is_never_altered(clinic: Clinic, nurse: Actor) -> None:
    end = end_day(clinic=clinic, on=DAY, actor=nurse, at=EVENING)
    with pytest.raises(DatabaseError), transaction.atomic():
        DayEnd.objects.filter(pk=end.pk).update(by_name="somebody else")
