"""What was done elsewhere happened: it enters in one act, waits for a doctor, and nobody is written to because of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from apps.booking.services import book
from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.reminders.derivation import derive
from apps.reminders.models import Delivery
from apps.treatments import services
from apps.treatments.models import Flag, Record, Treatment
from apps.treatments.queries import plan_of
from protocols.plan import State
from tests import rows
from tests.rows import AT

pytestmark = pytest.mark.django_db
JOINED = date(2026, 1, 5)
DOSE = "sensitisation"


def dose(occurrence: int, on: str, **more: Any) -> dict[str, Any]:
    return {"kind": "fulfilled", "step": DOSE, "occurrence": occurrence, "on": on, **more}


def result(on: str, value: float, **more: Any) -> dict[str, Any]:
    return {"kind": "result", "test": "apca", "sampled_on": on, "resulted_on": on, "value": value, **more}


PAST = (result("2025-10-01", 2), dose(1, "2025-10-06"), dose(2, "2025-11-03"), dose(3, "2025-12-01"))


def join(treatment: Treatment, actor: rows.Actor, *items: dict[str, Any], at: datetime = AT) -> list[Record]:
    return services.join_in_midcourse(
        treatment=treatment, on=JOINED, evidence="document", place="Pune", items=items, actor=actor, at=at
    )


def a_place() -> tuple[Treatment, rows.Actor, rows.Actor]:
    clinic = rows.a_clinic()
    treatment = services.start_treatment(
        couple=rows.a_couple(clinic), protocol_version=rows.a_protocol(clinic), actor=rows.SYSTEM, at=AT
    )
    return treatment, rows.staff(clinic, "nurse"), rows.staff(clinic, "doctor")


def codes(treatment: Treatment) -> list[str]:
    return sorted(Flag.objects.filter(treatment=treatment, state="open").values_list("code", flat=True))


def test_doses_and_results_of_another_clinic_enter_together_and_are_marked() -> None:
    treatment, nurse, _ = a_place()
    found = join(treatment, nurse, *PAST, {"kind": "note", "text": "Two losses before"})
    assert [row.kind for row in found] == ["joined", "result", "fulfilled", "fulfilled", "fulfilled", "note"]
    assert {row.data.get("elsewhere") for row in found[1:5]} == {"document"}
    assert rows.visit(treatment, DOSE, 3).status == "fulfilled"
    assert codes(treatment).count("outside_dose") == 3
    assert codes(treatment).count("outside_result") == 1


def test_an_item_may_have_less_evidence_than_the_rest() -> None:
    treatment, nurse, _ = a_place()
    found = join(treatment, nurse, dose(1, "2025-10-06", elsewhere="reported"), dose(2, "2025-11-03"))
    assert [row.data["elsewhere"] for row in found[1:]] == ["reported", "document"]


def test_nothing_in_the_past_becomes_overdue_and_a_doctor_says_what_counts() -> None:
    treatment, nurse, doctor = a_place()
    join(treatment, nurse, *PAST)
    assert not {"visit_overdue", "window_expired", "result_overdue"} & set(codes(treatment))
    flags = list(Flag.objects.filter(treatment=treatment, state="open", code__startswith="outside_"))
    with pytest.raises(Forbidden):
        services.decide(
            flag=flags[0], choice=flags[0].decisions[0], reason="seen", parameters={}, actor=nurse, at=AT
        )
    for flag in flags:
        choice = "accept" if flag.code == "outside_result" else "counts"
        services.decide(flag=flag, choice=choice, reason="Letter seen", parameters={}, actor=doctor, at=AT)
    assert not [code for code in codes(treatment) if code.startswith("outside_")]
    plan = plan_of(treatment, AT)
    done = [visit for visit in plan.visits if visit.step == DOSE and visit.state is State.FULFILLED]
    assert [visit.dose for visit in done] == [1, 2, 3]


def test_nothing_is_booked_and_nobody_is_written_to_because_of_the_past() -> None:
    treatment, nurse, _ = a_place()
    join(treatment, nurse, *PAST)
    derive(at=AT)
    assert not Delivery.objects.exists()
    assert not treatment.appointments.filter(status__in=("booked", "arrived")).exists()


def test_a_hold_here_does_not_undo_what_happened_there_and_still_binds_here() -> None:
    treatment, nurse, _ = a_place()
    join(treatment, nurse, dose(1, "2025-11-03"))
    assert rows.visit(treatment, DOSE, 2).held
    with pytest.raises(Conflict) as raised:
        rows.said(treatment, nurse, AT, "fulfilled", step=DOSE, occurrence=2, on="2026-01-05")
    assert raised.value.code == "held"
    with pytest.raises(Conflict):
        rows.said(
            treatment, nurse, AT, "fulfilled", step=DOSE, occurrence=2, on="2026-01-05", elsewhere="document"
        )
    rows.said(
        treatment, nurse, AT, "fulfilled", step=DOSE, occurrence=2, on="2025-12-01", elsewhere="document"
    )
    assert rows.visit(treatment, DOSE, 2).status == "fulfilled"


def test_every_fault_of_every_item_is_told_and_nothing_is_recorded() -> None:
    treatment, nurse, _ = a_place()
    wrong = (
        dose(1, "2025-10-06", given={"viability_percent": 140}),
        dose(2, "2026-01-05"),
        {"kind": "milestone", "name": "loss", "on": "2025-06-01"},
        {"kind": "pause", "on": "2025-06-01"},
    )
    with pytest.raises(Invalid) as raised:
        join(treatment, nurse, *wrong)
    assert {fault.field for fault in raised.value.faults} >= {"items.1.on", "items.2.name", "items.3.kind"}
    assert any(fault.field.startswith("items.0.given") for fault in raised.value.faults)
    assert all(fault.remedy for fault in raised.value.faults)
    assert not Record.objects.filter(treatment=treatment).exists()


def test_what_cannot_be_true_of_the_protocol_stands_beside_its_own_item() -> None:
    treatment, nurse, _ = a_place()
    with pytest.raises(Invalid) as raised:
        join(treatment, nurse, result("2025-10-01", 400), dose(1, "2025-10-06"), dose(3, "2025-12-01"))
    assert {fault.field for fault in raised.value.faults} == {"items.0.value", "items.2.occurrence"}
    assert not Record.objects.filter(treatment=treatment).exists()


def test_faults_are_numbered_by_item_where_records_and_bookings_stand_before_them() -> None:
    treatment, nurse, _ = a_place()
    rows.consented(treatment, nurse)
    rows.said(treatment, nurse, AT, "milestone", name="course-start", on="2026-01-05")
    visit = rows.visit(treatment, "baseline-antibody-test")
    book(appointment=visit, starts_at=AT + timedelta(days=1), actor=nurse, at=AT)
    with pytest.raises(Invalid) as raised:
        join(treatment, nurse, dose(1, "2025-10-06"), result("2025-10-01", 400))
    assert [fault.field for fault in raised.value.faults] == ["items.1.value"]


def test_a_visit_that_is_booked_here_is_called_off_first_so_that_the_couple_hears_of_it() -> None:
    treatment, nurse, _ = a_place()
    rows.said(treatment, nurse, AT, "milestone", name="course-start", on="2026-01-05")
    visit = rows.visit(treatment, "baseline-antibody-test")
    book(appointment=visit, starts_at=AT + timedelta(days=1), actor=nurse, at=AT)
    sample = {"kind": "fulfilled", "step": visit.step, "on": "2025-10-01"}
    with pytest.raises(Invalid) as raised:
        join(treatment, nurse, dose(1, "2025-10-06"), sample)
    assert [fault.field for fault in raised.value.faults] == ["items.1.occurrence"]


@pytest.mark.parametrize("role", ["lab", "manager"])
def test_only_a_nurse_or_a_doctor_opens_the_past(role: str) -> None:
    treatment, _, _ = a_place()
    with pytest.raises(Forbidden):
        join(treatment, rows.staff(treatment.clinic, role), *PAST)


def test_a_program_opens_no_past_by_any_verb() -> None:
    treatment, _, _ = a_place()
    program = rows.Actor.client(name="hospital", clinic_id=treatment.clinic_id)
    with pytest.raises(Forbidden):
        join(treatment, program, *PAST)
    with pytest.raises(Forbidden):
        rows.said(treatment, program, AT, "joined", on=JOINED, evidence="document")


def test_another_clinics_treatment_does_not_exist() -> None:
    treatment, _, _ = a_place()
    stranger = rows.staff(rows.a_clinic(rows.LONDON), "doctor")
    with pytest.raises(NotFound):
        join(treatment, stranger, *PAST)
