"""A session that was stopped, in rows: its booking goes, both are told as of any cancellation."""

from datetime import timedelta
from typing import Any

import pytest

from apps.booking import services as booking
from apps.clinic.actors import Actor
from apps.clinic.errors import Forbidden
from apps.clinic.models import Change
from apps.treatments.models import Flag, Treatment
from tests import rows
from tests.rows import AT

pytestmark = pytest.mark.django_db
DAY = AT + timedelta(weeks=3)
STEP = "sensitisation"


@pytest.fixture
def booked() -> tuple[Treatment, dict[str, Actor]]:
    """Dose 1 is booked for three weeks from the start, at nine in the morning of the clinic."""
    clinic = rows.a_clinic()
    staff = {role: rows.staff(clinic, role) for role in ("nurse", "doctor", "lab", "manager")}
    treatment = rows.a_treatment(clinic)
    rows.consented(treatment, staff["nurse"])
    rows.resulted(treatment, staff["nurse"], AT, 4)
    booking.book(
        appointment=rows.visit(treatment, STEP),
        starts_at=DAY - timedelta(hours=2),
        actor=staff["nurse"],
        at=AT,
    )
    return treatment, staff


def stop(treatment: Treatment, actor: Actor, cause: str = "equipment", **more: Any) -> None:
    rows.said(treatment, actor, DAY, "stopped", step=STEP, on=DAY.date(), cause=cause, **more)


@pytest.mark.parametrize(
    ("cause", "role", "code", "reason"),
    [
        ("equipment", "nurse", "session_stopped", "Equipment failed"),
        ("not_fit", "nurse", "session_stopped", "Not fit on the day"),
        ("not_released", "doctor", "unit_not_released", "Unit not released"),
        ("not_released", "lab", "unit_not_released", "Unit not released"),
    ],
)
def test_a_stop_takes_its_booking_out_of_force_and_asks_a_nurse(
    booked: tuple[Treatment, dict[str, Actor]], cause: str, role: str, code: str, reason: str
) -> None:
    treatment, staff = booked
    stop(treatment, staff[role], cause)
    row = rows.visit(treatment, STEP)
    assert (row.status, row.state, row.cancel_reason) == ("cancelled", "proposed", reason)
    assert not row.occupations.exists()
    assert Flag.objects.get(treatment=treatment, code=code).is_open
    told = Change.objects.filter(treatment_id=treatment.pk, kind="appointment.cancelled")
    assert told.count() == 1


def test_booking_again_closes_the_flag(booked: tuple[Treatment, dict[str, Actor]]) -> None:
    treatment, staff = booked
    stop(treatment, staff["doctor"], "not_released")
    booking.book(
        appointment=rows.visit(treatment, STEP),
        starts_at=DAY + timedelta(days=1),
        actor=staff["nurse"],
        at=DAY,
    )
    assert not rows.flag(treatment, "unit_not_released").is_open


def test_a_booking_made_since_is_not_touched_by_an_older_stop(
    booked: tuple[Treatment, dict[str, Actor]],
) -> None:
    treatment, staff = booked
    booking.move(
        appointment=rows.visit(treatment, STEP),
        starts_at=DAY + timedelta(days=2),
        actor=staff["nurse"],
        at=DAY - timedelta(hours=3),
    )
    stop(treatment, staff["nurse"])
    assert rows.visit(treatment, STEP).status == "booked"


@pytest.mark.parametrize("role", ["nurse", "manager"])
def test_who_may_not_release_may_not_refuse_a_release_either(
    booked: tuple[Treatment, dict[str, Actor]], role: str
) -> None:
    treatment, staff = booked
    with pytest.raises(Forbidden):
        stop(treatment, staff[role], "not_released")
    assert rows.visit(treatment, STEP).status == "booked"


def test_a_program_may_say_that_equipment_failed_but_never_that_a_unit_was_not_released(
    booked: tuple[Treatment, dict[str, Actor]],
) -> None:
    treatment, _ = booked
    client = Actor.client(name="centrifuge", clinic_id=treatment.clinic_id)
    with pytest.raises(Forbidden) as refusal:
        stop(treatment, client, "not_released")
    assert refusal.value.code == "not_verified"
    stop(treatment, client)
    assert rows.visit(treatment, STEP).status == "cancelled"
