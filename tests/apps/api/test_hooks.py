"""Receipts and replies over real HTTP paths: nothing unsigned is read, words come late and twice, STOP ends a channel at
once, and any other text pauses what goes out by itself until somebody has read it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from twilio.request_validator import RequestValidator

from apps.booking.models import CallTask
from apps.clinic.errors import NotFound
from apps.couples.models import ContactRoute, Person
from apps.couples.route_queries import ways_of
from apps.couples.routes import RouteInput, add_route
from apps.couples.services import silence_couple
from apps.reminders.inbound import hours_words, is_stop
from apps.reminders.models import ChannelSetting, Delivery, InboundText
from apps.reminders.services import read_text, set_channel
from tests import rows
from tests.apps.reminders.acts import BOOKED, DAY_BEFORE, THREE_DAYS_BEFORE, Scene, a_scene

pytestmark = pytest.mark.django_db

NUMBER = "+447700900123"  # no Indian one, which takes registered wordings only
SECRET = "of-the-account"


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setenv("MESSAGES_HOOK", SECRET)
    monkeypatch.setenv("MESSAGES_HOOK_VERIFY", "our-word")
    made = a_scene()
    made.book()
    return made


def on(scene: Scene, provider: str) -> ChannelSetting:
    channel = "whatsapp" if provider == "whatsapp" else "sms"
    route = RouteInput(channel, NUMBER, consented_at=BOOKED)
    add_route(person=scene.recipient, given=route, actor=scene.nurse, at=BOOKED)
    return set_channel(
        clinic=scene.clinic,
        channel=channel,
        provider=provider,
        account="AC-ours" if provider == "twilio" else "",
        sender="106540352242922" if provider == "whatsapp" else "",
        secret="MESSAGES_HOOK",
        actor=rows.SYSTEM,
        at=BOOKED,
    )


def sent(scene: Scene, setting: ChannelSetting) -> Delivery:
    """Her confirmation, accepted by the provider."""
    scene.clinic.refresh_from_db()
    ChannelSetting.objects.filter(pk=setting.pk).update(provider="demo")  # asks for no registered wording
    assert "sent" in scene.send_due(BOOKED)
    ChannelSetting.objects.filter(pk=setting.pk).update(provider=setting.provider)
    row = Delivery.objects.get(person=scene.recipient, kind="confirmation")
    Delivery.objects.filter(pk=row.pk).update(provider_id="theirs-1")
    return row


def from_twilio(setting: ChannelSetting, query: str = "", key: str = SECRET, **told: str) -> HttpResponse:
    path = f"/hooks/{setting.pk}/{query}"
    signature = RequestValidator(key).compute_signature(f"http://testserver{path}", told)
    body, form = urlencode(told), "application/x-www-form-urlencoded"
    answer: Any = Client().post(path, body, content_type=form, headers={"X-Twilio-Signature": signature})
    return answer


def from_whatsapp(setting: ChannelSetting, key: str = SECRET, **value: object) -> HttpResponse:
    value.setdefault("metadata", {"phone_number_id": setting.sender})
    body = json.dumps({"entry": [{"changes": [{"value": value}]}]})
    made = hmac.new(key.encode(), body.encode(), hashlib.sha256).hexdigest()
    answer: Any = Client().post(
        f"/hooks/{setting.pk}/",
        body,
        content_type="application/json",
        headers={"X-Hub-Signature-256": f"sha256={made}"},
    )
    return answer


def from_msg91(setting: ChannelSetting, key: str = SECRET, **report: str) -> HttpResponse:
    data = json.dumps([{"requestId": "theirs-1", "report": [report]}])
    path = f"/hooks/{setting.pk}/"
    form = "application/x-www-form-urlencoded"
    body = urlencode({"data": data})
    answer: Any = Client().post(path, body, content_type=form, headers={"X-Hook-Key": key})
    return answer


def test_one_call_that_speaks_of_another_clinics_number_says_nothing_here(scene: Scene) -> None:
    setting = on(scene, "whatsapp")
    message = {"from": NUMBER.lstrip("+"), "id": "wamid.3", "text": {"body": "STOP"}}
    theirs = {"phone_number_id": "999"}
    assert from_whatsapp(setting, messages=[message], metadata=theirs).status_code == 200
    assert not InboundText.objects.exists()
    assert not ContactRoute.objects.filter(opted_out_at__isnull=False).exists()


def test_a_stop_behind_a_text_that_cannot_be_taken_is_heard(scene: Scene) -> None:
    setting = on(scene, "whatsapp")
    bad = {"from": NUMBER.lstrip("+"), "id": "wamid.4", "text": {"body": "a\0b"}}
    stop = {"from": NUMBER.lstrip("+"), "id": "wamid.5", "text": {"body": "STOP"}}
    from_whatsapp(setting, messages=[bad, stop])
    assert ContactRoute.objects.get(channel="whatsapp").opted_out_at is not None


def write(setting: ChannelSetting, text: str, sid: str = "SM9") -> None:
    assert from_twilio(setting, From=NUMBER, Body=text, MessageSid=sid).status_code == 200


def test_receipts_of_every_provider_arrive_once_and_in_any_order(scene: Scene) -> None:
    row = sent(scene, on(scene, "twilio"))
    setting = ChannelSetting.objects.get()
    query = f"?delivery={row.pk}"
    for status in ("read", "delivered", "sent", "undelivered", "read"):
        assert from_twilio(setting, query, MessageSid="SM1", MessageStatus=status).status_code == 200
    row.refresh_from_db()
    assert (row.receipt, row.state) == ("read", "sent")  # what arrived stays arrived

    ChannelSetting.objects.update(provider="msg91")
    Delivery.objects.update(receipt="")
    assert from_msg91(ChannelSetting.objects.get(), status="1", CRQID=str(row.pk)).status_code == 200
    row.refresh_from_db()
    assert row.receipt == "delivered"


def test_a_message_that_did_not_arrive_becomes_a_call_and_its_number_is_used_no_more(scene: Scene) -> None:
    setting = on(scene, "whatsapp")
    row = sent(scene, setting)
    failed = {"id": "theirs-1", "status": "failed", "errors": [{"code": 131026}]}
    assert from_whatsapp(setting, statuses=[failed, failed]).status_code == 200
    row.refresh_from_db()
    assert (row.state, row.receipt) == ("dead", "failed")
    assert [task.why for task in CallTask.objects.all()] == ["message_refused"]
    assert [way.channel for way in ways_of(scene.recipient)] == ["email"]


def test_a_receipt_settles_what_nobody_knew(scene: Scene) -> None:
    setting = on(scene, "whatsapp")
    row = sent(scene, setting)
    Delivery.objects.filter(pk=row.pk).update(state="unknown", provider_id="")
    status = {"id": "wamid.7", "status": "sent", "biz_opaque_callback_data": str(row.pk)}
    from_whatsapp(setting, statuses=[status])
    row.refresh_from_db()
    assert (row.state, row.provider_id) == ("sent", "wamid.7")


def test_nothing_unsigned_is_read(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    twilio = on(scene, "twilio")
    assert from_twilio(twilio, key="guess", From=NUMBER, Body="STOP", MessageSid="SM9").status_code == 403
    whatsapp = on(scene, "whatsapp")
    message = {"from": NUMBER[1:], "id": "wamid.1", "text": {"body": "STOP"}}
    assert from_whatsapp(whatsapp, key="guess", messages=[message]).status_code == 403
    challenge = {"hub.mode": "subscribe", "hub.verify_token": "our-word", "hub.challenge": "42"}
    address = f"/hooks/{whatsapp.pk}/"
    assert Client().get(address, challenge).content == b"42"
    assert Client().get(address, {**challenge, "hub.verify_token": "x"}).status_code == 403
    set_channel(
        clinic=scene.clinic,
        channel="sms",
        provider="msg91",
        secret="MESSAGES_HOOK",
        actor=rows.SYSTEM,
        at=BOOKED,
    )
    assert from_msg91(ChannelSetting.objects.get(channel="sms"), key="guess", status="2").status_code == 403
    monkeypatch.delenv("MESSAGES_HOOK")
    assert from_whatsapp(whatsapp, messages=[message]).status_code == 403
    assert Client().post("/hooks/0190a0a0-0000-7000-8000-000000000001/").status_code == 404
    assert Client().post("/hooks/email/").status_code == 404
    assert not InboundText.objects.exists()


def test_a_channel_that_was_switched_off_is_still_listened_to(scene: Scene) -> None:
    setting = on(scene, "whatsapp")
    row = sent(scene, setting)
    set_channel(
        clinic=scene.clinic,
        channel="whatsapp",
        provider="whatsapp",
        sender=setting.sender,
        secret="MESSAGES_HOOK",
        is_on=False,
        actor=rows.SYSTEM,
        at=BOOKED,
    )
    stop = {"from": NUMBER[1:], "id": "wamid.9", "text": {"body": "STOP"}}
    failed = {"id": "theirs-1", "status": "failed", "errors": [{"code": 1}]}
    told = {"statuses": [failed], "messages": [stop]}
    assert from_whatsapp(setting, key="guess", **told).status_code == 403
    row.refresh_from_db()
    assert (row.state, InboundText.objects.count()) == ("sent", 0)
    assert from_whatsapp(setting, **told).status_code == 200
    row.refresh_from_db()
    assert (row.state, row.receipt) == ("dead", "failed")
    assert ContactRoute.objects.get(channel="whatsapp").opted_out_at is not None
    # What is asked there is a call, and is not answered by a way that is no longer used.
    hello = {"from": NUMBER[1:], "id": "wamid.10", "text": {"body": "hello"}}
    assert from_whatsapp(setting, messages=[hello]).status_code == 200
    assert CallTask.objects.filter(why="wrote").exists()
    assert not Delivery.objects.filter(kind="auto-reply").exists()


def test_another_clinics_account_speaks_of_none_of_our_messages(scene: Scene) -> None:
    row = sent(scene, on(scene, "whatsapp"))
    elsewhere = set_channel(
        clinic=rows.a_clinic(rows.LONDON),
        channel="whatsapp",
        provider="whatsapp",
        secret="MESSAGES_HOOK",
        actor=rows.SYSTEM,
        at=BOOKED,
    )
    from_whatsapp(elsewhere, statuses=[{"id": "theirs-1", "status": "failed"}])
    row.refresh_from_db()
    assert (row.state, row.receipt) == ("sent", "")


def test_stop_as_the_whole_message_ends_that_channel_for_everybody_who_shares_the_number(
    scene: Scene,
) -> None:
    setting = on(scene, "twilio")
    route = RouteInput("sms", NUMBER, belongs_to="partner", read_by="Lalitha", consented_at=BOOKED)
    add_route(person=scene.partner, given=route, actor=scene.nurse, at=BOOKED)
    write(setting, " Stop. ")
    assert ContactRoute.objects.filter(opted_out_at__isnull=False).count() == 2
    assert not CallTask.objects.exists()
    assert not Delivery.objects.filter(kind="auto-reply").exists()
    states = scene.send_due(BOOKED)
    assert states == ["sent", "sent"]  # by e-mail, which was not ended
    assert {letter.channel for letter in scene.channel.letters} == {"email"}
    assert not is_stop("please stop calling my mother")
    assert is_stop("STOP ALL")


@pytest.mark.parametrize("known_by", ["own row", "own row without the country", "another channel", "before"])
def test_a_stop_that_ends_nothing_is_a_call(scene: Scene, known_by: str) -> None:
    setting = on(scene, "twilio")
    routes = ContactRoute.objects.filter(address=NUMBER)
    if known_by.startswith("own row"):
        routes.update(ended_at=BOOKED, address="+447700900555")
        phone = NUMBER if known_by == "own row" else "07700900123"
        Person.objects.filter(pk=scene.recipient.pk).update(phone=phone)
    elif known_by == "another channel":
        routes.update(channel="whatsapp")
    else:
        routes.update(ended_at=BOOKED)
    write(setting, "STOP")
    [task] = CallTask.objects.all()
    assert (task.why, task.couple_id, task.note, task.state) == ("wrote", scene.couple.pk, "STOP", "open")
    assert InboundText.objects.get().read_at is None
    assert set(scene.send_due(BOOKED)) == {"waiting"}  # until somebody has read it


def test_any_text_is_a_call_at_once_and_pauses_the_couple_until_it_is_read(scene: Scene) -> None:
    setting = on(scene, "twilio")
    scene.send_due(BOOKED)
    scene.channel.letters.clear()
    for sid in ("SM1", "SM1", "SM2"):
        write(setting, "I will not come, cancel everything", sid)
    assert InboundText.objects.count() == 2
    [task] = CallTask.objects.all()
    assert (task.why, task.couple_id) == ("wrote", scene.couple.pk)
    assert scene.visit.status == "booked"  # nothing is inferred
    reply = Delivery.objects.get(kind="auto-reply")  # one, to the first
    assert reply.blanks["hours"] == "Mon - Sat 08:00-18:00"
    Delivery.objects.filter(pk=reply.pk).update(
        due_at=BOOKED, next_try_at=BOOKED, not_after=BOOKED + timedelta(hours=1)
    )
    assert scene.send_due(BOOKED) == ["sent"]
    [letter] = scene.channel.letters
    assert "+91 40 5550 0100" in letter.body
    assert scene.send_due(THREE_DAYS_BEFORE) == ["waiting", "waiting"]
    for inbound in InboundText.objects.all():
        read_text(inbound=inbound, actor=scene.nurse, at=THREE_DAYS_BEFORE)
    assert scene.send_due(THREE_DAYS_BEFORE + timedelta(minutes=5)) == ["sent", "sent"]
    assert scene.send_due(DAY_BEFORE) == ["sent", "sent"]


def test_a_text_out_of_a_silence_is_a_call_and_is_not_answered(scene: Scene) -> None:
    setting = on(scene, "twilio")
    silence_couple(couple=scene.couple, reason="suspected_loss", actor=scene.nurse, at=BOOKED)
    write(setting, "please ring me")
    assert CallTask.objects.filter(why="wrote").count() == 1
    states = scene.send_due(timezone.now())
    assert set(states) <= {"withdrawn"}
    assert scene.channel.letters == []


def test_a_text_from_nobody_we_know_waits_in_the_tray_of_its_own_clinic(scene: Scene) -> None:
    setting = on(scene, "twilio")
    assert from_twilio(setting, From="+919000000000", Body="hello", MessageSid="SM5").status_code == 200
    inbound = InboundText.objects.get()
    assert (inbound.read_at, inbound.about.count()) == (None, 0)
    stranger = rows.staff(rows.a_clinic(rows.LONDON), "nurse")
    with pytest.raises(NotFound):
        read_text(inbound=inbound, actor=stranger, at=BOOKED)


def test_reports_of_the_e_mail_provider_are_read_by_the_library_that_knows_it(
    scene: Scene, settings: Settings
) -> None:
    settings.EMAIL_HOOK = "anymail.webhooks.brevo.BrevoTrackingWebhookView"
    settings.ANYMAIL = {"WEBHOOK_SECRET": "us:word"}
    scene.send_due(BOOKED)
    row = Delivery.objects.get(person=scene.recipient, kind="confirmation")
    event = {
        "event": "hard_bounce",
        "email": "l@example.org",
        "message-id": "<m1@brevo>",
        "X-Mailin-custom": json.dumps({"delivery": str(row.pk)}),
        "ts_epoch": 1767765600000,
    }

    def post(word: str) -> int:
        basic = base64.b64encode(word.encode()).decode()
        answer: Any = Client().post(
            "/hooks/email/",
            json.dumps(event),
            content_type="application/json",
            headers={"Authorization": f"Basic {basic}"},
        )
        return int(answer.status_code)

    assert post("us:guess") == 403
    assert post("us:word") == 200
    row.refresh_from_db()
    assert (row.state, row.receipt) == ("dead", "failed")


def test_the_hours_of_a_week_are_said_in_runs() -> None:
    clinic = rows.a_clinic()
    clinic.hours.filter(weekday=2).delete()
    assert hours_words(clinic, "en") == "Mon - Tue 08:00-18:00; Thu - Sat 08:00-18:00"
