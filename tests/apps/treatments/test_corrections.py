"""Corrections: nothing is edited, the plan follows, and what a visit says follows too. And the loss."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from apps.booking import services as booking
from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.clinic.models import Change, Clinic
from apps.treatments import queries, services
from apps.treatments.models import Appointment, Treatment
from tests import rows

pytestmark = pytest.mark.django_db
AT = rows.AT


@pytest.fixture
def clinic() -> Clinic:
    return rows.a_clinic()


@pytest.fixture
def nurse(clinic: Clinic) -> Actor:
    return rows.staff(clinic, "nurse")


@pytest.fixture
def treatment(clinic: Clinic, nurse: Actor) -> Treatment:
    made = rows.a_treatment(clinic)
    rows.consented(made, nurse)
    return made


def test_a_corrected_dose_date_moves_what_follows_and_keeps_both_records(
    treatment: Treatment, nurse: Actor
) -> None:
    later = AT + timedelta(days=7)
    dose = rows.dosed(treatment, nurse, AT, 1)
    right = {**dose.data, "on": (AT + timedelta(days=2)).date()}
    made = services.correct(record=dose, reason="wrong day", replacement=right, actor=nurse, at=later)
    assert made.data["of"] == str(dose.pk)
    assert rows.visit(treatment, "sensitisation").plan["on"] == "2026-01-07"
    assert rows.visit(treatment, "sensitisation", 2).proposed_on == date(2026, 2, 4)
    assert rows.visit(treatment, "sensitisation").status == "fulfilled"
    assert not Change.objects.filter(kind="appointment.voided").exists()
    records = list(queries.records_of(treatment))
    assert dose in records
    assert dose.pk not in queries.in_force(records)
    assert made.pk in queries.in_force(records)


def test_a_withdrawn_dose_makes_its_visit_entered_in_error_and_asked_for_again(
    treatment: Treatment, nurse: Actor
) -> None:
    dose = rows.dosed(treatment, nurse, AT, 1)
    services.correct(record=dose, reason="wrong couple", replacement=None, actor=nurse, at=AT)
    row = rows.visit(treatment, "sensitisation")
    assert (row.status, row.state) == ("entered-in-error", "proposed")
    assert Change.objects.filter(kind="appointment.voided", subject_id=row.pk).count() == 1
    rows.said(treatment, nurse, AT, "fulfilled", step="sensitisation", on=AT.date())
    assert rows.visit(treatment, "sensitisation").status == "fulfilled"


def test_a_correction_is_corrected_again_and_taken_back(treatment: Treatment, nurse: Actor) -> None:
    at = AT + timedelta(days=7)
    dose = rows.dosed(treatment, nurse, AT, 1)

    def on() -> str:
        return str(rows.visit(treatment, "sensitisation").plan["on"])

    first = services.correct(
        record=dose, reason="a", replacement={**dose.data, "on": "2026-01-06"}, actor=nurse, at=at
    )
    assert on() == "2026-01-06"
    second = services.correct(
        record=first, reason="b", replacement={**dose.data, "on": "2026-01-07"}, actor=nurse, at=at
    )
    assert on() == "2026-01-07"
    services.correct(record=second, reason="c", replacement=None, actor=nurse, at=at)
    assert on() == "2026-01-05"
    with pytest.raises(Conflict) as raised:
        services.correct(record=first, reason="d", replacement=None, actor=nurse, at=at)
    assert raised.value.code == "not_in_force"


def test_a_correction_says_its_reason_and_contradicts_nothing(treatment: Treatment, nurse: Actor) -> None:
    dose = rows.dosed(treatment, nurse, AT, 1)
    count = treatment.records.count()
    for reason, replacement in (
        ("", None),
        ("x", {**dose.data, "on": "2027-01-01"}),
        ("x", {**dose.data, "step": "moon"}),
        ("x", {"kind": "correction", "of": str(dose.pk), "reason": "x"}),
    ):
        with pytest.raises(Invalid):
            services.correct(record=dose, reason=reason, replacement=replacement, actor=nurse, at=AT)
    assert treatment.records.count() == count


def test_a_correction_is_no_way_round_what_may_not_be_performed(clinic: Clinic, nurse: Actor) -> None:
    treatment, at = rows.after_three_doses(clinic, nurse)
    attempt = (at + timedelta(weeks=4)).date()
    rows.said(treatment, nurse, at, "milestone", name="conception-attempt", on=attempt, certainty="planned")
    rows.resulted(treatment, nurse, at, 3)
    note = rows.said(treatment, nurse, at, "note", text="x")
    booster = {"kind": "fulfilled", "step": "preconception-booster", "occurrence": 1, "on": at.date()}
    with pytest.raises(Conflict) as raised:
        services.correct(record=note, reason="x", replacement=booster, actor=nurse, at=at)
    assert raised.value.code == "held"
    raw = {"kind": "correction", "of": str(note.pk), "reason": "x", "replacement": booster}
    with pytest.raises(Conflict):
        services.record(treatment=treatment, data=raw, actor=nurse, at=at)


def test_a_correction_is_no_way_round_who_may_decide_or_consent(clinic: Clinic, nurse: Actor) -> None:
    treatment, at = rows.after_three_doses(clinic, nurse)
    rows.resulted(treatment, nurse, at, 3)
    doctor = rows.staff(clinic, "doctor")
    client = Actor.client(name="HIS", clinic_id=clinic.pk)
    note = rows.said(treatment, nurse, at, "note", text="x")
    decision = {
        "kind": "decision",
        "flag": "no_antibody_response",
        "choice": "continue",
        "on": at.date(),
        "reason": "x",
    }
    consent = treatment.records.filter(kind="consent").first()
    assert consent
    for actor, record, replacement in (
        (nurse, note, decision),
        (client, note, decision),
        (client, note, consent.data),
        (client, consent, None),
    ):
        with pytest.raises(Forbidden):
            services.correct(record=record, reason="x", replacement=replacement, actor=actor, at=at)
    taken = services.decide(
        flag=rows.flag(treatment, "no_antibody_response"),
        choice="continue",
        reason="x",
        parameters={},
        actor=doctor,
        at=at,
    )
    with pytest.raises(Forbidden):
        services.correct(record=taken, reason="x", replacement=None, actor=nurse, at=at)
    services.correct(record=taken, reason="too soon", replacement=None, actor=doctor, at=at)
    assert rows.flag(treatment, "no_antibody_response").is_open


def test_a_record_of_another_treatment_is_not_corrected_here(
    clinic: Clinic, treatment: Treatment, nurse: Actor
) -> None:
    other = rows.a_treatment(clinic).records.get()
    with pytest.raises(NotFound):
        rows.said(treatment, nurse, AT, "correction", of=str(other.pk), reason="x")


# --- The loss ------------------------------------------------------------------------------------------------


def test_a_loss_stops_everything_ahead_of_both_in_one_act(clinic: Clinic, nurse: Actor) -> None:
    couple = rows.a_couple(clinic)
    first, second = (rows.a_treatment(clinic, couple=couple) for _ in range(2))
    for days, (treatment, step) in enumerate(
        [(first, "baseline-antibody-test"), (first, "sensitisation"), (second, "sensitisation")], 1
    ):
        booking.book(
            appointment=rows.visit(treatment, step),
            starts_at=AT + timedelta(days=days),
            actor=nurse,
            at=AT,
        )
    services.record(
        treatment=first, data={"kind": "milestone", "name": "loss", "on": AT.date()}, actor=nurse, at=AT
    )
    couple.refresh_from_db()
    assert (couple.is_silent, couple.silent_reason, couple.silent_since) == (True, "confirmed_loss", AT)
    assert not Appointment.objects.filter(status__in=["booked", "arrived"]).exists()
    assert Change.objects.filter(kind="appointment.cancelled").count() == 3
    assert Change.objects.filter(kind="couple.silenced").count() == 1
    first.refresh_from_db()
    assert first.closed_reason
    ahead = Appointment.objects.filter(treatment=first).exclude(state="fulfilled")
    assert {row.state for row in ahead} == {"not_applicable"}
    assert not first.flags.filter(state="open").exists()


def test_a_visit_that_is_over_is_left_as_it_is_by_a_loss(treatment: Treatment, nurse: Actor) -> None:
    test = rows.visit(treatment, "baseline-antibody-test")
    booking.book(appointment=test, starts_at=AT + timedelta(hours=1), actor=nurse, at=AT)
    later = AT + timedelta(days=1)
    rows.said(treatment, nurse, later, "milestone", name="loss", on=later.date())
    assert rows.visit(treatment, "baseline-antibody-test").status == "booked"


def test_a_loss_recorded_by_mistake_brings_back_the_plan_and_leaves_the_silence(
    treatment: Treatment, nurse: Actor
) -> None:
    row = booking.book(
        appointment=rows.visit(treatment, "sensitisation"),
        starts_at=AT + timedelta(days=9),
        actor=nurse,
        at=AT,
    )
    loss = rows.said(treatment, nurse, AT, "milestone", name="loss", on=AT.date())
    services.correct(record=loss, reason="other couple", replacement=None, actor=nurse, at=AT)
    treatment.refresh_from_db()
    treatment.couple.refresh_from_db()
    assert not treatment.is_closed
    assert treatment.couple.is_silent
    row.refresh_from_db()
    assert (row.state, row.status) == ("proposed", "cancelled")
    again = booking.book(appointment=row, starts_at=AT + timedelta(days=9), actor=nurse, at=AT)
    assert again.status == "booked"


def test_a_correction_that_says_a_loss_is_a_loss(treatment: Treatment, nurse: Actor) -> None:
    booking.book(
        appointment=rows.visit(treatment, "sensitisation"),
        starts_at=AT + timedelta(days=9),
        actor=nurse,
        at=AT,
    )
    wrong = rows.said(treatment, nurse, AT, "milestone", name="pregnancy", on=AT.date())
    loss = {"kind": "milestone", "name": "loss", "on": AT.date()}
    services.correct(record=wrong, reason="misheard", replacement=loss, actor=nurse, at=AT)
    treatment.couple.refresh_from_db()
    assert treatment.couple.is_silent
    assert rows.visit(treatment, "sensitisation").status == "cancelled"


def test_taking_a_correction_back_needs_the_rights_of_what_it_brings_back(
    clinic: Clinic, nurse: Actor
) -> None:
    treatment, at = rows.after_three_doses(clinic, nurse)
    rows.resulted(treatment, nurse, at, 3)
    doctor = rows.staff(clinic, "doctor")
    client = Actor.client(name="HIS", clinic_id=clinic.pk)
    taken = services.decide(
        flag=rows.flag(treatment, "no_antibody_response"),
        choice="continue",
        reason="x",
        parameters={},
        actor=doctor,
        at=at,
    )
    consent = treatment.records.filter(kind="consent").first()
    assert consent
    undecided = services.correct(record=taken, reason="too soon", replacement=None, actor=doctor, at=at)
    unsigned = services.correct(record=consent, reason="not yet", replacement=None, actor=nurse, at=at)
    for actor, record in ((client, undecided), (nurse, undecided), (client, unsigned)):
        with pytest.raises(Forbidden):
            services.correct(record=record, reason="x", replacement=None, actor=actor, at=at)
    assert rows.flag(treatment, "no_antibody_response").is_open
    services.correct(record=undecided, reason="it holds", replacement=None, actor=doctor, at=at)
    assert not rows.flag(treatment, "no_antibody_response").is_open


def test_taking_a_correction_back_is_no_way_round_a_hold(treatment: Treatment, nurse: Actor) -> None:
    dose = rows.dosed(treatment, nurse, AT, 1)
    out = services.correct(record=dose, reason="other couple", replacement=None, actor=nurse, at=AT)
    rows.said(treatment, nurse, AT, "milestone", name="pregnancy", on=AT.date())
    with pytest.raises(Conflict) as raised:
        services.correct(record=out, reason="x", replacement=None, actor=nurse, at=AT)
    assert raised.value.code == "held"
    assert rows.visit(treatment, "sensitisation").status != "fulfilled"


def test_a_loss_stops_what_was_left_booked_in_a_closed_treatment(treatment: Treatment, nurse: Actor) -> None:
    booking.book(
        appointment=rows.visit(treatment, "sensitisation"),
        starts_at=AT + timedelta(days=9),
        actor=nurse,
        at=AT,
    )
    rows.said(treatment, nurse, AT, "close", on=AT.date(), reason="begins anew")
    assert rows.visit(treatment, "sensitisation").status == "booked"
    second = services.start_treatment(
        couple=treatment.couple, protocol_version=treatment.protocol_version, actor=nurse, at=AT
    )
    rows.said(second, nurse, AT, "milestone", name="loss", on=AT.date())
    assert rows.visit(treatment, "sensitisation").status == "cancelled"
