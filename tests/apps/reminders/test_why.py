"""Why was this sent, and why was nothing sent: the answer for each person of a visit, from the rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from apps.clinic.services import brake
from apps.couples.services import PersonInput, silence_couple, update_person
from apps.reminders.services import set_message_hours
from apps.reminders.why import Explanation, explain
from apps.treatments.models import Appointment
from tests.apps.reminders.acts import BOOKED, DAY_BEFORE, OTHER, THREE_DAYS_BEFORE, Scene, a_scene
from tests.rows import SYSTEM

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def scene() -> Scene:
    return a_scene()


def hers(scene: Scene) -> Explanation:
    both = explain(appointment=scene.visit, at=BOOKED + MINUTE)
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


def book_lines(scene: Scene, at: datetime = BOOKED) -> list[tuple[str, str]]:
    """Of "please book", for her and for him: what became of it or why there is none."""
    found = explain(appointment=scene.visit, at=at)
    assert [one.role for one in found] == ["recipient", "partner"]
    return [
        (line.kind, line.delivery.state if line.delivery else line.why_none)
        for one in found
        for line in one.lines
    ]


def asking(scene: Scene, days: int | None) -> None:
    set_message_hours(
        clinic=scene.clinic,
        quiet_from=time(21),
        quiet_to=time(8),
        send_at=time(10),
        book_days_before=days,
        actor=SYSTEM,
        at=BOOKED,
    )


def test_of_a_visit_that_nobody_has_booked_it_is_said_who_is_asked_and_when_or_why_nobody_is(
    scene: Scene,
) -> None:
    rows = Appointment.objects.filter(pk=scene.visit.pk)
    assert book_lines(scene) == [("book", "off"), ("book", "off")]
    asking(scene, 7)
    days = [date(2026, 1, 20), date(2026, 1, 26)]
    rows.update(earliest_on=days[0], latest_on=days[1], bookable_from=days[0], bookable_to=days[1])
    assert book_lines(scene) == [("book", "to_come"), ("book", "other")]
    due = explain(appointment=scene.visit, at=BOOKED)[0].lines[0].due_at
    assert due == datetime(2026, 1, 13, 4, 30, tzinfo=UTC)
    assert hers(scene).holds_now == ()
    scene.derive(BOOKED)
    assert book_lines(scene) == [("book", "pending"), ("book", "other")]
    rows.update(held=True)
    scene.derive(BOOKED)
    assert book_lines(scene) == [("book", "withdrawn"), ("book", "other")]
    assert hers(scene).holds_now == ("held",)
    rows.update(held=False)
    scene.derive(BOOKED)
    scene.send_due(due)
    assert book_lines(scene, due) == [("book", "sent"), ("book", "other_told")]
    rows.update(latest_on=days[0], bookable_to=days[0])
    assert ("book-2", "few_days") in book_lines(scene, due + timedelta(days=8))
    silence_couple(couple=scene.couple, reason="own_wish", actor=scene.nurse, at=due)
    assert hers(scene).holds_now == ("silent",)


def test_nobody_to_write_to_and_no_days_are_said(scene: Scene) -> None:
    asking(scene, 7)
    for person in (scene.recipient, scene.partner):
        unwilling = replace(PersonInput.of(person), wants_email=False)
        update_person(person=person, given=unwilling, actor=scene.nurse, at=BOOKED)
    assert book_lines(scene) == [("book", "no_way"), ("book", "no_way")]
    assert hers(scene).holds_now == ("not_wanted",)
    Appointment.objects.filter(pk=scene.visit.pk).update(earliest_on=None)
    assert book_lines(scene) == [("book", "no_days"), ("book", "no_days")]


def test_a_reminder_is_due_at_the_hour_of_where_the_person_lives(scene: Scene) -> None:
    dubai = replace(PersonInput.of(scene.recipient), zone="Asia/Dubai")
    update_person(person=scene.recipient, given=dubai, actor=scene.nurse, at=BOOKED)
    scene.book()
    due = {line.kind: line.due_at for line in hers(scene).lines}
    scene.derive(BOOKED)
    assert due["reminder-3d"] == THREE_DAYS_BEFORE + timedelta(minutes=90)
    assert due == {line.kind: line.due_at for line in hers(scene).lines}
