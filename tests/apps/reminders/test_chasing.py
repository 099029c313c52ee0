""" "Please book": told once, told anew when the days change, in time, and never for nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from apps.clinic.errors import Conflict
from apps.couples.routes import RouteInput, add_route
from apps.couples.services import PersonInput, update_person
from apps.reminders import services
from apps.reminders.chasing import ENOUGH_DAYS
from apps.reminders.models import Delivery
from apps.reminders.queries import cards_of
from apps.treatments.models import Appointment
from tests import rows
from tests.apps.reminders.acts import BOOKED, VISIT, Scene, a_scene

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
# Wednesday 7 January, 10:00 in Hyderabad; BOOKED is 11:30 of that day.
TEN = datetime(2026, 1, 7, 4, 30, tzinfo=UTC)


@pytest.fixture
def scene() -> Scene:
    """The first dose is the one visit that nobody has booked."""
    scene = a_scene()
    others = Appointment.objects.filter(treatment=scene.treatment).exclude(pk=scene.visit.pk)
    others.update(earliest_on=None, latest_on=None, bookable_from=None, bookable_to=None)
    return scene


def asking(scene: Scene, days: int | None = 7) -> None:
    services.set_message_hours(
        clinic=scene.clinic,
        quiet_from=time(21),
        quiet_to=time(8),
        send_at=time(10),
        book_days_before=days,
        actor=rows.SYSTEM,
        at=BOOKED,
    )


def good(scene: Scene, first: str, last: str) -> None:
    """The good days of the visit are now these of January, or of another month: "12", "02-12"."""
    ends = [date.fromisoformat(f"2026-{day if '-' in day else f'01-{day}'}") for day in (first, last)]
    Appointment.objects.filter(pk=scene.visit.pk).update(
        earliest_on=ends[0], latest_on=ends[1], bookable_from=ends[0], bookable_to=ends[1]
    )


def asked(scene: Scene) -> list[tuple[str, str, str]]:
    """Every "please book": its kind, state, and when it is due in Hyderabad."""
    found = Delivery.objects.filter(appointment_id=scene.visit.pk, kind__startswith="book")
    return [
        (row.kind, row.state, f"{row.due_at + timedelta(hours=5, minutes=30):%d %H:%M}")
        for row in found.order_by("created_at", "due_at", "kind")
    ]


def test_whoever_was_told_days_that_no_longer_hold_hears_the_new_ones_once(scene: Scene) -> None:
    asking(scene)
    good(scene, "20", "26")
    assert scene.send_due(BOOKED) == []
    told_at = TEN + timedelta(days=6)
    assert scene.send_due(told_at) == ["sent"]
    assert asked(scene) == [("book", "sent", "13 10:00")]
    # More days than they were told: what they know holds.
    good(scene, "19", "28")
    assert scene.send_due(told_at + MINUTE) == []
    assert len(asked(scene)) == 1
    good(scene, "02-03", "02-09")
    scene.derive(told_at + MINUTE)
    assert asked(scene)[1:] == [("book-2", "pending", "14 10:00")]
    scene.derive(told_at + 2 * MINUTE)
    assert scene.send_due(told_at + timedelta(days=1)) == ["sent"]
    second = scene.channel.letters[-1]
    assert second.text == "new days"
    assert "Tue 3 Feb" in second.body
    assert "Mon 9 Feb" in second.body
    assert "before no longer hold" in second.body
    assert scene.send_due(told_at + timedelta(days=2)) == []
    # Back to what was told first: the last word was another, so it is said again.
    good(scene, "20", "26")
    assert scene.send_due(told_at + timedelta(days=3)) == []
    assert [kind for kind, _state, _due in asked(scene)] == ["book", "book-2", "book-3"]


def test_a_correction_that_waits_goes_when_the_days_turn_again_or_the_visit_is_booked(scene: Scene) -> None:
    asking(scene)
    good(scene, "20", "26")
    scene.derive(BOOKED)
    told_at = TEN + timedelta(days=6)
    scene.send_due(told_at)
    good(scene, "22", "28")
    scene.derive(told_at + MINUTE)
    good(scene, "24", "30")
    scene.derive(told_at + 2 * MINUTE)
    assert asked(scene)[1:] == [("book-2", "withdrawn", "14 10:00"), ("book-2", "pending", "14 10:00")]
    # Those that were told hold again: nothing is left to say.
    good(scene, "20", "26")
    scene.derive(told_at + 3 * MINUTE)
    assert [state for _kind, state, _due in asked(scene)] == ["sent", "withdrawn", "withdrawn"]
    good(scene, "24", "30")
    scene.derive(told_at + 4 * MINUTE)
    assert [state for _kind, state, _due in asked(scene)] == ["sent", "withdrawn", "pending"]
    scene.book(at=told_at + timedelta(hours=1), starts_at=VISIT)
    scene.send_due(told_at + timedelta(days=1))
    assert [letter.text for letter in scene.channel.letters].count("new days") == 0
    assert [state for _kind, state, _due in asked(scene)] == ["sent", "withdrawn", "withdrawn"]


def test_where_she_cannot_be_written_to_he_who_gives_is_asked(scene: Scene) -> None:
    asking(scene)
    hers = replace(PersonInput.of(scene.recipient), wants_email=False)
    update_person(person=scene.recipient, given=hers, actor=scene.nurse, at=BOOKED)
    good(scene, "20", "26")
    scene.derive(BOOKED)
    scene.send_due(TEN + timedelta(days=6))
    [row] = Delivery.objects.filter(kind="book")
    assert (row.person_id, row.role, row.state) == (scene.couple.partner_id, "partner", "sent")


@pytest.mark.parametrize(
    ("first", "last", "due"),
    [
        ("14", "20", "08 10:00"),  # seven days before is this morning, and past
        ("05", "12", "08 10:00"),  # open since Monday
        ("05", "10", "08 10:00"),  # three days are left on the 8th
        ("05", "09", ""),  # two would be
        ("08", "09", "08 10:00"),  # a short one: on its first day
        ("07", "08", ""),
    ],
)
def test_an_open_window_is_told_at_the_next_hour_while_enough_days_are_left(
    scene: Scene, first: str, last: str, due: str
) -> None:
    assert ENOUGH_DAYS == 3
    asking(scene)
    good(scene, first, last)
    scene.derive(BOOKED)
    scene.derive(BOOKED + MINUTE)
    assert asked(scene) == ([("book", "pending", due)] if due else [])


def test_the_hour_is_that_of_where_the_person_lives_and_a_late_one_is_not_sent(scene: Scene) -> None:
    asking(scene)
    dubai = replace(PersonInput.of(scene.recipient), zone="Asia/Dubai")
    update_person(person=scene.recipient, given=dubai, actor=scene.nurse, at=BOOKED)
    good(scene, "05", "10")
    scene.derive(BOOKED)
    assert asked(scene) == [("book", "pending", "08 11:30")]
    scene.send_due(TEN + timedelta(days=2))
    assert [state for _kind, state, _due in asked(scene)] in (["withdrawn"], ["expired"])


def test_the_switch_of_the_clinic_takes_effect_for_everybody_who_has_something_to_book(scene: Scene) -> None:
    good(scene, "20", "26")
    services.derive(at=BOOKED)
    assert asked(scene) == []
    asking(scene)
    services.derive(at=BOOKED)
    assert asked(scene) == [("book", "pending", "13 10:00")]
    asking(scene, None)
    services.derive(at=BOOKED)
    assert asked(scene) == [("book", "withdrawn", "13 10:00")]


def test_a_card_that_asks_is_listed_and_handed_over_while_its_days_hold_and_nothing_is_booked(
    scene: Scene,
) -> None:
    asking(scene)
    add_route(
        person=scene.recipient,
        given=RouteInput("card", "", consented_at=BOOKED),
        actor=scene.nurse,
        at=BOOKED,
    )
    good(scene, "20", "26")
    scene.derive(BOOKED)
    at = TEN + timedelta(days=6)
    scene.send_due(at)
    [first] = cards_of(scene.clinic, at)
    assert first.kind == "book"
    good(scene, "24", "30")
    with pytest.raises(Conflict, match="no longer"):
        services.hand_over(delivery=first, actor=scene.nurse, at=at)
    scene.derive(at)
    at += timedelta(days=1)
    scene.send_due(at)
    [second] = cards_of(scene.clinic, at)
    assert second.kind == "book-2"
    services.hand_over(delivery=second, actor=scene.nurse, at=at)
    Delivery.objects.filter(pk=second.pk).update(receipt="")
    scene.book(at=at)
    assert {card.kind for card in cards_of(scene.clinic, at)} == set()
