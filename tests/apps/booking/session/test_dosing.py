"""Recording a dose: two people against one label, times from the unit, and nothing written where anything is wrong."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from apps.booking.models import DonorUnit, SessionActivity, UnitCheck, WitnessAttempt
from apps.booking.services import attend
from apps.booking.session.dosing import check_units, match, record_dose, units_on
from apps.booking.session.running import fail_gate, finish_activity, pass_gate, start_activity
from apps.booking.session.unit_queries import units_of
from apps.booking.session.units import dispose_unit, label_unit, record_here
from apps.booking.session.witness import TRIES, WITHIN, second_person
from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, Forbidden, Invalid, LitError
from apps.clinic.models import User
from apps.treatments.models import Flag, Record
from tests import rows
from tests.apps.booking.a_session import DAY, Session, a_session

pytestmark = pytest.mark.django_db
NOON = DAY + timedelta(hours=4)
GIVEN = {"cells_million": 8.5, "viability_percent": 96, "volume_ml": 1, "sites": 4, "arm": "left"}
PASSWORD = "a-long-enough-secret"


@pytest.fixture
def session() -> Session:
    """Drawn at 11:30 of Hyderabad and released by a doctor an hour later."""
    found = a_session()
    found.released()
    return found


def checked(session: Session, read: str = "", second_read: str = "", **more: Any) -> UnitCheck:
    unit = DonorUnit.objects.get()
    return check_units(
        appointment=session.row,
        on=DAY.date(),
        read=read or unit.check_code,
        second_read=second_read or unit.code,
        first=more.get("first", session.by("nurse")),
        second=more.get("second", session.by("lab")),
        at=NOON,
    )


def give(session: Session, check: UnitCheck, **more: Any) -> Record:
    return record_dose(
        appointment=session.row,
        check=check,
        given={**GIVEN, **more},
        injected_at=NOON,
        actor=session.by("nurse"),
        at=NOON,
    )


def test_a_dose_takes_its_times_from_the_unit_and_closes_the_chain(session: Session) -> None:
    said = give(session, checked(session), medium_lot="RPMI-77")
    body = said.data["given"]
    assert said.on == DAY.date()
    assert body["hours_to_injection"] == 4.0
    assert datetime.fromisoformat(body["released_at"]) == DAY + timedelta(hours=1)
    assert body["unit"] == DonorUnit.objects.get().code
    assert session.row.status == "fulfilled"
    unit = DonorUnit.objects.get()
    assert (unit.injected_at, unit.dose, unit.medium_lot) == (NOON, said, "RPMI-77")
    assert SessionActivity.objects.get(kind="injection").state == "done"


def test_the_observation_begins_with_the_injection_and_is_ended_by_a_person(session: Session) -> None:
    give(session, checked(session))
    observed = session.activity("observation")
    assert (observed.state, observed.started_at) == ("started", NOON)
    nurse, later = session.by("nurse"), NOON + timedelta(minutes=40)
    finish_activity(activity=observed, actor=nurse, at=later)
    observed = session.activity("observation")
    assert (observed.state, observed.done_at, observed.done_by) == ("done", later, nurse.name)
    with pytest.raises(Conflict) as refusal:
        start_activity(activity=session.activity("preparation"), actor=nurse, at=later)
    assert refusal.value.code == "not_booked"


def test_from_a_lot_to_its_doses_and_recipients(session: Session) -> None:
    said = give(session, checked(session), medium_lot="RPMI-77")
    [unit] = units_of(session.clinic, lot="RPMI-77", injected=True)
    assert (unit.dose, unit.recipient) == (said, session.treatment.couple.recipient)
    assert not units_of(session.clinic, lot="other").exists()


def test_while_its_unit_waits_a_dose_is_recorded_on_no_other_way(session: Session) -> None:
    nurse = session.by("nurse")
    done = {"kind": "fulfilled", "step": session.row.step, "occurrence": 1, "on": DAY.date(), "given": GIVEN}
    program = replace(nurse, role="client", route="api", user_id=None)
    for attempt in (
        lambda: attend(appointment=session.row, given=GIVEN, actor=nurse, at=NOON),
        lambda: attend(appointment=session.row, given=GIVEN, actor=program, at=NOON),
        lambda: record_here(treatment=session.treatment, data=done, actor=program, at=NOON),
    ):
        with pytest.raises(Conflict) as refusal:
            attempt()
        assert refusal.value.code == "not_checked"
    assert session.row.status == "booked"
    assert not Record.objects.filter(kind="fulfilled").exists()
    dispose_unit(unit=DonorUnit.objects.get(), reason="given elsewhere", actor=nurse, at=NOON)
    attend(appointment=session.row, given=GIVEN, actor=nurse, at=NOON)
    assert session.row.status == "fulfilled"


# The label


@pytest.mark.parametrize("how", ["the whole code", "four characters", "small letters", "with spaces"])
def test_four_typed_characters_equal_a_scan(session: Session, how: str) -> None:
    unit = DonorUnit.objects.get()
    read = {
        "the whole code": unit.code,
        "four characters": unit.check_code,
        "small letters": unit.check_code.lower(),
        "with spaces": f"  {unit.check_code} ",
    }[how]
    assert match([unit], read).verdict == "match"


@pytest.mark.parametrize("read", ["", "XXXX", "K7Q", "HYD-0099-260126-1-AAAA"])
def test_everything_else_is_a_mismatch(session: Session, read: str) -> None:
    assert match([DonorUnit.objects.get()], read).verdict == "mismatch"


def test_a_right_and_a_wrong_label_together_are_a_mismatch(session: Session) -> None:
    unit = DonorUnit.objects.get()
    assert match([unit], f"{unit.check_code} XXXX").verdict == "mismatch"


def test_without_a_unit_there_is_nothing_to_match() -> None:
    assert match([], "K7QX").verdict == "no_unit"


@pytest.mark.parametrize("which", ["read", "second_read"])
def test_the_wrong_unit_is_refused_in_words_whoever_read_it_and_the_try_is_kept(
    session: Session, which: str
) -> None:
    with pytest.raises(Conflict) as refusal:
        checked(session, **{which: "XXXX"})
    assert refusal.value.code == "unit_mismatch"
    assert refusal.value.message.startswith("MISMATCH")
    kept = UnitCheck.objects.get()
    assert not kept.matches
    with pytest.raises(Conflict):
        give(session, kept)
    assert not Record.objects.filter(kind="fulfilled").exists()


def test_the_unit_of_another_couple_is_a_mismatch(session: Session) -> None:
    """Two couples are drawn that day; the label of one is read at the other."""
    other = rows.a_treatment(session.clinic, couple=rows.a_couple(session.clinic))
    [unit] = label_unit(
        appointment=rows.visit(other, "baseline-antibody-test"),
        drawn_at=DAY,
        actor=session.by("nurse"),
        at=NOON,
    )
    for read in (unit.code, unit.check_code):
        assert match(units_on(session.row, DAY.date()), read).verdict == "mismatch"


def test_one_person_is_not_two(session: Session) -> None:
    for second in (session.by("nurse"), Actor.client(name="scanner", clinic_id=session.clinic.pk)):
        with pytest.raises(Forbidden):
            checked(session, second=second)
    assert not UnitCheck.objects.exists()


def test_a_check_of_another_visit_lets_nothing_be_recorded(session: Session) -> None:
    check = checked(session)
    check.appointment_id = None  # type: ignore[assignment]
    with pytest.raises(Conflict):
        give(session, check)


# The release


def test_an_unreleased_unit_is_not_injected() -> None:
    drawn = a_session()
    drawn.drawn()
    with pytest.raises(Conflict) as refusal:
        give(drawn, checked(drawn))
    assert refusal.value.code == "not_released"
    assert refusal.value.message.startswith("NOT RELEASED")
    pass_gate(appointment=drawn.row, actor=drawn.by("lab"), at=NOON)
    give(drawn, checked(drawn))


def test_a_refused_unit_is_never_injected() -> None:
    drawn = a_session()
    drawn.drawn()
    fail_gate(appointment=drawn.row, reason="seen", actor=drawn.by("doctor"), at=NOON)
    with pytest.raises(Conflict) as refusal:
        checked(drawn)
    assert refusal.value.code == "no_unit"


# All or nothing


def test_what_the_dose_lacks_refuses_it_and_closes_no_unit() -> None:
    unscreened = a_session(screened=False)
    unscreened.released()
    with pytest.raises(Conflict) as refusal:
        give(unscreened, checked(unscreened))
    assert refusal.value.code == "prerequisite_missing"
    assert DonorUnit.objects.get().injected_at is None
    assert SessionActivity.objects.get(kind="injection").state == "planned"


def test_times_that_contradict_each_other_are_refused(session: Session) -> None:
    check = checked(session)
    with pytest.raises(Invalid):
        record_dose(
            appointment=session.row,
            check=check,
            given=GIVEN,
            injected_at=DAY + timedelta(minutes=30),  # before the release
            actor=session.by("nurse"),
            at=NOON,
        )
    with pytest.raises(Invalid):
        record_dose(
            appointment=session.row,
            check=check,
            given=GIVEN,
            injected_at=NOON + timedelta(hours=1),
            actor=session.by("nurse"),
            at=NOON,
        )


def test_an_injection_in_the_very_minute_of_the_release_is_recorded() -> None:
    """People write the injection in minutes, the release knows its second."""
    drawn = a_session()
    drawn.drawn(NOON + timedelta(seconds=20))
    pass_gate(appointment=drawn.row, actor=drawn.by("doctor"), at=NOON + timedelta(seconds=40))
    check = checked(drawn)
    nurse, at = drawn.by("nurse"), NOON + timedelta(seconds=55)
    said = record_dose(appointment=drawn.row, check=check, given=GIVEN, injected_at=NOON, actor=nurse, at=at)
    assert datetime.fromisoformat(said.data["given"]["released_at"]) == NOON
    assert DonorUnit.objects.get().released_at == NOON + timedelta(seconds=40)


def test_a_dose_that_is_typed_in_two_days_later_is_judged_on_its_day(session: Session) -> None:
    later = NOON + timedelta(days=2)
    check = checked(session)
    record_dose(
        appointment=session.row,
        check=check,
        given=GIVEN,
        injected_at=NOON,
        actor=session.by("nurse"),
        at=later,
    )
    assert Record.objects.get(kind="fulfilled").on == DAY.date()
    assert session.activity("observation").state == "planned"
    late = {"visit_overdue", "visit_unrecorded", "window_expired", "closing_unbooked"}
    assert not Flag.objects.filter(treatment=session.treatment, state="open", code__in=late).exists()


def test_a_laboratory_and_a_program_record_no_dose(session: Session) -> None:
    check = checked(session)
    for actor in (session.by("lab"), Actor.client(name="x", clinic_id=session.clinic.pk)):
        with pytest.raises(Forbidden):
            record_dose(
                appointment=session.row, check=check, given=GIVEN, injected_at=NOON, actor=actor, at=NOON
            )


# The second person


def signed(session: Session, role: str = "lab", username: str = "", password: str = PASSWORD) -> Actor:
    user = User.objects.get(pk=session.by(role).user_id)
    user.set_password(PASSWORD)
    user.save()
    return second_person(
        clinic=session.clinic,
        username=username or user.username,
        password=password,
        first=session.by("nurse"),
        at=NOON,
    )


def test_the_second_person_signs_with_their_own_credentials(session: Session) -> None:
    found = signed(session)
    assert (found.user_id, found.verified) == (session.by("lab").user_id, True)
    assert WitnessAttempt.objects.get().succeeded


@pytest.mark.parametrize(
    ("username", "password"), [("", "wrong"), ("nobody-here", PASSWORD), ("london-nurse", PASSWORD)]
)
def test_wrong_credentials_are_refused_in_the_same_words(
    session: Session, username: str, password: str
) -> None:
    elsewhere = rows.staff(rows.a_clinic(rows.LONDON), "nurse", "london-nurse")
    user = User.objects.get(pk=elsewhere.user_id)
    user.set_password(PASSWORD)
    user.save()
    with pytest.raises(Forbidden) as refusal:
        signed(session, username=username, password=password)
    assert refusal.value.code == "no_second_person"
    assert refusal.value.message == "This is no sign-on name and password of somebody who works here."
    assert not WitnessAttempt.objects.get().succeeded


def test_the_first_person_is_not_the_second(session: Session) -> None:
    with pytest.raises(Forbidden) as refusal:
        signed(session, role="nurse")
    assert refusal.value.code == "same_person"


def test_after_too_many_wrong_tries_nobody_is_asked_for_a_while(session: Session) -> None:
    for _ in range(TRIES):
        with pytest.raises(Forbidden):
            signed(session, password="wrong")
    with pytest.raises(LitError) as refusal:
        signed(session)
    assert refusal.value.code == "too_many_tries"
    user = User.objects.get(pk=session.by("lab").user_id)
    second_person(
        clinic=session.clinic,
        username=user.username,
        password=PASSWORD,
        first=session.by("nurse"),
        at=NOON + WITHIN + timedelta(seconds=1),
    )


def test_whoever_left_the_clinic_is_no_second_person(session: Session) -> None:
    User.objects.get(pk=session.by("lab").user_id).memberships.update(is_active=False)
    with pytest.raises(Forbidden):
        signed(session)
