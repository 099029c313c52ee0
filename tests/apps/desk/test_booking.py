"""The Book page of a clinic with resources: a month, the times of a day, a hold, what follows, one button."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.booking.services import book
from apps.clinic.models import Clinic
from apps.treatments.models import Appointment, Occupation, Treatment
from tests import rows
from tests.apps.desk.conftest import Seat

AT = rows.AT
DAY = timedelta(days=1)


@pytest.fixture
def clinic(db: None) -> Clinic:
    clinic = rows.a_clinic()
    rows.equipped(clinic)
    return clinic


@pytest.fixture
def course(clinic: Clinic) -> Treatment:
    """One dose given three weeks before LATER; the second is to book."""
    nurse = rows.staff(clinic, "nurse", "earlier-nurse")
    treatment = rows.a_treatment(clinic)
    rows.consented(treatment, nurse)
    rows.resulted(treatment, nurse, AT, 4)
    rows.dosed(treatment, nurse, AT + 7 * DAY, 1)
    return treatment


LATER = AT + 21 * DAY


def address(visit: Appointment, page: str = "book", **query: str) -> str:
    path = reverse(f"admin:visit_{page}", args=[visit.pk])
    return path + ("?" + "&".join(f"{name}={value}" for name, value in query.items()) if query else "")


def shown(client: Client, url: str, **more: Any) -> str:
    answer = client.get(url, **more)
    assert answer.status_code == 200
    return answer.content.decode()


def first_time(client: Client, visit: Appointment, on: date) -> str:
    found = re.search(
        r'class="desk-time" name="hold" value="([^"]+)"', shown(client, address(visit, day=on.isoformat()))
    )
    assert found is not None
    return found[1]


def the_dose(treatment: Treatment) -> Appointment:
    return rows.visit(treatment, "sensitisation", 2)


def target(visit: Appointment) -> date:
    assert visit.proposed_on is not None
    return visit.proposed_on


def test_the_month_says_of_each_day_in_words_what_is_free_and_why_the_visit_is_then(
    seat: Seat, course: Treatment
) -> None:
    client, visit = seat(rows.staff(course.clinic, "nurse"), LATER), the_dose(course)
    text = shown(client, address(visit))
    assert 'role="grid"' in text
    assert re.search(r'aria-label="[A-Z][a-z]+ \d+ \w+, good day, \d+ times? free', text)
    assert re.search(r'aria-label="Sunday \d+ \w+, closed"', text)
    assert "needs a reason" in text
    assert "Why: 4 weeks after dose 1 (12 Jan)" in text
    assert "Offer first:" in text


def test_a_day_shows_its_times_with_who_is_needed_when(seat: Seat, course: Treatment) -> None:
    client, visit = seat(rows.staff(course.clinic, "nurse"), LATER), the_dose(course)
    text = shown(client, address(visit, day=target(visit).isoformat()))
    assert "Fitness check of both 08:00 · Donor draw 08:15 · Injection 12:00 · Observation 12:15" in text
    part = shown(client, address(visit, day=target(visit).isoformat()), headers={"HX-Request": "true"})
    assert "<table" not in part
    assert "Donor draw 08:15" in part


def test_choosing_holds_shows_what_follows_and_saves_nothing(seat: Seat, course: Treatment) -> None:
    client, visit = seat(rows.staff(course.clinic, "nurse"), LATER), the_dose(course)
    slot = first_time(client, visit, target(visit))
    answer = client.post(address(visit), {"hold": slot}, follow=True)
    text = answer.content.decode()
    assert "held for you" in text
    assert "Nothing is saved yet." in text
    assert "Book both" in text
    assert "Changes:" in text
    assert "message" in text
    assert the_dose(course).status == "proposed"
    assert {row.purpose for row in Occupation.objects.filter(appointment=visit)} == {"held"}
    assert client.post(address(visit), {"drop": "1"}).status_code == 302
    assert not Occupation.objects.filter(appointment=visit).exists()


def fingerprint(text: str) -> str:
    found = re.search(r'name="expected" value="([^"]+)"', text)
    assert found is not None
    return found[1]


def held(client: Client, visit: Appointment, on: date, page: str = "book") -> dict[str, str]:
    """A slot of that day held, and what the page would send to confirm it."""
    slot = first_time(client, visit, on)
    text = client.post(address(visit, page), {"hold": slot}, follow=True).content.decode()
    return {"confirm": "1", "starts_at": slot, "expected": fingerprint(text)}


def test_one_button_books_both_and_what_was_held_is_booked(seat: Seat, course: Treatment) -> None:
    client, visit = seat(rows.staff(course.clinic, "nurse"), LATER), the_dose(course)
    given = held(client, visit, target(visit))
    assert client.post(address(visit), given).status_code == 302
    booked = the_dose(course)
    assert booked.status == "booked"
    assert booked.local_start == given["starts_at"]
    assert {row.purpose for row in Occupation.objects.filter(appointment=visit)} == {"booked"}


def test_a_day_outside_the_good_ones_asks_for_a_reason_and_keeps_it(seat: Seat, course: Treatment) -> None:
    client, visit = seat(rows.staff(course.clinic, "nurse"), LATER), the_dose(course)
    assert visit.latest_on is not None
    late = visit.latest_on + (2 * DAY if visit.latest_on.weekday() == 5 else DAY)
    given = held(client, visit, late)
    refused = client.post(address(visit), given)
    assert refused.status_code == 422
    assert "Reason for this day" in refused.content.decode()
    assert the_dose(course).status == "proposed"
    assert client.post(address(visit), {**given, "reason": "Travel"}).status_code == 302
    assert the_dose(course).deviation_reason == "Travel"


def test_a_plan_that_changed_meanwhile_is_shown_anew_and_nothing_is_saved(
    seat: Seat, course: Treatment
) -> None:
    nurse = rows.staff(course.clinic, "nurse")
    client, visit = seat(nurse, LATER), the_dose(course)
    given = held(client, visit, target(visit))
    rows.said(
        course, nurse, LATER, "absence", person="recipient", from_on=date(2026, 3, 6), to_on=date(2026, 3, 12)
    )
    text = client.post(address(visit), given, follow=True).content.decode()
    assert "The plan has changed since it was shown" in text
    assert the_dose(course).status == "proposed"
    again = {**given, "expected": fingerprint(text)}
    assert client.post(address(visit), again).status_code == 302
    assert the_dose(course).status == "booked"


def test_a_slot_that_somebody_else_took_is_refused_with_what_is_free(
    seat: Seat, clinic: Clinic, course: Treatment
) -> None:
    nurse = rows.staff(clinic, "nurse")
    client, visit = seat(nurse, LATER), the_dose(course)
    slot = first_time(client, visit, target(visit))
    starts = datetime.fromisoformat(slot).replace(tzinfo=UTC) - timedelta(hours=5, minutes=30)
    other = rows.a_treatment(clinic, couple=rows.a_couple(clinic))
    for place, resource in enumerate(clinic.resources.filter(kind="nurse")):
        Occupation.objects.create(
            clinic=clinic, appointment=rows.visit(other, "baseline-antibody-test"), activity=f"x{place}",
            resource=resource, starts_at=starts, ends_at=starts + timedelta(hours=10),
        )  # fmt: skip
    text = client.post(address(visit), {"hold": slot}, follow=True).content.decode()
    assert "held for you" not in text
    assert not Occupation.objects.filter(appointment=visit).exists()


def test_absences_of_either_partner_stand_above_the_month_and_close_their_days(
    seat: Seat, course: Treatment
) -> None:
    nurse, visit = rows.staff(course.clinic, "nurse"), the_dose(course)
    away = target(visit)
    rows.said(course, nurse, LATER, "absence", person="partner", from_on=away, to_on=away + DAY)
    client = seat(nurse, LATER)
    text = shown(client, address(visit, day=away.isoformat()))
    assert "Arjun is away" in text
    assert "somebody is away" in text


def test_another_time_between_the_quarters_can_be_held(seat: Seat, course: Treatment) -> None:
    client, visit = seat(rows.staff(course.clinic, "nurse"), LATER), the_dose(course)
    asked = {"other": "1", "on": target(visit).isoformat(), "time": "08:05"}
    text = client.post(address(visit), asked, follow=True).content.decode()
    assert "held for you" in text
    assert "08:05" in text
    wrong = client.post(address(visit), {**asked, "time": ""})
    assert wrong.status_code == 422


def test_a_booking_is_moved_with_the_same_page(seat: Seat, course: Treatment) -> None:
    nurse, visit = rows.staff(course.clinic, "nurse"), the_dose(course)
    on = target(visit)
    book(appointment=visit, starts_at=datetime.fromisoformat(f"{on}T08:00"), actor=nurse, at=LATER)
    client = seat(nurse, LATER)
    other = on + DAY if (on + DAY).weekday() < 6 else on - DAY
    given = held(client, visit, other, "move")
    assert "Move both" in shown(
        client, address(visit, "move", day=other.isoformat(), slot=given["starts_at"])
    )
    assert client.post(address(visit, "move"), given).status_code == 302
    moved = the_dose(course)
    assert (moved.status, moved.local_start) == ("booked", given["starts_at"])


def test_a_held_visit_is_pencilled_and_the_page_says_what_a_pencil_is(seat: Seat, clinic: Clinic) -> None:
    nurse = rows.staff(clinic, "nurse")
    treatment, at = rows.after_three_doses(clinic, nurse)
    rows.resulted(treatment, nurse, at, 2)
    visit = next(row for row in Appointment.objects.filter(treatment=treatment, held=True) if row.earliest_on)
    client = seat(nurse, at + DAY)
    text = shown(client, address(visit))
    assert "pencil only" in text
    assert "stands in no calendar and cannot be performed" in text
    found = re.search(r'name="hold" value="([^"]+)"', text)
    assert found is not None
    after = client.post(address(visit), {"hold": found[1]}, follow=True).content.decode()
    assert "Pencil in" in after
    given = {"confirm": "1", "starts_at": found[1], "expected": fingerprint(after), "reason": "Travel"}
    assert client.post(address(visit), given).status_code == 302
    pencilled = Appointment.objects.get(pk=visit.pk)
    assert (pencilled.status, pencilled.pencilled) == ("booked", True)


def test_a_visit_that_cannot_be_booked_says_why(seat: Seat, clinic: Clinic) -> None:
    treatment = rows.a_treatment(clinic)
    waiting = next(
        row
        for row in Appointment.objects.filter(treatment=treatment)
        if row.state == "waiting" and not row.held
    )
    client = seat(rows.staff(clinic, "nurse"), AT)
    assert "This visit cannot be booked now" in shown(client, address(waiting))


def test_the_laboratory_books_nothing_and_another_clinic_finds_nothing(seat: Seat, course: Treatment) -> None:
    visit = the_dose(course)
    assert seat(rows.staff(course.clinic, "lab"), LATER).get(address(visit)).status_code == 403
    stranger = seat(rows.staff(rows.a_clinic(rows.LONDON), "nurse"), LATER)
    assert stranger.get(address(visit)).status_code == 404
