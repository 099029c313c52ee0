"""The question of a reminder and its answer: done where nothing has to be guessed, a text like any other elsewhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from apps.booking.coming_models import ComingWord
from apps.booking.models import CallTask
from apps.couples.models import Person
from apps.couples.routes import RouteInput, add_route
from apps.couples.services import PersonInput, update_person
from apps.reminders import services
from apps.reminders.answering import answer_in
from apps.reminders.models import Delivery, InboundText
from apps.reminders.present import is_paused
from tests import rows
from tests.apps.reminders.acts import BOOKED, OTHER, THREE_DAYS_BEFORE, VISIT, Scene, a_scene

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NUMBER = "+447700900123"
QUESTION = "Reply 1 if you are coming, 2 to change it."


def reached(scene: Scene, person: Person, **given: str) -> None:
    route = RouteInput("sms", NUMBER, consented_at=BOOKED, **given)  # type: ignore[arg-type]
    add_route(person=person, given=route, actor=scene.nurse, at=BOOKED)


@pytest.fixture
def scene() -> Scene:
    """She is reached by an SMS that can be answered, he wishes no messages."""
    scene = a_scene()
    services.set_channel(
        clinic=scene.clinic, channel="sms", provider="demo", actor=rows.SYSTEM, at=BOOKED, secret=""
    )
    unwilling = replace(PersonInput.of(scene.partner), wants_email=False)
    update_person(person=scene.partner, given=unwilling, actor=scene.nurse, at=BOOKED)
    reached(scene, scene.recipient)
    return scene


def reminded(scene: Scene) -> str:
    """The reminder of three days before, as it went."""
    scene.book()
    scene.send_due(BOOKED)
    scene.send_due(THREE_DAYS_BEFORE)
    return Delivery.objects.get(kind="reminder-3d", state="sent").body


def answered(scene: Scene, text: str, at: datetime = THREE_DAYS_BEFORE + HOUR) -> InboundText:
    number = str(InboundText.objects.count())
    return services.receive_text(
        clinic=scene.clinic, channel="sms", address=NUMBER, text=text, provider_id=number, at=at
    )


@pytest.mark.parametrize(
    ("text", "answer"),
    [("1", 1), (" 2. ", 2), ("१", 1), ("౨", 2), ("۱", 1), ("1 2", None), ("12", None), ("3", None), ("", None),
     ("yes 1", None), ("one", None), ("²", None)],
)  # fmt: skip
def test_an_answer_is_the_whole_text_in_any_script(text: str, answer: int | None) -> None:
    assert answer_in(text) == answer


def test_one_says_that_she_comes_and_two_asks_for_a_call_and_neither_holds_anything_back(
    scene: Scene,
) -> None:
    assert QUESTION in reminded(scene)
    row = answered(scene, "1")
    word = ComingWord.objects.get()
    assert (word.person_id, word.appointment_id, word.starts_at) == (
        scene.recipient.pk,
        scene.visit.pk,
        VISIT,
    )
    assert row.read_at is not None
    assert not CallTask.objects.exists()
    answered(scene, "1")
    assert ComingWord.objects.count() == 1
    answered(scene, "2")
    task = CallTask.objects.get()
    assert (task.why, task.appointment_id) == ("change", scene.visit.pk)
    assert scene.visit.status == "booked"
    assert not is_paused(scene.recipient)
    assert not Delivery.objects.filter(kind="auto-reply").exists()


def unread(scene: Scene, row: InboundText) -> None:
    """A text like any other, and whoever rings is told why messages wait."""
    row.refresh_from_db()
    assert row.read_at is None
    assert is_paused(scene.recipient)
    assert not ComingWord.objects.exists()
    task = CallTask.objects.get(why="wrote")
    assert "Answered 1 or 2" in task.note


def test_nothing_is_guessed_before_the_question_was_put(scene: Scene) -> None:
    scene.book()
    scene.send_due(BOOKED)
    assert QUESTION not in Delivery.objects.get(kind="confirmation", state="sent").body
    unread(scene, answered(scene, "1", BOOKED + HOUR))


def test_an_answer_to_a_time_that_no_longer_stands_is_read_by_somebody(scene: Scene) -> None:
    reminded(scene)
    scene.move(OTHER, THREE_DAYS_BEFORE + MINUTE)
    unread(scene, answered(scene, "1"))


def test_an_answer_that_fits_two_visits_is_read_by_somebody(scene: Scene) -> None:
    reminded(scene)
    row = Delivery.objects.get(kind="reminder-3d")
    other = rows.visit(rows.another(scene.clinic), "baseline-antibody-test")
    type(other).objects.filter(pk=other.pk).update(
        status="booked", starts_at=OTHER, ends_at=OTHER + HOUR, zone="Asia/Kolkata", pencilled=False,
        recipient=scene.recipient, touched=True,
    )  # fmt: skip
    row.pk, row.appointment_id, row.starts_at = None, other.pk, OTHER
    row.save(force_insert=True)
    unread(scene, answered(scene, "2"))


def test_a_number_that_others_read_is_not_asked_and_its_answer_is_read_by_somebody(scene: Scene) -> None:
    reached(scene, scene.partner)
    assert QUESTION not in reminded(scene)
    unread(scene, answered(scene, "1"))


def test_where_the_wording_was_registered_without_the_question_it_goes_without(scene: Scene) -> None:
    scene.recipient.routes.update(address="+919848000001")
    services.set_channel(
        clinic=scene.clinic,
        channel="sms",
        provider="twilio",
        secret="MESSAGES_KEY",
        actor=rows.SYSTEM,
        at=BOOKED,
    )
    for name, text in (
        (
            "confirmation",
            "Appointment {#var#}, 1 Lake Road. To change it call {#var#}. To end messages reply STOP.",
        ),
        (
            "reminder",
            "Appointment {#var#}, 1 Lake Road. To change it call {#var#}. To end messages reply STOP.",
        ),
    ):
        register(scene, name, text)
    assert QUESTION not in reminded(scene)
    asking = (
        f"Appointment {{#var#}}, 1 Lake Road. {QUESTION} Lake Road, {{#var#}}. To end messages reply STOP."
    )
    register(scene, "reminder", asking)
    scene.send_due(THREE_DAYS_BEFORE + timedelta(days=2))
    assert QUESTION in Delivery.objects.get(kind="reminder-1d").body


def register(scene: Scene, name: str, text: str) -> None:
    services.register_text(
        clinic=scene.clinic,
        channel="sms",
        name=name,
        language="en",
        template_id="1",
        text=text,
        actor=rows.SYSTEM,
        at=BOOKED,
    )
