"""A doctor's word by phone: it waits, it holds, and only that doctor's signature makes it a decision."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.clinic.models import Clinic, User
from apps.treatments.models import Flag, FlagState, PhoneDecision, PhoneState, Record, Treatment
from apps.treatments.phone_decisions import (
    countersign,
    enter_phone_decision,
    phone_decisions_of,
    refuse_phone_decision,
    withdraw_phone_decision,
)
from apps.treatments.services import decide
from tests import rows

pytestmark = pytest.mark.django_db
CODE = "no_antibody_response"


class Stage:
    """A couple without a response: the doctor has to say how to go on, and is on the phone."""

    def __init__(self) -> None:
        self.clinic: Clinic = rows.a_clinic()
        self.nurse: Actor = rows.staff(self.clinic, "nurse")
        self.doctor: Actor = rows.staff(self.clinic, "doctor", "sen")
        self.treatment: Treatment
        self.at: datetime
        self.treatment, self.at = rows.after_three_doses(self.clinic, self.nurse)
        rows.said(
            self.treatment, self.nurse, self.at, "fulfilled",
            step="antibody-test", occurrence=1, on=self.at.date(),
        )  # fmt: skip
        rows.resulted(self.treatment, self.nurse, self.at, 2)

    @property
    def flag(self) -> Flag:
        return rows.flag(self.treatment, CODE)

    def enter(self, **other: object) -> PhoneDecision:
        given = {
            "flag": self.flag,
            "choice": "extra_doses",
            "reason": "Two more, then test",
            "parameters": {"doses": 2},
            "doctor": User.objects.get(pk=self.doctor.user_id),
            "actor": self.nurse,
            "at": self.at,
        }
        return enter_phone_decision(**{**given, **other})  # type: ignore[arg-type]


@pytest.fixture
def stage(db: None) -> Stage:
    return Stage()


def test_a_word_by_phone_changes_nothing_and_the_flag_goes_on_holding(stage: Stage) -> None:
    before = stage.flag
    records = Record.objects.count()
    phone = stage.enter()
    after = stage.flag
    assert (after.state, after.holds, after.decision_id) == (FlagState.OPEN, before.holds, None)
    assert Record.objects.count() == records
    assert rows.visit(stage.treatment, "preconception-booster").held
    assert list(phone_decisions_of(stage.clinic)) == [phone]


def test_the_doctors_own_signature_makes_it_the_doctors_decision(stage: Stage) -> None:
    phone = stage.enter()
    record = countersign(phone=phone, actor=stage.doctor, at=stage.at + timedelta(hours=3))
    assert (record.by_user_id, record.by_role) == (stage.doctor.user_id, "doctor")
    assert record.data["parameters"] == {"doses": 2}
    assert stage.flag.state == FlagState.DECIDED
    phone.refresh_from_db()
    assert phone.state == PhoneState.SIGNED
    assert not phone_decisions_of(stage.clinic).exists()


def test_another_doctor_does_not_sign_what_this_one_said(stage: Stage) -> None:
    phone = stage.enter()
    other = rows.staff(stage.clinic, "doctor", "rao")
    with pytest.raises(Forbidden):
        countersign(phone=phone, actor=other, at=stage.at)
    assert stage.flag.state == FlagState.OPEN


@pytest.mark.parametrize("role", ["nurse", "lab", "manager"])
def test_nobody_but_a_doctor_signs(stage: Stage, role: str) -> None:
    phone = stage.enter()
    with pytest.raises(Forbidden):
        countersign(phone=phone, actor=rows.staff(stage.clinic, role, f"another-{role}"), at=stage.at)


@pytest.mark.parametrize("role", ["doctor", "lab", "manager"])
def test_only_a_nurse_enters_a_word_by_phone(stage: Stage, role: str) -> None:
    with pytest.raises(Forbidden):
        stage.enter(actor=rows.staff(stage.clinic, role, f"another-{role}"))


def test_a_program_enters_and_signs_nothing(stage: Stage) -> None:
    client = Actor.client(name="lab system", clinic_id=stage.clinic.pk)
    with pytest.raises(Forbidden):
        stage.enter(actor=client)
    with pytest.raises(Forbidden):
        countersign(phone=stage.enter(), actor=client, at=stage.at)


def test_a_nurse_still_cannot_decide_the_flag_itself(stage: Stage) -> None:
    with pytest.raises(Forbidden):
        decide(flag=stage.flag, choice="stop", reason="Told", parameters={}, actor=stage.nurse, at=stage.at)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"choice": "accept"}, "choice"),
        ({"reason": "  "}, "reason"),
    ],
)
def test_what_could_not_be_decided_cannot_be_entered(
    stage: Stage, wrong: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        stage.enter(**wrong)
    assert refused.value.field == field
    assert not PhoneDecision.objects.exists()


def test_a_choice_without_what_it_needs_cannot_be_entered(stage: Stage) -> None:
    with pytest.raises(Invalid):
        stage.enter(parameters={})
    assert not PhoneDecision.objects.exists()


def test_the_word_is_that_of_a_doctor_of_the_clinic(stage: Stage) -> None:
    elsewhere = rows.staff(rows.a_clinic(rows.LONDON), "doctor")
    for user_id in (stage.nurse.user_id, elsewhere.user_id):
        with pytest.raises(Invalid) as refused:
            stage.enter(doctor=User.objects.get(pk=user_id))
        assert refused.value.field == "doctor"


def test_one_word_waits_on_a_flag_at_a_time(stage: Stage) -> None:
    first = stage.enter()
    with pytest.raises(Conflict):
        stage.enter()
    withdraw_phone_decision(phone=first, actor=stage.nurse, at=stage.at)
    assert stage.enter().state == PhoneState.WAITING


def test_a_doctor_refuses_with_a_reason_and_the_flag_stays_open(stage: Stage) -> None:
    phone = stage.enter()
    with pytest.raises(Invalid):
        refuse_phone_decision(phone=phone, reason=" ", actor=stage.doctor, at=stage.at)
    refuse_phone_decision(phone=phone, reason="I said one dose", actor=stage.doctor, at=stage.at)
    assert stage.flag.state == FlagState.OPEN
    with pytest.raises(Conflict):
        countersign(phone=phone, actor=stage.doctor, at=stage.at)


def test_a_word_on_a_flag_that_was_decided_meanwhile_is_not_signed(stage: Stage) -> None:
    phone = stage.enter()
    decide(flag=stage.flag, choice="stop", reason="Enough", parameters={}, actor=stage.doctor, at=stage.at)
    assert not phone_decisions_of(stage.clinic).exists()
    with pytest.raises(Conflict):
        countersign(phone=phone, actor=stage.doctor, at=stage.at)


def test_a_neighbour_sees_and_signs_nothing(stage: Stage) -> None:
    phone = stage.enter()
    stranger = rows.staff(rows.a_clinic(rows.LONDON), "doctor")
    with pytest.raises(NotFound):
        countersign(phone=phone, actor=stranger, at=stage.at)
    with pytest.raises(NotFound):
        withdraw_phone_decision(phone=phone, actor=stranger, at=stage.at)
