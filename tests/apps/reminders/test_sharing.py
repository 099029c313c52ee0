"""Two who read one address: the very same goes there once, and nobody counts as told by what did not arrive."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from apps.booking.models import CallTask
from apps.couples.routes import RouteInput, add_route
from apps.reminders import services
from apps.reminders.channels import Outcome, Verdict
from apps.reminders.models import Delivery
from apps.reminders.sending import LEASE
from tests import rows
from tests.apps.reminders.acts import BOOKED, OTHER, Scene, a_scene

pytestmark = pytest.mark.django_db

NUMBER = "+919848000001"
SOON = BOOKED + timedelta(minutes=2)
LATER = BOOKED + timedelta(hours=1)
ACCEPTED = Outcome(Verdict.ACCEPTED, provider_id="SM1")
NOBODY_THERE = Outcome(Verdict.REFUSED, "http 400 21211", bad_address=True)


@pytest.fixture
def scene() -> Scene:
    """Both read one number first and their own e-mail after it; their visit is booked."""
    scene = a_scene()
    services.set_channel(
        clinic=scene.clinic, channel="sms", provider="demo", secret="", actor=rows.SYSTEM, at=BOOKED
    )
    for person in (scene.recipient, scene.partner):
        given = RouteInput("sms", NUMBER, consented_at=BOOKED)
        add_route(person=person, given=given, actor=scene.nurse, at=BOOKED)
    scene.book()
    return scene


def confirmations() -> list[Delivery]:
    return list(Delivery.objects.filter(kind="confirmation").order_by("next_try_at", "id"))


def both(scene: Scene) -> tuple[Delivery, Delivery]:
    """The confirmation that went, and the one that was folded into it."""
    assert sorted(scene.send_due(BOOKED)) == ["sent", "withdrawn"]
    return Delivery.objects.get(state="sent"), Delivery.objects.get(state="withdrawn")


def one_in_flight(scene: Scene) -> tuple[services.Claim, Delivery]:
    """One is handed over and nobody knows yet what becomes of it; the other one looked meanwhile."""
    scene.derive(BOOKED)
    first, second = services.claim_due(limit=9, at=BOOKED)
    assert services.begin(first, at=BOOKED) is not None
    assert services.deliver(second, scene.channel, at=BOOKED) == "waiting"
    return first, Delivery.objects.get(pk=second.delivery_id)


def failed(row: Delivery, at: datetime = LATER, *, bad_address: bool = False) -> None:
    assert services.receive_receipt(
        channel="sms", receipt="failed", delivery_id=row.pk, bad_address=bad_address, at=at
    )


def test_while_one_is_on_its_way_the_other_waits_and_is_folded_once_it_is_sent(scene: Scene) -> None:
    first, second = one_in_flight(scene)
    assert (second.state, second.attempt_began_at) == ("pending", None)
    assert services.settle(first, ACCEPTED, at=BOOKED) == "sent"
    assert scene.send_due(SOON) == ["withdrawn"]
    second.refresh_from_db()
    assert (second.sent_to, second.told_at) == (NUMBER, SOON)  # told by the other's
    assert scene.send_due(LATER) == []


def test_where_nobody_is_at_the_number_each_hears_by_their_own_next_way(scene: Scene) -> None:
    first, _second = one_in_flight(scene)
    scene.channel.answer = lambda letter: NOBODY_THERE if letter.channel == "sms" else ACCEPTED
    assert services.settle(first, NOBODY_THERE, at=BOOKED) == "pending"
    scene.send_due(SOON)
    scene.send_due(LATER)
    assert sorted(letter.to for letter in scene.channel.letters if letter.channel == "email") == [
        "a@example.org",
        "l@example.org",
    ]
    assert not CallTask.objects.exists()


def test_a_receipt_that_it_did_not_arrive_brings_back_whoever_was_folded_into_it(scene: Scene) -> None:
    told, folded = both(scene)
    failed(told, bad_address=True)
    failed(told, bad_address=True)  # providers repeat themselves
    told.refresh_from_db()
    folded.refresh_from_db()
    assert (told.state, folded.state, folded.told_at, folded.sent_to) == ("dead", "pending", None, "")
    scene.channel.letters.clear()
    assert scene.send_due(LATER) == ["sent"]
    # The number is nobody's for the other one too: the own e-mail is next.
    assert [(letter.to, letter.channel) for letter in scene.channel.letters] == [
        (folded.person.email, "email")
    ]
    assert [task.why for task in CallTask.objects.all()] == ["message_refused"]
    assert scene.send_due(LATER) == []


def test_a_number_that_only_failed_once_is_tried_again_by_the_other(scene: Scene) -> None:
    told, folded = both(scene)
    failed(told)
    scene.channel.letters.clear()
    assert scene.send_due(LATER) == ["sent"]
    assert [letter.to for letter in scene.channel.letters] == [NUMBER]
    folded.refresh_from_db()
    assert folded.state == "sent"


def test_a_receipt_that_overtakes_the_answer_counts_too(scene: Scene) -> None:
    first, second = one_in_flight(scene)
    failed(Delivery.objects.get(pk=first.delivery_id), SOON)
    services.settle(first, ACCEPTED, at=SOON)
    assert Delivery.objects.get(pk=first.delivery_id).state == "dead"
    assert CallTask.objects.get().why == "message_refused"
    assert scene.send_due(SOON) == ["sent"]
    second.refresh_from_db()
    assert second.state == "sent"


def test_what_nobody_knows_counts_as_said_until_the_provider_knows_better(scene: Scene) -> None:
    first, second = one_in_flight(scene)
    services.recover_leases(at=BOOKED + 2 * LEASE)
    assert scene.send_due(BOOKED + 2 * LEASE) == ["withdrawn"]
    scene.channel.answer_later = lambda letter: Outcome(Verdict.REFUSED, "undelivered")
    services.ask_unknown(scene.channel, at=LATER)
    assert Delivery.objects.get(pk=first.delivery_id).state == "dead"
    assert scene.send_due(LATER) == ["sent"]
    second.refresh_from_db()
    assert second.state == "sent"


def test_whoever_comes_back_hears_nothing_that_is_no_longer_so(scene: Scene) -> None:
    told, folded = both(scene)
    scene.move(OTHER, SOON)
    failed(told)
    scene.channel.letters.clear()
    scene.send_due(LATER)
    folded.refresh_from_db()
    assert folded.state == "withdrawn"
    assert [letter.to for letter in scene.channel.letters] == [NUMBER]
    assert "16 Jan" in scene.channel.letters[0].body
