"""Who would travel for nothing, or at the wrong hour, because a message must wait is rung at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.booking.models import CallTask
from apps.clinic.services import brake
from apps.couples.routes import RouteInput, add_route
from apps.reminders import services
from tests.apps.reminders.acts import BOOKED, OTHER, VISIT, Scene, a_scene

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def scene() -> Scene:
    scene = a_scene()
    scene.book()
    assert scene.send_due(BOOKED) == ["sent", "sent"]
    return scene


def rung(scene: Scene) -> list[str]:
    return list(
        CallTask.objects.filter(couple=scene.couple, why="message_refused").values_list("note", flat=True)
    )


def test_what_the_brake_holds_of_a_cancellation_is_rung_once(scene: Scene) -> None:
    brake(clinic=scene.clinic, reason="wrong texts", actor=scene.nurse, at=BOOKED + HOUR)
    scene.cancel(BOOKED + 2 * HOUR)
    assert scene.send_due(BOOKED + 2 * HOUR) == ["braked", "braked"]
    assert len(rung(scene)) == 1
    CallTask.objects.filter(why="message_refused").update(state="done")
    scene.send_due(BOOKED + 3 * HOUR)
    assert len(rung(scene)) == 1, "a look at what waits already asks nobody again"


def test_a_move_is_rung_and_a_plain_reminder_is_not(scene: Scene) -> None:
    brake(clinic=scene.clinic, reason="wrong texts", actor=scene.nurse, at=BOOKED + HOUR)
    scene.send_due(VISIT - timedelta(days=3))
    assert rung(scene) == []
    scene.move(OTHER, VISIT - timedelta(days=2))
    scene.send_due(VISIT - timedelta(days=2))
    assert len(rung(scene)) == 1


def test_a_cancellation_that_could_not_go_in_time_is_rung(scene: Scene) -> None:
    scene.cancel(VISIT - 3 * HOUR)
    scene.derive(VISIT - 3 * HOUR)
    assert services.expire(at=VISIT + HOUR) >= 1
    assert len(rung(scene)) == 1


def test_one_mailbox_is_one_however_it_is_written() -> None:
    scene = a_scene()
    for person, address in ((scene.recipient, "Us@example.org"), (scene.partner, "us@example.org")):
        add_route(
            person=person,
            given=RouteInput("email", address, consented_at=BOOKED),
            actor=scene.nurse,
            at=BOOKED,
        )
    scene.book()
    assert sorted(scene.send_due(BOOKED)) == ["sent", "withdrawn"]
