"""Silence: at once, by anyone; ended only by those who may, and never against a wish."""

from dataclasses import replace
from datetime import timedelta

import pytest

from apps.clinic.actors import Actor
from apps.clinic.errors import Forbidden, Invalid, NotFound
from apps.clinic.models import Change, Clinic
from apps.couples.models import Couple
from apps.couples.services import end_silence, silence_couple
from apps.couples.wishes import stop_messages
from tests.rows import AT, LONDON, SYSTEM, a_clinic, a_couple, a_yes, staff

pytestmark = pytest.mark.django_db
LATER = AT.replace(hour=9)


@pytest.fixture
def clinic() -> Clinic:
    return a_clinic()


@pytest.fixture
def couple(clinic: Clinic) -> Couple:
    return a_couple(clinic)


def silence(couple: Couple, *reasons: str) -> Couple:
    for reason in reasons:
        couple = silence_couple(couple=couple, reason=reason, actor=SYSTEM, at=AT)
    return couple


def test_anyone_of_the_clinic_silences_and_the_change_does_not_say_why(
    clinic: Clinic, couple: Couple
) -> None:
    client = Actor.client(name="portal", clinic_id=clinic.pk)
    silent = silence_couple(couple=couple, reason="suspected_loss", actor=client, at=LATER)
    assert (silent.silent_since, silent.silent_reason, silent.silent_by) == (
        LATER,
        "suspected_loss",
        "portal",
    )
    row = Change.objects.latest("id")
    assert (row.kind, row.couple_id, row.detail) == ("couple.silenced", couple.pk, {})


def test_a_stronger_reason_takes_over_and_a_weaker_one_does_not(couple: Couple) -> None:
    assert silence(couple, "suspected_loss", "confirmed_loss").silent_reason == "confirmed_loss"
    told = Change.objects.count()
    assert silence(couple, "suspected_loss", "confirmed_loss").silent_reason == "confirmed_loss"
    assert Change.objects.count() == told


def test_the_silence_began_when_it_first_began(couple: Couple) -> None:
    silence(couple, "suspected_loss")
    later = silence_couple(couple=couple, reason="confirmed_loss", actor=SYSTEM, at=LATER)
    assert later.silent_since == AT


def test_an_unknown_reason_is_refused(couple: Couple) -> None:
    with pytest.raises(Invalid):
        silence(couple, "tired")


def test_a_wish_ends_by_one_person(clinic: Clinic, couple: Couple) -> None:
    silence(couple, "own_wish")
    ended = end_silence(couple=couple, actor=staff(clinic, "nurse"), at=LATER, yes=a_yes(LATER))
    assert (ended.silent_since, ended.silent_reason, ended.silent_by, ended.own_wish_since) == (
        None,
        "",
        "",
        None,
    )
    assert Change.objects.latest("id").detail["silent"] is False


def test_a_suspicion_is_withdrawn_by_a_clinician_who_signed_in(clinic: Clinic, couple: Couple) -> None:
    silence(couple, "suspected_loss")
    for actor in (SYSTEM, Actor.client(name="his", clinic_id=clinic.pk), staff(clinic, "lab")):
        with pytest.raises(Forbidden):
            end_silence(couple=couple, actor=actor, at=LATER, yes=a_yes(LATER))
    assert not end_silence(couple=couple, actor=staff(clinic, "nurse"), at=LATER, yes=a_yes(LATER)).is_silent


def test_after_a_confirmed_loss_two_people_must_agree(clinic: Clinic, couple: Couple) -> None:
    silence(couple, "confirmed_loss")
    nurse, doctor = staff(clinic, "nurse"), staff(clinic, "doctor")
    absent = replace(doctor, verified=False)
    for second in (None, nurse, absent, SYSTEM):
        with pytest.raises(Forbidden):
            end_silence(couple=couple, actor=nurse, second_actor=second, at=LATER, yes=a_yes(LATER))
    foreign = staff(a_clinic(LONDON), "doctor")
    with pytest.raises(NotFound):
        end_silence(couple=couple, actor=nurse, second_actor=foreign, at=LATER, yes=a_yes(LATER))
    couple.refresh_from_db()
    assert couple.is_silent

    assert not end_silence(
        couple=couple, actor=nurse, second_actor=doctor, at=LATER, yes=a_yes(LATER)
    ).is_silent
    assert Change.objects.latest("id").detail == {
        "silent": False,
        "second_user": doctor.user_id,
        "yes_of": "recipient",
        "yes_how": "phone",
        "yes_on": LATER.date().isoformat(),
    }


@pytest.mark.parametrize("order", [("own_wish", "suspected_loss"), ("suspected_loss", "own_wish")])
def test_withdrawing_a_suspicion_never_ends_a_wish(
    clinic: Clinic, couple: Couple, order: tuple[str, str]
) -> None:
    assert silence(couple, *order).silent_reason == "suspected_loss"
    nurse = staff(clinic, "nurse")
    still = end_silence(couple=couple, actor=nurse, at=LATER, yes=a_yes(LATER))
    assert (still.silent_since, still.silent_reason) == (AT, "own_wish")
    assert Change.objects.latest("id").detail["silent"] is True
    assert not end_silence(couple=couple, actor=nurse, at=LATER, yes=a_yes(LATER)).is_silent


def test_ending_what_has_ended_changes_nothing(couple: Couple) -> None:
    before = Change.objects.count()
    assert not end_silence(couple=couple, actor=SYSTEM, at=LATER, yes=a_yes(LATER)).is_silent
    assert Change.objects.count() == before


@pytest.mark.parametrize("reason", ["own_wish", "paused"])
def test_what_they_asked_for_ends_when_they_say_so(couple: Couple, reason: str) -> None:
    silence(couple, reason)
    nurse = staff(couple.clinic, "nurse")
    assert not end_silence(couple=couple, actor=nurse, at=LATER, yes=a_yes(LATER)).is_silent


@pytest.mark.parametrize("reason", ["separated", "bereaved"])
def test_a_hard_reason_ends_by_one_nurse_or_doctor_and_never_by_a_machine(
    clinic: Clinic, couple: Couple, reason: str
) -> None:
    silence(couple, "paused", reason)
    with pytest.raises(Forbidden):
        end_silence(
            couple=couple, actor=Actor.client(name="portal", clinic_id=clinic.pk), at=LATER, yes=a_yes(LATER)
        )
    assert not end_silence(couple=couple, actor=staff(clinic, "doctor"), at=LATER, yes=a_yes(LATER)).is_silent


def test_each_reason_has_a_moment_of_its_own(couple: Couple) -> None:
    assert silence(couple, "own_wish").silent_reason_since == AT
    later = silence_couple(couple=couple, reason="confirmed_loss", actor=SYSTEM, at=LATER)
    assert (later.silent_since, later.silent_reason_since) == (AT, LATER)


def test_a_slip_is_taken_back_by_its_recorder_alone_within_a_quarter_of_an_hour_if_nothing_was_sent(
    clinic: Clinic, couple: Couple
) -> None:
    nurse, other = staff(clinic, "nurse"), staff(clinic, "nurse", "nora")
    silence_couple(couple=couple, reason="confirmed_loss", actor=nurse, at=AT)
    soon, late = AT + timedelta(minutes=15), AT + timedelta(minutes=16)
    for actor, at, nothing_sent in ((nurse, soon, False), (other, soon, True), (nurse, late, True)):
        with pytest.raises(Forbidden):
            end_silence(couple=couple, actor=actor, at=at, nothing_sent=nothing_sent)
    assert not end_silence(couple=couple, actor=nurse, at=soon, nothing_sent=True).is_silent


def test_nothing_goes_again_without_their_yes_and_the_row_says_whose_it_was(
    clinic: Clinic, couple: Couple
) -> None:
    silence(couple, "suspected_loss")
    nurse = staff(clinic, "nurse")
    said = a_yes(LATER)
    for yes, field in (
        (None, "yes"),
        (replace(said, of="mother"), "yes_of"),
        (replace(said, how="telepathy"), "yes_how"),
        (replace(said, on=LATER.date() + timedelta(days=2)), "yes_on"),
        (replace(said, on=AT.date() - timedelta(days=1)), "yes_on"),
    ):
        with pytest.raises(Invalid) as refused:
            end_silence(couple=couple, actor=nurse, at=LATER, yes=yes)
        assert refused.value.field == field
    assert Couple.objects.get(pk=couple.pk).is_silent
    assert not end_silence(couple=couple, actor=nurse, at=LATER, yes=said).is_silent


@pytest.mark.parametrize("reason", ["own_wish", "paused"])
def test_no_machine_and_no_laboratory_says_that_they_wish_messages_again(
    clinic: Clinic, couple: Couple, reason: str
) -> None:
    silence(couple, reason)
    for actor in (Actor.client(name="portal", clinic_id=clinic.pk), staff(clinic, "lab")):
        with pytest.raises(Forbidden):
            end_silence(couple=couple, actor=actor, at=LATER, yes=a_yes(LATER))
    assert Couple.objects.get(pk=couple.pk).is_silent


def test_that_one_of_them_ended_it_outlives_a_loss(clinic: Clinic, couple: Couple) -> None:
    silence(couple, "confirmed_loss")
    ended = silence_couple(couple=couple, reason="separated", actor=SYSTEM, at=LATER)
    assert (ended.silent_reason, ended.parted_since) == ("confirmed_loss", LATER)
    nurse, doctor = staff(clinic, "nurse"), staff(clinic, "doctor")
    left = end_silence(couple=couple, actor=nurse, second_actor=doctor, at=LATER, yes=a_yes(LATER))
    assert (left.silent_reason, left.silent_since) == ("separated", LATER)
    again = end_silence(couple=couple, actor=nurse, at=LATER, yes=a_yes(LATER))
    assert (again.is_silent, again.parted_since) == (False, None)


def test_what_she_stopped_or_has_to_bear_he_does_not_begin_again(clinic: Clinic, couple: Couple) -> None:
    nurse, his = staff(clinic, "nurse"), replace(a_yes(LATER), of="partner")
    her = Actor.patient(person_id=couple.recipient_id, clinic_id=clinic.pk)
    stop_messages(person=couple.recipient, actor=her, at=AT)
    with pytest.raises(Invalid, match="recipient has not said yes"):
        end_silence(couple=couple, actor=nurse, at=LATER, yes=his)
    silence_couple(couple=couple, reason="suspected_loss", actor=nurse, at=AT)
    with pytest.raises(Invalid, match="recipient has not said yes"):
        end_silence(couple=couple, actor=nurse, at=LATER, yes=his)
    assert Couple.objects.get(pk=couple.pk).silent_reason == "suspected_loss"
    other = a_couple(clinic)
    silence_couple(couple=other, reason="paused", actor=nurse, at=AT)
    assert not end_silence(couple=other, actor=nurse, at=LATER, yes=his).is_silent
