"""What a role sees and does at the desk."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from apps.clinic.models import Membership, User
from apps.treatments.models import FlagState, ProtocolVersion, Treatment
from tests import rows
from tests.apps.desk.conftest import Seat

AT = rows.AT
LATER = AT + timedelta(weeks=14)
FARAH = replace(rows.LALITHA, given_name="Farah", phone="+919848011111", email="farah@example.org")

CLINICAL = {"treatment_loss", "result", "milestone", "note", "couple_start", "couples_couple_add"}


def not_responding() -> Treatment:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse", "earlier-nurse")
    treatment, at = rows.after_three_doses(clinic, nurse)
    rows.resulted(treatment, nurse, at, 2)
    return treatment


def test_the_laboratory_sees_no_contact_data(seat: Seat) -> None:
    clinic = rows.a_clinic()
    couple = rows.a_couple(clinic, recipient=FARAH)
    lab = seat(rows.staff(clinic, "lab"), AT)
    pages = [
        lab.get("/admin/couples/couple/"),
        lab.get(reverse("admin:couples_couple_change", args=[couple.pk])),
    ]
    for page in pages:
        text = page.content.decode()
        assert "Farah" in text
        for secret in (FARAH.phone, FARAH.email, "9848022338"):
            assert secret not in text
    assert (
        couple.code
        not in lab.get("/admin/couples/couple/", {"q": "9848011111"}).content.decode().split("<tbody")[-1]
    )
    assert "No results found" in lab.get("/admin/treatments/treatment/", {"q": "9848011111"}).content.decode()
    nurse = seat(rows.staff(clinic, "nurse"), AT)
    assert FARAH.phone in nurse.get(reverse("admin:couples_couple_change", args=[couple.pk])).content.decode()


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("nurse", CLINICAL),
        ("doctor", CLINICAL | {"protocol_publish"}),
        ("lab", {"result", "note"}),
        ("manager", {"note", "couples_couple_add", "clinic_hours", "clinic_membership_add"}),
    ],
)  # fmt: skip
def test_each_role_reaches_its_own_forms_and_no_others(seat: Seat, role: str, allowed: set[str]) -> None:
    clinic = rows.a_clinic()
    treatment = rows.a_treatment(clinic)
    client = seat(rows.staff(clinic, role), AT)
    forms = {
        "treatment_loss": reverse("admin:treatment_loss", args=[treatment.pk]),
        "couple_start": reverse("admin:couple_start", args=[treatment.couple_id]),
        "couples_couple_add": reverse("admin:couples_couple_add"),
        "protocol_publish": reverse("admin:protocol_publish"),
        "clinic_hours": reverse("admin:clinic_hours", args=[clinic.pk]),
        "clinic_membership_add": reverse("admin:clinic_membership_add"),
        **{kind: reverse("admin:treatment_record", args=[treatment.pk, kind]) for kind in ("result", "milestone", "note")},
    }  # fmt: skip
    answers = {name: client.get(address).status_code for name, address in forms.items()}
    assert answers == {name: 200 if name in allowed else 403 for name in forms}


def test_a_nurse_reads_a_doctors_flag_and_cannot_decide_it(seat: Seat) -> None:
    treatment = not_responding()
    flag = rows.flag(treatment, "no_antibody_response")
    address = reverse("admin:treatments_flag_change", args=[flag.pk])
    nurse = seat(rows.staff(treatment.clinic, "nurse"), LATER)
    page = nurse.get(address).content.decode()
    assert "review continuation" in page
    assert "Sign the decision" not in page
    assert nurse.post(address, {"choice": "continue", "reason": "Because"}).status_code == 403
    assert rows.flag(treatment, "no_antibody_response").state == FlagState.OPEN


def test_a_doctor_decides_with_a_reason_and_what_the_choice_needs(seat: Seat) -> None:
    treatment = not_responding()
    flag = rows.flag(treatment, "no_antibody_response")
    address = reverse("admin:treatments_flag_change", args=[flag.pk])
    doctor = seat(rows.staff(treatment.clinic, "doctor"), LATER)
    page = doctor.get(address).content.decode()
    assert "What each choice does" in page
    assert "Sensitisation dose 4: new, to book" in page
    assert doctor.post(address, {"choice": "extra_doses", "reason": ""}).status_code == 422
    assert doctor.post(address, {"choice": "extra_doses", "reason": "More may help"}).status_code == 422
    assert rows.flag(treatment, "no_antibody_response").state == FlagState.OPEN
    given = {"choice": "extra_doses", "doses": "2", "reason": "More may help"}
    assert doctor.post(address, given).status_code == 302
    decided = rows.flag(treatment, "no_antibody_response")
    assert decided.state == FlagState.DECIDED
    assert decided.decision is not None
    assert decided.decision.data["parameters"] == {"doses": 2}
    assert decided.decision.route == "admin"
    assert rows.visit(treatment, "sensitisation", 4).state == "proposed"


def test_publishing_needs_the_doctors_signature(seat: Seat) -> None:
    clinic = rows.a_clinic()
    doctor = seat(rows.staff(clinic, "doctor"), AT)
    address = reverse("admin:protocol_publish")
    given = {"clinic": str(clinic.pk), "name": "lit-standard"}
    assert doctor.post(address, given).status_code == 422
    assert doctor.post(address, {**given, "signed": "on"}).status_code == 302
    version = ProtocolVersion.objects.get(clinic=clinic)
    assert version.published_by == "doctor-hyderabad"
    page = doctor.get(reverse("admin:treatments_protocolversion_change", args=[version.pk]))
    assert "Sensitisation dose" in page.content.decode()


def test_a_manager_adds_staff_who_then_enter_with_the_password_shown_once(seat: Seat) -> None:
    clinic = rows.a_clinic()
    manager = seat(rows.staff(clinic, "manager"), AT)
    given = {"clinic": str(clinic.pk), "username": "asha", "first_name": "Asha", "role": "nurse"}
    page = manager.post(reverse("admin:clinic_membership_add"), given)
    password = page.content.decode().split("<code>")[1].split("</code>")[0]
    assert User.objects.get(username="asha").check_password(password)
    membership = Membership.objects.get(user__username="asha")
    manager.post(reverse("admin:member_end", args=[membership.pk]))
    membership.refresh_from_db()
    assert not membership.is_active
