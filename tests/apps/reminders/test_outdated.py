"""What is handed over or said by a person is as true as what is sent: a move, a cancellation or a loss takes it back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.booking.calls.outcomes import record_call
from apps.booking.models import CallTask
from apps.booking.worklist import Asked, calls
from apps.clinic.cover import Coverage
from apps.clinic.errors import Conflict
from apps.couples.routes import RouteInput, add_route
from apps.reminders.models import Delivery
from apps.reminders.queries import cards_of, sent_since
from apps.reminders.services import hand_over
from tests.apps.reminders.acts import BOOKED, OTHER, VISIT, Scene, a_scene

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def scene() -> Scene:
    return a_scene()


def reached_by(scene: Scene, channel: str, *addresses: str) -> None:
    for person, address in zip((scene.recipient, scene.partner), addresses or ("", ""), strict=True):
        given = RouteInput(channel, address, consented_at=BOOKED)
        add_route(person=person, given=given, actor=scene.nurse, at=BOOKED)


def said_on_cards(scene: Scene, after: int) -> set[tuple[str, object]]:
    scene.send_due(BOOKED + after * HOUR)
    return {(card.kind, card.starts_at) for card in cards_of(scene.clinic, BOOKED + after * HOUR)}


def test_only_cards_that_are_true_are_handed_over(scene: Scene) -> None:
    reached_by(scene, "card")
    scene.book()
    assert {when for _, when in said_on_cards(scene, 0)} == {VISIT}
    old = cards_of(scene.clinic, BOOKED).first()
    assert old is not None
    scene.move(OTHER, BOOKED + HOUR)
    assert {when for _, when in said_on_cards(scene, 1)} == {OTHER}
    with pytest.raises(Conflict, match="no longer"):
        hand_over(delivery=old, actor=scene.nurse, at=BOOKED + HOUR)
    assert Delivery.objects.get(pk=old.pk).receipt == ""
    scene.cancel(BOOKED + 2 * HOUR)
    assert {kind for kind, _ in said_on_cards(scene, 2)} <= {"cancelled"}
    scene.lose(BOOKED + 3 * HOUR)
    assert said_on_cards(scene, 3) == set()


def test_what_people_handed_over_or_told_has_left_the_house(scene: Scene) -> None:
    reached_by(scene, "card")
    scene.book()
    scene.send_due(BOOKED)
    assert not sent_since(scene.couple, BOOKED).exists()
    card = cards_of(scene.clinic, BOOKED).first()
    assert card is not None
    hand_over(delivery=card, actor=scene.nurse, at=BOOKED + HOUR)
    assert list(sent_since(scene.couple, BOOKED)) == [card]
    assert not sent_since(scene.couple, BOOKED + 2 * HOUR).exists()


def test_what_a_nurse_told_by_phone_has_left_the_house(scene: Scene) -> None:
    reached_by(scene, "call", "+919848000001", "+919848000002")
    scene.book()
    scene.send_due(BOOKED)
    assert not sent_since(scene.couple, BOOKED).exists()
    for call in CallTask.objects.filter(why="tell"):
        record_call(task=call, outcome="reached", actor=scene.nurse, at=BOOKED + HOUR)
    assert sent_since(scene.couple, BOOKED).exists()


def to_ring(scene: Scene, after: int) -> set[object]:
    """The times that the calls on the first page speak of."""
    at = BOOKED + after * HOUR
    scene.send_due(at)
    nobody = Coverage(frozenset(), (), at.date())
    asked = Asked(clinic=scene.clinic, at=at, nurses=nobody, doctors=nobody)
    return {call.about_at for call in calls(asked).filter(why="tell")}


def test_nobody_rings_with_a_time_that_is_gone_or_after_a_loss(scene: Scene) -> None:
    reached_by(scene, "call", "+919848000001", "+919848000002")
    scene.book()
    assert to_ring(scene, 0) == {VISIT}
    scene.move(OTHER, BOOKED + HOUR)
    assert to_ring(scene, 1) == {OTHER}
    scene.lose(BOOKED + 2 * HOUR)
    assert to_ring(scene, 2) == set()
    assert CallTask.objects.filter(why="tell").exists()
