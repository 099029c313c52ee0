"""By which way a message goes, when it may ring, which wording it needs, and who tells it where nothing can."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from apps.booking import services as booking
from apps.booking.calls.outcomes import record_call_about, undo_outcome
from apps.booking.models import CallTask
from apps.couples.models import ContactRoute, Person
from apps.couples.routes import RouteInput, add_route
from apps.couples.services import PersonInput, silence_couple, update_person
from apps.reminders import services
from apps.reminders.channels import Letter, Outcome, Verdict
from apps.reminders.messages import render
from apps.reminders.models import Delivery
from apps.reminders.registered import variables_of
from tests import rows
from tests.apps.reminders.acts import BOOKED, DAY_BEFORE, OTHER, THREE_DAYS_BEFORE, VISIT, Scene, a_scene

pytestmark = pytest.mark.django_db

NUMBER, OTHER_NUMBER = "+919848000001", "+919848000002"


@pytest.fixture
def scene() -> Scene:
    return a_scene()


def carried(scene: Scene, channel: str = "sms", provider: str = "demo") -> None:
    services.set_channel(
        clinic=scene.clinic,
        channel=channel,
        provider=provider,
        secret="" if provider == "demo" else "MESSAGES_KEY",
        actor=rows.SYSTEM,
        at=BOOKED,
    )


def reached(scene: Scene, person: Person, channel: str = "sms", address: str = NUMBER) -> ContactRoute:
    given = RouteInput(channel, address, consented_at=BOOKED)
    return add_route(person=person, given=given, actor=scene.nurse, at=BOOKED)


def living_in(scene: Scene, zone: str) -> None:
    given = replace(PersonInput.of(scene.recipient), zone=zone)
    update_person(person=scene.recipient, given=given, actor=scene.nurse, at=BOOKED)


def hers(scene: Scene) -> Delivery:
    return Delivery.objects.get(person=scene.recipient, kind="confirmation")


def only_hers(scene: Scene) -> None:
    """The partner does not wish to be written to."""
    told = replace(PersonInput.of(scene.partner), wants_email=False)
    update_person(person=scene.partner, given=told, actor=scene.nurse, at=BOOKED)


def test_a_number_that_two_share_gets_one_text_a_session(scene: Scene) -> None:
    carried(scene)
    reached(scene, scene.recipient)
    reached(scene, scene.partner)
    scene.book()
    for at in (BOOKED, THREE_DAYS_BEFORE, DAY_BEFORE):
        assert sorted(scene.send_due(at)) == ["sent", "withdrawn"]
    assert [(letter.to, letter.channel) for letter in scene.channel.letters] == [(NUMBER, "sms")] * 3
    text = scene.channel.letters[0].body
    assert "Lalitha" not in text
    assert "Arjun" not in text
    scene.cancel(DAY_BEFORE)
    # Both knew of it by one text, and by one text both hear that it is off.
    assert sorted(scene.send_due(DAY_BEFORE)) == ["sent", "withdrawn"]
    assert len(scene.channel.letters) == 4


def test_a_shared_number_hears_of_a_move_whoever_is_written_to_first(scene: Scene) -> None:
    carried(scene)
    reached(scene, scene.recipient)
    reached(scene, scene.partner)
    scene.book()
    scene.send_due(BOOKED)
    scene.move(OTHER, BOOKED + timedelta(hours=1))
    scene.send_due(BOOKED + timedelta(hours=2))
    assert "New time" in scene.channel.letters[1].body or "new time" in scene.channel.letters[1].body
    scene.move(VISIT, BOOKED + timedelta(hours=3))
    scene.send_due(BOOKED + timedelta(hours=4))
    assert "08:30" in scene.channel.letters[2].body
    assert len(scene.channel.letters) == 3


def test_whoever_was_told_by_phone_is_told_by_phone_that_it_is_off(scene: Scene) -> None:
    only_hers(scene)
    reached(scene, scene.recipient, "call", NUMBER)
    scene.book()
    assert scene.send_due(BOOKED) == ["handed"]
    scene.cancel(BOOKED + timedelta(hours=1))
    assert scene.send_due(BOOKED + timedelta(hours=2)) == ["handed"]


def test_a_channel_that_was_switched_off_loses_nothing_unseen(scene: Scene) -> None:
    only_hers(scene)
    reached(scene, scene.recipient)
    Person.objects.filter(pk=scene.recipient.pk).update(email="", alternative_email="")
    scene.book()
    assert scene.send_due(BOOKED) == ["dead"]
    assert [task.why for task in CallTask.objects.all()] == ["message_refused"]


def test_each_of_two_gets_only_their_own(scene: Scene) -> None:
    carried(scene)
    reached(scene, scene.recipient)
    reached(scene, scene.partner, address=OTHER_NUMBER)
    scene.book()
    assert scene.send_due(BOOKED) == ["sent", "sent"]
    by_person = {row.person_id: row.sent_to for row in Delivery.objects.filter(kind="confirmation")}
    assert by_person == {scene.recipient.pk: NUMBER, scene.partner.pk: OTHER_NUMBER}


def test_a_channel_without_a_provider_is_passed_over(scene: Scene) -> None:
    only_hers(scene)
    reached(scene, scene.recipient)
    scene.book()
    assert scene.send_due(BOOKED) == ["sent"]
    assert scene.channel.letters[0].channel == "email"


@pytest.mark.parametrize(("channel", "calls"), [("call", ["tell"]), ("card", [])])
def test_a_nurses_call_and_a_printed_card_are_channels_too(
    scene: Scene, channel: str, calls: list[str]
) -> None:
    only_hers(scene)
    reached(scene, scene.recipient, channel, NUMBER if channel == "call" else "")
    scene.book()
    assert scene.send_due(BOOKED) == ["handed"]
    row = hers(scene)
    assert row.body.startswith("Appointment Thu 15 Jan 2026 08:30, 1 Lake Road.")
    assert [task.why for task in CallTask.objects.all()] == calls
    assert scene.channel.letters == []
    scene.move(VISIT + timedelta(hours=2), BOOKED)  # whoever was told so is told so again
    assert scene.send_due(BOOKED) == ["handed"]


def test_a_number_where_nobody_is_gives_way_to_the_next_and_is_used_no_more(scene: Scene) -> None:
    only_hers(scene)
    carried(scene)
    route = reached(scene, scene.recipient)
    scene.channel.answer = lambda letter: (
        Outcome(Verdict.REFUSED, "http 400 21211", bad_address=True)
        if letter.channel == "sms"
        else Outcome(Verdict.ACCEPTED)
    )
    scene.book()
    assert scene.send_due(BOOKED) == ["pending"]
    assert scene.send_due(BOOKED) == ["sent"]
    assert [letter.channel for letter in scene.channel.letters] == ["email"]
    route.refresh_from_db()
    assert route.wrong_since == BOOKED
    assert not CallTask.objects.exists()


def test_a_message_that_is_refused_becomes_a_call(scene: Scene) -> None:
    only_hers(scene)
    scene.channel.answer = lambda letter: Outcome(Verdict.REFUSED, "http 400")
    scene.book()
    assert scene.send_due(BOOKED) == ["dead"]
    [task] = CallTask.objects.all()
    assert (task.why, task.couple_id, task.appointment_id) == (
        "message_refused",
        scene.couple.pk,
        scene.visit.pk,
    )


def test_a_clinical_word_in_the_clinics_own_wording_becomes_a_call(scene: Scene) -> None:
    only_hers(scene)
    scene.book()
    type(scene.clinic).objects.update(discreet_place="IVF Wing")
    assert scene.send_due(BOOKED) == ["dead"]
    assert CallTask.objects.get().why == "message_refused"


def test_the_providers_own_wish_to_wait_is_kept(scene: Scene) -> None:
    only_hers(scene)
    scene.channel.answer = lambda letter: Outcome(Verdict.LATER, "http 429", timedelta(hours=1))
    scene.book()
    assert scene.send_due(BOOKED) == ["pending"]
    assert hers(scene).next_try_at == BOOKED + timedelta(hours=1)


@pytest.mark.parametrize(
    ("said", "after", "state"),
    [
        (Outcome(Verdict.ACCEPTED, provider_id="SM1"), 3, "sent"),
        (Outcome(Verdict.REFUSED, "undelivered"), 3, "dead"),
        (Outcome(Verdict.UNKNOWN), 3, "unknown"),
        (Outcome(Verdict.LATER), 3, "unknown"),  # not there yet is not yet surely nothing
        (Outcome(Verdict.LATER), 13, "pending"),
    ],
)
def test_what_nobody_knows_is_asked_of_the_provider(
    scene: Scene, said: Outcome, after: int, state: str
) -> None:
    only_hers(scene)
    carried(scene)
    reached(scene, scene.recipient)
    scene.channel.answer = lambda letter: Outcome(Verdict.UNKNOWN, "ReadTimeout")
    asked: list[Letter] = []
    scene.channel.answer_later = lambda letter: asked.append(letter) or said  # type: ignore[func-returns-value]
    scene.book()
    assert scene.send_due(BOOKED) == ["unknown"]
    assert services.ask_unknown(scene.channel, at=BOOKED) == 0  # too early
    services.ask_unknown(scene.channel, at=BOOKED + timedelta(minutes=after))
    assert hers(scene).state == state
    assert [(letter.to, letter.body) for letter in asked] == [(NUMBER, scene.channel.letters[0].body)]


def test_mail_is_never_asked_and_never_sent_again(scene: Scene) -> None:
    only_hers(scene)
    scene.channel.answer = lambda letter: Outcome(Verdict.UNKNOWN, "ReadTimeout")
    scene.channel.answer_later = lambda letter: Outcome(Verdict.LATER)
    scene.book()
    assert scene.send_due(BOOKED) == ["unknown"]
    assert services.ask_unknown(scene.channel, at=BOOKED + timedelta(hours=1)) == 0
    assert hers(scene).state == "unknown"


def test_what_was_surely_not_taken_is_asked_of_the_present_again(scene: Scene) -> None:
    only_hers(scene)
    carried(scene)
    reached(scene, scene.recipient)
    scene.channel.answer = lambda letter: Outcome(Verdict.UNKNOWN, "ReadTimeout")
    scene.channel.answer_later = lambda letter: Outcome(Verdict.LATER)
    scene.book()
    scene.send_due(BOOKED)
    later = BOOKED + timedelta(minutes=13)
    silence_couple(couple=scene.couple, reason="suspected_loss", actor=scene.nurse, at=later)
    services.ask_unknown(scene.channel, at=later)
    assert scene.send_due(later) == []
    assert hers(scene).state == "withdrawn"


def _local(zone: str, wall: str) -> datetime:
    return datetime.fromisoformat(f"{wall}{zone}").astimezone(UTC)


def test_a_reminder_rings_at_its_hour_where_the_person_lives(scene: Scene) -> None:
    living_in(scene, "Asia/Dubai")
    only_hers(scene)
    scene.book()
    scene.derive(BOOKED)
    due = {row.kind: row.due_at for row in Delivery.objects.filter(person=scene.recipient)}
    assert due["reminder-3d"] == _local("+04:00", "2026-01-12T09:00")
    assert due["reminder-1d"] == _local("+04:00", "2026-01-14T09:00")


def test_quiet_hours_are_those_of_the_persons_own_night(scene: Scene) -> None:
    """Booked at 11:30 in Hyderabad, which is 01:00 in New York: an SMS waits for eight o'clock there."""
    living_in(scene, "America/New_York")
    only_hers(scene)
    carried(scene)
    reached(scene, scene.recipient)
    scene.book()
    assert scene.send_due(BOOKED) == ["waiting"]
    assert hers(scene).next_try_at == _local("-05:00", "2026-01-07T08:00")
    services.set_message_hours(
        clinic=scene.clinic,
        quiet_from=time(0),
        quiet_to=time(0),
        send_at=time(9),
        actor=rows.SYSTEM,
        at=BOOKED,
    )
    Delivery.objects.update(next_try_at=BOOKED)
    assert "sent" in scene.send_due(BOOKED)


def test_a_cancellation_of_this_very_day_waits_for_no_morning(scene: Scene) -> None:
    living_in(scene, "America/New_York")
    only_hers(scene)
    carried(scene)
    reached(scene, scene.recipient)
    scene.book()
    assert scene.send_due(_local("-05:00", "2026-01-07T08:00")) == ["sent"]
    at = VISIT - timedelta(hours=2)  # 06:30 of the day in Hyderabad, 20:00 in New York
    at = at.replace(hour=1)
    Delivery.objects.filter(kind__startswith="reminder").update(state="expired")
    living_in(scene, "Pacific/Auckland")
    scene.cancel(at - timedelta(hours=0))
    assert scene.send_due(at) == ["sent"]
    assert "Today's appointment cannot take place" in scene.channel.letters[-1].body


def test_an_indian_sms_goes_only_with_its_registered_wording(scene: Scene) -> None:
    only_hers(scene)
    carried(scene, provider="msg91")
    reached(scene, scene.recipient)
    scene.book()
    assert scene.send_due(BOOKED) == ["dead"]
    assert hers(scene).last_error == "NotRegistered"
    assert CallTask.objects.get().why == "message_refused"

    wording = (
        "Appointment {#var#}, 1 Lake Road. To change it call {#var#}. To end messages call +91 40 5550 0100."
    )
    services.register_text(
        clinic=scene.clinic,
        channel="sms",
        name="reminder",
        language="en",
        template_id="1107",
        flow_id="flow-7",
        text=wording,
        actor=rows.SYSTEM,
        at=BOOKED,
    )
    assert scene.send_due(THREE_DAYS_BEFORE) == ["sent"]
    [letter] = scene.channel.letters
    assert (letter.template_id, letter.flow_id) == ("1107", "flow-7")
    assert letter.variables == ("Thu 15 Jan 2026 08:30", "+91 40 5550 0100")
    # One sign of difference and it is another wording.
    assert variables_of(wording.replace("To end", "To stop"), letter.body, 30) is None
    assert variables_of(wording, letter.body.replace("Thu", "T" * 20), 30) is None


def test_a_language_that_is_not_registered_falls_back_to_one_that_is(scene: Scene) -> None:
    only_hers(scene)
    carried(scene, "whatsapp", "whatsapp")
    reached(scene, scene.recipient, "whatsapp")
    spoken = replace(PersonInput.of(scene.recipient), language="te")
    update_person(person=scene.recipient, given=spoken, actor=scene.nurse, at=BOOKED)
    text = render("confirmation", clinic=scene.clinic, starts_at=VISIT, language="en").short
    services.register_text(
        clinic=scene.clinic,
        channel="whatsapp",
        name="confirmation",
        language="en",
        template_id="visit_agreed",
        text=text.replace("Thu 15 Jan 2026 08:30", "{#var#}"),
        actor=rows.SYSTEM,
        at=BOOKED,
    )
    scene.book()
    assert scene.send_due(BOOKED) == ["sent"]
    [letter] = scene.channel.letters
    assert (letter.language, letter.template_id) == ("en", "visit_agreed")
    assert letter.variables == ("Thu 15 Jan 2026 08:30",)


def test_each_is_written_to_in_their_own_language(scene: Scene) -> None:
    only_hers(scene)
    spoken = replace(PersonInput.of(scene.recipient), language="te")
    update_person(person=scene.recipient, given=spoken, actor=scene.nurse, at=BOOKED)
    scene.book()
    scene.send_due(BOOKED)
    assert "అపాయింట్‌మెంట్" in scene.channel.letters[0].body
    assert hers(scene).language == "te"


def asking_to_book(scene: Scene, days: int) -> None:
    services.set_message_hours(
        clinic=scene.clinic,
        quiet_from=time(21),
        quiet_to=time(8),
        send_at=time(10),
        book_days_before=days,
        actor=rows.SYSTEM,
        at=BOOKED,
    )


def test_please_book_goes_once_as_the_window_opens_and_never_for_what_is_booked_or_silent(
    scene: Scene,
) -> None:
    asking_to_book(scene, 7)
    scene.derive(BOOKED)
    rows_of = Delivery.objects.filter(kind="book").order_by("due_at")
    first = rows_of.first()
    assert first is not None
    assert first.person_id == scene.recipient.pk
    assert first.due_at > BOOKED
    assert rows_of.values("appointment_id").distinct().count() == rows_of.count()
    visit = scene.treatment.appointments.get(pk=first.appointment_id)
    assert visit.earliest_on is not None
    assert first.key.startswith(visit.earliest_on.isoformat())
    scene.send_due(first.due_at)
    assert [letter.text for letter in scene.channel.letters] == ["book"]
    assert scene.clinic.phone in scene.channel.letters[0].body
    scene.send_due(first.due_at)
    silence_couple(couple=scene.couple, reason="own_wish", actor=scene.nurse, at=first.due_at)
    scene.derive(first.due_at)
    assert set(Delivery.objects.filter(kind="book").values_list("state", flat=True)) <= {"sent", "withdrawn"}


def test_after_a_missed_visit_a_nurse_rings_first(scene: Scene) -> None:
    only_hers(scene)
    scene.book()
    scene.send_due(BOOKED)
    missed_at = VISIT + timedelta(hours=4)
    booking.miss(appointment=scene.visit, reason="nobody came", actor=scene.nurse, at=missed_at)
    scene.send_due(missed_at)
    assert not Delivery.objects.filter(kind="missed").exists()
    said = record_call_about(
        appointment=scene.visit,
        outcome="call_again",
        again_on=(VISIT + timedelta(days=4)).date(),
        actor=scene.nurse,
        at=missed_at,
    )
    scene.channel.letters.clear()
    assert "sent" in scene.send_due(missed_at)
    assert [letter.text for letter in scene.channel.letters] == ["missed"]
    undo_outcome(outcome=said, actor=scene.nurse, at=missed_at)
    scene.derive(missed_at)
    assert scene.send_due(missed_at) == []
