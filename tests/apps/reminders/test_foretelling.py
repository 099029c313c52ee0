"""The messages that a booking would change are foretold by the rules by which they are derived."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from apps.booking.previewing import preview_booking
from apps.couples import services as couples
from apps.couples.models import SilenceReason
from apps.reminders.foretelling import MessageChange, foretell
from apps.reminders.models import Delivery
from tests.apps.reminders.acts import BOOKED, DAY_BEFORE, OTHER, THREE_DAYS_BEFORE, VISIT, Scene, a_scene

MOVED = BOOKED + timedelta(hours=1)


@pytest.fixture
def scene(db: None) -> Scene:
    return a_scene()


def foretold(scene: Scene, starts_at: datetime, at: datetime) -> tuple[MessageChange, ...]:
    seen = preview_booking(appointment=scene.visit, starts_at=starts_at, at=at)
    return foretell(treatment=scene.treatment, rows=seen.rows, at=at)


def brief(changes: tuple[MessageChange, ...], role: str = "recipient") -> list[tuple[str, str, datetime]]:
    return [(one.change, one.text, one.due_at) for one in changes if one.role == role]


def test_a_booking_foretells_its_confirmation_and_reminders_to_each(scene: Scene) -> None:
    told = foretold(scene, VISIT, BOOKED)
    assert brief(told) == [
        ("due", "confirmation", BOOKED),
        ("due", "reminder", THREE_DAYS_BEFORE),
        ("due", "reminder", DAY_BEFORE),
    ]
    assert brief(told, "partner") == brief(told)


def test_a_move_foretells_what_is_withdrawn_and_the_message_of_the_new_time(scene: Scene) -> None:
    scene.book()
    scene.send_due(BOOKED)
    told = foretold(scene, OTHER, MOVED)
    day = timedelta(days=1)
    assert sorted(brief(told)) == sorted(
        [
            ("withdrawn", "reminder", THREE_DAYS_BEFORE),
            ("withdrawn", "reminder", DAY_BEFORE),
            ("due", "moved", MOVED),
            ("due", "reminder", THREE_DAYS_BEFORE + day),
            ("due", "reminder", DAY_BEFORE + day),
        ]
    )


def test_what_is_foretold_is_what_is_derived_once_it_is_saved(scene: Scene) -> None:
    scene.book()
    scene.send_due(BOOKED)
    told = foretold(scene, OTHER, MOVED)
    before = {row.pk: row.state for row in Delivery.objects.all()}
    scene.move(OTHER, MOVED)
    scene.derive(MOVED)
    new = {(row.role, row.due_at, row.starts_at) for row in Delivery.objects.exclude(pk__in=before)}
    gone = {
        (row.role, row.due_at, row.starts_at)
        for row in Delivery.objects.filter(pk__in=before)
        if row.state == "withdrawn" and before[row.pk] != "withdrawn"
    }
    assert {(one.role, one.due_at, one.about) for one in told if one.change == "due"} == new
    assert {(one.role, one.due_at, one.about) for one in told if one.change == "withdrawn"} == gone


def test_a_booking_that_no_sweep_has_seen_is_not_foretold_as_news_of_a_move(scene: Scene) -> None:
    scene.book()
    told = foretold(scene, OTHER, MOVED)
    assert {one.about for one in told if one.change == "due"} == {OTHER}
    assert not [one for one in told if one.change == "withdrawn"]


def test_nothing_is_foretold_of_a_silent_couple(scene: Scene) -> None:
    couples.silence_couple(
        couple=scene.couple, reason=SilenceReason.CONFIRMED_LOSS, actor=scene.nurse, at=BOOKED
    )
    assert foretold(scene, VISIT, BOOKED + timedelta(minutes=1)) == ()


def test_foretelling_writes_nothing(scene: Scene) -> None:
    foretold(scene, VISIT, BOOKED)
    assert not Delivery.objects.exists()
    assert scene.visit.status == "proposed"
