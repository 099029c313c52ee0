"""Two people act at the same moment: real transactions in two threads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from apps.booking import services as booking
from apps.booking.models import DonorUnit
from apps.booking.session.units import label_unit
from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, LitError
from apps.clinic.models import Change
from apps.treatments import services
from apps.treatments.models import Appointment, Record
from tests import rows
from tests.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)
AT = rows.AT
DOSE_1 = datetime(2026, 1, 27, 4, tzinfo=UTC)


def book(row: Appointment, nurse: Actor, starts_at: datetime) -> Callable[[], object]:
    return lambda: booking.book(appointment=row, starts_at=starts_at, actor=nurse, at=AT)


def one_won(answers: list[object], code: str) -> None:
    refused = [answer for answer in answers if isinstance(answer, LitError)]
    assert [type(error) for error in refused] == [Conflict], answers
    assert refused[0].code == code
    assert sum(isinstance(answer, Appointment) for answer in answers) == len(answers) - 1


def test_the_same_visit_booked_by_two_nurses_is_booked_once() -> None:
    clinic = rows.a_clinic()
    nurse, treatment = rows.staff(clinic, "nurse"), rows.a_treatment(clinic)
    row = rows.visit(treatment, "sensitisation")
    answers = at_once([book(row, nurse, DOSE_1), book(row, nurse, DOSE_1 + timedelta(days=1))])
    one_won(answers, "illegal_move")
    assert Change.objects.filter(kind="appointment.booked").count() == 1


@pytest.mark.parametrize("round_", range(3))
def test_two_treatments_of_one_couple_booked_at_one_moment_end_in_one_booking(round_: int) -> None:
    clinic = rows.a_clinic()
    nurse, couple = rows.staff(clinic, "nurse"), rows.a_couple(clinic)
    first, second = (rows.a_treatment(clinic, couple=couple) for _ in range(2))
    answers = at_once(
        [
            book(rows.visit(first, "sensitisation"), nurse, DOSE_1),
            book(rows.visit(second, "sensitisation"), nurse, DOSE_1 + timedelta(minutes=10 * round_)),
        ]
    )
    one_won(answers, "two_places")
    assert Appointment.objects.filter(status="booked").count() == 1


def test_two_losses_told_at_once_for_one_couple_do_not_block_each_other() -> None:
    clinic = rows.a_clinic()
    nurse, couple = rows.staff(clinic, "nurse"), rows.a_couple(clinic)
    treatments = [rows.a_treatment(clinic, couple=couple) for _ in range(2)]
    for number, treatment in enumerate(treatments):
        booking.book(
            appointment=rows.visit(treatment, "sensitisation"),
            starts_at=DOSE_1 + timedelta(days=number),
            actor=nurse,
            at=AT,
        )
    loss = {"kind": "milestone", "name": "loss", "on": AT.date()}
    answers = at_once(
        [lambda t=t: services.record(treatment=t, data=loss, actor=nurse, at=AT) for t in treatments]
    )
    assert all(isinstance(answer, Record) for answer in answers), answers
    assert not Appointment.objects.filter(status="booked").exists()
    couple.refresh_from_db()
    assert couple.is_silent


@pytest.mark.parametrize("round_", range(3))
def test_units_of_two_treatments_of_one_couple_labelled_at_once_have_two_codes(round_: int) -> None:
    clinic = rows.a_clinic()
    nurse, couple = rows.staff(clinic, "nurse"), rows.a_couple(clinic)
    visits = [rows.visit(rows.a_treatment(clinic, couple=couple), "sensitisation") for _ in range(3 + round_)]
    answers = at_once(
        [lambda row=row: label_unit(appointment=row, drawn_at=AT, actor=nurse, at=AT) for row in visits]
    )
    assert all(isinstance(answer, tuple) for answer in answers), answers
    assert len({unit.code for unit in DonorUnit.objects.all()}) == len(visits)


def test_a_booking_and_a_loss_at_one_moment_never_leave_a_booking_ahead() -> None:
    clinic = rows.a_clinic()
    nurse, treatment = rows.staff(clinic, "nurse"), rows.a_treatment(clinic)
    row = rows.visit(treatment, "sensitisation")
    loss = {"kind": "milestone", "name": "loss", "on": AT.date()}
    answers = at_once(
        [
            book(row, nurse, DOSE_1),
            lambda: services.record(treatment=treatment, data=loss, actor=nurse, at=AT),
        ]
    )
    assert isinstance(answers[1], Record), answers
    assert not Appointment.objects.filter(status="booked").exists()
