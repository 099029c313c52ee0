"""Acts at the desk go through the services: what they refuse is said beside the field, and nothing has changed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from apps.clinic.models import Clinic
from apps.couples.models import Couple
from apps.treatments.models import Appointment, Record, Treatment
from tests import rows
from tests.apps.booking.a_session import a_released_unit, dose_given
from tests.apps.desk.conftest import Seat

AT = rows.AT
BOOSTER, DOSE, BASELINE = "preconception-booster", "sensitisation", "baseline-antibody-test"


def book(client: Client, visit: Appointment, on: str, **more: str) -> int:
    given = {"on": on, "time": "09:30", "minutes": "60", **more}
    return client.post(reverse("admin:visit_book", args=[visit.pk]), given).status_code


def a_desk(seat: Seat) -> tuple[Clinic, Treatment, Client]:
    clinic = rows.a_clinic()
    treatment = rows.a_treatment(clinic)
    return clinic, treatment, seat(rows.staff(clinic, "nurse"), AT)


def test_a_held_booster_is_refused_and_can_only_be_pencilled(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    treatment, at = rows.after_three_doses(clinic, nurse)
    rows.said(
        treatment, nurse, at, "milestone", name="conception-attempt", certainty="planned", on="2026-05-18"
    )
    rows.resulted(treatment, nurse, at, 2)
    client = seat(nurse, at + timedelta(days=1))
    visit = rows.visit(treatment, BOOSTER)
    assert visit.held
    answer = client.post(
        reverse("admin:visit_book", args=[visit.pk]), {"on": "2026-05-04", "time": "09:30", "minutes": "60"}
    )
    assert answer.status_code == 422
    assert "held" in answer.content.decode().lower()
    assert rows.visit(treatment, BOOSTER).status == "proposed"
    done = client.post(
        reverse("admin:visit_dose", args=[visit.pk]),
        {"on": "2026-04-07", "cells_million": "8", "preview": "1"},
    )
    assert "held" in done.content.decode()
    assert not Record.objects.filter(treatment=treatment, kind="fulfilled", data__step=BOOSTER).exists()
    assert book(client, visit, "2026-05-04", pencil="on") == 302
    pencilled = rows.visit(treatment, BOOSTER)
    assert (pencilled.status, pencilled.pencilled) == ("booked", True)
    assert client.post(reverse("admin:visit_confirm", args=[visit.pk])).status_code == 302
    assert rows.visit(treatment, BOOSTER).pencilled


def test_a_visit_is_booked_in_the_clinics_own_time_moved_and_cancelled(seat: Seat) -> None:
    _, treatment, client = a_desk(seat)
    visit = rows.visit(treatment, BASELINE)
    page = client.get(reverse("admin:visit_book", args=[visit.pk])).content.decode()
    assert "5–19 Jan" in page
    assert book(client, visit, "2026-01-08") == 302
    booked = rows.visit(treatment, BASELINE)
    assert booked.local_start == "2026-01-08T09:30"
    moved = client.post(
        reverse("admin:visit_move", args=[visit.pk]), {"on": "2026-01-09", "time": "10:00", "minutes": "30"}
    )
    assert moved.status_code == 302
    assert rows.visit(treatment, BASELINE).local_start == "2026-01-09T10:00"
    assert client.post(reverse("admin:visit_cancel", args=[visit.pk]), {"reason": ""}).status_code == 422
    assert client.post(reverse("admin:visit_cancel", args=[visit.pk]), {"reason": "Rain"}).status_code == 302
    assert rows.visit(treatment, BASELINE).status == "cancelled"


def test_a_day_outside_the_good_ones_asks_for_a_reason(seat: Seat) -> None:
    _, treatment, client = a_desk(seat)
    visit = rows.visit(treatment, BASELINE)
    answer = client.post(
        reverse("admin:visit_book", args=[visit.pk]), {"on": "2026-01-22", "time": "09:30", "minutes": "60"}
    )
    assert answer.status_code in (302, 422)
    if answer.status_code == 422:
        assert rows.visit(treatment, BASELINE).status == "proposed"


def test_a_closed_day_is_refused_with_a_remedy(seat: Seat) -> None:
    _, treatment, client = a_desk(seat)
    visit = rows.visit(treatment, BASELINE)
    answer = client.post(
        reverse("admin:visit_book", args=[visit.pk]), {"on": "2026-01-11", "time": "09:30", "minutes": "60"}
    )
    assert answer.status_code == 422
    assert "clos" in answer.content.decode().lower()
    assert rows.visit(treatment, BASELINE).status == "proposed"


def test_a_preview_says_what_changes_and_saves_nothing(seat: Seat) -> None:
    _, treatment, client = a_desk(seat)
    visit = rows.visit(treatment, BASELINE)
    given = {"on": "2026-01-15", "time": "09:30", "minutes": "60", "preview": "1"}
    page = client.post(reverse("admin:visit_book", args=[visit.pk]), given).content.decode()
    assert "What changes" in page
    assert "Nothing is saved yet" in page
    assert rows.visit(treatment, BASELINE).status == "proposed"


def test_arrival_needs_the_day_and_the_visit_is_then_recorded(seat: Seat) -> None:
    clinic, treatment, client = a_desk(seat)
    visit = rows.visit(treatment, BASELINE)
    book(client, visit, "2026-01-08")
    client.post(reverse("admin:visit_arrive", args=[visit.pk]))
    assert rows.visit(treatment, BASELINE).status == "booked"
    later = seat(rows.staff(clinic, "doctor"), AT + timedelta(days=3))
    later.post(reverse("admin:visit_arrive", args=[visit.pk]))
    assert rows.visit(treatment, BASELINE).status == "arrived"
    assert later.post(reverse("admin:visit_attend", args=[visit.pk]), {"on": "2026-01-08"}).status_code == 302
    assert rows.visit(treatment, BASELINE).status == "fulfilled"


def test_a_positive_test_on_arrival_is_recorded_and_no_dose_is(seat: Seat) -> None:
    clinic, treatment, _ = a_desk(seat)
    nurse = rows.staff(clinic, "nurse", "second")
    at = AT + timedelta(weeks=1)
    rows.consented(treatment, nurse)
    rows.resulted(treatment, nurse, at, 4)
    for test in ("hiv", "hbv", "hcv", "syphilis"):
        rows.said(
            treatment,
            nurse,
            at,
            "screening",
            person="partner",
            test=test,
            outcome="clear",
            sampled_on=at.date(),
        )
    client = seat(nurse, at)
    visit = rows.visit(treatment, DOSE)
    attend = client.get(reverse("admin:visit_attend", args=[visit.pk]))
    address = reverse("admin:visit_dose", args=[visit.pk])
    assert attend.headers["Location"] == address
    assert "Pregnancy test" in client.get(address).content.decode()
    doctor = rows.staff(clinic, "doctor")
    given = dose_given(a_released_unit(visit, nurse, doctor, at), doctor)
    assert client.post(address, given).status_code == 422
    assert client.post(address, {**given, "pregnancy_test": "reactive"}).status_code == 302
    assert Record.objects.filter(treatment=treatment, kind="screening", data__outcome="reactive").exists()
    assert rows.visit(treatment, DOSE).status == "proposed"


@pytest.mark.parametrize(("tested", "stays"), [("clear", False), ("reactive", True)])
def test_before_a_dose_the_last_period_and_the_days_test_are_asked_on_arrival(
    seat: Seat, tested: str, stays: bool
) -> None:
    clinic, treatment, _ = a_desk(seat)
    nurse = rows.staff(clinic, "nurse", "second")
    rows.consented(treatment, nurse)
    rows.resulted(treatment, nurse, AT, 4)
    at = AT + timedelta(weeks=1)
    book(seat(nurse, AT), rows.visit(treatment, DOSE), at.date().isoformat())
    client = seat(nurse, at)
    address = reverse("admin:visit_arrive", args=[rows.visit(treatment, DOSE).pk])
    assert "Last period" in client.get(address).content.decode()
    assert client.post(address, {"last_period_on": "2026-01-01"}).status_code == 422
    assert rows.visit(treatment, DOSE).status == "booked"
    assert client.post(address, {"last_period_on": "2026-01-01", "pregnancy_test": tested}).status_code == 302
    visit = rows.visit(treatment, DOSE)
    assert visit.status == "arrived"
    assert ("pregnancy test of recipient" in visit.plan["missing"]) is stays
    assert Record.objects.filter(
        treatment=treatment, kind="note", data__text="Last period began on 1 Jan 2026."
    ).exists()


def test_results_and_corrections_are_entered_by_forms(seat: Seat) -> None:
    _, treatment, client = a_desk(seat)
    address = reverse("admin:treatment_record", args=[treatment.pk, "result"])
    given = {"test": "apca", "sampled_on": "2026-01-05", "resulted_on": "2026-01-05", "outcome": "final"}
    refused = client.post(address, given)
    assert refused.status_code == 422
    assert client.post(address, {**given, "value": "62"}).status_code == 302
    record = Record.objects.get(treatment=treatment, kind="result")
    assert rows.flag(treatment, "baseline_already_positive").is_open
    correct = reverse("admin:record_correct", args=[record.pk])
    assert "62" in client.get(correct).content.decode()
    right = {"how": "replace", "correction_reason": "Typed wrongly", **given, "value": "6"}
    assert client.post(correct, right).status_code == 302
    assert not rows.flag(treatment, "baseline_already_positive").is_open


def test_the_tests_of_one_sample_are_entered_together_and_corrected_singly(seat: Seat) -> None:
    _, treatment, client = a_desk(seat)
    address = reverse("admin:treatment_record", args=[treatment.pk, "screening"])
    given = {"person": "partner", "tests": ["hiv", "hbv", "hcv", "syphilis"], "sampled_on": "2026-01-05"}
    assert client.post(address, {**given, "outcome": "clear"}).status_code == 302
    found = Record.objects.filter(treatment=treatment, kind="screening")
    assert {record.data["test"] for record in found} == {"hiv", "hbv", "hcv", "syphilis"}
    wrong = found.get(data__test="hbv")
    right = {"how": "replace", "correction_reason": "Read again", "person": "partner", "test": "hbv"}
    doctor = seat(rows.staff(treatment.clinic, "doctor"), AT)
    answer = doctor.post(
        reverse("admin:record_correct", args=[wrong.pk]),
        {**right, "sampled_on": "2026-01-05", "outcome": "reactive"},
    )
    assert answer.status_code == 302


def test_a_loss_says_what_stops_and_stops_it(seat: Seat) -> None:
    _, treatment, client = a_desk(seat)
    book(client, rows.visit(treatment, BASELINE), "2026-01-08")
    address = reverse("admin:treatment_loss", args=[treatment.pk])
    page = client.get(address).content.decode()
    assert "<strong>1</strong> booked visit cancelled" in page
    assert client.post(address, {"on": "2026-01-05"}).status_code == 422
    assert rows.visit(treatment, BASELINE).status == "booked"
    assert client.post(address, {"on": "2026-01-05", "sure": "on"}).status_code == 302
    assert rows.visit(treatment, BASELINE).status == "cancelled"
    assert Couple.objects.get(pk=treatment.couple_id).is_silent


def test_enrolment_says_every_fault_at_once_and_keeps_what_was_typed(seat: Seat) -> None:
    clinic = rows.a_clinic()
    client = seat(rows.staff(clinic, "nurse"), AT)
    given = {
        "clinic": str(clinic.pk),
        "recipient-given_name": "Asha",
        "recipient-phone": "call me",
        "recipient-language": "te",
        "partner-given_name": "Ravi",
        "partner-birth_on": "2030-01-01",
        "partner-language": "en",
    }
    answer = client.post(reverse("admin:couples_couple_add"), given)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "This is not a phone number" in text
    assert "This is no date of birth" in text
    assert "call me" in text
    assert not Couple.objects.exists()
    right = {**given, "recipient-phone": "+919848012345", "partner-birth_on": "1990-01-01"}
    assert client.post(reverse("admin:couples_couple_add"), right).status_code == 302
    assert Couple.objects.get().recipient.given_name == "Asha"


def test_a_calendar_link_is_shown_once(seat: Seat) -> None:
    clinic = rows.a_clinic()
    couple = rows.a_couple(clinic)
    client = seat(rows.staff(clinic, "nurse"), AT)
    page = client.post(reverse("admin:link_issue", args=[couple.recipient_id]))
    text = page.content.decode()
    assert "webcal://testserver/feeds/" in text
    assert "no-store" in page["Cache-Control"]
    token = text.split("/feeds/")[1].split(".ics")[0]
    assert client.get(f"/feeds/{token}.ics").status_code == 200
    assert token not in client.get(reverse("admin:person_links", args=[couple.recipient_id])).content.decode()


def test_every_form_of_a_record_opens(seat: Seat) -> None:
    _, treatment, client = a_desk(seat)
    for kind in (
        "result", "milestone", "dating", "screening", "consent", "opt_in", "absence", "donor", "skipped", "pause",
        "resume", "close", "note",
    ):  # fmt: skip
        assert client.get(reverse("admin:treatment_record", args=[treatment.pk, kind])).status_code == 200, (
            kind
        )
    assert client.get(reverse("admin:treatment_record", args=[treatment.pk, "decision"])).status_code == 404


def test_a_clinic_closes_days_and_opens_them_again(seat: Seat) -> None:
    clinic = rows.a_clinic()
    client = seat(rows.staff(clinic, "nurse"), AT)
    closing = {"from_on": "2026-02-02", "to_on": "2026-02-03", "reason": "Painting"}
    assert client.post(reverse("admin:clinic_close", args=[clinic.pk]), closing).status_code == 302
    assert "Painting" in client.get(reverse("admin:clinic_clinic_change", args=[clinic.pk])).content.decode()
    client.post(reverse("admin:clinic_reopen", args=[clinic.pk, "2026-02-02", "2026-02-03"]))
    assert (
        "Painting" not in client.get(reverse("admin:clinic_clinic_change", args=[clinic.pk])).content.decode()
    )
