"""The page of a couple: what stands on it for whom, what is hidden from whom, and what it costs."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.booking.services import book
from apps.clinic.models import Clinic
from apps.couples.care import assign
from apps.couples.models import Note
from apps.couples.services import silence_couple, write_note
from apps.reminders.derivation import derive_treatments
from apps.reminders.models import Delivery
from apps.treatments.files import attach_file
from apps.treatments.models import Attachment, AttachmentReading, Record, Treatment
from tests import rows
from tests.apps.desk.conftest import Seat

AT = rows.AT
PDF = b"%PDF-1.7\n"


def page_of(client: Client, treatment: Treatment) -> str:
    answer = client.get(reverse("admin:couples_couple_change", args=[treatment.couple_id]))
    assert answer.status_code == 200
    return answer.content.decode()


def a_treatment(clinic: Clinic, *, her: Any = None, him: Any = None) -> Treatment:
    couple = rows.a_couple(clinic, recipient=her or rows.LALITHA, partner=him or rows.ARJUN)
    return rows.a_treatment(clinic, couple=couple)


def test_the_next_step_is_told_with_its_good_days_and_who_is_away(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    treatment = a_treatment(clinic)
    rows.consented(treatment, nurse)
    rows.resulted(treatment, nurse, AT, 4)
    rows.dosed(treatment, nurse, AT + timedelta(weeks=1), 1)
    at = AT + timedelta(weeks=4)
    rows.said(treatment, nurse, at, "absence", person="partner", from_on="2026-01-30", to_on="2026-02-06")
    body = page_of(seat(nurse, at), treatment)
    told = body[body.index("Next: <strong>") :].split("</strong>")[0]
    assert told == "Next: <strong>Sensitisation dose 2, good 7–23 Feb, partner away to 6 Feb"


def test_each_visit_has_its_because_one_tap_away(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    treatment, at = rows.after_three_doses(clinic, nurse)
    body = page_of(seat(nurse, at), treatment)
    assert "<p>4 weeks after dose 2 (9 Feb)" in body


@pytest.mark.parametrize(
    ("hers", "his", "said"),
    [
        ("A-", "A+", "a doctor reviews anti-D"),
        ("A-", "", "blood group is not known"),
        ("A-", "O-", "Both are RhD-negative"),
        ("", "O+", "The recipient&#x27;s blood group is not known"),
    ],
)
def test_an_rhd_negative_recipient_is_an_alert(seat: Seat, hers: str, his: str, said: str) -> None:
    clinic = rows.a_clinic()
    treatment = a_treatment(
        clinic, her=replace(rows.LALITHA, blood_group=hers), him=replace(rows.ARJUN, blood_group=his)
    )
    assert said in page_of(seat(rows.staff(clinic, "nurse"), AT), treatment)


def test_an_rhd_positive_recipient_is_none(seat: Seat) -> None:
    clinic = rows.a_clinic()
    treatment = a_treatment(clinic, her=replace(rows.LALITHA, blood_group="A+"))
    assert ">RhD<" not in page_of(seat(rows.staff(clinic, "nurse"), AT), treatment)


def test_adverse_events_and_reactions_are_alerts_until_they_are_withdrawn(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    treatment = a_treatment(clinic)
    rows.consented(treatment, nurse)
    rows.resulted(treatment, nurse, AT, 4)
    at = AT + timedelta(weeks=1)
    rows.screened(treatment, nurse, at)
    rows.said(
        treatment, nurse, at, "fulfilled", step="sensitisation", occurrence=1, on=at.date(),
        given={"cells_million": 8.0, "reaction": "Itching for a night"},
    )  # fmt: skip
    note = write_note(
        couple=treatment.couple,
        text="Fever of 39",
        kind="adverse_event",
        severity="severe",
        actor=nurse,
        at=at,
    )
    client = seat(nurse, at)
    body = page_of(client, treatment)
    assert "Sensitisation dose 1, Mon 12 Jan: Itching for a night" in body
    assert "Mon 12 Jan, severe: Fever of 39" in body
    client.post(reverse("admin:note_withdraw", args=[note.pk]), {"reason": "Another couple"})
    assert "Mon 12 Jan, severe: Fever of 39" not in page_of(client, treatment)


def test_missing_consent_and_missing_and_old_screening_are_told_apart(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    treatment = a_treatment(clinic)
    rows.said(treatment, nurse, AT, "consent", person="recipient", on=AT.date())
    rows.resulted(treatment, nurse, AT, 4)
    old = AT - timedelta(days=200)
    rows.said(
        treatment,
        nurse,
        AT,
        "screening",
        person="partner",
        test="hiv",
        outcome="clear",
        sampled_on=old.date(),
    )
    body = page_of(seat(rows.staff(clinic, "doctor"), AT), treatment)
    assert "Missing of partner, before Sensitisation dose 1" in body
    alerts = body[body.index("To be seen first") : body.index("The course")]
    too_old, missing = alerts.index("Too old or not clear for"), alerts.index("Missing for")
    hiv, syphilis = alerts.index("HIV screen of partner"), alerts.index("syphilis screen of partner")
    assert too_old < hiv < missing < syphilis


def test_a_reactive_screening_is_an_alert_that_does_not_name_the_infection(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    treatment = a_treatment(clinic)
    rows.said(
        treatment,
        nurse,
        AT,
        "screening",
        person="partner",
        test="hcv",
        outcome="reactive",
        sampled_on=AT.date(),
    )
    told = "The last screening of the partner is reactive. See the records."
    assert told in page_of(seat(rows.staff(clinic, "doctor"), AT), treatment)


def test_without_the_right_no_page_says_which_test_of_the_donor_is_not_clear(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    treatment = a_treatment(clinic)
    rows.consented(treatment, nurse)
    rows.resulted(treatment, nurse, AT, 4)
    rows.screened(treatment, nurse, AT)
    hcv = {"person": "partner", "test": "hcv", "outcome": "reactive", "sampled_on": AT.date()}
    rows.said(treatment, nurse, AT, "screening", **hcv)
    visit = rows.visit(treatment, "sensitisation")
    assert "hepatitis C screen of partner" in visit.plan["missing"]
    client = seat(nurse, AT)
    for page in (
        reverse("admin:treatments_appointment_change", args=[visit.pk]),
        reverse("admin:treatments_treatment_change", args=[treatment.pk]),
        reverse("admin:couples_couple_change", args=[treatment.couple_id]),
    ):
        body = client.get(page).content.decode()
        assert "infection screen of partner" in body
        assert "hepatitis C" not in body
        assert "reactive" not in body


def test_the_banner_names_groups_allergies_silence_and_similar_names(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    her = replace(rows.LALITHA, given_name="Lakshmi", family_name="Reddy", blood_group="O-", allergies="egg")
    treatment = a_treatment(clinic, her=her)
    other = rows.a_couple(
        clinic,
        recipient=replace(rows.LALITHA, given_name="Laxmi", family_name="Reddy"),
        partner=replace(rows.ARJUN, given_name="Imran", family_name="Khan"),
    )
    silence_couple(couple=treatment.couple, reason="own_wish", actor=nurse, at=AT)
    client = seat(nurse, AT)
    # Every form of the couple carries the same banner.
    form = reverse("admin:treatment_record", args=[treatment.pk, "result"])
    for body in (page_of(client, treatment), client.get(form).content.decode()):
        assert "Allergy, Lakshmi: egg" in body
        assert "O- / ?" in body
        assert "No messages: asked for no messages" in body
        assert f"{other.code}</a> Laxmi Reddy (33) &amp; Imran Khan (35)" in body


def test_an_allergy_is_entered_in_the_form_of_a_person(seat: Seat) -> None:
    clinic = rows.a_clinic()
    treatment = a_treatment(clinic)
    client = seat(rows.staff(clinic, "nurse"), AT)
    person = treatment.couple.recipient
    address = reverse("admin:person_edit", args=[person.pk])
    assert 'name="allergies"' in client.get(address).content.decode()
    sent = {"given_name": "Lalitha", "family_name": "Rao", "language": "en", "allergies": "soy"}
    assert client.post(address, sent).status_code == 302
    person.refresh_from_db()
    assert person.allergies == "soy"


def test_pinned_notes_stand_above_and_earlier_ones_stay_readable(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    treatment = a_treatment(clinic)
    client = seat(nurse, AT)
    address = reverse("admin:couple_note", args=[treatment.couple_id])
    sent = {"kind": "say", "text": "Ask for her sister", "on": "2026-01-05"}
    assert client.post(address, sent).status_code == 302
    first = Note.objects.get()
    again = {"text": "Ask for her mother", "on": "2026-01-05"}
    assert client.post(reverse("admin:note_replace", args=[first.pk]), again).status_code == 302
    body = page_of(client, treatment)
    assert body.index("Ask for her mother") < body.index("The course")
    assert "1 earlier note" in body
    assert body.index("Ask for her sister") > body.index("1 earlier note")
    assert Note.objects.get(text="Ask for her mother").kind == "say"


def test_messages_are_shown_with_their_exact_state_and_why_none_goes(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    treatment = a_treatment(clinic)
    book(appointment=rows.visit(treatment, "baseline-antibody-test"), starts_at=AT + timedelta(days=7),
        minutes=30, actor=nurse, at=AT,
    )  # fmt: skip
    derive_treatments([treatment.pk], AT)
    rows_of_post = list(Delivery.objects.order_by("due_at"))
    assert rows_of_post
    client = seat(nurse, AT)
    body = page_of(client, treatment)
    assert "Confirmation, Baseline antibody test" in body
    assert "due Mon 5 Jan, 11:30" in body
    assert "Nothing goes to this person: there is no way that can be used." in body  # he has a phone alone
    first = rows_of_post[0]
    Delivery.objects.filter(pk=first.pk).update(
        state="sent", sent_at=AT, sent_to="l@example.org", subject="s", body="b"
    )
    Delivery.objects.exclude(pk=first.pk).update(state="unknown", attempt_began_at=AT)
    body = page_of(client, treatment)
    assert "Mon 5 Jan, 11:30 · E-mail to l@example.org" in body
    assert "not known whether it arrived" in body
    silence_couple(couple=treatment.couple, reason="own_wish", actor=nurse, at=AT)
    Delivery.objects.exclude(pk=first.pk).update(state="pending")
    body = page_of(client, treatment)
    assert body.count("Nothing goes to this person: the couple is silent.") == 2
    assert ">withheld</span> due" in body


def test_the_laboratory_sees_no_contact_data_no_notes_and_no_messages(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    treatment = a_treatment(clinic)
    write_note(couple=treatment.couple, text="Ring 98480", kind="say", actor=nurse, at=AT)
    client = seat(rows.staff(clinic, "lab"), AT)
    body = page_of(client, treatment)
    for hidden in ("98480", "l@example.org", "Ring", "Write a note", "Calendar link", ">Messages<"):
        assert hidden not in body
    assert client.get(reverse("admin:couple_note", args=[treatment.couple_id])).status_code == 403


def test_the_responsible_nurse_and_doctor_are_named(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    treatment = a_treatment(clinic)
    client = seat(nurse, AT)
    assert ">Responsible<" not in page_of(client, treatment)
    user = rows.User.objects.get(pk=nurse.user_id)
    assign(clinic=clinic, couples=[treatment.couple], role="nurse", user=user, actor=nurse, at=AT)
    assert ">Responsible<" in page_of(client, treatment)


def test_a_couple_of_another_clinic_is_not_there(seat: Seat) -> None:
    treatment = a_treatment(rows.a_clinic())
    record = rows.resulted(treatment, rows.SYSTEM, AT, 4)
    note = write_note(couple=treatment.couple, text="Ours", actor=rows.SYSTEM, at=AT)
    held = attach_file(record=record, name="a.pdf", content=PDF, actor=rows.SYSTEM, at=AT)
    other = rows.a_clinic(rows.LONDON)
    theirs = rows.a_treatment(other)
    client = seat(rows.staff(other, "doctor"), AT)
    for name, ids in (
        ("couples_couple_change", [treatment.couple_id]),
        ("couple_note", [treatment.couple_id]),
        ("note_replace", [note.pk]),
        ("note_withdraw", [note.pk]),
        ("record_attach", [record.pk]),
        ("file_fetch", [held.pk]),
        ("file_withdraw", [held.pk]),
        ("record_move", [record.pk]),
        ("record_move_to", [record.pk, theirs.pk]),
    ):
        assert client.get(reverse(f"admin:{name}", args=ids)).status_code == 404, name
    assert not AttachmentReading.objects.exists()


def test_a_file_is_attached_and_fetched_as_a_download_that_nothing_runs(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    record = rows.resulted(a_treatment(clinic), nurse, AT, 4)
    client = seat(nurse, AT)
    address = reverse("admin:record_attach", args=[record.pk])
    upload = SimpleUploadedFile("Bericht ä.pdf", PDF, content_type="text/html")
    assert client.post(address, {"file": upload}).status_code == 302
    row = Attachment.objects.get()
    answer = client.get(reverse("admin:file_fetch", args=[row.pk]))
    assert answer.content == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert AttachmentReading.objects.get().by_user_id == nurse.user_id
    assert client.post(reverse("admin:file_fetch", args=[row.pk])).status_code == 405


def test_a_refused_file_says_what_is_wrong_beside_its_field(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    record = rows.resulted(a_treatment(clinic), nurse, AT, 4)
    client = seat(nurse, AT)
    address = reverse("admin:record_attach", args=[record.pk])
    answer = client.post(address, {"file": SimpleUploadedFile("a.pdf", b"MZ\x90\0")})
    assert answer.status_code == 422
    assert "Save it as PDF, PNG, JPEG, plain text or DICOM." in answer.content.decode()
    assert client.post(address, {"file": SimpleUploadedFile("a.pdf", b"")}).status_code == 422
    assert not Attachment.objects.exists()


def test_the_laboratory_is_shown_only_its_own_files(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse, lab = rows.staff(clinic, "nurse"), rows.staff(clinic, "lab")
    treatment = a_treatment(clinic)
    result = rows.resulted(treatment, nurse, AT, 4)
    consent = rows.said(treatment, nurse, AT, "consent", person="recipient", on=AT.date())
    attach_file(record=result, name="titre.pdf", content=PDF, actor=nurse, at=AT)
    form = attach_file(record=consent, name="signed.pdf", content=PDF, actor=nurse, at=AT)
    client = seat(lab, AT)
    body = page_of(client, treatment)
    assert "titre.pdf" in body
    assert "signed.pdf" not in body
    assert client.get(reverse("admin:file_fetch", args=[form.pk])).status_code == 403
    assert client.get(reverse("admin:record_attach", args=[consent.pk])).status_code == 403


def test_moving_a_record_shows_both_plans_and_what_was_sent_since(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    wrong = a_treatment(clinic)
    right = a_treatment(clinic, her=replace(rows.LALITHA, given_name="Lalita"))
    for treatment in (wrong, right):
        rows.consented(treatment, nurse)
    record = rows.resulted(wrong, nurse, AT, 4)
    visit = rows.visit(wrong, "sensitisation")
    later = AT + timedelta(hours=1)
    Delivery.objects.create(
        clinic=clinic, person=wrong.couple.recipient, role="recipient", treatment=wrong, appointment_id=visit.pk,
        kind="confirmation", starts_at=AT + timedelta(days=9), due_at=later, not_after=AT + timedelta(days=9),
        state="sent", created_at=later, next_try_at=later, sent_at=later, sent_to="l@example.org", body="b",
    )  # fmt: skip
    client = seat(nurse, later)
    search = client.get(reverse("admin:record_move", args=[record.pk]), {"q": "Lalita Rao"}).content.decode()
    assert f"{right.couple.code} Lalita Rao" in search
    address = reverse("admin:record_move_to", args=[record.pk, right.pk])
    body = client.get(address).content.decode()
    assert f"What changes at {wrong.couple.code}" in body
    assert f"What changes at {right.couple.code}" in body
    assert body.count("Baseline antibody test: ") == 2
    assert "to l@example.org" in body
    assert Record.objects.filter(treatment=right, kind="result").count() == 0
    assert client.post(address, {"reason": "Similar names"}).status_code == 302
    assert Record.objects.filter(treatment=right, kind="result").count() == 1


def test_a_refused_move_names_why_and_offers_no_button(seat: Seat) -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    wrong = a_treatment(clinic)
    right = a_treatment(clinic, her=replace(rows.LALITHA, given_name="Asha"))
    rows.consented(wrong, nurse)
    rows.resulted(wrong, nurse, AT, 4)
    dose = rows.dosed(wrong, nurse, AT + timedelta(weeks=1), 1)
    client = seat(nurse, AT + timedelta(weeks=1))
    address = reverse("admin:record_move_to", args=[dose.pk, right.pk])
    body = client.get(address).content.decode()
    assert "The other plan does not take it" in body
    assert "consent of recipient" in body
    assert "Move the record" not in body
    assert client.post(address, {"reason": "x", "occurrence": "1"}).status_code == 422


def cost(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def test_the_page_costs_the_same_in_a_small_clinic_and_a_large_one_and_with_a_long_history(
    seat: Seat,
) -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    treatment, at = rows.after_three_doses(clinic, nurse)
    client = seat(nurse, at)
    path = reverse("admin:couples_couple_change", args=[treatment.couple_id])

    def others(first: int, last: int) -> None:
        for n in range(first, last):
            rows.a_treatment(
                clinic, couple=rows.a_couple(clinic, recipient=replace(rows.LALITHA, phone=f"98480{n:05}"))
            )

    others(0, 2)
    few = cost(client, path)
    others(2, 20)
    assert cost(client, path) == few
    for n in range(40):
        rows.said(treatment, nurse, at, "note", text=f"Called, no. {n}", on=at.date())
        write_note(couple=treatment.couple, text=f"Note {n}", actor=nurse, at=at)
    record = Record.objects.filter(treatment=treatment, kind="result").earliest("recorded_at")
    for n in range(5):
        attach_file(record=record, name=f"{n}.pdf", content=PDF + bytes([65 + n]), actor=nurse, at=at)
    assert cost(client, path) == few
    assert few <= 34
    spent = []
    for _ in range(3):
        began = time.process_time()
        client.get(path)
        spent.append(time.process_time() - began)
    assert min(spent) < 0.2
