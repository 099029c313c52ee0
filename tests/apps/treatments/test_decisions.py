"""Flags are decided by people: by whom, on what, and what follows for the visits that they hold."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from apps.booking import services as booking
from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, Forbidden, Invalid
from apps.clinic.models import Change, Clinic
from apps.treatments import services
from apps.treatments.models import Flag, Record, Treatment
from tests import rows

pytestmark = pytest.mark.django_db
CODE = "no_antibody_response"
Course = tuple[Treatment, datetime]


@pytest.fixture
def clinic() -> Clinic:
    return rows.a_clinic()


@pytest.fixture
def nurse(clinic: Clinic) -> Actor:
    return rows.staff(clinic, "nurse")


@pytest.fixture
def doctor(clinic: Clinic) -> Actor:
    return rows.staff(clinic, "doctor")


@pytest.fixture
def held(clinic: Clinic, nurse: Actor) -> Course:
    """Three doses without a response: the booster before a planned attempt is held."""
    treatment, at = rows.after_three_doses(clinic, nurse)
    attempt = (at + timedelta(weeks=8)).date()
    rows.said(treatment, nurse, at, "milestone", name="conception-attempt", on=attempt, certainty="planned")
    rows.resulted(treatment, nurse, at, 3)
    return treatment, at


def decided(flag: Flag, actor: Actor, at: datetime, choice: str = "continue", **parameters: Any) -> Record:
    return services.decide(
        flag=flag, choice=choice, reason="reviewed", parameters=parameters, actor=actor, at=at
    )


def test_no_response_holds_the_boosters_and_is_told(held: Course) -> None:
    treatment, _ = held
    flag = rows.flag(treatment, CODE)
    assert (flag.state, flag.owner) == ("open", "doctor")
    assert "No anti-paternal antibody response, review continuation" in flag.text
    assert rows.visit(treatment, "preconception-booster").held
    assert Change.objects.filter(kind="flag.raised", subject_id=flag.pk).count() == 1


def test_only_a_verified_doctor_decides_a_doctors_flag_by_either_verb(
    clinic: Clinic, held: Course, nurse: Actor, doctor: Actor
) -> None:
    treatment, at = held
    flag = rows.flag(treatment, CODE)
    client = Actor.client(name="HIS", clinic_id=clinic.pk)
    unverified = Actor("Dr Sen", "doctor", "api", user_id=doctor.user_id, clinic_id=clinic.pk)
    manager = rows.staff(clinic, "manager")
    body = {"kind": "decision", "flag": CODE, "choice": "continue", "on": at.date(), "reason": "x"}
    for actor in (nurse, client, unverified, manager, rows.SYSTEM):
        with pytest.raises(Forbidden):
            decided(flag, actor, at)
        with pytest.raises(Forbidden):
            services.record(treatment=treatment, data=body, actor=actor, at=at)
    assert rows.flag(treatment, CODE).is_open
    record = decided(flag, doctor, at)
    flag.refresh_from_db()
    assert (flag.state, flag.decision_id, flag.closed_at) == ("decided", record.pk, at)
    assert record.data["cause"] == flag.cause
    assert (record.by_name, record.by_role) == (doctor.name, "doctor")
    assert Change.objects.filter(kind="flag.decided", subject_id=flag.pk).count() == 1


def test_a_doctor_decides_a_nurses_flag_too(clinic: Clinic, nurse: Actor, doctor: Actor) -> None:
    for actor in (nurse, doctor):
        treatment = rows.a_treatment(clinic)
        row = booking.book(
            appointment=rows.visit(treatment, "sensitisation"),
            starts_at=rows.AT + timedelta(days=50),
            reason="wish",
            actor=nurse,
            at=rows.AT,
        )
        rows.resulted(treatment, nurse, rows.AT, 4)
        flag = rows.flag(treatment, "booking_outside_window")
        assert flag.owner == "nurse"
        decided(flag, actor, rows.AT, "keep")
        assert rows.flag(treatment, "booking_outside_window").state == "decided"
        row.refresh_from_db()
        assert row.status == "booked"
        booking.cancel(appointment=row, reason="x", actor=nurse, at=rows.AT)


@pytest.mark.parametrize(
    ("choice", "parameters", "field"),
    [
        ("dance", {}, "choice"),
        ("extra_doses", {}, "parameters.doses"),
        ("change_donor", {}, "parameters.donor"),
    ],
)
def test_a_choice_that_is_not_offered_or_lacks_its_parameter_is_refused(
    held: Course, doctor: Actor, choice: str, parameters: dict[str, Any], field: str
) -> None:
    treatment, at = held
    count = treatment.records.count()
    with pytest.raises(Invalid) as raised:
        decided(rows.flag(treatment, CODE), doctor, at, choice, **parameters)
    assert field in {fault.field for fault in raised.value.faults}
    assert treatment.records.count() == count


def test_a_decision_needs_a_reason(held: Course, doctor: Actor) -> None:
    treatment, at = held
    with pytest.raises(Invalid) as raised:
        services.decide(
            flag=rows.flag(treatment, CODE), choice="continue", reason=" ", parameters={}, actor=doctor, at=at
        )
    assert raised.value.field == "reason"


def test_a_flag_is_decided_once(held: Course, doctor: Actor) -> None:
    treatment, at = held
    flag = rows.flag(treatment, CODE)
    decided(flag, doctor, at)
    with pytest.raises(Conflict) as raised:
        decided(flag, doctor, at)
    assert raised.value.code == "flag_closed"


def test_extra_doses_are_planned_at_once(held: Course, doctor: Actor) -> None:
    treatment, at = held
    decided(rows.flag(treatment, CODE), doctor, at, "extra_doses", doses=2)
    assert rows.visit(treatment, "sensitisation", 4).state == "proposed"
    assert rows.visit(treatment, "sensitisation", 5).state == "proposed"
    assert rows.visit(treatment, "antibody-test", 2).proposed_on


def test_a_decision_covers_its_cause_alone_and_the_flag_opens_again_with_it(
    held: Course, nurse: Actor, doctor: Actor
) -> None:
    treatment, at = held
    flag = rows.flag(treatment, CODE)
    decided(flag, doctor, at)
    assert not rows.visit(treatment, "preconception-booster").held
    result = treatment.records.filter(kind="result").latest("recorded_at")
    corrected = {**result.data, "value": 0}
    later = at + timedelta(days=1)
    services.correct(record=result, reason="typing error", replacement=corrected, actor=nurse, at=later)
    flag.refresh_from_db()
    assert (flag.state, flag.decision_id, flag.closed_at) == ("open", None, None)
    assert flag.previous_decision == {
        "choice": "continue",
        "on": at.date().isoformat(),
        "by": doctor.name,
        "reason": "reviewed",
    }
    assert rows.visit(treatment, "preconception-booster").held


def test_who_looked_at_the_old_cause_cannot_decide_on_the_new_one(
    held: Course, nurse: Actor, doctor: Actor
) -> None:
    treatment, at = held
    as_seen = rows.flag(treatment, CODE)
    result = treatment.records.filter(kind="result").latest("recorded_at")
    services.correct(
        record=result, reason="typing error", replacement={**result.data, "value": 0}, actor=nurse, at=at
    )
    with pytest.raises(Conflict) as raised:
        decided(as_seen, doctor, at)
    assert raised.value.code == "cause_changed"
    decided(rows.flag(treatment, CODE), doctor, at)


def test_a_flag_whose_cause_goes_away_is_cleared_not_decided(held: Course, nurse: Actor) -> None:
    treatment, at = held
    result = treatment.records.filter(kind="result").latest("recorded_at")
    services.correct(
        record=result, reason="wrong couple", replacement={**result.data, "value": 80}, actor=nurse, at=at
    )
    flag = rows.flag(treatment, CODE)
    assert (flag.state, flag.decision_id) == ("cleared", None)
    assert Change.objects.filter(kind="flag.cleared", subject_id=flag.pk).count() == 1


# --- Pencilled bookings ----------------------------------------------------------------------------------


def pencilled(held: Course, nurse: Actor) -> Any:
    treatment, at = held
    return booking.book(
        appointment=rows.visit(treatment, "preconception-booster"),
        starts_at=at + timedelta(weeks=6),
        pencil=True,
        actor=nurse,
        at=at,
    )


def test_a_held_visit_is_pencilled_and_never_booked_moved_into_a_booking_or_performed(
    held: Course, nurse: Actor
) -> None:
    treatment, at = held
    booster = rows.visit(treatment, "preconception-booster")
    starts_at = at + timedelta(weeks=6)
    with pytest.raises(Conflict) as raised:
        booking.book(appointment=booster, starts_at=starts_at, actor=nurse, at=at)
    assert raised.value.code == "held"
    row = pencilled(held, nurse)
    assert (row.status, row.pencilled, row.held) == ("booked", True, True)
    for act in (
        lambda: booking.move(appointment=row, starts_at=starts_at, pencil=False, actor=nurse, at=at),
        lambda: booking.confirm(appointment=row, actor=nurse, at=at),
        lambda: booking.attend(appointment=row, actor=nurse, at=starts_at),
    ):
        with pytest.raises(Conflict):
            act()
    moved = booking.move(appointment=row, starts_at=starts_at + timedelta(days=1), actor=nurse, at=at)
    assert (moved.status, moved.pencilled) == ("booked", True)


def test_a_pencilled_booking_becomes_booked_with_the_decision(
    held: Course, nurse: Actor, doctor: Actor
) -> None:
    treatment, at = held
    row = pencilled(held, nurse)
    before = Change.objects.filter(kind="appointment.booked", subject_id=row.pk).count()
    decided(rows.flag(treatment, CODE), doctor, at)
    row.refresh_from_db()
    assert (row.status, row.state, row.pencilled, row.held) == ("booked", "booked", False, False)
    assert Change.objects.filter(kind="appointment.booked", subject_id=row.pk).count() == before + 1


def test_extra_doses_leave_a_pencilled_booking_in_pencil(held: Course, nurse: Actor, doctor: Actor) -> None:
    """Nothing asks for the visit before the next answer, so nobody is told that it was agreed."""
    treatment, at = held
    row = pencilled(held, nurse)
    decided(rows.flag(treatment, CODE), doctor, at, "extra_doses", doses=1)
    row.refresh_from_db()
    assert (row.status, row.pencilled, row.held) == ("booked", True, False)
    with pytest.raises(Conflict) as raised:
        booking.confirm(appointment=row, actor=nurse, at=at)
    assert raised.value.code == "waiting"


def test_a_pencilled_booking_stays_pencilled_when_a_correction_lifts_the_hold(
    held: Course, nurse: Actor
) -> None:
    treatment, at = held
    row = pencilled(held, nurse)
    result = treatment.records.filter(kind="result").latest("recorded_at")
    services.correct(
        record=result, reason="typing error", replacement={**result.data, "value": 80}, actor=nurse, at=at
    )
    row.refresh_from_db()
    assert (row.held, row.pencilled) == (False, True)
    with pytest.raises(Conflict):
        booking.arrive(appointment=row, actor=nurse, at=at)
    with pytest.raises(Conflict) as raised:
        booking.attend(appointment=row, actor=nurse, at=at)
    assert raised.value.code == "pencilled"
    row = booking.confirm(appointment=row, actor=nurse, at=at)
    assert (row.status, row.pencilled) == ("booked", False)


def test_a_decision_that_ends_the_treatment_inks_nothing(held: Course, nurse: Actor, doctor: Actor) -> None:
    treatment, at = held
    row = pencilled(held, nurse)
    decided(rows.flag(treatment, CODE), doctor, at, "stop")
    row.refresh_from_db()
    assert (row.pencilled, row.state) == (True, "not_applicable")
    assert rows.flag(treatment, "booking_not_needed").is_open
