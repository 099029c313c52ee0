"""A manager sets the clinic's messages up and tries them, a nurse asks a couple to call: one walk in a real browser."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from apps.clinic.models import Clinic
from apps.couples.models import Couple
from apps.couples.routes import RouteInput, add_route
from apps.reminders.channels import DemoChannel
from apps.reminders.models import Delivery, Trial
from apps.reminders.services import receive_receipt, say, sweep
from tests import rows
from tests.browser.seats import fits, pictured, seated

pytestmark = pytest.mark.django_db(transaction=True)

AT = rows.AT
NUMBER = "+447700900123"
URDU = replace(rows.LALITHA, given_name="Ayesha", language="ur", email="", contact_consent_at=AT)
HINDI = replace(rows.ARJUN, language="hi", email="a@example.org", contact_consent_at=AT)


@pytest.fixture
def clinic(transactional_db: None, stand_at: Any, settings: Any) -> Clinic:
    settings.BASE_URL = "https://clinic.example.org"
    stand_at(AT)
    return rows.a_clinic()


def looked_at(page: Page, name: str) -> None:
    fits(page)
    pictured(page, name)


def test_messages_are_set_up_tried_asked_for_and_read(
    browser: Browser, live_server: LiveServer, clinic: Clinic
) -> None:
    with seated(browser, live_server, clinic, "manager", 820) as page:
        _set_up(page, clinic)
        _tried(page, clinic)
    couple = rows.a_couple(clinic, recipient=URDU, partner=HINDI)
    nurse = rows.staff(clinic, "nurse", "reaching")
    for person, channel, address in (
        (couple.recipient, "sms", NUMBER),
        (couple.partner, "card", ""),
    ):
        given = RouteInput(channel, address, consented_at=AT)
        add_route(person=person, given=given, actor=nurse, at=AT)
    say(
        person=couple.partner,
        kind="test",
        key="one",
        blanks={},
        actor=nurse,
        at=AT,
        not_after=AT + timedelta(days=1),
    )
    with seated(browser, live_server, clinic, "nurse", 390) as page:
        _asked_to_call(page, couple)
        _read_and_printed(page, clinic, couple)


def _set_up(page: Page, clinic: Clinic) -> None:
    page.goto(reverse("admin:clinic_clinic_change", args=[clinic.pk]))
    page.get_by_role("link", name="Messages: names, providers, hours, trial").click()
    page.get_by_role("link", name=re.compile("Set up a provider.*SMS")).click()
    page.get_by_label("Provider").select_option("twilio")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The provider needs a secret")).to_be_visible()
    looked_at(page, "channel-refused")
    page.get_by_label("Account").fill("AC" + "a" * 32)
    page.get_by_label("Sender").fill("+447700900001")
    page.get_by_label("Secret", exact=True).fill("never-shown-again")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("held and sealed, not shown")).to_be_visible()
    expect(page.get_by_text("https://clinic.example.org/hooks/")).to_be_visible()
    looked_at(page, "messages")
    assert "never-shown-again" not in page.content()
    page.get_by_role("link", name="Change names and number").click()
    page.get_by_label("Name in messages").fill("Miscarriage clinic")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Use neutral words.")).to_be_visible()
    looked_at(page, "wording-refused")
    page.get_by_label("Name in messages").fill("Road 12")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Change the hours of messages").click()
    page.get_by_label("Quiet from").fill("22:00")
    looked_at(page, "hours")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("22:00–08:00")).to_be_visible()


def _tried(page: Page, clinic: Clinic) -> None:
    # From here on the demo's own provider: nothing leaves the machine.
    clinic.channels.update(provider="demo")
    page.get_by_role("link", name="Send a trial").click()
    page.get_by_label("SMS").check()
    page.get_by_label("Your own address or number").fill("+442079460999")
    page.get_by_label("Language").select_option("te")
    looked_at(page, "trial-asked")
    page.get_by_role("button", name="Send it now").click()
    expect(page.get_by_text("the provider has taken it")).to_be_visible()
    looked_at(page, "trial")
    trial = Trial.objects.get()
    receive_receipt(channel="sms", receipt="delivered", at=AT, delivery_id=trial.pk)
    # The page looks again by itself.
    expect(page.locator("#trial-outcome").get_by_text("delivered")).to_be_visible()


def _asked_to_call(page: Page, couple: Couple) -> None:
    page.goto(reverse("admin:couples_couple_change", args=[couple.pk]))
    looked_at(page, "couple")
    page.get_by_role("link", name="Please call us").click()
    expect(page.get_by_text(NUMBER)).to_be_visible()
    expect(page.get_by_text("not yet read by a native speaker").first).to_be_visible()
    looked_at(page, "call-us")
    page.get_by_role("button", name="Ask Ayesha Rao to call us").click()
    expect(page.get_by_text("asked already")).to_be_visible()
    expect(page.get_by_text("they wish to be told by somebody")).to_be_visible()
    sweep(channel=DemoChannel(), at=AT)
    assert set(Delivery.objects.values_list("state", "channel")) == {("sent", "sms"), ("handed", "card")}


def _read_and_printed(page: Page, clinic: Clinic, couple: Couple) -> None:
    page.get_by_role("link", name="All messages").click()
    for one in page.get_by_text("The exact text").all():
        one.click()
    looked_at(page, "log")
    page.get_by_role("link", name=re.compile("Print the card")).click()
    looked_at(page, "card")
    page.emulate_media(media="print")
    expect(page.locator(".post-card")).to_be_visible()
    expect(page.get_by_text("Arjun Rao").first).to_be_hidden()
    page.emulate_media(media="screen")
    page.get_by_role("button", name=re.compile("Handed over")).click()
    expect(page.get_by_text("No card waits.")).to_be_visible()
    page.goto(f"{reverse('admin:clinic_texts', args=[clinic.pk])}?language=ur")
    page.get_by_label("Who reads").fill("Nasreen Sultana")
    page.get_by_role("button", name=re.compile("A native speaker has read it.*Please call us")).click()
    expect(page.get_by_text("Read by Nasreen Sultana")).to_be_visible()
    looked_at(page, "texts")
    page.goto(reverse("admin:person_edit", args=[couple.recipient_id]))
    looked_at(page, "person")
