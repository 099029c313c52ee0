"""Pages of who answers for whom: assigning, cover, and a doctor's word by phone."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.urls import reverse

from apps.clinic.actors import Actor
from apps.clinic.covering import add_cover
from apps.clinic.models import Clinic, Cover, User
from apps.couples.care import assign
from apps.couples.models import Couple
from apps.treatments.models import FlagState, PhoneDecision, Treatment
from tests import rows
from tests.apps.desk.conftest import Seat

AT = rows.AT


def user(actor: Actor) -> User:
    return User.objects.get(pk=actor.user_id)


@pytest.fixture
def clinic(db: None) -> Clinic:
    return rows.a_clinic()


@pytest.fixture
def nurse(clinic: Clinic) -> Actor:
    return rows.staff(clinic, "nurse")


@pytest.fixture
def waiting(clinic: Clinic, nurse: Actor) -> tuple[Treatment, datetime]:
    """Three doses without a response, so that a doctor's flag is open."""
    treatment, at = rows.after_three_doses(clinic, nurse)
    rows.said(treatment, nurse, at, "fulfilled", step="antibody-test", occurrence=1, on=at.date())
    rows.resulted(treatment, nurse, at, 2)
    return treatment, at


def test_a_couples_nurse_and_doctor_are_set_on_a_form(seat: Seat, clinic: Clinic, nurse: Actor) -> None:
    couple, doctor = rows.a_couple(clinic), rows.staff(clinic, "doctor")
    client = seat(nurse, AT)
    path = reverse("admin:couple_assign", args=[couple.pk])
    assert client.get(path).status_code == 200
    client.post(path, {"nurse": nurse.user_id, "doctor": doctor.user_id})
    couple.refresh_from_db()
    assert (couple.nurse_id, couple.doctor_id) == (nurse.user_id, doctor.user_id)
    assert seat(rows.staff(clinic, "lab"), AT).get(path).status_code == 403


def test_several_couples_are_given_to_somebody_from_their_list(
    seat: Seat, clinic: Clinic, nurse: Actor
) -> None:
    couples = [rows.a_couple(clinic) for _ in range(2)]
    client = seat(nurse, AT)
    listed = reverse("admin:couples_couple_changelist")
    ticked = {"action": "give_to", "_selected_action": [str(one.pk) for one in couples]}
    answer = client.post(listed, ticked)
    assert answer.status_code == 302
    client.post(answer["Location"], {"who": f"{nurse.user_id}:nurse"})
    assert Couple.objects.filter(nurse=nurse.user_id).count() == 2


def test_a_flag_says_in_whose_hands_it_is(
    seat: Seat, clinic: Clinic, nurse: Actor, waiting: tuple[Treatment, datetime]
) -> None:
    treatment, at = waiting
    sen, rao = (rows.staff(clinic, "doctor", name) for name in ("dr-sen", "dr-rao"))
    page = reverse("admin:treatments_flag_change", args=[rows.flag(treatment, "no_antibody_response").pk])
    client = seat(nurse, at)
    assert b"all doctors" in client.get(page).content
    assign(clinic=clinic, couples=[treatment.couple], role="doctor", user=user(sen), actor=nurse, at=at)
    assert b"dr-sen" in client.get(page).content
    day = at.date()
    add_cover(clinic=clinic, user=user(sen), by=user(rao), from_on=day, to_on=day, actor=nurse, at=at)
    for path in (page, "/admin/"):
        assert b"dr-rao for dr-sen" in client.get(path).content
    assert b"dr-rao for dr-sen" not in seat(nurse, at + timedelta(days=1)).get(page).content


def test_the_filter_by_doctor_shows_what_they_cover(
    seat: Seat, clinic: Clinic, nurse: Actor, waiting: tuple[Treatment, datetime]
) -> None:
    treatment, at = waiting
    sen, rao = (rows.staff(clinic, "doctor", name) for name in ("dr-sen", "dr-rao"))
    assign(clinic=clinic, couples=[treatment.couple], role="doctor", user=user(sen), actor=nurse, at=at)

    def decides(doctor: Actor, when: datetime) -> int:
        client = seat(doctor, when)
        client.post(reverse("admin:worklist_filter"), {"doctor": doctor.user_id})
        return next(one.count for one in client.get("/admin/").context["counts"] if one.name == "decide")

    due = rows.flag(treatment, "no_antibody_response").due_on
    assert (decides(sen, at), decides(rao, at)) == (1, 0)
    day = at.date()
    add_cover(clinic=clinic, user=user(sen), by=user(rao), from_on=day, to_on=day, actor=nurse, at=at)
    assert (decides(sen, at), decides(rao, at)) == (0, 1)
    late = at + timedelta(days=(due - day).days + 3)
    assert (decides(sen, late), decides(rao, late)) == (1, 1)


def test_cover_is_entered_and_ended_on_a_page(seat: Seat, clinic: Clinic, nurse: Actor) -> None:
    sen, rao = (rows.staff(clinic, "doctor", name) for name in ("dr-sen", "dr-rao"))
    client = seat(nurse, AT)
    path = reverse("admin:covers", args=[clinic.pk])
    said = {"user": sen.user_id, "by": rao.user_id, "from_on": "2026-01-05", "away": "away"}
    assert client.post(path, {**said, "to_on": "2026-01-04"}).status_code == 422
    assert client.post(path, {**said, "to_on": "2026-01-09"}).status_code == 302
    assert b"dr-rao for dr-sen" in client.get(path).content
    client.post(reverse("admin:cover_end", args=[Cover.objects.get().pk]))
    assert not Cover.objects.exists()


def test_a_nurse_enters_a_word_by_phone_and_that_doctor_signs_it(
    seat: Seat, clinic: Clinic, nurse: Actor, waiting: tuple[Treatment, datetime]
) -> None:
    treatment, at = waiting
    sen, rao = (rows.staff(clinic, "doctor", name) for name in ("dr-sen", "dr-rao"))
    flag = rows.flag(treatment, "no_antibody_response")
    page = reverse("admin:treatments_flag_change", args=[flag.pk])
    entering = reverse("admin:flag_phone", args=[flag.pk])
    client = seat(nurse, at)
    assert entering.encode() in client.get(page).content
    answer = client.post(
        entering, {"doctor": sen.user_id, "choice": "extra_doses", "doses": 2, "reason": "Two more"}
    )
    assert answer.status_code == 302
    phone = PhoneDecision.objects.get()
    signing = reverse("admin:phone_sign", args=[phone.pk])
    assert signing.encode() not in client.get(page).content
    assert b"Told by phone, waits for signature" in client.get("/admin/").content
    client.post(signing)
    assert signing.encode() not in seat(rao, at).get(page).content
    assert rows.flag(treatment, flag.code).state == FlagState.OPEN
    doctor = seat(sen, at)
    assert signing.encode() in doctor.get(page).content
    doctor.post(signing)
    assert rows.flag(treatment, flag.code).state == FlagState.DECIDED
