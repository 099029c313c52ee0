"""Each provider against a server on this machine that speaks its interface: what is surely not taken, what nobody can
say, who has to wait, and a number where nobody is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pytest_django import Settings

from apps.reminders.channels import Channel, EmailChannel, Letter, Outcome, Verdict
from apps.reminders.channels.msg91 import Msg91Channel
from apps.reminders.channels.twilio import TwilioChannel
from apps.reminders.channels.whatsapp import WhatsAppChannel
from apps.reminders.models import ChannelSetting
from tests.apps.reminders.loopback import Answer, Provider, path_of, provider

ID = UUID("0190a0a0-0000-7000-8000-000000000001")
AT = datetime(2026, 1, 7, 6, 0, tzinfo=UTC)
LETTER = Letter(
    ID,
    "+919848000001",
    "Lake Road",
    "",
    "Appointment Thu, 1 Lake Road.",
    channel="sms",
    template_id="visit",
    flow_id="flow-1",
    variables=("Thu",),
    began_at=AT,
)
YES: dict[str, Any] = {
    "twilio": Answer(201, {"sid": "SM1", "status": "queued"}),
    "msg91": Answer(200, {"type": "success", "message": "req-1"}),
    "whatsapp": Answer(200, {"messages": [{"id": "wamid.1"}]}),
    "brevo": Answer(201, {"messageId": "<m1@brevo>"}),
}
NOBODY: dict[str, Any] = {
    "twilio": Answer(400, {"code": 21211, "message": "The 'To' number is not valid", "status": 400}),
    "msg91": Answer(200, {"type": "error", "message": "Invalid mobile number", "code": "202"}),
    "whatsapp": Answer(400, {"error": {"code": 131026, "message": "Message undeliverable"}}),
    "brevo": Answer(400, {"code": "invalid_parameter", "message": "email is not valid"}),
}
EVERYBODY = tuple(YES)


@pytest.fixture
def server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    with provider() as made:
        settings.MESSAGE_PROVIDERS = dict.fromkeys(("twilio", "msg91", "whatsapp"), made.url)
        settings.MESSAGE_TIMEOUTS = (0.5, 0.3)
        settings.EMAIL_BACKEND = "anymail.backends.brevo.EmailBackend"
        settings.ANYMAIL = {"BREVO_API_KEY": "k", "BREVO_API_URL": made.url, "REQUESTS_TIMEOUT": (0.5, 0.3)}
        monkeypatch.setenv("MESSAGES_SECRET", "very-secret")
        yield made


def channel(name: str) -> Channel:
    setting = ChannelSetting(provider=name, account="AC1", sender="+15550001", secret="MESSAGES_SECRET")
    made: dict[str, Any] = {"twilio": TwilioChannel, "msg91": Msg91Channel, "whatsapp": WhatsAppChannel}
    found: Channel = EmailChannel() if name == "brevo" else made[name](setting)
    return found


def letter(name: str) -> Letter:
    return (
        replace(LETTER, to="l@example.org", subject="Appointment", channel="email")
        if name == "brevo"
        else LETTER
    )


def send(server: Provider, name: str, answer: Answer) -> Outcome:
    server.answer = lambda asked: answer
    return channel(name).send(letter(name))


@pytest.mark.parametrize(
    ("name", "theirs"),
    [("twilio", "SM1"), ("msg91", "req-1"), ("whatsapp", "wamid.1"), ("brevo", "<m1@brevo>")],
)
def test_what_is_accepted_has_the_providers_own_name(server: Provider, name: str, theirs: str) -> None:
    assert send(server, name, YES[name]) == Outcome(Verdict.ACCEPTED, provider_id=theirs)
    [asked] = server.asked
    assert str(ID) in (asked.body + asked.path.encode()).decode()  # our own name for it goes along


def test_each_provider_is_spoken_to_in_its_own_words(server: Provider) -> None:
    for name in ("twilio", "msg91", "whatsapp"):
        send(server, name, YES[name])
    twilio, msg91, whatsapp = server.asked
    assert path_of(twilio) == "/2010-04-01/Accounts/AC1/Messages.json"
    assert (twilio.form["To"], twilio.form["From"]) == (LETTER.to, "+15550001")
    assert twilio.form["Body"] == LETTER.body
    assert twilio.form["StatusCallback"].endswith(f"?delivery={ID}")
    assert twilio.headers["Authorization"].startswith("Basic ")
    assert path_of(msg91) == "/api/v5/flow"
    assert msg91.headers["authkey"] == "very-secret"
    assert msg91.json["template_id"] == "flow-1"
    assert msg91.json["recipients"] == [{"mobiles": "919848000001", "CRQID": str(ID), "VAR1": "Thu"}]
    assert path_of(whatsapp) == "/+15550001/messages"
    assert whatsapp.headers["Authorization"] == "Bearer very-secret"
    assert whatsapp.json["biz_opaque_callback_data"] == str(ID)
    assert whatsapp.json["template"] == {
        "name": "visit",
        "language": {"code": "en"},
        "components": [{"type": "body", "parameters": [{"type": "text", "text": "Thu"}]}],
    }


@pytest.mark.parametrize("name", EVERYBODY)
def test_a_number_where_nobody_is_is_refused_for_good(server: Provider, name: str) -> None:
    outcome = send(server, name, NOBODY[name])
    assert outcome.verdict is Verdict.REFUSED
    assert outcome.bad_address is (name != "brevo")
    assert "not valid" not in outcome.error


@pytest.mark.parametrize("name", EVERYBODY)
def test_too_many_at_once_waits_as_long_as_the_provider_says(server: Provider, name: str) -> None:
    outcome = send(server, name, Answer(429, {"code": 20429, "message": "slow"}, {"Retry-After": "120"}))
    assert (outcome.verdict, outcome.retry_after) == (Verdict.LATER, timedelta(minutes=2))


@pytest.mark.parametrize("name", EVERYBODY)
@pytest.mark.parametrize(
    "answer",
    [Answer(500, {"code": 20500}), Answer(drop=True), Answer(slow=True)],
    ids=("500", "drop", "slow"),
)
def test_what_may_have_been_taken_is_unknown_and_never_guessed(
    server: Provider, name: str, answer: Answer
) -> None:
    assert send(server, name, answer).verdict is Verdict.UNKNOWN
    assert len(server.asked) == 1


@pytest.mark.parametrize("name", EVERYBODY)
def test_a_provider_that_is_away_and_a_wrong_key_have_taken_nothing(
    server: Provider, settings: Settings, name: str
) -> None:
    assert send(server, name, Answer(401, {"code": 20003, "error": {"code": 190}})).verdict is Verdict.LATER
    away = "http://127.0.0.1:1"
    settings.MESSAGE_PROVIDERS = dict.fromkeys(("twilio", "msg91", "whatsapp"), away)
    settings.ANYMAIL = {**settings.ANYMAIL, "BREVO_API_URL": away}
    assert channel(name).send(letter(name)).verdict is Verdict.LATER


def test_without_its_secret_nothing_leaves(server: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MESSAGES_SECRET")
    for name in ("twilio", "msg91", "whatsapp"):
        assert channel(name).send(LETTER) == Outcome(Verdict.LATER, "no secret")
    assert server.asked == []


@pytest.mark.parametrize(
    ("listed", "verdict"),
    [
        ([], Verdict.LATER),
        ([{"body": "other words"}], Verdict.LATER),
        (
            [{"date_created": "Tue, 06 Jan 2026 06:00:00 +0000"}],
            Verdict.LATER,
        ),  # yesterday's, with the same words
        ([{}], Verdict.ACCEPTED),
        ([{"status": "undelivered", "error_code": 30005}], Verdict.REFUSED),
    ],
)
def test_twilio_is_asked_what_it_has(
    server: Provider, listed: list[dict[str, object]], verdict: Verdict
) -> None:
    row = {
        "sid": "SM2",
        "body": LETTER.body,
        "status": "sent",
        "date_created": "Wed, 07 Jan 2026 06:00:01 +0000",
    }
    page = {"messages": [{**row, **one} for one in listed], "next_page_uri": None}
    server.answer = lambda asked: Answer(200, page)
    assert channel("twilio").ask(LETTER).verdict is verdict
    assert "To=%2B919848000001" in server.asked[0].path


@pytest.mark.parametrize("name", ["msg91", "whatsapp", "brevo"])
def test_who_cannot_be_asked_says_so(server: Provider, name: str) -> None:
    assert channel(name).ask(letter(name)).verdict is Verdict.UNKNOWN
    assert server.asked == []
