"""A worker that is killed while a closing is applied: whole sessions have moved, and the next worker moves the rest."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from apps.booking.closing.queries import closing_progress, lines_of_closing
from apps.booking.closing.services import Decided, apply_closing, draft_closing
from apps.booking.models import BookingAct, Closing
from apps.booking.queries import best_slots
from apps.booking.services import book
from apps.clinic.actors import Actor
from apps.clinic.clock import day_bounds, local_date
from apps.clinic.models import Closure, User
from apps.clinic.queries import actor_for
from apps.treatments.models import Appointment, Treatment
from apps.treatments.tasks import follow_clinic_changes
from tests import rows
from tests.live import LiveStack
from tests.live_house import LiveHouse


def nurse_of(house: LiveHouse) -> Actor:
    user = User.objects.get(username=f"nurse-{house.clinic.slug}")
    return actor_for(user, house.clinic, "admin")


def applied(house: LiveHouse, count: int) -> Closing:
    """A closed day of `count` sessions that no request has handed to a worker: the sweep has to find it."""
    nurse, at = nurse_of(house), house.now()
    visits = []
    for _ in range(count):
        treatment = rows.a_treatment(house.clinic, protocol=house.protocol, at=at)
        visits.append(rows.visit(treatment, "baseline-antibody-test", 1))
    first = next(
        slot for slot in best_slots(visits[0], at=at, limit=60) if slot.starts_at - at > timedelta(days=1)
    )
    for visit in visits:
        book(appointment=visit, starts_at=first.starts_at, actor=nurse, at=at, reason="agreed")
    starts_at, ends_at = day_bounds(house.clinic.zone, local_date(house.clinic.zone, first.starts_at))
    closing = draft_closing(
        clinic=house.clinic,
        resource=None,
        starts_at=starts_at,
        ends_at=ends_at,
        reason="Flood",
        actor=nurse,
        at=at,
    )
    decided = {line.pk: Decided(line.decision, line.chosen_at) for line in lines_of_closing(closing)}
    return apply_closing(closing=closing, decided=decided, actor=nurse, at=house.now())


def test_a_worker_killed_while_a_closing_is_applied_loses_and_doubles_nothing(live_stack: LiveStack) -> None:
    house = LiveHouse(live_stack)
    live_stack.kill_worker()
    closing = applied(house, 4)
    # The closed day is known to the plans already: who tells them takes every treatment of the clinic for a moment.
    follow_clinic_changes()
    lines = list(lines_of_closing(closing))
    treatments = [line.appointment.treatment_id for line in lines]
    with transaction.atomic():
        # Somebody else is at the last two: the worker's hands, of which it has several, wait there when it is killed.
        held = Treatment.objects.select_for_update(no_key=True).filter(pk__in=treatments[2:])
        assert len(held) == 2
        live_stack.restart_worker()
        live_stack.until(lambda: closing_progress(closing).moved == 2, what="two sessions moved")
        live_stack.kill_worker()
    stands = {row.pk: row.starts_at for row in Appointment.objects.filter(treatment__in=treatments)}
    for line in lines[:2]:
        assert stands[line.appointment_id] == line.chosen_at
    for line in lines[2:]:
        assert stands[line.appointment_id] == line.was_at
    assert (closing_progress(closing).moved, closing_progress(closing).waiting) == (2, 2)
    live_stack.restart_worker()
    live_stack.until(lambda: closing_progress(closing).moved == 4, what="the end of the closing")
    live_stack.until(lambda: Closing.objects.get().state == "applied", what="the closing is applied")
    assert BookingAct.objects.filter(kind="move").count() == 4
    assert Closure.objects.count() == 1
