"""What a manager sets and tries: secrets go in and never come out, a trial reaches the house alone, and who read a text."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from pytest_django import Settings

from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.clinic.models import Clinic, User
from apps.clinic.services import brake, release_brake
from apps.couples.models import Person
from apps.couples.routes import RouteInput, add_route, end_route
from apps.reminders.channels import MemoryChannel, Outcome, Verdict
from apps.reminders.channels.secrets import NoSecret, secret_of
from apps.reminders.messages import UNREVIEWED
from apps.reminders.models import ChannelSetting, Delivery, KeptSecret, RegisteredText, Trial
from apps.reminders.providers import held
from apps.reminders.reviewing import digest_of, is_reviewed, readings, reviewed_languages
from apps.reminders.samples import fits, sample
from apps.reminders.services import (
    ChannelInput,
    begin_trial,
    keep_channel,
    mark_reviewed,
    receive_receipt,
    register_text,
    send_trial,
    set_channel,
    set_wording,
    unmark_reviewed,
)
from apps.reminders.texts import TEXTS
from tests import rows

pytestmark = pytest.mark.django_db

AT = rows.AT
OWN = "+442079460999"
TWILIO = ChannelInput("twilio", account="AC" + "1" * 32, sender="+447700900001", secret="token-of-twilio")
WHATSAPP = ChannelInput(
    "whatsapp",
    sender="123456789",
    secret="access-token-1",
    hook_secret="app-secret-1",
    verify_word="our-word-1",
)


@pytest.fixture
def clinic() -> Clinic:
    return rows.a_clinic()


def a_manager(clinic: Clinic) -> Actor:
    return rows.staff(clinic, "manager", f"manager-{User.objects.count()}")


def kept(clinic: Clinic, channel: str, given: ChannelInput) -> ChannelSetting:
    manager = a_manager(clinic)
    return keep_channel(clinic=clinic, channel=channel, given=given, actor=manager, at=AT)


def trial(clinic: Clinic, address: str = OWN, channel: str = "sms", language: str = "en") -> Trial:
    manager = a_manager(clinic)
    return begin_trial(
        clinic=clinic, channel=channel, address=address, language=language, actor=manager, at=AT
    )


def demo_on(clinic: Clinic) -> None:
    set_channel(clinic=clinic, channel="sms", provider="demo", actor=rows.SYSTEM, at=AT)


def test_a_typed_secret_can_be_used_and_stands_nowhere_in_the_clear(clinic: Clinic) -> None:
    row = kept(clinic, "whatsapp", WHATSAPP)
    assert secret_of(row.secret) == "access-token-1"
    assert secret_of(row.hook_secret) == "app-secret-1"
    assert secret_of(f"{row.hook_secret}_VERIFY") == "our-word-1"
    whole = repr([list(model.objects.values()) for model in apps.get_app_config("reminders").get_models()])
    whole += repr(list(apps.get_model("clinic", "Change").objects.values()))
    for value in ("access-token-1", "app-secret-1", "our-word-1"):
        assert value not in whole
    assert "sealed" not in {
        field.name for field in apps.get_model("reminders", "KeptSecretEvent")._meta.fields
    }


def test_what_is_left_empty_stays_and_another_provider_asks_for_its_own(clinic: Clinic) -> None:
    before = kept(clinic, "sms", TWILIO)
    after = kept(clinic, "sms", ChannelInput("twilio", account=TWILIO.account, sender="+447700900002"))
    assert (after.pk, after.secret, after.sender) == (before.pk, before.secret, "+447700900002")
    assert secret_of(after.secret) == "token-of-twilio"
    with pytest.raises(Invalid) as refused:
        kept(clinic, "sms", ChannelInput("msg91", sender="LITCLI"))
    assert {fault.field for fault in refused.value.faults} == {"secret", "hook_secret"}
    assert ChannelSetting.objects.get().provider == "twilio"
    kept(
        clinic, "sms", ChannelInput("msg91", sender="LITCLI", secret="auth-key-1", hook_secret="word-of-ours")
    )
    assert {row.name for row in KeptSecret.objects.all()} == {
        getattr(ChannelSetting.objects.get(), name) for name in ("secret", "hook_secret")
    }
    with pytest.raises(NoSecret):
        secret_of(before.secret)


@pytest.mark.parametrize(
    ("channel", "given", "fields"),
    [
        ("sms", ChannelInput("whatsapp"), {"provider"}),
        ("whatsapp", ChannelInput("nobody"), {"provider"}),
        ("sms", ChannelInput("twilio"), {"account", "sender", "secret"}),
        ("sms", ChannelInput("twilio", "AC1", "447", "two words here"), {"account", "sender", "secret"}),
        (
            "whatsapp",
            ChannelInput("whatsapp", sender="+44"),
            {"sender", "secret", "hook_secret", "verify_word"},
        ),
    ],
)
def test_every_fault_names_its_field_and_what_mends_it(
    clinic: Clinic, channel: str, given: ChannelInput, fields: set[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        kept(clinic, channel, given)
    assert {fault.field for fault in refused.value.faults} == fields
    assert all(fault.remedy for fault in refused.value.faults)
    assert not ChannelSetting.objects.exists()
    assert not KeptSecret.objects.exists()


def test_the_servers_own_secret_stays_the_servers(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MESSAGES_W", "from-the-server")
    monkeypatch.setenv("MESSAGES_H", "hook-of-server")
    monkeypatch.setenv("MESSAGES_H_VERIFY", "word-of-server")
    named = {"secret": "MESSAGES_W", "hook_secret": "MESSAGES_H", "sender": "123456789"}
    row = set_channel(
        clinic=clinic, channel="whatsapp", provider="whatsapp", actor=rows.SYSTEM, at=AT, **named
    )
    assert held(row).by_server
    assert all((held(row).secret, held(row).hook_secret, held(row).verify_word))
    kept(clinic, "whatsapp", ChannelInput("whatsapp", sender="987654321"))
    assert ChannelSetting.objects.get().secret == "MESSAGES_W"
    with pytest.raises(Invalid) as refused:
        kept(clinic, "whatsapp", ChannelInput("whatsapp", sender="987654321", hook_secret="mine-alone-1"))
    assert [fault.field for fault in refused.value.faults] == ["verify_word"]


def test_a_secret_is_its_clinics_own_and_ends_with_its_key(clinic: Clinic, settings: Settings) -> None:
    row, other = kept(clinic, "sms", TWILIO), rows.a_clinic(rows.LONDON)
    with pytest.raises(Invalid) as refused:
        set_channel(
            clinic=other, channel="sms", provider="twilio", secret=row.secret, actor=rows.SYSTEM, at=AT
        )
    assert [fault.field for fault in refused.value.faults] == ["secret"]
    with pytest.raises(NotFound):
        keep_channel(clinic=other, channel="sms", given=TWILIO, actor=a_manager(clinic), at=AT)
    nurse = rows.staff(clinic, "nurse")
    with pytest.raises(Forbidden):
        keep_channel(clinic=clinic, channel="sms", given=TWILIO, actor=nurse, at=AT)
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "another key of at least thirty-two signs"
    assert not held(row).secret
    settings.SECRET_KEY_FALLBACKS = [old]
    assert held(row).secret
    one, two = kept(clinic, "whatsapp", WHATSAPP), KeptSecret.objects.get(pk=row.secret)
    KeptSecret.objects.filter(pk=one.secret).update(sealed=two.sealed)
    with pytest.raises(NoSecret):
        secret_of(one.secret)


def test_a_trial_goes_once_and_its_receipt_is_told(clinic: Clinic) -> None:
    demo_on(clinic)
    asked = trial(clinic)
    line = MemoryChannel(answer=lambda letter: Outcome(Verdict.ACCEPTED, provider_id="SM1"))
    done = send_trial(trial=asked, carrier=line, at=AT)
    assert (done.state, done.provider_id) == ("sent", "SM1")
    send_trial(trial=asked, carrier=line, at=AT)
    [letter] = line.letters
    assert (letter.to, letter.body) == (OWN, done.body)
    assert "trial message" in done.body
    assert not Delivery.objects.exists()
    other = rows.a_clinic(rows.LONDON)
    assert not receive_receipt(channel="sms", receipt="delivered", at=AT, clinic=other, provider_id="SM1")
    for word in ("delivered", "failed", ""):
        assert receive_receipt(channel="sms", receipt=word, at=AT, clinic=clinic, delivery_id=asked.pk)
        asked.refresh_from_db()
        assert asked.receipt == "delivered"


@pytest.mark.parametrize(
    ("verdict", "state"),
    [(Verdict.REFUSED, "refused"), (Verdict.LATER, "refused"), (Verdict.UNKNOWN, "unknown")],
)
def test_what_became_of_a_trial_is_said_as_it_is(clinic: Clinic, verdict: Verdict, state: str) -> None:
    demo_on(clinic)
    line = MemoryChannel(answer=lambda letter: Outcome(verdict, "21211"))
    done = send_trial(trial=trial(clinic), carrier=line, at=AT)
    assert (done.state, done.error) == (state, "21211")
    assert receive_receipt(channel="sms", receipt="failed", at=AT, delivery_id=done.pk, error="30006")
    done.refresh_from_db()
    assert (done.receipt, done.error) == ("failed", "30006")


def test_a_trial_never_goes_to_anybody_who_is_treated(clinic: Clinic) -> None:
    demo_on(clinic)
    couple = rows.a_couple(clinic)
    nurse = rows.staff(clinic, "nurse")
    partner = Person.objects.get(pk=couple.partner_id)
    given = RouteInput("sms", "+447700900777", consented_at=AT)
    end_route(route=add_route(person=partner, given=given, actor=nurse, at=AT), actor=nurse, at=AT)
    for channel, address in (
        ("sms", "+91 98480-22338"),  # his own number, as typed at enrolment
        ("sms", "+4407700900777"),  # a way that he has ended
        ("email", "L@example.org"),
    ):
        with pytest.raises(Conflict) as refused:
            trial(clinic, address, channel)
        assert refused.value.code == "somebodys"
    assert not Trial.objects.exists()


def test_a_trial_is_held_by_what_holds_every_message(clinic: Clinic) -> None:
    for given, field in (
        ((OWN, "sms"), "channel"),
        (("98480", "sms"), "address"),
        (("a@b", "email"), "address"),
    ):
        with pytest.raises((Conflict, Invalid)) as refused:
            trial(clinic, *given)
        assert [fault.field for fault in refused.value.faults] == [field]
    demo_on(clinic)
    nurse = rows.staff(clinic, "nurse")
    brake(clinic=clinic, reason="wrong wording", actor=nurse, at=AT)
    with pytest.raises(Conflict) as refused:
        trial(clinic)
    assert refused.value.code == "braked"
    release_brake(clinic=clinic, actor=nurse, at=AT)
    with pytest.raises(Forbidden):
        begin_trial(clinic=clinic, channel="sms", address=OWN, language="en", actor=nurse, at=AT)
    for _ in range(12):
        trial(clinic)
    with pytest.raises(Conflict) as refused:
        trial(clinic)
    assert refused.value.code == "too_many"
    assert Trial.objects.update(asked_at=AT - timedelta(hours=2)) == 12
    Clinic.objects.update(is_test=True)
    with pytest.raises(Conflict) as refused:
        trial(clinic)
    assert refused.value.code == "test_clinic"


def test_an_indian_number_needs_the_registered_wording_and_the_list_says_if_it_fits(clinic: Clinic) -> None:
    kept(clinic, "sms", TWILIO)
    with pytest.raises(Conflict) as refused:
        trial(clinic, "+919999900000")
    assert refused.value.code == "not_registered"
    body = sample("test", clinic=clinic, language="en").short
    for text, right in ((body.replace("Lake Road", "{#var#}"), True), ("Trial. {#var#}", False)):
        register_text(
            clinic=clinic,
            channel="sms",
            name="test",
            language="en",
            template_id="1107",
            text=text,
            actor=rows.SYSTEM,
            at=AT,
        )
        assert fits(RegisteredText.objects.get(), ChannelSetting.objects.get()) is right
        if right:
            assert trial(clinic, "+919999900000").body == body


def test_the_clinics_own_words_hold_no_clinical_one(clinic: Clinic) -> None:
    given = {"name": "Clinic", "phone": clinic.phone, "address": "", "discreet_place": "1 Lake Road"}
    with pytest.raises(Invalid) as refused:
        set_wording(clinic=clinic, discreet_name="Miscarriage Care", actor=rows.SYSTEM, at=AT, **given)
    assert [fault.field for fault in refused.value.faults] == ["discreet_name"]
    with pytest.raises(Invalid) as refused:
        set_wording(clinic=clinic, discreet_name="", actor=rows.SYSTEM, at=AT, **{**given, "phone": "x"})
    assert {fault.field for fault in refused.value.faults} == {"discreet_name", "phone"}
    changed = set_wording(clinic=clinic, discreet_name="Road 12", actor=rows.SYSTEM, at=AT, **given)
    assert (changed.discreet_name, changed.slug, changed.zone) == ("Road 12", clinic.slug, clinic.zone)


def test_a_text_is_unread_until_a_native_speaker_read_that_very_wording(clinic: Clinic) -> None:
    nurse, other = rows.staff(clinic, "nurse"), rows.a_clinic(rows.LONDON)
    assert reviewed_languages(clinic) == {"en"}
    assert all(one.is_reviewed for one in readings(clinic, "en"))

    def read(name: str, language: str, digest: str, reader: str = "Savitri") -> None:
        mark_reviewed(
            clinic=clinic, name=name, language=language, digest=digest, reader=reader, actor=nurse, at=AT
        )

    for name in TEXTS:
        assert reviewed_languages(clinic) == {"en"}
        read(name, "te", digest_of(name, "te"))
    assert reviewed_languages(clinic) == {"en", "te"}
    assert reviewed_languages(other) == {"en"}
    assert not is_reviewed(clinic, "reminder", "hi")
    assert is_reviewed(clinic, "reminder", "te")
    apps.get_model("reminders", "ReviewedText").objects.filter(name="moved").update(digest="0" * 64)
    assert reviewed_languages(clinic) == {"en"}
    unmark_reviewed(clinic=clinic, name="reminder", language="te", actor=nurse, at=AT)
    assert not is_reviewed(clinic, "reminder", "te")
    with pytest.raises(Conflict):
        read("reminder", "te", digest_of("reminder", "hi"))
    for language, reader in (("en", "Savitri"), ("hi", " ")):
        with pytest.raises(Invalid):
            read("reminder", language, digest_of("reminder", language), reader)
    assert {digest_of("reminder", one) for one in UNREVIEWED} & {digest_of("reminder", "en")} == set()
