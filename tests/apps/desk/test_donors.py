"""A donor from outside at the desk: on the list, on the couple's page, rung by whoever may ring, told in the preview."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from apps.booking import services as booking
from apps.booking.call_models import CallTask
from apps.booking.calls.donors import word_for_donor
from apps.booking.donor_contacts import set_donor_contact
from apps.clinic.actors import Actor
from apps.clinic.models import Clinic
from apps.treatments.models import Appointment, Treatment
from tests import rows
from tests.apps.desk.conftest import Seat

pytestmark = pytest.mark.django_db
AT = rows.AT
FIRST = datetime(2026, 1, 15, 3, 0, tzinfo=UTC)
OTHER = datetime(2026, 1, 16, 3, 0, tzinfo=UTC)
HOME = reverse("admin:index")


@pytest.fixture
def clinic() -> Clinic:
    return rows.a_clinic()


@pytest.fixture
def nurse(clinic: Clinic) -> Actor:
    return rows.staff(clinic, "nurse")


@pytest.fixture
def treatment(clinic: Clinic, nurse: Actor) -> Treatment:
    """The first dose is booked and takes a donor from outside."""
    made = rows.a_treatment(clinic)
    rows.consented(made, nurse)
    rows.resulted(made, nurse, AT, 4)
    rows.said(made, nurse, AT, "donor", donor="unrelated", on=AT.date())
    booking.book(appointment=visit_of(made), starts_at=FIRST, actor=nurse, at=AT, reason="wish")
    return made


def visit_of(treatment: Treatment) -> Appointment:
    return rows.visit(treatment, "sensitisation", 1)


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_nurse_rings_him_from_the_list_and_the_laboratory_sees_no_number(
    seat: Seat, nurse: Actor, treatment: Treatment
) -> None:
    visit, page = visit_of(treatment), reverse("admin:call_donor", args=[visit_of(treatment).pk])
    client = seat(nurse, AT)
    contact = reverse("admin:donor_contact", args=[treatment.pk, "unrelated"])
    assert "No number" in read(client, page)
    client.post(contact, {"name": "D-17", "phone": "+44 20 7946 0999"})
    shown = read(client, page)
    assert "+442079460999" in shown
    assert "to come: Thu 15 Jan, 08:30" in shown
    assert page in read(client, HOME)
    assert "Please call us" not in shown
    couple = reverse("admin:couples_couple_change", args=[treatment.couple_id])
    for text in ("Donor from outside", "to come: Thu 15 Jan, 08:30", "D-17"):
        assert text in read(client, couple)
    word, cancel = word_for_donor(visit, at=AT), reverse("admin:visit_cancel", args=[visit.pk])
    assert word is not None
    assert "told by phone that it is off" not in read(client, cancel)
    answer = client.post(page, {"outcome": "reached", "word": word.token}, follow=True)
    assert "told by phone that it is off" in read(client, cancel)
    assert "Reached" in answer.content.decode()  # and can be taken back at once
    assert page not in read(client, HOME)
    assert "to come: Thu" not in read(client, couple)

    lab = seat(rows.staff(treatment.clinic, "lab"), AT)
    assert lab.get(page).status_code == 403
    assert lab.get(contact).status_code == 403
    assert "D-17" not in read(lab, couple)
    stranger = seat(rows.staff(rows.a_clinic(rows.LONDON), "nurse"), AT)
    assert stranger.get(page).status_code == 404
    assert stranger.get(contact).status_code == 404


def test_a_page_that_was_open_while_the_visit_moved_says_so_and_tells_nothing(
    seat: Seat, nurse: Actor, treatment: Treatment
) -> None:
    visit, client = visit_of(treatment), seat(nurse, AT)
    page = reverse("admin:call_donor", args=[visit.pk])
    word = word_for_donor(visit, at=AT)
    assert word is not None
    booking.move(appointment=visit, starts_at=OTHER, actor=nurse, at=AT, reason="wish")
    answer = client.post(page, {"outcome": "reached", "word": word.token}, follow=True)
    assert "moved or called off meanwhile" in answer.content.decode()
    assert "to come: Fri 16 Jan, 08:30" in answer.content.decode()
    assert not CallTask.objects.exists()
    booking.cancel(appointment=visit, reason="ill", actor=nurse, at=AT)
    answer = client.get(page, follow=True)
    assert "nothing more" in answer.content.decode()


def test_whoever_declines_waits_for_a_doctor_and_who_is_put_off_for_his_day(
    seat: Seat, nurse: Actor, treatment: Treatment
) -> None:
    visit, client = visit_of(treatment), seat(nurse, AT)
    page, later = reverse("admin:call_donor", args=[visit.pk]), reverse("admin:worklist_kind", args=["later"])
    word = word_for_donor(visit, at=AT)
    assert word is not None
    again = (AT + timedelta(days=1)).date().isoformat()
    client.post(page, {"outcome": "call_again", "again_on": again, "word": word.token})
    assert page in read(client, later)
    # The stored call leads to the same page.
    task = CallTask.objects.get()
    assert client.get(reverse("admin:call", args=[task.pk])).headers["Location"] == page
    client.post(page, {"outcome": "declined", "word": word.token})
    doctor = seat(rows.staff(treatment.clinic, "doctor"), AT)
    note = reverse("admin:call_note", args=[task.pk])
    assert note in read(doctor, later)
    doctor.post(note)
    assert note not in read(doctor, later)


def test_the_preview_of_a_booking_and_of_a_move_says_that_he_is_told_by_phone(
    seat: Seat, nurse: Actor, treatment: Treatment
) -> None:
    visit, client = visit_of(treatment), seat(nurse, AT)
    told = "The donor from outside is told by phone"
    move = reverse("admin:visit_move", args=[visit.pk])
    day_move = f"{reverse('admin:day_move', args=[visit.pk])}?starts_at=2026-01-16T08:30"
    asked = {"on": "2026-01-16", "time": "08:30", "minutes": "60", "preview": "1"}
    assert told in client.post(move, asked).content.decode()
    assert told in read(client, day_move)
    rows.said(treatment, nurse, AT + timedelta(minutes=1), "donor", donor="partner", on=AT.date())
    assert told not in client.post(move, asked).content.decode()
    assert told not in read(client, day_move)


def test_whoever_is_silent_is_rung_and_not_offered_a_message(
    seat: Seat, nurse: Actor, treatment: Treatment
) -> None:
    set_donor_contact(treatment=treatment, donor="unrelated", name="", phone="", actor=nurse, at=AT)
    offered = reverse("admin:couple_call_us", args=[treatment.couple_id])
    client = seat(nurse, AT)
    ring = reverse("admin:call_visit", args=[rows.visit(treatment, "sensitisation", 2).pk])
    assert offered in read(client, ring)
    rows.said(treatment, nurse, AT, "milestone", name="loss", on=AT.date())
    assert offered not in read(client, reverse("admin:call_couple", args=[treatment.couple_id]))
