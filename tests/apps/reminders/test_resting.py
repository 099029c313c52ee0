"""A provider that hangs keeps nobody else waiting, and what is due to be sent by it is neither lost nor used up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from pytest_django import Settings

from apps.clinic.models import Clinic
from apps.couples.models import Person
from apps.couples.routes import RouteInput, add_route
from apps.reminders import services
from apps.reminders.channels import MemoryChannel, Outcome, Verdict
from apps.reminders.channels.office import PostOffice
from apps.reminders.models import ChannelRest, Delivery
from apps.reminders.resting import RESTING
from apps.reminders.texts import CALL_US, TRIAL
from tests import rows
from tests.apps.reminders.loopback import Answer, Provider, provider

AT = rows.AT
MINUTE = timedelta(minutes=1)
SILENT, YES = Answer(slow=True), Answer(201, {"sid": "SM1", "status": "queued"})
OF_CLINIC = 6

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """Twilio, on this machine: it takes what it is given and says nothing. Our patience is a tenth of a second."""
    with provider() as made:
        settings.MESSAGE_PROVIDERS = {"twilio": made.url}
        settings.MESSAGE_TIMEOUTS = (0.5, 0.1)
        monkeypatch.setenv("MESSAGES_SECRET", "very-secret")
        made.answer = lambda asked: SILENT
        yield made


def a_clinic_by_sms(slug: str, number: str) -> Person:
    """Somebody of a clinic with a provider of its own, who is reached by SMS."""
    clinic = rows.a_clinic(replace(rows.HYDERABAD, slug=slug))
    services.set_channel(
        clinic=clinic,
        channel="sms",
        provider="twilio",
        account="AC1",
        sender="+15550001",
        secret="MESSAGES_SECRET",
        actor=rows.SYSTEM,
        at=AT,
    )
    person = rows.a_couple(clinic).recipient
    given = RouteInput("sms", number, consented_at=AT)
    add_route(person=person, given=given, actor=rows.SYSTEM, at=AT)
    return Person.objects.get(pk=person.pk)


def say(person: Person, key: object, at: datetime = AT, kind: str = TRIAL) -> Delivery:
    return services.say(
        person=person,
        kind=kind,
        key=str(key),
        blanks={},
        actor=rows.SYSTEM,
        at=at,
        not_after=at + timedelta(days=1),
    )


def swept(at: datetime) -> services.Swept:
    return services.sweep(channel=PostOffice(), at=at)


def states(clinic: Clinic) -> list[str]:
    return sorted(Delivery.objects.filter(clinic=clinic).values_list("state", flat=True))


def test_after_two_silences_the_rest_of_that_clinic_waits_and_everybody_else_is_served(
    server: Provider,
) -> None:
    hanging, other = a_clinic_by_sms("hanging", "+447700900001"), a_clinic_by_sms("other", "+447700900002")
    server.answer = lambda asked: YES if asked.form.get("To") == "+447700900002" else SILENT
    for number in range(OF_CLINIC):
        say(hanging, number)
    for number in range(OF_CLINIC):
        say(other, number)
    assert swept(AT).sent == OF_CLINIC
    assert [asked.form["To"] for asked in server.asked].count("+447700900001") == 2
    assert states(other.clinic) == ["sent"] * OF_CLINIC
    assert states(hanging.clinic) == ["pending"] * (OF_CLINIC - 2) + ["unknown"] * 2
    waiting = Delivery.objects.filter(clinic=hanging.clinic, state="pending")
    assert set(waiting.values_list("attempts", "last_error", "next_try_at")) == {
        (0, RESTING, AT + 2 * MINUTE)
    }


def test_what_hangs_is_tried_with_one_and_takes_everything_once_it_answers(server: Provider) -> None:
    person = a_clinic_by_sms("hanging", "+447700900001")
    for number in range(OF_CLINIC):
        say(person, number)
    tried: list[tuple[datetime, int]] = []
    for minutes in range(7):
        before = posted(server)
        swept(AT + minutes * MINUTE)
        if posted(server) > before:
            tried.append((AT + minutes * MINUTE, posted(server) - before))
    assert tried == [(AT, 2), (AT + 2 * MINUTE, 1), (AT + 6 * MINUTE, 1)]
    assert all(later - earlier <= 8 * MINUTE for (earlier, _), (later, _) in pairwise(tried))
    server.answer = lambda asked: YES
    assert swept(AT + 14 * MINUTE).sent == OF_CLINIC - 4
    assert not ChannelRest.objects.exists()


def posted(server: Provider) -> int:
    """Letters, and not questions about earlier ones."""
    return sum(asked.method == "POST" for asked in server.asked)


def test_the_silent_are_not_asked_about_the_unknown_again_and_again(server: Provider) -> None:
    person = a_clinic_by_sms("hanging", "+447700900001")
    for number in range(OF_CLINIC):
        say(person, number)
    Delivery.objects.update(
        state="unknown",
        channel="sms",
        provider="twilio",
        sent_to="+447700900001",
        body="-",
        attempts=1,
        attempt_began_at=AT + MINUTE,
    )
    assert swept(AT + 2 * MINUTE).asked == 0
    assert len(server.asked) == 2
    server.answer = lambda asked: Answer(500)
    swept(AT + 3 * MINUTE)
    assert len(server.asked) == 2


def test_one_that_answers_in_between_is_never_left_alone(server: Provider) -> None:
    person = a_clinic_by_sms("moody", "+447700900001")
    for number in range(OF_CLINIC):
        say(person, number)
    server.answer = lambda asked: SILENT if len(server.asked) % 2 else Answer(400, {"code": 21608})
    swept(AT)
    assert len(server.asked) == OF_CLINIC
    assert states(person.clinic) == ["dead"] * 3 + ["unknown"] * 3


def test_what_would_be_too_late_after_the_rest_is_tried_all_the_same(server: Provider) -> None:
    person = a_clinic_by_sms("hanging", "+447700900001")
    for number in range(3):
        say(person, number)
    Delivery.objects.filter(key="2").update(not_after=AT + MINUTE, next_try_at=AT)
    swept(AT)
    assert len(server.asked) == 3


def test_mail_that_hangs_is_left_alone_for_all_clinics_and_holds_up_no_sms(server: Provider) -> None:
    server.answer = lambda asked: YES
    texted = a_clinic_by_sms("texted", "+447700900002")
    written = [
        rows.a_couple(rows.a_clinic(replace(rows.HYDERABAD, slug=slug))).recipient
        for slug in ("one", "two", "three")
    ]
    office = PostOffice()
    silent = MemoryChannel(answer=lambda letter: Outcome(Verdict.UNKNOWN, "TimeoutError", silent=True))

    class Half(MemoryChannel):
        """The post office, whose mail server hangs."""

    half = Half(answer=lambda letter: (silent if letter.channel == "email" else office).send(letter))
    for person in written:
        say(person, 1)
        say(person, 2)
    say(texted, 1)
    services.sweep(channel=half, at=AT)
    assert len(silent.letters) == 2
    assert states(texted.clinic) == ["sent"]
    assert Delivery.objects.filter(state="pending", last_error=RESTING).count() == 4


def test_whoever_waits_for_a_code_comes_before_everything_that_is_due_since_long(server: Provider) -> None:
    person = a_clinic_by_sms("busy", "+447700900001")
    for number in range(3):
        say(person, number, kind=CALL_US)
    first = say(person, "now", at=AT + timedelta(hours=3), kind=TRIAL)
    (claim,) = services.claim_due(limit=1, at=AT + timedelta(hours=3))
    assert claim.delivery_id == first.pk
