"""A patient's page is issued at the desk, shown once as a card, and what she says there stands where she is expected."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.booking import services
from apps.booking.coming import say_coming
from apps.booking.queries import best_slots
from apps.clinic.models import User
from apps.clinic.services import add_member
from apps.portal.models import PageLink
from tests import rows

AT = rows.AT
pytestmark = pytest.mark.django_db


@pytest.fixture
def seat(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A nurse's browser at the moment AT, in a clinic with one treatment."""
    clinic = rows.a_clinic()
    user = User.objects.create_user(username="nisha", is_staff=True)
    add_member(clinic=clinic, user=user, role="nurse", actor=rows.SYSTEM, at=AT)
    monkeypatch.setattr("apps.desk.access.now", lambda: AT)
    client = Client()
    client.force_login(user)
    return client, rows.a_treatment(clinic)


def test_an_address_is_issued_once_renewed_and_withdrawn(seat: Any) -> None:
    client, treatment = seat
    person = treatment.couple.recipient
    couple_page = reverse("admin:couples_couple_change", args=[treatment.couple.pk])
    own_page = reverse("admin:person_page", args=[person.pk])
    assert own_page in client.get(couple_page).content.decode()
    answer = client.post(reverse("admin:page_issue", args=[person.pk]), {"label": "Card"})
    page = answer.content.decode()
    (address,) = set(re.findall(r"http://testserver(/p/[\w-]{43}/)", page))
    assert "<svg" in page
    assert "no-store" in answer["Cache-Control"]
    assert address not in client.get(own_page).content.decode()
    assert Client().get(address).status_code == 200
    link = PageLink.objects.get()
    assert link.token_hash not in page
    client.post(reverse("admin:page_renew", args=[link.pk]))
    assert Client().get(address).status_code == 404
    client.post(reverse("admin:page_revoke", args=[PageLink.objects.get(ended_at=None).pk]))
    assert not PageLink.objects.filter(ended_at=None).exists()


def test_who_said_that_they_come_stands_on_the_worklist_and_on_the_day(
    seat: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, treatment = seat
    visit = rows.visit(treatment, "baseline-antibody-test")
    starts_at = best_slots(visit, at=AT)[0].starts_at
    booked = services.book(appointment=visit, starts_at=starts_at, actor=rows.SYSTEM, at=AT)
    monkeypatch.setattr("apps.desk.access.now", lambda: starts_at - timedelta(hours=1))
    places = [
        reverse("admin:index"),
        reverse("admin:day_sheet", args=[treatment.clinic_id, starts_at.date()]),
    ]
    for place in places:
        assert "says they come" not in client.get(place, follow=True).content.decode()
    say_coming(appointment=booked, person=treatment.couple.recipient, actor=rows.SYSTEM, at=AT)
    for place in places:
        assert "says they come" in client.get(place, follow=True).content.decode()
