"""Texts that came in and ways to reach a person, at the desk."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from apps.couples.models import ContactRoute
from apps.reminders.models import Delivery, InboundText
from apps.reminders.services import receive_text
from tests import rows
from tests.apps.desk.conftest import Seat
from tests.apps.reminders.acts import BOOKED, a_scene

pytestmark = pytest.mark.django_db

NUMBER = "+447700900123"


def test_a_way_is_added_a_text_comes_in_by_it_and_is_read(seat: Seat) -> None:
    clinic = rows.a_clinic()
    couple = rows.a_couple(clinic)
    desk = seat(rows.staff(clinic, "nurse"), rows.AT)
    ways = reverse("admin:person_routes", args=[couple.recipient_id])
    asked = {"channel": "sms", "address": "98480", "belongs_to": "own", "read_by": "", "place": "1"}
    assert desk.post(ways, asked).status_code == 422
    asked |= {"address": "+44 7700 900123", "agreed": "on"}
    assert desk.post(ways, asked).status_code == 302
    route = ContactRoute.objects.get()
    assert (route.address, route.is_usable) == (NUMBER, True)
    assert NUMBER in desk.get(ways).content.decode()
    desk.post(ways, {"act": "refuse", "route": str(route.pk)})
    route.refresh_from_db()
    assert not route.is_usable
    other = reverse("admin:person_routes", args=[couple.partner_id])
    assert desk.post(other, {"act": "end", "route": str(route.pk)}).status_code == 404

    receive_text(clinic=clinic, channel="sms", address=NUMBER, text="Call <me>", provider_id="1", at=rows.AT)
    shown = desk.get(reverse("admin:texts")).content.decode()
    assert couple.code in shown
    assert "Call &lt;me&gt;" in shown
    inbound = InboundText.objects.get()
    desk.post(reverse("admin:text_read", args=[inbound.pk]))
    inbound.refresh_from_db()
    assert inbound.read_at is not None
    assert "Everything was read." in desk.get(reverse("admin:texts")).content.decode()


def test_messages_that_did_not_arrive_are_listed_with_what_became_of_them(seat: Seat) -> None:
    scene = a_scene()
    scene.book()
    scene.send_due(BOOKED)
    Delivery.objects.filter(person=scene.recipient).update(state="unknown")
    desk = seat(scene.nurse, BOOKED)
    listed = desk.get(reverse("admin:undelivered")).content.decode()
    assert "not known whether it arrived" in listed
    assert scene.recipient.full_name in listed
    assert scene.partner.full_name not in listed
    assert reverse("admin:visit_messages", args=[scene.visit.pk]) in listed
    long_after = seat(scene.nurse, BOOKED + timedelta(days=40))
    assert scene.recipient.full_name not in long_after.get(reverse("admin:undelivered")).content.decode()
    lab = seat(rows.staff(scene.clinic, "lab"), BOOKED)
    assert scene.recipient.full_name not in lab.get(reverse("admin:undelivered")).content.decode()


def test_the_laboratory_sees_no_texts_and_no_ways(seat: Seat) -> None:
    clinic = rows.a_clinic()
    couple = rows.a_couple(clinic)
    receive_text(clinic=clinic, channel="sms", address=NUMBER, text="Call me", provider_id="1", at=rows.AT)
    desk = seat(rows.staff(clinic, "lab"), rows.AT)
    assert "Call me" not in desk.get(reverse("admin:texts")).content.decode()
    assert desk.get(reverse("admin:person_routes", args=[couple.recipient_id])).status_code == 403
    assert desk.post(reverse("admin:text_read", args=[InboundText.objects.get().pk])).status_code == 403
