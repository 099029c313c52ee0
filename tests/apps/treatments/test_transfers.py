"""A record in the wrong couple: out of one plan and into the other, in one act or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.clinic.models import Clinic
from apps.treatments.files import attach_file, files_of
from apps.treatments.models import Record, Treatment
from apps.treatments.queries import in_force, plan_of, records_of
from apps.treatments.services import start_treatment
from apps.treatments.transfers import move_record, preview_transfer
from tests import rows

pytestmark = pytest.mark.django_db
AT = rows.AT
LATER = AT + timedelta(weeks=1)


def two(clinic: Clinic) -> tuple[Treatment, Treatment]:
    """Two couples, both consented and tested; nobody has had a dose."""
    nurse = rows.staff(clinic, "nurse", "first")
    made = []
    for name in ("Lalitha", "Lalita"):
        couple = rows.a_couple(clinic, recipient=replace(rows.LALITHA, given_name=name))
        treatment = rows.a_treatment(clinic, couple=couple)
        rows.consented(treatment, nurse)
        rows.resulted(treatment, nurse, AT, 4)
        rows.screened(treatment, nurse, LATER)
        made.append(treatment)
    return made[0], made[1]


def dose_in(treatment: Treatment) -> Record:
    return rows.said(
        treatment, rows.SYSTEM, LATER, "fulfilled", step="sensitisation", occurrence=1, on=LATER.date()
    )


def test_a_dose_recorded_in_the_wrong_couple_counts_in_the_right_one() -> None:
    clinic = rows.a_clinic()
    wrong, right = two(clinic)
    nurse = rows.staff(clinic, "nurse")
    dose = dose_in(wrong)
    moved = move_record(record=dose, to=right, reason="Similar names", actor=nurse, at=LATER)
    assert (moved.treatment_id, moved.data) == (right.pk, dose.data)
    here, there = plan_of(wrong, LATER), plan_of(right, LATER)
    assert here.visit("sensitisation", 1).state == "proposed"  # type: ignore[union-attr]
    assert there.visit("sensitisation", 1).state == "fulfilled"  # type: ignore[union-attr]
    assert rows.visit(right, "sensitisation").status == "fulfilled"
    assert rows.visit(wrong, "sensitisation").status != "fulfilled"
    correction = records_of(wrong).filter(kind="correction").get()
    assert correction.data["of"] == str(dose.pk)
    assert dose.pk not in in_force(records_of(wrong))


def test_both_plans_are_seen_before_and_after_and_nothing_is_written() -> None:
    clinic = rows.a_clinic()
    wrong, right = two(clinic)
    nurse = rows.staff(clinic, "nurse")
    dose = dose_in(wrong)
    before = Record.objects.count()
    seen = preview_transfer(record=dose, to=right, actor=nurse, at=LATER)
    assert Record.objects.count() == before
    move_record(record=dose, to=right, reason="Similar names", actor=nurse, at=LATER)
    assert plan_of(wrong, LATER).visits == seen.here_after.visits
    assert [v.state for v in plan_of(right, LATER).visits] == [v.state for v in seen.there_after.visits]
    assert seen.here_before.visit("sensitisation", 1).state == "fulfilled"  # type: ignore[union-attr]
    assert seen.there_before.visit("sensitisation", 1).state == "proposed"  # type: ignore[union-attr]


def test_what_the_other_plan_refuses_leaves_both_as_they_were() -> None:
    clinic = rows.a_clinic()
    wrong, right = two(clinic)
    nurse = rows.staff(clinic, "nurse")
    rows.said(right, nurse, LATER, "consent", person="partner", on=LATER.date(), given=False)
    dose = dose_in(wrong)
    before = Record.objects.count()
    for act in (preview_transfer, move_record):
        more = {"reason": "Similar names"} if act is move_record else {}
        with pytest.raises(Conflict) as refused:
            act(record=dose, to=right, actor=nurse, at=LATER, **more)  # type: ignore[operator]
        assert refused.value.code == "prerequisite_missing"
        assert "consent of partner" in refused.value.message
    assert Record.objects.count() == before
    assert rows.visit(wrong, "sensitisation").status == "fulfilled"


def test_a_test_that_the_other_protocol_does_not_have_is_refused_by_name() -> None:
    clinic = rows.a_clinic()
    nurse = rows.staff(clinic, "nurse")
    wrong = rows.a_treatment(clinic)
    result = rows.resulted(wrong, nurse, AT, 4)
    other = rows.a_protocol(clinic, "nagoya-1993")
    couple = rows.a_couple(clinic, recipient=replace(rows.LALITHA, given_name="Asha"))
    right = start_treatment(couple=couple, protocol_version=other, started_on=None, actor=rows.SYSTEM, at=AT)
    with pytest.raises(Invalid) as refused:
        move_record(record=result, to=right, reason="Wrong couple", actor=nurse, at=AT)
    assert "apca" in str(refused.value)
    assert result.pk in in_force(records_of(wrong))


def test_it_may_be_another_dose_there() -> None:
    clinic = rows.a_clinic()
    wrong, right = two(clinic)
    nurse = rows.staff(clinic, "nurse")
    rows.said(right, nurse, LATER, "fulfilled", step="sensitisation", occurrence=1, on=LATER.date())
    dose = dose_in(wrong)
    day = LATER + timedelta(weeks=4)
    with pytest.raises((Conflict, Invalid)):
        move_record(record=dose, to=right, reason="Similar names", actor=nurse, at=day)
    seen = preview_transfer(record=dose, to=right, actor=nurse, at=day, occurrence=2)
    assert seen.there_after.visit("sensitisation", 2).state == "fulfilled"  # type: ignore[union-attr]


def test_files_go_with_their_record_and_are_seen_in_the_wrong_couple_no_more() -> None:
    clinic = rows.a_clinic()
    wrong, right = two(clinic)
    nurse = rows.staff(clinic, "nurse")
    result = rows.resulted(wrong, nurse, LATER, 5)
    attach_file(record=result, name="a.pdf", content=b"%PDF-1", actor=nurse, at=LATER)
    moved = move_record(record=result, to=right, reason="Similar names", actor=nurse, at=LATER)
    assert [row.record_id for row in files_of(right)] == [moved.pk]
    assert list(files_of(wrong)) == []


def test_a_loss_that_is_moved_silences_the_right_couple() -> None:
    clinic = rows.a_clinic()
    wrong, right = two(clinic)
    nurse = rows.staff(clinic, "nurse")
    for treatment in (wrong, right):
        rows.said(treatment, nurse, LATER, "milestone", name="pregnancy", on=LATER.date())
    loss = rows.said(wrong, nurse, LATER, "milestone", name="loss", on=LATER.date())
    move_record(record=loss, to=right, reason="Wrong couple", actor=nurse, at=LATER)
    right.couple.refresh_from_db()
    wrong.couple.refresh_from_db()
    assert right.couple.silent_reason == "confirmed_loss"
    assert wrong.couple.silent_reason == "confirmed_loss"  # a person ends a silence, never a correction


@pytest.mark.parametrize("kind", ["correction", "decision"])
def test_what_speaks_of_its_own_treatment_is_not_moved(kind: str) -> None:
    clinic = rows.a_clinic()
    wrong, right = two(clinic)
    nurse = rows.staff(clinic, "nurse")
    dose = dose_in(wrong)
    if kind == "correction":
        row = rows.said(wrong, nurse, LATER, "correction", of=str(dose.pk), reason="A slip")
    else:
        row = Record(clinic=clinic, treatment=wrong, kind="decision", by_name="x", by_role="doctor", recorded_at=AT,
            data={"kind": "decision", "flag": "a", "choice": "b", "on": "2026-01-05", "reason": "c"},
        )  # fmt: skip
    with pytest.raises(Invalid) as refused:
        move_record(record=row, to=right, reason="Wrong couple", actor=nurse, at=LATER)
    assert refused.value.code == "not_moved"


def test_only_nurses_and_doctors_of_the_clinic_move_and_never_out_of_it() -> None:
    clinic, other = rows.a_clinic(), rows.a_clinic(rows.LONDON)
    wrong, right = two(clinic)
    dose = dose_in(wrong)
    elsewhere = rows.a_treatment(other)
    nurse = rows.staff(clinic, "nurse")
    with pytest.raises(NotFound):
        move_record(record=dose, to=elsewhere, reason="x", actor=nurse, at=LATER)
    with pytest.raises(NotFound):
        move_record(record=dose, to=right, reason="x", actor=rows.staff(other, "doctor"), at=LATER)
    with pytest.raises(Forbidden):
        move_record(record=dose, to=right, reason="x", actor=rows.staff(clinic, "lab"), at=LATER)
    with pytest.raises(Invalid):
        move_record(record=dose, to=right, reason=" ", actor=nurse, at=LATER)
    with pytest.raises(Invalid):
        move_record(record=dose, to=wrong, reason="x", actor=nurse, at=LATER)
