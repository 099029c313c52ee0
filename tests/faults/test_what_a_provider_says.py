"""Whatever a provider answers, or does not, in whatever order: the law of the sweep holds. Time is passed in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from uuid import UUID

import pytest

from apps.reminders import services
from apps.reminders.channels import Letter, MemoryChannel, Outcome, Verdict
from apps.reminders.derivation import known_time
from apps.reminders.models import Delivery
from apps.reminders.queries import undelivered
from apps.reminders.sending import LEASE
from apps.reminders.settling import MAX_ATTEMPTS, pause_after
from apps.reminders.texts import TRIAL
from tests.apps.reminders.acts import BOOKED, OTHER, VISIT, Scene, a_scene

AT = BOOKED
LATER, REFUSED = Outcome(Verdict.LATER, "http 503"), Outcome(Verdict.REFUSED, "http 400")
ACCEPTED, UNKNOWN = Outcome(Verdict.ACCEPTED), Outcome(Verdict.UNKNOWN, "ReadTimeout")
TOO_FAST = Outcome(Verdict.LATER, "http 429", retry_after=timedelta(minutes=40))
RAISES = None
ENDS = {ACCEPTED: "sent", REFUSED: "dead", UNKNOWN: "unknown", RAISES: "unknown"}
MESSAGES = 25


@pytest.fixture
def scene(db: None) -> Scene:
    return a_scene()


def say(scene: Scene, number: int, *, not_after: datetime = VISIT) -> Delivery:
    return services.say(
        person=scene.recipient,
        kind=TRIAL,
        key=str(number),
        blanks={},
        actor=scene.nurse,
        at=AT,
        not_after=not_after,
    )


def swept(scene: Scene, at: datetime) -> services.Swept:
    return services.sweep(channel=scene.channel, at=at)


def handed_over(scene: Scene) -> Counter[UUID]:
    return Counter(letter.delivery_id for letter in scene.channel.letters)


class Script:
    """What the provider says of each message, one answer for each time it is handed over; and when that was."""

    def __init__(self, random: Random, clock: Callable[[], datetime]) -> None:
        self.random, self.clock = random, clock
        self.said: dict[UUID, list[tuple[datetime, Outcome | None]]] = {}

    def __call__(self, letter: Letter) -> Outcome:
        answer = self.random.choices(
            (LATER, TOO_FAST, ACCEPTED, REFUSED, UNKNOWN, RAISES), (8, 2, 3, 1, 1, 1)
        )[0]
        self.said.setdefault(letter.delivery_id, []).append((self.clock(), answer))
        if answer is RAISES:
            raise TimeoutError
        return answer


@pytest.mark.parametrize("seed", [1, 2])
def test_any_order_of_answers_ends_as_the_first_that_is_final_says(scene: Scene, seed: int) -> None:
    at = AT
    script = Script(Random(seed), lambda: at)
    scene.channel.answer = script
    messages = [say(scene, number) for number in range(MESSAGES)]
    for _ in range(22):
        swept(scene, at)
        at += timedelta(minutes=15)
    assert script.said.keys() == {row.pk for row in messages}
    states = dict(Delivery.objects.values_list("pk", "state"))
    for pk, said in script.said.items():
        *waits, (_, last) = said
        assert {answer for _, answer in waits} <= {LATER, TOO_FAST}, "handed over again after a final answer"
        assert states[pk] == ENDS.get(last, "dead")
        assert last in ENDS or len(said) == MAX_ATTEMPTS
        for number, ((before, answer), (after, _)) in enumerate(pairwise(said), start=1):
            wished = answer.retry_after if answer else None
            assert after - before >= max(pause_after(number, 0), wished or timedelta())
    shown = {row.pk for row in undelivered(scene.clinic)}
    assert shown == {pk for pk, state in states.items() if state in ("dead", "unknown")}


@pytest.mark.parametrize(
    ("answer", "state"),
    [(ACCEPTED, "sent"), (LATER, "unknown"), (REFUSED, "unknown"), (UNKNOWN, "unknown"), (RAISES, "unknown")],
)
def test_a_line_that_hangs_longer_than_its_lease_is_never_tried_again(
    scene: Scene, answer: Outcome | None, state: str
) -> None:
    message = say(scene, 1)
    others = MemoryChannel()

    def hangs(letter: Letter) -> Outcome:
        scene.channel.letters.append(letter)
        services.sweep(channel=others, at=AT + LEASE + timedelta(seconds=1))
        if answer is RAISES:
            raise TimeoutError
        return answer

    scene.channel.answer = hangs
    swept(scene, AT)
    swept(scene, AT + timedelta(hours=2))
    message.refresh_from_db()
    assert message.state == state
    assert others.letters == []
    assert set(handed_over(scene).values()) <= {1, 2}  # noted by the script, and kept by the channel
    assert message.attempts == 1


def test_more_poisoned_messages_than_a_batch_holds_keep_nobody_waiting(scene: Scene) -> None:
    for number in range(services.BATCH + 2):
        say(scene, number)
    Delivery.objects.update(kind="poison", next_try_at=AT - timedelta(hours=1))
    last = say(scene, 99)
    assert swept(scene, AT).sent == 1
    assert handed_over(scene) == {last.pk: 1}
    for hours in range(1, 5):
        swept(scene, AT + timedelta(hours=hours))
    poisoned = Delivery.objects.filter(kind="poison")
    assert set(poisoned.values_list("state", "attempts")) == {("dead", MAX_ATTEMPTS)}
    assert set(undelivered(scene.clinic)) == set(poisoned)
    assert handed_over(scene) == {last.pk: 1}


def test_after_a_day_without_sweeps_only_what_still_makes_sense_goes_out(scene: Scene) -> None:
    stale = {say(scene, number, not_after=AT + timedelta(hours=20)).pk for number in range(12)}
    fresh = {say(scene, number).pk for number in range(12, 15)}
    done = swept(scene, AT + timedelta(days=1))
    assert handed_over(scene).keys() == fresh
    assert (done.sent, done.expired) == (3, 12)
    assert {row.pk for row in undelivered(scene.clinic)} == stale


def test_a_clock_that_is_set_back_two_hours_sends_nothing_twice_and_loses_nothing(scene: Scene) -> None:
    first, second = say(scene, 1), say(scene, 2)
    services.claim_due(limit=1, at=AT)  # and here that process was killed
    assert swept(scene, AT).sent == 1
    back = AT - timedelta(hours=2)
    for minutes in range(0, 120, 20):
        assert swept(scene, back + timedelta(minutes=minutes)).sent == 0
    assert Delivery.objects.filter(state="leased").count() == 1
    assert swept(scene, AT + LEASE).sent == 1
    assert handed_over(scene) == {first.pk: 1, second.pk: 1}


@pytest.mark.parametrize("act", ["move", "cancel"])
def test_a_visit_that_changes_while_its_message_is_on_the_line_is_told_once_more_and_truly(
    scene: Scene, act: str
) -> None:
    scene.book()
    acts = {"move": lambda: scene.move(OTHER, AT), "cancel": lambda: scene.cancel(AT)}
    changed: list[Letter] = []

    def meanwhile(letter: Letter) -> Outcome:
        if not changed:
            changed.append(letter)
            acts[act]()
        return ACCEPTED

    scene.channel.answer = meanwhile
    scene.send_due(AT)
    for minutes in (1, 2, 3):
        scene.send_due(AT + timedelta(minutes=minutes))
    assert set(handed_over(scene).values()) == {1}
    theirs = Delivery.objects.filter(person__deliveries=changed[0].delivery_id)
    heard = theirs.filter(state="sent", due_at__lt=AT + timedelta(hours=1))
    assert set(heard.values_list("kind", "starts_at")) == {
        ("confirmation", VISIT),
        ("confirmation", OTHER) if act == "move" else ("cancelled", VISIT),
    }
    assert known_time(theirs) == (OTHER if act == "move" else None)
