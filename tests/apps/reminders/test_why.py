"""Why was this sent, and why was nothing sent: the answer for each person of a visit, from the rows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.clinic.services import brake
from apps.couples.services import silence_couple
from apps.reminders.why import Explanation, explain
from tests.apps.reminders.acts import BOOKED, DAY_BEFORE, OTHER, THREE_DAYS_BEFORE, Scene, a_scene

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def scene() -> Scene:
    return a_scene()


def hers(scene: Scene) -> Explanation:
    both = explain(appointment=scene.visit)
    assert [one.role for one in both] == ["recipient", "partner"]
    return both[0]


def lines(scene: Scene) -> list[tuple[str, str]]:
    """Each message of hers: its state, or why there is none."""
    return [(one.kind, one.delivery.state if one.delivery else one.why_none) for one in hers(scene).lines]


def test_what_was_sent_names_who_booked_and_when(scene: Scene) -> None:
    scene.book()
    scene.send_due(BOOKED + MINUTE)
    first = hers(scene).lines[0]
    assert first.delivery is not None
    assert first.cause is not None
    assert (first.kind, first.delivery.state) == ("confirmation", "sent")
    assert (first.cause.kind, first.cause.actor, first.cause.at) == (
        "appointment.booked",
        scene.nurse.name,
        BOOKED,
    )
    assert hers(scene).holds_now == ()


def test_a_reminder_whose_moment_had_passed_when_the_visit_was_booked_is_said_so(scene: Scene) -> None:
    scene.book(at=THREE_DAYS_BEFORE + timedelta(hours=1))
    scene.send_due(THREE_DAYS_BEFORE + timedelta(hours=2))
    assert lines(scene) == [
        ("reminder-3d", "too_late"),
        ("confirmation", "sent"),
        ("reminder-1d", "pending"),
    ]


def test_before_the_sweep_everything_is_to_come(scene: Scene) -> None:
    scene.book()
    assert {state for _, state in lines(scene)} == {"to_come"}


def test_everything_that_holds_is_said_and_not_only_the_first_of_it(scene: Scene) -> None:
    scene.book()
    silence_couple(couple=scene.couple, reason="own_wish", actor=scene.nurse, at=BOOKED)
    brake(clinic=scene.clinic, reason="Trial", actor=scene.nurse, at=BOOKED)
    scene.send_due(BOOKED + MINUTE)
    assert hers(scene).holds_now == ("silent", "braked")
    assert {state for _, state in lines(scene)} == {"withheld"}


def test_after_a_move_and_a_cancellation_every_message_keeps_its_own_cause(scene: Scene) -> None:
    scene.book()
    scene.send_due(BOOKED + MINUTE)
    scene.move(OTHER, BOOKED + timedelta(hours=1))
    scene.send_due(BOOKED + timedelta(hours=2))
    scene.cancel(DAY_BEFORE - timedelta(hours=5))
    scene.send_due(DAY_BEFORE)
    said = {
        (line.kind, line.delivery.state): line.cause.kind
        for line in hers(scene).lines
        if line.delivery and line.cause and line.delivery.state == "sent"
    }
    assert said[("confirmation", "sent")] in ("appointment.booked", "appointment.moved")
    assert said[("cancelled", "sent")] == "appointment.cancelled"
    assert "visit cancelled" in hers(scene).holds_now
