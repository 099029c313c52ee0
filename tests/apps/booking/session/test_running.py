"""A session on its day: its activities, its fitness check, its gate, and what a failure does to the rest."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, transaction
from django.db.models import F

from apps.booking.models import DonorUnit, FitnessCheck, ReleaseRefusal, SessionActivity
from apps.booking.services import arrive, book
from apps.booking.session.fitness import check_fitness, last_draw, set_days_between_draws
from apps.booking.session.running import fail_gate, finish_activity, pass_gate, start_activity, stop_session
from apps.booking.session.unit_queries import refusals_of
from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, Forbidden, Invalid, LitError
from apps.clinic.models import Change
from apps.treatments.models import Flag, Record
from tests import rows
from tests.apps.booking.a_session import DAY, FIT, STARTS, STEP, Session, a_session, lay
from tests.rows import AT

pytestmark = pytest.mark.django_db
SECRET = "hepatitis B surface antigen reactive"


@pytest.fixture
def session() -> Session:
    return a_session()


def states(session: Session) -> dict[str, str]:
    return dict(SessionActivity.objects.filter(appointment=session.row).values_list("kind", "state"))


def code_of(error: pytest.ExceptionInfo[LitError]) -> str:
    return error.value.code


# Activities


def test_an_activity_begins_and_ends_at_its_true_times_and_says_who_ended_it(session: Session) -> None:
    session.answered(DAY - timedelta(hours=2))
    draw = session.activity("draw")
    start_activity(activity=draw, actor=session.by("nurse"), at=DAY, happened_at=DAY - timedelta(minutes=90))
    finish_activity(activity=draw, actor=session.by("nurse"), at=DAY, happened_at=DAY - timedelta(hours=1))
    draw.refresh_from_db()
    assert (draw.state, draw.started_at, draw.done_at) == (
        "done",
        DAY - timedelta(minutes=90),
        DAY - timedelta(hours=1),
    )
    assert draw.done_by == session.by("nurse").name


def test_nobody_is_drawn_for_a_visit_that_is_held_since(session: Session) -> None:
    session.answered()
    rows.said(session.treatment, session.by("nurse"), DAY, "pause", on=DAY.date())
    assert session.row.held
    for verb in (start_activity, finish_activity):
        with pytest.raises(Conflict) as refusal:
            verb(activity=session.activity("draw"), actor=session.by("nurse"), at=DAY)
        assert refusal.value.code == "held"
    assert not DonorUnit.objects.exists()


def test_nothing_goes_past_the_fitness_check_or_the_gate(session: Session) -> None:
    with pytest.raises(Conflict) as before:
        start_activity(activity=session.activity("draw"), actor=session.by("nurse"), at=DAY)
    assert code_of(before) == "fitness_first"
    session.drawn()
    with pytest.raises(Conflict) as unreleased:
        start_activity(activity=session.activity("injection"), actor=session.by("nurse"), at=DAY)
    assert code_of(unreleased) == "not_released"


@pytest.mark.parametrize(
    ("happened_at", "code"), [(DAY + timedelta(hours=1), "in_the_future"), (AT, "other_day")]
)
def test_a_time_that_cannot_be_true_is_refused(session: Session, happened_at: Any, code: str) -> None:
    session.answered()
    with pytest.raises(Invalid) as refusal:
        finish_activity(
            activity=session.activity("draw"), actor=session.by("nurse"), at=DAY, happened_at=happened_at
        )
    assert code_of(refusal) == code


def test_what_ended_cannot_end_again(session: Session) -> None:
    session.drawn()
    with pytest.raises(Conflict) as refusal:
        finish_activity(activity=session.activity("draw"), actor=session.by("nurse"), at=DAY)
    assert code_of(refusal) == "moved_on"


# Fitness


def test_the_chain_begins_with_both_and_goes_on_when_both_are_fit(session: Session) -> None:
    nurse = session.by("nurse")
    check_fitness(appointment=session.row, answers={"recipient": FIT["recipient"]}, actor=nurse, at=DAY)
    assert states(session)["fitness"] == "planned"
    with pytest.raises(Conflict):
        finish_activity(activity=session.activity("fitness"), actor=nurse, at=DAY)
    check_fitness(appointment=session.row, answers={"donor": FIT["donor"]}, actor=nurse, at=DAY)
    assert states(session)["fitness"] == "done"
    assert session.row.status == "booked"


@pytest.mark.parametrize(
    ("who", "answers"),
    [
        ("recipient", {"fever": "stop"}),
        ("recipient", {"pregnancy": "stop"}),
        ("recipient", {"reaction": {"choice": "stop", "note": "wheals for a week"}}),
        ("donor", {"fever": "stop"}),
        ("donor", {"medicines": {"choice": "stop", "note": "methotrexate"}}),
        ("donor", {"donor_fit": {"choice": "stop", "note": "fainted"}}),
    ],
)
def test_one_failure_of_either_stops_the_chain_and_frees_the_booking(
    session: Session, who: str, answers: dict[str, Any]
) -> None:
    session.answered(**{who: answers})
    row = session.row
    assert (row.status, row.cancel_reason, row.state) == ("cancelled", "Not fit on the day", "proposed")
    assert not row.occupations.exists()
    assert states(session)["fitness"] == "failed"
    assert {state for kind, state in states(session).items() if kind != "fitness"} == {"cancelled"}
    assert rows.flag(session.treatment, "session_stopped").is_open
    assert Change.objects.filter(kind="appointment.cancelled", subject_id=row.pk).count() == 1
    assert {check.who: check.fit for check in FitnessCheck.objects.all()} == {
        "recipient": who != "recipient",
        "donor": who != "donor",
    }


def test_an_earlier_session_that_was_stopped_says_nothing_of_who_is_fit_today(session: Session) -> None:
    nurse = session.by("nurse")
    session.answered(donor={"fever": "stop"})
    later = DAY + timedelta(days=1)
    book(appointment=session.row, starts_at=STARTS + timedelta(days=1), actor=nurse, at=DAY)
    SessionActivity.objects.filter(appointment=session.row).delete()
    lay(session)
    SessionActivity.objects.filter(appointment=session.row).update(
        starts_at=F("starts_at") + timedelta(days=1), ends_at=F("ends_at") + timedelta(days=1)
    )
    check_fitness(appointment=session.row, answers={"donor": FIT["donor"]}, actor=nurse, at=later)
    assert states(session)["fitness"] == "planned"
    check_fitness(appointment=session.row, answers={"recipient": FIT["recipient"]}, actor=nurse, at=later)
    assert states(session)["fitness"] == "done"


def test_what_is_judged_needs_a_note_and_then_goes_on(session: Session) -> None:
    with pytest.raises(Invalid) as refusal:
        session.answered(donor={"vaccine": "judged_fit"})
    assert [fault.field for fault in refusal.value.faults] == ["answers.donor.vaccine"]
    assert not FitnessCheck.objects.exists()
    session.answered(donor={"vaccine": {"choice": "judged_fit", "note": "influenza, five weeks ago"}})
    assert states(session)["fitness"] == "done"
    assert FitnessCheck.objects.get(who="donor").answers["vaccine"]["note"].startswith("influenza")


def test_every_question_is_answered_and_no_other(session: Session) -> None:
    with pytest.raises(Invalid) as refusal:
        check_fitness(
            appointment=session.row,
            answers={"recipient": {"fever": "no", "shoe_size": "38"}},
            actor=session.by("nurse"),
            at=DAY,
        )
    fields = {fault.field for fault in refusal.value.faults}
    asked = ("pregnancy", "medicines", "vaccine", "reaction", "shoe_size")
    assert fields == {f"answers.recipient.{name}" for name in asked}


def test_an_answer_is_never_altered(session: Session) -> None:
    session.answered()
    with pytest.raises(ProgrammingError), transaction.atomic():
        FitnessCheck.objects.update(fit=False)


def test_the_days_since_the_last_draw_are_shown_and_judged_while_the_clinic_has_set_no_number(
    session: Session,
) -> None:
    rows.dosed(session.treatment, session.by("nurse"), DAY, 1)
    later = DAY + timedelta(weeks=4)
    second = rows.visit(session.treatment, STEP, 2)
    found = last_draw(second, at=later)
    assert (found.days, found.least, found.judged) == (28, None, True)
    set_days_between_draws(clinic=session.clinic, days=42, actor=session.by("doctor"), at=later)
    found = last_draw(second, at=later)
    assert (found.judged, found.long_enough) == (False, False)


def test_the_first_draw_needs_no_judgement(session: Session) -> None:
    assert last_draw(session.row, at=DAY).judged is False
    session.answered()
    assert FitnessCheck.objects.get(who="donor").answers["days_since_draw"]["choice"] == "yes"


def test_only_a_doctor_sets_the_least_number_of_days(session: Session) -> None:
    with pytest.raises(Forbidden):
        set_days_between_draws(clinic=session.clinic, days=28, actor=session.by("nurse"), at=DAY)


# The gate


def test_a_named_person_releases_the_unit(session: Session) -> None:
    session.drawn()
    pass_gate(appointment=session.row, actor=session.by("lab"), at=DAY + timedelta(hours=1))
    unit = DonorUnit.objects.get()
    lab = session.by("lab")
    assert (unit.released_at, unit.released_by, unit.released_by_user_id) == (
        DAY + timedelta(hours=1),
        lab.name,
        lab.user_id,
    )
    assert states(session)["gate"] == "done"


def test_finishing_the_gate_is_its_release(session: Session) -> None:
    session.drawn()
    finish_activity(activity=session.activity("gate"), actor=session.by("doctor"), at=DAY)
    assert DonorUnit.objects.get().released_by == session.by("doctor").name


def the_client(session: Session) -> Actor:
    return Actor.client(name="analyser", clinic_id=session.clinic.pk)


def test_no_program_and_no_nurse_releases_or_refuses_a_unit(session: Session) -> None:
    session.drawn()
    for actor in (the_client(session), session.by("nurse"), session.by("manager"), Actor.system("task")):
        with pytest.raises(Forbidden):
            pass_gate(appointment=session.row, actor=actor, at=DAY)
        with pytest.raises(Forbidden):
            fail_gate(appointment=session.row, reason=SECRET, actor=actor, at=DAY)
        with pytest.raises(Forbidden):
            finish_activity(activity=session.activity("gate"), actor=actor, at=DAY)
        with pytest.raises(Forbidden):
            stop_session(appointment=session.row, cause="not_released", actor=actor, at=DAY)
    assert DonorUnit.objects.get().released_at is None
    assert session.row.status == "booked"


def test_a_program_may_say_that_the_draw_is_over(session: Session) -> None:
    session.answered()
    finish_activity(activity=session.activity("draw"), actor=the_client(session), at=DAY)
    assert states(session)["draw"] == "done"


def test_a_failed_gate_frees_what_comes_after_and_asks_a_nurse_to_call_both(session: Session) -> None:
    session.drawn()
    fail_gate(appointment=session.row, reason=SECRET, actor=session.by("doctor"), at=DAY)
    row = session.row
    assert (row.status, row.cancel_reason) == ("cancelled", "Unit not released")
    assert not row.occupations.exists()
    assert states(session) == {
        "fitness": "done",
        "draw": "done",
        "serology": "cancelled",
        "gate": "failed",
        "preparation": "cancelled",
        "injection": "cancelled",
        "observation": "cancelled",
    }
    flag = rows.flag(session.treatment, "unit_not_released")
    assert (flag.severity, flag.owner, flag.is_open) == ("urgent", "nurse", True)
    assert DonorUnit.objects.get().disposal_reason == "Unit not released"


def test_the_reason_stands_in_one_table_and_nowhere_else(session: Session) -> None:
    session.drawn()
    fail_gate(appointment=session.row, reason=SECRET, actor=session.by("doctor"), at=DAY)
    assert ReleaseRefusal.objects.get().reason == SECRET
    told = [json.dumps(change.detail) + change.kind for change in Change.objects.all()]
    said = [json.dumps(record.data) for record in Record.objects.all()]
    flags = [flag.text for flag in Flag.objects.all()]
    row = session.row
    visit = [row.cancel_reason, row.deviation_reason, json.dumps(row.plan)]
    unit = DonorUnit.objects.get()
    for text in (*told, *said, *flags, *visit, unit.disposal_reason, str(ReleaseRefusal.objects.get())):
        assert "reactive" not in text
        assert "hepatitis B surface" not in text


def test_the_reason_is_read_by_the_donor_safety_role_alone(session: Session) -> None:
    session.drawn()
    fail_gate(appointment=session.row, reason=SECRET, actor=session.by("lab"), at=DAY)
    for role in ("doctor", "lab"):
        assert refusals_of(session.row, actor=session.by(role)).get().reason == SECRET
    for actor in (session.by("nurse"), session.by("manager"), the_client(session)):
        with pytest.raises(Forbidden):
            refusals_of(session.row, actor=actor)


def test_a_refused_release_needs_its_reason_and_goes_by_no_other_way(session: Session) -> None:
    session.drawn()
    doctor = session.by("doctor")
    with pytest.raises(Invalid):
        fail_gate(appointment=session.row, reason="  ", actor=doctor, at=DAY)
    with pytest.raises(Invalid):
        stop_session(appointment=session.row, cause="not_released", actor=doctor, at=DAY)
    assert session.row.status == "booked"


def test_the_centrifuge_fails_and_the_session_stops_where_it_stands(session: Session) -> None:
    session.released()
    stop_session(
        appointment=session.row,
        cause="equipment",
        actor=session.by("nurse"),
        at=DAY + timedelta(hours=2),
    )
    assert states(session)["serology"] == "failed"
    assert session.row.cancel_reason == "Equipment failed"
    assert DonorUnit.objects.get().is_open


def test_a_session_without_a_chain_is_stopped_and_released_too() -> None:
    plain = a_session(chain=False)
    plain.answered()
    assert not SessionActivity.objects.exists()
    stop_session(appointment=plain.row, cause="equipment", actor=plain.by("nurse"), at=DAY)
    assert plain.row.status == "cancelled"


# Typed in afterwards


def test_what_is_typed_in_two_days_later_stands_on_its_day_and_nothing_is_overdue(session: Session) -> None:
    later = DAY + timedelta(days=2)
    nurse = session.by("nurse")
    check_fitness(
        appointment=session.row,
        answers=FIT,
        actor=nurse,
        at=later,
        happened_at=DAY - timedelta(hours=2),  # type: ignore[arg-type]
    )
    stop_session(appointment=session.row, cause="equipment", actor=nurse, at=later, happened_at=DAY)
    assert Record.objects.get(kind="stopped").on == DAY.date()
    assert FitnessCheck.objects.filter(at=DAY - timedelta(hours=2), entered_at=later).count() == 2
    open_codes = set(
        Flag.objects.filter(treatment=session.treatment, state="open").values_list("code", flat=True)
    )
    assert not open_codes & {"visit_overdue", "visit_unrecorded", "window_expired"}


def test_another_clinics_staff_run_nothing(session: Session) -> None:
    stranger = rows.staff(rows.a_clinic(rows.LONDON), "doctor")
    for act in (
        lambda: pass_gate(appointment=session.row, actor=stranger, at=DAY),
        lambda: stop_session(appointment=session.row, cause="equipment", actor=stranger, at=DAY),
        lambda: start_activity(activity=session.activity("draw"), actor=stranger, at=DAY),
        lambda: check_fitness(appointment=session.row, answers=FIT, actor=stranger, at=DAY),  # type: ignore[arg-type]
        lambda: refusals_of(session.row, actor=stranger),
    ):
        with pytest.raises(LitError) as refusal:
            act()
        assert refusal.value.status == 404


def test_an_arrival_that_is_typed_in_later_is_of_its_day(session: Session) -> None:
    later = DAY + timedelta(days=2)
    with pytest.raises(Conflict):
        arrive(appointment=session.row, actor=session.by("nurse"), at=later)
    with pytest.raises(Invalid):
        arrive(
            appointment=session.row,
            actor=session.by("nurse"),
            at=DAY - timedelta(hours=4),
            happened_at=DAY - timedelta(hours=3),
        )
    arrive(appointment=session.row, actor=session.by("nurse"), at=later, happened_at=DAY)
    assert session.row.status == "arrived"
