"""Somebody believes what is no longer so: the first page says what, and the call about it ends it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from apps.couples.models import Person
from tests.apps.desk.conftest import Seat
from tests.apps.reminders.acts import BOOKED, OTHER, VISIT, a_scene

pytestmark = pytest.mark.django_db


def test_who_was_told_another_time_is_rung_from_the_first_page(seat: Seat) -> None:
    scene = a_scene()
    scene.book()
    scene.send_due(BOOKED)
    Person.objects.update(email="", contact_consent_at=None)
    soon = VISIT - timedelta(days=2)
    scene.move(OTHER, soon)
    scene.send_due(soon)
    desk = seat(scene.nurse, soon + timedelta(hours=1))
    call = reverse("admin:call_visit", args=[scene.visit.pk])
    listed = desk.get("/admin/").content.decode()
    assert "Was told Thu 15 Jan 08:30; it is Fri 16 Jan 08:30 now" in listed
    assert call in listed
    page = desk.get(call).content.decode()
    assert "Was not told what is so now" in page
    assert "Fri 16 Jan, 08:30" in page
    assert 'value="booked"' not in page
    assert desk.post(call, {"outcome": "reached"}).status_code == 302
    assert "Was told Thu 15 Jan" not in desk.get("/admin/").content.decode()
