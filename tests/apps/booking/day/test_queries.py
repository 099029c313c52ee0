"""What a day holds, in its own clinic only, at a fixed cost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.booking import services as booking
from apps.booking.day import queries as day_queries
from apps.booking.models import ActivityState
from apps.clinic.actors import Actor
from apps.clinic.errors import NotFound
from apps.clinic.models import Clinic
from apps.treatments.models import Occupation, Purpose
from tests import days, rows

pytestmark = pytest.mark.django_db
DAY, START, AT = days.DAY, days.START, rows.AT


def cost(clinic: Clinic) -> int:
    with CaptureQueriesContext(connection) as queries:
        sessions = day_queries.sessions_of(clinic, DAY, DAY)
        for session in sessions:
            _ = [place.resource.name for place in session.taken if place.resource]
            _ = (session.appointment.treatment.couple.recipient.full_name, session.activities)
    return len(queries)


def test_a_day_costs_the_same_for_two_couples_and_for_twenty(clinic: Clinic, nurse: Actor) -> None:
    days.a_chair(clinic, places=20)
    for n in range(2):
        days.a_dose(clinic, nurse, f"Asha {n}")
    few = cost(clinic)
    for n in range(2, 20):
        days.a_dose(clinic, nurse, f"Asha {n}")
    assert len(day_queries.sessions_of(clinic, DAY, DAY)) == 20
    assert cost(clinic) == few == 3


def test_a_session_has_its_chain_in_order_and_its_places(clinic: Clinic, nurse: Actor) -> None:
    visit = days.a_dose(clinic, nurse)
    days.takes(visit, days.a_chair(clinic), "injection")
    (session,) = day_queries.sessions_of(clinic, DAY, DAY)
    assert [link.name for link in session.activities] == [
        "fitness",
        "draw",
        "serology",
        "release",
        "preparation",
        "injection",
        "observation",
    ]
    (place,) = session.places_of("injection")
    assert place.resource is not None
    assert place.resource.name == "Chair 1"
    assert session.places_of("draw") == ()


def test_another_clinics_day_is_not_seen(clinic: Clinic, nurse: Actor) -> None:
    visit = days.a_dose(clinic, nurse)
    days.takes(visit, days.a_chair(clinic), "injection")
    london = rows.a_clinic(rows.LONDON)
    assert day_queries.sessions_of(london, DAY, DAY) == ()
    assert day_queries.taken_of(london, DAY, DAY, AT) == ()
    assert day_queries.without_outcome(london, DAY) == ()
    assert not day_queries.earlier_without_outcome(london, DAY + timedelta(days=1)).exists()
    with pytest.raises(NotFound):
        day_queries.session_by_id(london, visit.pk)
    with pytest.raises(NotFound):
        day_queries.activity_by_id(london, days.link(visit, "draw").pk)


def test_a_visit_belongs_to_the_clinics_own_day_whatever_the_day_is_elsewhere(
    clinic: Clinic, nurse: Actor
) -> None:
    # 08:00 in Hyderabad is 02:30 of the same day in London; 23:59 of the day before is none of it.
    days.a_dose(clinic, nurse, starts_at=START - timedelta(minutes=90))
    assert len(day_queries.sessions_of(clinic, DAY, DAY)) == 1
    assert day_queries.sessions_of(clinic, DAY - timedelta(days=1), DAY - timedelta(days=1)) == ()


def test_a_cancelled_visit_leaves_the_day_unless_something_had_begun(clinic: Clinic, nurse: Actor) -> None:
    quiet, begun = days.a_dose(clinic, nurse, "Asha"), days.a_dose(clinic, nurse, "Bina")
    drawn = days.link(begun, "draw")
    drawn.state = ActivityState.DONE
    drawn.save()
    for visit in (quiet, begun):
        booking.cancel(appointment=visit, reason="Fever", actor=nurse, at=AT)
    assert [one.appointment.pk for one in day_queries.sessions_of(clinic, DAY, DAY)] == [begun.pk]


def test_a_dead_pencil_is_not_shown_as_taken(clinic: Clinic, nurse: Actor) -> None:
    place = days.takes(days.a_dose(clinic, nurse), days.a_chair(clinic), "injection")
    Occupation.objects.filter(pk=place.pk).update(purpose=Purpose.PENCILLED, until=START)
    assert len(day_queries.taken_of(clinic, DAY, DAY, START - timedelta(minutes=1))) == 1
    assert day_queries.taken_of(clinic, DAY, DAY, START) == ()


def test_a_visit_waits_for_its_outcome_on_every_later_day_until_a_person_speaks(
    clinic: Clinic, nurse: Actor
) -> None:
    visit = days.a_dose(clinic, nurse)
    tomorrow, late = DAY + timedelta(days=1), DAY + timedelta(days=7)
    assert not day_queries.earlier_without_outcome(clinic, DAY).exists()
    # A week later still: the clock never says missed.
    for on in (tomorrow, late):
        assert list(day_queries.earlier_without_outcome(clinic, on)) == [visit]
    booking.miss(appointment=visit, reason="", actor=nurse, at=START + timedelta(days=7))
    assert not day_queries.earlier_without_outcome(clinic, late).exists()
