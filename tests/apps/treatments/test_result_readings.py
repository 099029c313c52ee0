"""Results of a pregnancy that nobody of the clinic has seen, and who may say that they have read one."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from apps.clinic.actors import Actor
from apps.clinic.errors import Forbidden, Invalid, NotFound
from apps.clinic.models import Change, Clinic
from apps.treatments.models import Record, Treatment
from apps.treatments.result_readings import read_result, unread_results
from tests import rows
from tests.rows import AT

DAY = timedelta(days=1)


@pytest.fixture
def clinic(db: None) -> Clinic:
    return rows.a_clinic()


@pytest.fixture
def nurse(clinic: Clinic) -> Actor:
    return rows.staff(clinic, "nurse")


@pytest.fixture
def laboratory(clinic: Clinic) -> Actor:
    return Actor.client(name="laboratory system", clinic_id=clinic.pk)


@pytest.fixture
def treatment(clinic: Clinic) -> Treatment:
    return rows.a_treatment(clinic)


def pregnant(treatment: Treatment, nurse: Actor, certainty: str = "happened", at: datetime = AT) -> Record:
    return rows.said(treatment, nurse, at, "milestone", name="pregnancy", on=at.date(), certainty=certainty)


def unread(clinic: Clinic) -> list[Record]:
    return list(unread_results(clinic))


def test_what_a_machine_writes_in_a_pregnancy_is_unread_until_a_nurse_or_doctor_has_read_it(
    clinic: Clinic, nurse: Actor, laboratory: Actor, treatment: Treatment
) -> None:
    pregnant(treatment, nurse)
    result = rows.resulted(treatment, laboratory, AT + DAY, 4)
    assert unread(clinic) == [result]
    reading = read_result(record=result, actor=nurse, at=AT + 2 * DAY)
    assert (reading.at, reading.by_name, reading.by_role) == (AT + 2 * DAY, nurse.name, "nurse")
    assert unread(clinic) == []
    again = read_result(record=result, actor=rows.staff(clinic, "doctor"), at=AT + 3 * DAY)
    assert again == reading
    assert Change.objects.filter(kind="result.read", subject_id=result.pk).count() == 1


def test_what_is_known_to_somebody_or_of_no_pregnancy_is_not_asked_about(
    clinic: Clinic, nurse: Actor, laboratory: Actor, treatment: Treatment
) -> None:
    rows.resulted(treatment, laboratory, AT, 4)
    assert unread(clinic) == [], "nobody is pregnant"
    pregnant(treatment, nurse, at=AT + DAY)
    assert unread(clinic) == [], "it was there before the pregnancy"
    rows.resulted(treatment, nurse, AT + 2 * DAY, 5)
    assert unread(clinic) == [], "a nurse has typed it in"


def test_a_planned_pregnancy_is_none(
    clinic: Clinic, nurse: Actor, laboratory: Actor, treatment: Treatment
) -> None:
    pregnant(treatment, nurse, "planned")
    rows.resulted(treatment, laboratory, AT + DAY, 4)
    assert unread(clinic) == []


def test_a_corrected_result_is_to_be_read_again_and_one_taken_back_is_not(
    clinic: Clinic, nurse: Actor, laboratory: Actor, treatment: Treatment
) -> None:
    pregnant(treatment, nurse)
    result = rows.resulted(treatment, laboratory, AT + DAY, 4)
    read_result(record=result, actor=nurse, at=AT + DAY)
    day = (AT + DAY).date()
    instead = {"kind": "result", "test": "apca", "sampled_on": day, "resulted_on": day, "value": 40}
    later = AT + 2 * DAY
    corrected = rows.said(
        treatment, laboratory, later, "correction", of=str(result.pk), reason="Repeated", replacement=instead
    )
    assert unread(clinic) == [corrected]
    rows.said(treatment, laboratory, later, "correction", of=str(corrected.pk), reason="Another woman's")
    assert unread(clinic) == []


def test_only_a_clinician_who_signed_in_has_read_it(
    clinic: Clinic, nurse: Actor, laboratory: Actor, treatment: Treatment
) -> None:
    milestone = pregnant(treatment, nurse)
    result = rows.resulted(treatment, laboratory, AT + DAY, 4)
    for actor in (laboratory, rows.staff(clinic, "lab"), rows.SYSTEM):
        with pytest.raises(Forbidden):
            read_result(record=result, actor=actor, at=AT + DAY)
    with pytest.raises(NotFound):
        read_result(record=result, actor=rows.staff(rows.a_clinic(rows.LONDON), "nurse"), at=AT + DAY)
    with pytest.raises(Invalid):
        read_result(record=milestone, actor=nurse, at=AT + DAY)
    assert unread(clinic) == [result]
