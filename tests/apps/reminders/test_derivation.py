"""What is due follows from the visit as it stands and from what people were told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from apps.couples import services as couples
from apps.couples.models import Person
from apps.reminders.models import Delivery
from apps.treatments.models import Appointment
from tests.apps.reminders.acts import BOOKED, DAY_BEFORE, OTHER, THREE_DAYS_BEFORE, VISIT, Scene, a_scene
from tests.rows import a_yes

BOTH = ["recipient", "partner"]


@pytest.fixture
def scene(db: None) -> Scene:
    return a_scene()


def test_a_booked_visit_that_both_attend_is_confirmed_and_reminded_to_each(scene: Scene) -> None:
    scene.book()
    scene.derive(BOOKED)
    assert sorted(scene.kinds()) == sorted(
        (kind, role, "pending") for kind in ("confirmation", "reminder-3d", "reminder-1d") for role in BOTH
    )
    due = dict(Delivery.objects.filter(role="recipient").values_list("kind", "due_at"))
    assert due == {"confirmation": BOOKED, "reminder-3d": THREE_DAYS_BEFORE, "reminder-1d": DAY_BEFORE}


def test_deriving_twice_is_deriving_once(scene: Scene) -> None:
    scene.book()
    scene.derive(BOOKED)
    before = list(Delivery.objects.order_by("id").values())
    scene.derive(BOOKED + timedelta(hours=1))
    assert list(Delivery.objects.order_by("id").values()) == before


def test_a_visit_that_is_only_proposed_sends_nothing(scene: Scene) -> None:
    scene.derive(BOOKED)
    assert scene.kinds() == []


def test_a_move_withdraws_what_spoke_of_the_old_time_and_confirms_the_new(scene: Scene) -> None:
    scene.book()
    scene.send_due(BOOKED)
    scene.move(OTHER, BOOKED + timedelta(hours=1))
    scene.derive(BOOKED + timedelta(hours=1))
    assert scene.kinds(starts_at=VISIT, role="recipient") == [
        ("confirmation", "recipient", "sent"),
        ("reminder-3d", "recipient", "withdrawn"),
        ("reminder-1d", "recipient", "withdrawn"),
    ]
    assert {state for _, _, state in scene.kinds(starts_at=OTHER)} == {"pending"}


def test_a_visit_moved_away_and_back_unsent_is_confirmed_once(scene: Scene) -> None:
    scene.book()
    scene.derive(BOOKED)
    scene.move(OTHER, BOOKED + timedelta(minutes=1))
    scene.derive(BOOKED + timedelta(minutes=1))
    scene.move(VISIT, BOOKED + timedelta(minutes=2))
    scene.derive(BOOKED + timedelta(minutes=2))
    assert {state for _, _, state in scene.kinds(starts_at=VISIT)} == {"pending"}
    assert {state for _, _, state in scene.kinds(starts_at=OTHER)} == {"withdrawn"}


def test_a_visit_moved_away_and_back_after_both_were_told_is_confirmed_again(scene: Scene) -> None:
    scene.book()
    scene.send_due(BOOKED)
    scene.move(OTHER, BOOKED + timedelta(hours=1))
    scene.send_due(BOOKED + timedelta(hours=1))
    scene.move(VISIT, BOOKED + timedelta(hours=2))
    scene.send_due(BOOKED + timedelta(hours=2))
    assert [letter.subject for letter in scene.channel.letters if letter.to == "l@example.org"] == [
        "Appointment Thu 15 Jan 08:30",
        "New time: appointment Fri 16 Jan 08:30",
        "New time: appointment Thu 15 Jan 08:30",
    ]
    assert Delivery.objects.filter(role="recipient", kind="confirmation-2", starts_at=VISIT).count() == 1


def test_a_cancellation_is_told_to_those_who_knew_of_the_time(scene: Scene) -> None:
    scene.book()
    couples.update_person(
        person=scene.partner,
        given=replace(couples.PersonInput.of(scene.partner), email=""),
        actor=scene.nurse,
        at=BOOKED,
    )
    scene.send_due(BOOKED)
    scene.cancel(BOOKED + timedelta(days=1))
    scene.derive(BOOKED + timedelta(days=1))
    assert scene.kinds(kind="cancelled") == [("cancelled", "recipient", "pending")]


def test_a_cancellation_of_what_nobody_was_told_says_nothing(scene: Scene) -> None:
    scene.book()
    scene.derive(BOOKED)
    scene.cancel(BOOKED + timedelta(minutes=1))
    scene.derive(BOOKED + timedelta(minutes=1))
    assert {state for _, _, state in scene.kinds()} == {"withdrawn"}
    assert scene.kinds(kind="cancelled") == []


def test_a_confirmation_in_doubt_counts_as_told(scene: Scene) -> None:
    scene.book()
    scene.send_due(BOOKED)
    Delivery.objects.filter(kind="confirmation").update(state="unknown", sent_at=None)
    scene.cancel(BOOKED + timedelta(days=1))
    scene.derive(BOOKED + timedelta(days=1))
    assert len(scene.kinds(kind="cancelled", state="pending")) == 2


def test_a_visit_booked_again_after_its_cancellation_was_told_is_confirmed_again(scene: Scene) -> None:
    scene.book()
    scene.send_due(BOOKED)
    scene.cancel(BOOKED + timedelta(hours=1))
    scene.send_due(BOOKED + timedelta(hours=1))
    scene.book(at=BOOKED + timedelta(hours=2))
    scene.send_due(BOOKED + timedelta(hours=2))
    mine = [letter.subject for letter in scene.channel.letters if letter.to == "l@example.org"]
    assert mine == [
        "Appointment Thu 15 Jan 08:30",
        "Cancelled: appointment Thu 15 Jan 08:30",
        "Appointment Thu 15 Jan 08:30",
    ]
    scene.derive(BOOKED + timedelta(hours=3))
    assert {kind for kind, _, _ in scene.kinds(state="pending")} == {"reminder-3d", "reminder-1d"}


def test_cancelled_booked_again_and_cancelled_again_before_anything_left_is_told_once(scene: Scene) -> None:
    scene.book()
    scene.send_due(BOOKED)
    scene.cancel(BOOKED + timedelta(minutes=10))
    scene.derive(BOOKED + timedelta(minutes=10))
    scene.book(at=BOOKED + timedelta(minutes=11))
    scene.derive(BOOKED + timedelta(minutes=11))
    assert scene.kinds(kind="cancelled", state="pending") == []
    scene.cancel(BOOKED + timedelta(minutes=12))
    assert scene.send_due(BOOKED + timedelta(minutes=12)) == ["sent", "sent"]
    assert scene.channel.letters[-1].subject == "Cancelled: appointment Thu 15 Jan 08:30"


def test_a_cancellation_that_a_silence_swallowed_does_not_swallow_the_next_one(scene: Scene) -> None:
    scene.book()
    scene.send_due(BOOKED)
    couples.silence_couple(couple=scene.couple, reason="own_wish", actor=scene.nurse, at=BOOKED)
    scene.cancel(BOOKED + timedelta(hours=1))
    scene.derive(BOOKED + timedelta(hours=1))
    couples.end_silence(
        couple=scene.couple,
        actor=scene.nurse,
        at=BOOKED + timedelta(hours=2),
        yes=a_yes(BOOKED + timedelta(hours=2)),
    )
    assert scene.send_due(BOOKED + timedelta(hours=2)) == []
    scene.book(at=BOOKED + timedelta(hours=3))
    scene.derive(BOOKED + timedelta(hours=3))
    scene.cancel(BOOKED + timedelta(hours=4))
    assert scene.send_due(BOOKED + timedelta(hours=4)) == ["sent", "sent"]


def test_a_loss_withdraws_everything_of_both_and_tells_nobody_then_or_after_the_silence(scene: Scene) -> None:
    scene.book()
    scene.send_due(BOOKED)
    lost_at = BOOKED + timedelta(days=1)
    scene.lose(lost_at)
    assert scene.send_due(lost_at) == []
    assert scene.kinds(state="pending") == []
    couples.end_silence(
        couple=scene.couple,
        actor=scene.nurse,
        second_actor=scene.doctor,
        at=lost_at + timedelta(hours=1),
        yes=a_yes(lost_at + timedelta(hours=1)),
    )
    assert scene.send_due(lost_at + timedelta(hours=1)) == []
    assert len(scene.channel.letters) == 2


def test_a_loss_that_was_never_derived_in_the_silence_is_not_told_after_it(scene: Scene) -> None:
    scene.book()
    scene.send_due(BOOKED)
    lost_at = BOOKED + timedelta(days=1)
    scene.lose(lost_at)
    couples.end_silence(
        couple=scene.couple,
        actor=scene.nurse,
        second_actor=scene.doctor,
        at=lost_at + timedelta(minutes=1),
        yes=a_yes(lost_at + timedelta(minutes=1)),
    )
    assert scene.send_due(lost_at + timedelta(minutes=2)) == []


def test_silence_stops_reminders_and_its_end_brings_those_ahead_back(scene: Scene) -> None:
    scene.book()
    scene.send_due(BOOKED)
    couples.silence_couple(couple=scene.couple, reason="own_wish", actor=scene.nurse, at=BOOKED)
    scene.derive(BOOKED)
    assert scene.kinds(state="pending") == []
    couples.end_silence(
        couple=scene.couple,
        actor=scene.nurse,
        at=BOOKED + timedelta(hours=1),
        yes=a_yes(BOOKED + timedelta(hours=1)),
    )
    scene.derive(BOOKED + timedelta(hours=1))
    assert len(scene.kinds(state="pending")) == 4


@pytest.mark.parametrize("missing", ["wish", "consent", "address"])
def test_nothing_is_due_to_somebody_who_must_not_be_written_to(scene: Scene, missing: str) -> None:
    changed = {
        "wish": {"wants_email": False},
        "consent": {"contact_consent_at": None},
        "address": {"email": ""},
    }
    Person.objects.filter(pk=scene.couple.recipient_id).update(**changed[missing])
    scene.book()
    scene.derive(BOOKED)
    assert {role for _, role, _ in scene.kinds()} == {"partner"}


def test_a_held_visit_stops_its_reminders_until_the_decision(scene: Scene) -> None:
    scene.book()
    scene.send_due(BOOKED)
    later = BOOKED + timedelta(hours=1)
    Appointment.objects.filter(pk=scene.visit.pk).update(held=True)
    scene.derive(later)
    assert scene.kinds(state="pending") == []
    Appointment.objects.filter(pk=scene.visit.pk).update(held=False)
    scene.derive(later)
    assert len(scene.kinds(state="pending")) == 4
    assert scene.kinds(kind="confirmation-2") == []


def test_a_back_filled_treatment_sends_nothing(scene: Scene) -> None:
    scene.treatment.notify = False
    scene.treatment.save(update_fields=["notify"])
    scene.book()
    scene.derive(BOOKED)
    assert scene.kinds() == []


def test_a_test_clinic_sends_nothing(scene: Scene) -> None:
    scene.clinic.is_test = True
    scene.clinic.save(update_fields=["is_test"])
    scene.book()
    scene.derive(BOOKED)
    assert scene.kinds() == []
