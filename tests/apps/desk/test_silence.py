"""The desk's ways to stop messages and to let them go again, and the page that says why."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.booking import services as booking
from apps.clinic.actors import Actor
from apps.clinic.models import Brake, Clinic, User
from apps.couples.models import Couple
from apps.reminders import services as reminders
from apps.treatments.models import Treatment
from tests import rows

pytestmark = pytest.mark.django_db
AT = rows.AT
SECRET = "a-long-enough-secret"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.desk.access.now", lambda: AT)


@pytest.fixture
def clinic() -> Clinic:
    return rows.a_clinic()


@pytest.fixture
def treatment(clinic: Clinic) -> Treatment:
    return rows.a_treatment(clinic)


def seat(actor: Actor) -> Client:
    user = User.objects.get(pk=actor.user_id)
    user.set_password(SECRET)
    user.is_staff = True
    user.save()
    client = Client()
    client.force_login(user)
    return client


def post(client: Client, name: str, pk: object, **fields: Any) -> Any:
    return client.post(reverse(f"admin:{name}", args=[pk]), fields)


def test_everything_is_stopped_in_one_step_and_the_call_is_on_the_first_page(
    clinic: Clinic, treatment: Treatment
) -> None:
    nurse = seat(rows.staff(clinic, "nurse"))
    couple = treatment.couple
    shown = nurse.get(reverse("admin:couple_stop", args=[couple.pk]))
    assert "some calendars show old entries" in shown.content.decode()
    assert post(nurse, "couple_stop", couple.pk, reason="bereaved").status_code == 302
    assert Couple.objects.get().silent_reason == "bereaved"
    home = nurse.get(reverse("admin:index")).content.decode()
    assert reverse("admin:call_couple", args=[couple.pk]) in home
    said = post(nurse, "call_couple", couple.pk, outcome="reached")
    assert said.status_code == 302
    assert reverse("admin:call_couple", args=[couple.pk]) not in nurse.get("/admin/").content.decode()


def test_who_ends_it_must_be_said_and_nothing_changes_before(clinic: Clinic, treatment: Treatment) -> None:
    nurse, couple = seat(rows.staff(clinic, "nurse")), treatment.couple
    assert post(nurse, "couple_stop", couple.pk, reason="separated").status_code == 422
    assert not Couple.objects.get().is_silent
    post(nurse, "couple_stop", couple.pk, reason="separated", person=str(couple.partner_id))
    treatment.refresh_from_db()
    assert (Couple.objects.get().silent_reason, treatment.closed_reason) == ("separated", "closed: Ended")


def test_after_a_loss_two_people_sign_or_its_recorder_takes_a_slip_back(
    clinic: Clinic, treatment: Treatment
) -> None:
    first, second = rows.staff(clinic, "nurse"), rows.staff(clinic, "doctor")
    nurse, doctor = seat(first), seat(second)
    couple, name = treatment.couple, User.objects.get(pk=second.user_id).username
    rows.said(treatment, first, AT, "milestone", name="loss", on=AT.date())
    yes = {"yes_of": "recipient", "yes_how": "phone", "yes_on": AT.date().isoformat(), "second_name": name}
    unsaid = post(nurse, "couple_speak", couple.pk, second_name=name, second_password=SECRET)
    assert (unsaid.status_code, Couple.objects.get().is_silent) == (422, True)
    wrong = post(nurse, "couple_speak", couple.pk, **yes, second_password="wrong")
    assert (wrong.status_code, Couple.objects.get().is_silent) == (422, True)
    post(doctor, "couple_slip", couple.pk)
    assert Couple.objects.get().is_silent
    post(nurse, "couple_speak", couple.pk, **yes, second_password=SECRET)
    assert not Couple.objects.get().is_silent
    shown = nurse.get(reverse("admin:couples_couple_change", args=[couple.pk])).content.decode()
    assert f"Messages go again: {couple.recipient.full_name} said yes on the phone, Mon 5 Jan" in unescape(
        shown
    )
    rows.said(treatment, first, AT, "milestone", name="loss", on=AT.date() - timedelta(days=1), occurrence=2)
    post(nurse, "couple_slip", couple.pk)
    assert not Couple.objects.get().is_silent


def test_the_brake_is_seen_on_the_first_page_with_who_and_since_when(clinic: Clinic) -> None:
    lab, nurse = seat(rows.staff(clinic, "lab")), seat(rows.staff(clinic, "nurse"))
    assert post(lab, "clinic_brake", clinic.pk, reason="").status_code == 422
    post(lab, "clinic_brake", clinic.pk, reason="Wrong number in every message")
    assert "Messages: stopped since 5 Jan" in nurse.get("/admin/").content.decode()
    assert post(lab, "clinic_unbrake", clinic.pk).status_code == 403
    shown = nurse.get(reverse("admin:clinic_brake", args=[clinic.pk])).content.decode()
    assert "Wrong number in every message" in shown
    post(nurse, "clinic_unbrake", clinic.pk)
    assert Brake.objects.get().released_at == AT


def test_the_page_of_a_visits_messages_says_why_and_shows_the_exact_text(
    clinic: Clinic, treatment: Treatment
) -> None:
    actor = rows.staff(clinic, "nurse")
    visit = rows.visit(treatment, "baseline-antibody-test")
    booking.book(appointment=visit, starts_at=AT + timedelta(days=5), actor=actor, at=AT)
    reminders.derive_treatments([treatment.pk], AT)
    address = reverse("admin:visit_messages", args=[visit.pk])
    nurse = seat(actor)
    shown = nurse.get(address).content.decode()
    assert f"booked by {actor.name}" in shown
    post(nurse, "couple_silence", treatment.couple_id)
    assert "Nothing goes at this moment" in nurse.get(address).content.decode()
    assert seat(rows.staff(clinic, "lab")).get(address).status_code == 403
    other = seat(rows.staff(rows.a_clinic(rows.LONDON), "nurse", "mary"))
    assert other.get(address).status_code == 404
