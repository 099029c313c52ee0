"""A session that was stopped is told as any cancellation is, also to whoever would only come later that day."""

from datetime import timedelta

import pytest

from tests import rows
from tests.apps.reminders.acts import BOOKED, VISIT, Scene, a_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    found = a_scene()
    found.book()
    found.send_due(BOOKED)
    return found


def stop(scene: Scene, after: timedelta, cause: str = "not_released") -> None:
    at = VISIT + after
    rows.said(
        scene.treatment,
        scene.doctor,
        at,
        "stopped",
        step="sensitisation",
        on=VISIT.date(),
        cause=cause,
    )
    scene.derive(at)


def test_both_hear_of_a_failed_gate_while_the_session_still_goes_on(scene: Scene) -> None:
    stop(scene, timedelta(minutes=20))
    assert scene.kinds(kind="cancelled") == [
        ("cancelled", "partner", "pending"),
        ("cancelled", "recipient", "pending"),
    ]


def test_the_words_are_those_of_every_cancellation_of_today(scene: Scene) -> None:
    stop(scene, timedelta(minutes=20))
    scene.channel.letters.clear()
    scene.send_due(VISIT + timedelta(minutes=21))
    told = [message.subject + message.body for message in scene.channel.letters]
    assert len(told) == 2
    for text in told:
        assert "cannot take place" in text
        assert "release" not in text.lower()
        assert "unit" not in text.lower()


def test_nobody_hears_of_a_stop_that_is_typed_in_after_the_session(scene: Scene) -> None:
    stop(scene, timedelta(hours=2))
    assert scene.kinds(kind="cancelled") == []


def test_an_ordinary_cancellation_after_its_start_is_not_told(scene: Scene) -> None:
    at = VISIT + timedelta(minutes=20)
    scene.cancel(at)
    scene.derive(at)
    assert scene.kinds(kind="cancelled") == []
