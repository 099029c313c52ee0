"""Calls: asked for once, kept until something came of them, and taken back where it was a slip."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from apps.booking.call_models import CallOutcome, CallState, CallTask, CallWhy, Outcome
from apps.booking.calls.outcomes import record_call, take_note, undo_outcome
from apps.booking.calls.services import ask_for_call, assign_call, call_about
from apps.booking.services import book, cancel
from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.clinic.models import Change, Clinic, User
from apps.couples.inputs import PersonInput
from apps.couples.models import Person
from apps.couples.services import update_person
from apps.treatments.models import Treatment
from tests import rows

pytestmark = pytest.mark.django_db
AT = rows.AT
LATER = AT + timedelta(hours=1)


@pytest.fixture
def treatment(clinic: Clinic) -> Treatment:
    return rows.a_treatment(clinic)


@pytest.fixture
def task(treatment: Treatment, nurse: Actor) -> CallTask:
    return ask_for_call(couple=treatment.couple, why="other", due_at=AT, actor=nurse, at=AT)


def cancelled(treatment: Treatment, nurse: Actor) -> CallTask:
    """The call about a baseline test that was booked and cancelled."""
    visit = rows.visit(treatment, "baseline-antibody-test")
    book(appointment=visit, starts_at=AT + timedelta(days=1), actor=nurse, at=AT)
    cancel(appointment=visit, reason="They are ill", actor=nurse, at=AT)
    return call_about(appointment=rows.visit(treatment, visit.step), actor=nurse, at=AT)


def test_asking_twice_for_one_call_gives_one_row_due_at_the_earlier_moment(
    treatment: Treatment, nurse: Actor
) -> None:
    asked = [
        ask_for_call(couple=treatment.couple, why="stopped", due_at=due, actor=nurse, at=AT)
        for due in (LATER, AT, LATER)
    ]
    assert len({one.pk for one in asked}) == 1
    assert CallTask.objects.get().due_at == AT


def test_calls_of_one_couple_about_different_things_stand_beside_each_other(
    treatment: Treatment, nurse: Actor
) -> None:
    for why in ("stopped", "closing"):
        ask_for_call(couple=treatment.couple, why=why, due_at=AT, actor=nurse, at=AT)
    visit = rows.visit(treatment, "baseline-antibody-test")
    ask_for_call(couple=treatment.couple, why="stopped", due_at=AT, actor=nurse, at=AT, appointment=visit)
    assert CallTask.objects.count() == 3


def test_a_reason_that_nobody_knows_is_refused_with_those_that_are(
    treatment: Treatment, nurse: Actor
) -> None:
    with pytest.raises(Invalid) as refused:
        ask_for_call(couple=treatment.couple, why="because", due_at=AT, actor=nurse, at=AT)
    assert refused.value.field == "why"
    assert all(why in refused.value.remedy for why in CallWhy.values)


def test_a_neighbour_can_neither_ask_nor_answer(task: CallTask) -> None:
    stranger = rows.staff(rows.a_clinic(rows.LONDON), "nurse")
    with pytest.raises(NotFound):
        ask_for_call(couple=task.couple, why="other", due_at=AT, actor=stranger, at=AT)
    with pytest.raises(NotFound):
        record_call(task=task, outcome="reached", actor=stranger, at=AT)
    with pytest.raises(NotFound):
        assign_call(task=task, nurse=None, actor=stranger, at=AT)


def test_a_laboratory_may_ask_for_a_call_and_not_answer_it(clinic: Clinic, treatment: Treatment) -> None:
    lab = rows.staff(clinic, "lab")
    task = ask_for_call(couple=treatment.couple, why="no_visit", due_at=AT, actor=lab, at=AT)
    with pytest.raises(Forbidden):
        record_call(task=task, outcome="reached", actor=lab, at=AT)


def test_call_again_puts_the_call_off_to_that_day_as_the_clinic_opens_its_day(
    task: CallTask, nurse: Actor
) -> None:
    record_call(task=task, outcome="call_again", again_on=AT.date() + timedelta(days=3), actor=nurse, at=AT)
    task.refresh_from_db()
    assert task.state == CallState.OPEN
    assert task.due_at.isoformat() == "2026-01-07T18:30:00+00:00"  # midnight in Hyderabad


@pytest.mark.parametrize("days", [None, -1])
def test_call_again_needs_a_day_from_today_on(task: CallTask, nurse: Actor, days: int | None) -> None:
    on = None if days is None else AT.date() + timedelta(days=days)
    with pytest.raises(Invalid) as refused:
        record_call(task=task, outcome="call_again", again_on=on, actor=nurse, at=AT)
    assert refused.value.field == "again_on"
    assert not CallOutcome.objects.exists()


def test_reached_ends_a_call_that_stands_for_itself(task: CallTask, nurse: Actor) -> None:
    record_call(task=task, outcome="reached", note="All is well", actor=nurse, at=AT)
    task.refresh_from_db()
    assert task.state == CallState.DONE
    with pytest.raises(Conflict):
        record_call(task=task, outcome="reached", actor=nurse, at=LATER)


def test_a_cancelled_visit_is_not_done_by_a_mere_talk(treatment: Treatment, nurse: Actor) -> None:
    task = cancelled(treatment, nurse)
    assert task.why == CallWhy.CANCELLED
    with pytest.raises(Invalid):
        record_call(task=task, outcome="reached", actor=nurse, at=LATER)


def test_booked_is_said_only_of_a_visit_that_is_booked(treatment: Treatment, nurse: Actor) -> None:
    task = cancelled(treatment, nurse)
    with pytest.raises(Conflict) as refused:
        record_call(task=task, outcome="booked", actor=nurse, at=LATER)
    assert refused.value.code == "not_booked"
    visit = rows.visit(treatment, "baseline-antibody-test")
    book(appointment=visit, starts_at=AT + timedelta(days=2), actor=nurse, at=LATER)
    record_call(task=task, outcome="booked", actor=nurse, at=LATER)
    task.refresh_from_db()
    assert task.state == CallState.DONE


def test_a_wrong_number_is_marked_for_everybody_and_the_call_stays(task: CallTask, nurse: Actor) -> None:
    partner = task.couple.partner
    record_call(task=task, outcome="wrong_number", person=partner, actor=nurse, at=AT)
    task.refresh_from_db()
    assert task.state == CallState.OPEN
    assert Person.objects.get(pk=partner.pk).phone_wrong_since == AT
    another = replace(PersonInput.of(partner), phone="+91 98480 00000")
    update_person(person=partner, given=another, actor=nurse, at=LATER)
    assert Person.objects.get(pk=partner.pk).phone_wrong_since is None


def test_a_wrong_number_is_one_of_the_couple(clinic: Clinic, task: CallTask, nurse: Actor) -> None:
    other = rows.a_couple(clinic).partner
    for person in (None, other):
        with pytest.raises(Invalid) as refused:
            record_call(task=task, outcome="wrong_number", person=person, actor=nurse, at=AT)
        assert refused.value.field == "person"
    with pytest.raises(Invalid):
        record_call(task=task, outcome="wrong_number", person=task.couple.recipient, actor=nurse, at=AT)


def test_who_declined_stays_until_a_doctor_takes_note(clinic: Clinic, task: CallTask, nurse: Actor) -> None:
    record_call(task=task, outcome="declined", actor=nurse, at=AT)
    task.refresh_from_db()
    assert task.state == CallState.DECLINED
    with pytest.raises(Forbidden):
        take_note(task=task, actor=nurse, at=LATER)
    take_note(task=task, actor=rows.staff(clinic, "doctor"), at=LATER)
    task.refresh_from_db()
    assert task.state == CallState.DONE


def test_a_visit_whose_couple_declined_stays_noted_and_is_never_lost(
    clinic: Clinic, treatment: Treatment, nurse: Actor
) -> None:
    task = cancelled(treatment, nurse)
    record_call(task=task, outcome="declined", actor=nurse, at=LATER)
    take_note(task=task, actor=rows.staff(clinic, "doctor"), at=LATER + timedelta(hours=1))
    task.refresh_from_db()
    assert task.state == CallState.NOTED


@pytest.mark.parametrize("outcome", ["call_again", "declined", "reached", "wrong_number"])
def test_the_last_outcome_can_be_taken_back_once(task: CallTask, nurse: Actor, outcome: str) -> None:
    again = AT.date() + timedelta(days=9) if outcome == "call_again" else None
    person = task.couple.partner if outcome == "wrong_number" else None
    said = record_call(task=task, outcome=outcome, again_on=again, person=person, actor=nurse, at=LATER)
    undo_outcome(outcome=said, actor=nurse, at=LATER + timedelta(minutes=1))
    task.refresh_from_db()
    assert (task.state, task.due_at) == (CallState.OPEN, AT)
    assert Person.objects.filter(phone_wrong_since__isnull=False).count() == 0
    with pytest.raises(Conflict):
        undo_outcome(outcome=said, actor=nurse, at=LATER + timedelta(minutes=2))
    assert list(task.outcomes.values_list("outcome", flat=True)) == [outcome, Outcome.UNDONE]


def test_outcomes_can_be_neither_altered_nor_deleted(task: CallTask, nurse: Actor) -> None:
    record_call(task=task, outcome="reached", actor=nurse, at=AT)
    with pytest.raises(DatabaseError), transaction.atomic():
        CallOutcome.objects.update(note="another")
    with pytest.raises(DatabaseError), transaction.atomic():
        CallOutcome.objects.all().delete()


def test_no_change_row_of_a_call_holds_what_was_said(task: CallTask, nurse: Actor) -> None:
    record_call(task=task, outcome="reached", note="Lalitha is ill", actor=nurse, at=AT)
    told = Change.objects.filter(subject_id=task.pk)
    assert [change.kind for change in told] == ["call.asked", "call.outcome"]
    assert all("Lalitha" not in str(change.detail) for change in told)


def test_a_call_is_given_to_a_nurse_of_the_clinic_only(clinic: Clinic, task: CallTask, nurse: Actor) -> None:
    doctor = User.objects.get(pk=rows.staff(clinic, "doctor").user_id)
    with pytest.raises(Invalid):
        assign_call(task=task, nurse=doctor, actor=nurse, at=AT)
    mine = User.objects.get(pk=nurse.user_id)
    assert assign_call(task=task, nurse=mine, actor=nurse, at=AT).assigned == mine
