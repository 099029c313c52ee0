"""Whoever knows nothing of a visit, or something that is no longer so, is rung, whatever kept the message away."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import QuerySet

from apps.booking.calls.outcomes import record_call, record_call_about
from apps.booking.models import CallTask
from apps.booking.worklist import Asked, calls
from apps.clinic.cover import Coverage
from apps.clinic.errors import Conflict
from apps.couples.models import Person
from apps.couples.silence import silence_couple
from apps.reminders.models import Delivery
from apps.reminders.untold import misled, untold
from apps.treatments.models import Appointment
from tests.apps.reminders.acts import BOOKED, OTHER, VISIT, Scene, a_scene

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SOON = VISIT - timedelta(days=2)


@pytest.fixture
def scene() -> Scene:
    return a_scene()


def asked(scene: Scene, at: datetime) -> Asked:
    nobody = Coverage(frozenset(), (), at.date())
    return Asked(clinic=scene.clinic, at=at, nurses=nobody, doctors=nobody)


def seen(rows: QuerySet[Any]) -> list[tuple[datetime | None, datetime | None]]:
    """What each row says was told, and when the visit is."""
    return [(getattr(row, "believed", None), row.starts_at) for row in rows]


def unreachable(scene: Scene) -> None:
    Person.objects.update(email="", contact_consent_at=None)
    scene.couple.refresh_from_db()


def test_who_was_told_is_on_no_list(scene: Scene) -> None:
    scene.book()
    scene.send_due(BOOKED)
    scene.move(OTHER, BOOKED + HOUR)
    scene.send_due(BOOKED + HOUR)
    assert (seen(misled(asked(scene, SOON))), seen(untold(asked(scene, SOON)))) == ([], [])
    scene.cancel(SOON)
    scene.send_due(SOON)
    assert (seen(misled(asked(scene, SOON + HOUR))), seen(untold(asked(scene, SOON + HOUR)))) == ([], [])


def test_while_a_message_may_still_come_nobody_rings(scene: Scene) -> None:
    scene.book(at=SOON)
    at_once, later = SOON + timedelta(minutes=5), SOON + HOUR
    assert seen(untold(asked(scene, at_once))) == []
    assert seen(untold(asked(scene, later))) == [(None, VISIT)]
    scene.derive(later)
    assert seen(untold(asked(scene, later))) == []


@pytest.mark.parametrize("then", ["moved", "cancelled", "pencilled"])
def test_a_change_that_no_message_could_tell_becomes_a_call(scene: Scene, then: str) -> None:
    scene.book()
    scene.send_due(BOOKED)
    unreachable(scene)
    acts = {
        "moved": lambda: scene.move(OTHER, SOON),
        "cancelled": lambda: scene.cancel(SOON),
        "pencilled": lambda: Appointment.objects.filter(pk=scene.visit.pk).update(pencilled=True),
    }
    acts[then]()
    scene.send_due(SOON)
    now = OTHER if then == "moved" else VISIT
    assert seen(misled(asked(scene, SOON + HOUR))) == [(VISIT, now)]
    assert seen(untold(asked(scene, SOON + HOUR))) == []
    assert seen(misled(asked(scene, OTHER + HOUR))) == []


def test_a_booking_that_nobody_can_be_written_of_is_told_by_phone_once(scene: Scene) -> None:
    unreachable(scene)
    scene.book()
    scene.send_due(BOOKED)
    assert seen(untold(asked(scene, BOOKED + HOUR))) == []
    week_before = asked(scene, VISIT - timedelta(days=6))
    assert seen(untold(week_before)) == [(None, VISIT)]
    said = record_call_about(
        appointment=scene.visit,
        outcome="call_again",
        again_on=SOON.date(),
        actor=scene.nurse,
        at=week_before.at,
    )
    assert seen(untold(week_before)) == []
    assert [call.pk for call in calls(asked(scene, SOON))] == [said.task_id]
    record_call(task=said.task, outcome="reached", actor=scene.nurse, at=SOON)
    assert (seen(untold(asked(scene, SOON))), list(calls(asked(scene, SOON)))) == ([], [])
    scene.move(OTHER, SOON + HOUR)
    assert seen(untold(asked(scene, SOON + 2 * HOUR))) == [(None, OTHER)]


def test_what_the_provider_left_open_is_not_taken_for_told(scene: Scene) -> None:
    scene.book()
    scene.send_due(BOOKED)
    Delivery.objects.filter(state="sent").update(state="unknown")
    assert seen(untold(asked(scene, SOON))) == [(None, VISIT)]


def test_a_wish_for_no_messages_hides_a_visit_that_somebody_has_to_speak_of(scene: Scene) -> None:
    scene.book()
    scene.send_due(BOOKED)
    silence_couple(couple=scene.couple, reason="own_wish", actor=scene.nurse, at=BOOKED + HOUR)
    assert seen(untold(asked(scene, BOOKED + 2 * HOUR))) == []
    assert seen(untold(asked(scene, SOON))) == [(None, VISIT)]
    scene.move(OTHER, SOON)
    scene.send_due(SOON)
    assert seen(misled(asked(scene, SOON + HOUR))) == [(VISIT, OTHER)]


def test_after_a_loss_one_call_stands_for_everything(scene: Scene) -> None:
    scene.book()
    scene.send_due(BOOKED)
    scene.lose(SOON)
    scene.send_due(SOON)
    assert (seen(misled(asked(scene, SOON + HOUR))), seen(untold(asked(scene, SOON + HOUR)))) == ([], [])


def test_who_was_rung_of_a_time_that_is_gone_was_not_told(scene: Scene) -> None:
    unreachable(scene)
    scene.book()
    call = record_call_about(
        appointment=scene.visit, outcome="call_again", again_on=SOON.date(), actor=scene.nurse, at=SOON
    ).task
    scene.move(OTHER, SOON + HOUR)
    with pytest.raises(Conflict, match="moved meanwhile"):
        record_call(task=call, outcome="reached", actor=scene.nurse, at=SOON + HOUR)
    assert CallTask.objects.get(pk=call.pk).state == "open"
    assert call.pk not in [one.pk for one in calls(asked(scene, SOON + HOUR))]
