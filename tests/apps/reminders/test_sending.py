"""One delivery through every crash point: it is either sent, or still due, or shown as unknown. Never sent twice."""

from datetime import timedelta

import pytest

from apps.booking import services as booking
from apps.couples import services as couples
from apps.couples.models import Person
from apps.reminders import services
from apps.reminders.channels import Letter, MemoryChannel, Outcome, Verdict
from apps.reminders.models import Delivery
from apps.reminders.queries import undelivered
from apps.reminders.sending import LEASE, MAX_ATTEMPTS, pause_after
from tests import rows
from tests.apps.reminders.acts import BOOKED, DAY_BEFORE, OTHER, VISIT, Scene, a_scene

SOON = BOOKED + timedelta(minutes=1)
AFTER_LEASE = BOOKED + LEASE + timedelta(seconds=1)


@pytest.fixture
def scene(db: None) -> Scene:
    """The visit is booked, its messages are derived, and the partner wants none."""
    scene = a_scene()
    Person.objects.filter(pk=scene.couple.partner_id).update(wants_email=False)
    scene.book()
    scene.derive(BOOKED)
    return scene


def the_confirmation() -> Delivery:
    return Delivery.objects.get(kind="confirmation")


def test_what_is_due_is_sent_and_its_exact_text_is_kept(scene: Scene) -> None:
    assert scene.send_due(BOOKED) == ["sent"]
    letter = scene.channel.letters[0]
    row = the_confirmation()
    assert (row.state, row.sent_at, row.attempts) == ("sent", BOOKED, 1)
    assert (row.subject, row.body, row.sent_to) == (letter.subject, letter.body, letter.to)
    assert letter.delivery_id == row.pk
    assert scene.send_due(SOON) == []


def test_a_reminder_waits_for_its_moment(scene: Scene) -> None:
    scene.send_due(BOOKED)
    assert scene.send_due(DAY_BEFORE - timedelta(seconds=1)) == ["sent"]  # the one of three days before
    assert scene.send_due(DAY_BEFORE) == ["sent"]
    assert [row.kind for row in Delivery.objects.order_by("sent_at")] == [
        "confirmation",
        "reminder-3d",
        "reminder-1d",
    ]


def test_killed_after_the_claim_it_is_due_again(scene: Scene) -> None:
    services.claim_due(limit=9, at=BOOKED)
    assert services.claim_due(limit=9, at=SOON) == []
    assert services.recover_leases(at=SOON) == 0
    assert services.recover_leases(at=AFTER_LEASE) == 1
    assert scene.send_due(AFTER_LEASE) == ["sent"]
    assert len(scene.channel.letters) == 1


def test_killed_after_the_attempt_began_it_is_unknown_and_never_sent_again(scene: Scene) -> None:
    (claim,) = services.claim_due(limit=9, at=BOOKED)
    letter = services.begin(claim, at=BOOKED)
    assert letter is not None
    scene.channel.send(letter)
    # Here the process dies: accepted by the server, not yet marked.
    assert services.recover_leases(at=AFTER_LEASE) == 1
    assert the_confirmation().state == "unknown"
    assert scene.send_due(AFTER_LEASE + timedelta(hours=1)) == []
    assert len(scene.channel.letters) == 1
    assert [row.kind for row in undelivered(scene.clinic)] == ["confirmation"]


def test_killed_after_the_mark_nothing_more_happens(scene: Scene) -> None:
    scene.send_due(BOOKED)
    services.recover_leases(at=AFTER_LEASE)
    assert the_confirmation().state == "sent"


def test_a_slow_sender_that_was_overtaken_still_knows_that_it_sent(scene: Scene) -> None:
    (claim,) = services.claim_due(limit=9, at=BOOKED)
    assert services.begin(claim, at=BOOKED)
    services.recover_leases(at=AFTER_LEASE)
    services.settle(claim, Outcome(Verdict.ACCEPTED), at=AFTER_LEASE)
    assert the_confirmation().state == "sent"


def test_a_sender_whose_lease_ran_out_can_no_longer_begin(scene: Scene) -> None:
    (claim,) = services.claim_due(limit=9, at=BOOKED)
    assert services.begin(claim, at=AFTER_LEASE) is None
    services.recover_leases(at=AFTER_LEASE)
    (again,) = services.claim_due(limit=9, at=AFTER_LEASE)
    assert services.begin(claim, at=AFTER_LEASE) is None
    assert services.begin(again, at=AFTER_LEASE) is not None
    assert services.settle(claim, Outcome(Verdict.LATER, "old"), at=AFTER_LEASE) == ""
    assert the_confirmation().state == "leased"


def test_what_was_claimed_and_not_begun_can_be_given_back(scene: Scene) -> None:
    claims = services.claim_due(limit=9, at=BOOKED)
    assert services.release(claims) == 1
    assert scene.send_due(BOOKED) == ["sent"]


@pytest.mark.parametrize(
    "between", ["loss", "move", "cancel", "opt out", "silence", "hold", "address", "test"]
)
def test_what_happened_between_claim_and_send_is_obeyed(scene: Scene, between: str) -> None:
    (claim,) = services.claim_due(limit=9, at=BOOKED)
    acts = {
        "loss": lambda: scene.lose(SOON),
        "move": lambda: scene.move(OTHER, SOON),
        "cancel": lambda: scene.cancel(SOON),
        "opt out": lambda: Person.objects.filter(pk=scene.couple.recipient_id).update(wants_email=False),
        "silence": lambda: couples.silence_couple(
            couple=scene.couple, reason="own_wish", actor=scene.nurse, at=SOON
        ),
        "hold": lambda: type(scene.visit).objects.filter(pk=scene.visit.pk).update(held=True),
        "address": lambda: Person.objects.filter(pk=scene.couple.recipient_id).update(email=""),
        "test": lambda: type(scene.clinic).objects.filter(pk=scene.clinic.pk).update(is_test=True),
    }
    acts[between]()
    assert services.deliver(claim, scene.channel, at=SOON) == "withdrawn"
    assert scene.channel.letters == []
    assert the_confirmation().state == "withdrawn"
    assert the_confirmation().last_error


@pytest.mark.parametrize(("enrolled", "state"), [("before", "withdrawn"), ("after", "sent")])
def test_a_loss_with_somebody_else_silences_her_until_she_begins_anew(
    scene: Scene, enrolled: str, state: str
) -> None:
    (claim,) = services.claim_due(limit=9, at=BOOKED)
    since = scene.couple.enrolled_at + timedelta(days=1 if enrolled == "before" else -1)
    other = couples.enrol_couple(
        clinic=scene.clinic,
        recipient=scene.couple.recipient_id,
        partner=rows.ARJUN,
        actor=scene.nurse,
        at=scene.couple.enrolled_at - timedelta(days=9),
    )
    couples.silence_couple(couple=other, reason="confirmed_loss", actor=scene.nurse, at=since)
    assert services.deliver(claim, scene.channel, at=SOON) == state


def test_nothing_is_sent_once_the_visit_has_begun(scene: Scene) -> None:
    claims = services.claim_due(limit=9, at=VISIT - timedelta(seconds=1))
    assert [services.deliver(claim, scene.channel, at=VISIT) for claim in claims] == ["expired"] * 3
    assert scene.channel.letters == []


def test_a_clock_that_jumps_a_day_ahead_sends_no_stale_reminder(scene: Scene) -> None:
    assert scene.send_due(VISIT + timedelta(days=1)) == []
    assert {state for _, _, state in scene.kinds()} == {"expired"}


def test_a_refusal_for_now_is_tried_again_with_longer_pauses_then_given_up(scene: Scene) -> None:
    scene.channel.answer = lambda letter: Outcome(Verdict.LATER, "ConnectionRefusedError")
    at = BOOKED
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert scene.send_due(at) == ["pending" if attempt < MAX_ATTEMPTS else "dead"]
        row = the_confirmation()
        assert (row.attempts, row.last_error) == (attempt, "ConnectionRefusedError")
        if attempt < MAX_ATTEMPTS:
            assert pause_after(attempt, 0) <= row.next_try_at - at < pause_after(attempt, 1)
            assert scene.send_due(row.next_try_at - timedelta(seconds=1)) == []
            at = row.next_try_at
    assert list(undelivered(scene.clinic)) == [the_confirmation()]


def test_a_refusal_for_good_is_given_up_at_once(scene: Scene) -> None:
    scene.channel.answer = lambda letter: Outcome(Verdict.REFUSED, "SMTPRecipientsRefused 550")
    assert scene.send_due(BOOKED) == ["dead"]


def test_an_answer_in_doubt_is_shown_as_unknown_and_never_sent_again(scene: Scene) -> None:
    scene.channel.answer = lambda letter: Outcome(Verdict.UNKNOWN, "SMTPServerDisconnected")
    assert scene.send_due(BOOKED) == ["unknown"]
    scene.channel.answer = lambda letter: Outcome(Verdict.ACCEPTED)
    assert scene.send_due(AFTER_LEASE + timedelta(hours=2)) == []


def test_a_channel_that_breaks_its_promise_leaves_unknown(scene: Scene) -> None:
    def broken(letter: Letter) -> Outcome:
        raise RuntimeError("after or before, who can say")

    scene.channel.answer = broken
    assert scene.send_due(BOOKED) == ["unknown"]


def test_a_poisoned_row_first_in_the_queue_keeps_nobody_waiting(scene: Scene) -> None:
    Delivery.objects.filter(kind="confirmation").update(
        kind="poison", next_try_at=BOOKED - timedelta(hours=1)
    )
    at = DAY_BEFORE - timedelta(minutes=5)
    claims = services.claim_due(limit=9, at=at)
    states = [services.deliver(claim, scene.channel, at=at) for claim in claims]
    assert states == ["pending", "sent"]
    poison = Delivery.objects.get(kind="poison")
    assert (poison.attempts, poison.last_error, poison.attempt_began_at) == (1, "KeyError", None)
    assert poison.next_try_at > at


def test_a_clinical_word_in_the_clinics_own_wording_is_refused_and_shown(scene: Scene) -> None:
    type(scene.clinic).objects.filter(pk=scene.clinic.pk).update(discreet_place="Fertility House")
    assert scene.send_due(BOOKED) == ["dead"]
    assert the_confirmation().last_error == "ClinicalWord"
    assert scene.channel.letters == []


def test_each_person_gets_only_their_own_mail_at_the_address_they_asked_for(scene: Scene) -> None:
    Person.objects.filter(pk=scene.couple.partner_id).update(
        wants_email=True, alternative_email="work@example.org"
    )
    scene.send_due(BOOKED)
    assert sorted(letter.to for letter in scene.channel.letters) == ["l@example.org", "work@example.org"]
    assert all(
        "Lalitha" not in letter.body and "Arjun" not in letter.body for letter in scene.channel.letters
    )


def test_a_pencilled_visit_sends_nothing(scene: Scene) -> None:
    type(scene.visit).objects.filter(pk=scene.visit.pk).update(pencilled=True)
    assert scene.send_due(BOOKED) == []


def test_a_visit_that_has_begun_to_be_attended_needs_no_reminder(scene: Scene) -> None:
    at = VISIT - timedelta(minutes=10)
    booking.arrive(appointment=scene.visit, actor=scene.nurse, at=at)
    assert scene.send_due(at) == []


def test_pauses_grow_and_spread() -> None:
    assert [pause_after(n, 0) for n in range(1, 5)] == [timedelta(minutes=m) for m in (2, 4, 8, 16)]
    assert pause_after(1, 0.5) == timedelta(minutes=2.5)


def test_the_memory_channel_keeps_what_was_taken_or_may_have_been() -> None:
    channel = MemoryChannel(answer=lambda letter: Outcome(Verdict.LATER))
    letter = Letter(Delivery().pk, "a@example.org", "Lake Road", "Appointment", "-")
    assert channel.send(letter).verdict is Verdict.LATER
    assert channel.letters == []
