"""A session that was stopped on its day: no window moves, and somebody is asked to call."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocols import FactFaults
from tests.builders import (
    SENSITISATION,
    booked,
    codes,
    course,
    decided,
    flag_of,
    plan_on,
    record,
    result,
    skipped,
    started,
    stopped,
)
from tests.builders import given as done
from tests.strategies import STOPPING, History, histories

BEGUN = [started(), result(4, "2026-01-05", "2026-01-08"), done(1, "2026-01-12")]
STOPPED = [*BEGUN, stopped("2026-02-09", "not_released", 2, id="stop")]

WITH_STOPS = histories(acts=STOPPING)
lived = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@lived
@given(WITH_STOPS, st.randoms(use_true_random=False))
def test_whatever_happened_stops_change_no_visit_and_their_order_changes_nothing(
    history: History, random: Random
) -> None:
    shuffled = list(history.records)
    random.shuffle(shuffled)
    planned = history.plan()
    assert replace(history, records=tuple(shuffled)).plan() == planned
    without = replace(history, records=tuple(one for one in history.records if one.kind != "stopped")).plan()
    assert (without.visits, without.verdicts, without.clocks) == (
        planned.visits,
        planned.verdicts,
        planned.clocks,
    )
    assert without.replan_on == planned.replan_on


@pytest.mark.parametrize("cause", ["not_fit", "not_released", "equipment"])
def test_a_stop_changes_no_window_and_no_proposal(cause: str) -> None:
    without = plan_on("2026-02-09", BEGUN)
    with_it = plan_on("2026-02-09", [*BEGUN, stopped("2026-02-09", cause, 2)])
    assert with_it.visits == without.visits
    assert with_it.verdicts == without.verdicts
    assert with_it.replan_on == without.replan_on


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        ("not_released", "unit_not_released"),
        ("not_fit", "session_stopped"),
        ("equipment", "session_stopped"),
    ],
)
def test_the_flag_says_what_kind_of_stop_it_was(cause: str, code: str) -> None:
    planned = plan_on("2026-02-09", [*BEGUN, stopped("2026-02-09", cause, 2)])
    assert codes(planned) & {"unit_not_released", "session_stopped"} == {code}


def test_a_unit_that_was_not_released_is_urgent_and_a_nurse_calls_both() -> None:
    flag = flag_of(plan_on("2026-02-09", STOPPED), "unit_not_released")
    assert (flag.severity, flag.owner) == ("urgent", "nurse")
    assert flag.text == "Unit not released for Sensitisation dose 2 on 9 Feb 2026: call both"
    assert (flag.step, flag.occurrence, flag.cause) == (SENSITISATION, 2, ("stop",))


def test_it_closes_when_the_visit_is_booked_again_also_on_the_same_day() -> None:
    for on in ("2026-02-09", "2026-02-12"):
        again = [*STOPPED, booked(SENSITISATION, on, 2)]
        assert "unit_not_released" not in codes(plan_on("2026-02-09", again))


def test_a_booking_of_an_earlier_day_is_not_a_new_one() -> None:
    earlier = [*STOPPED, booked(SENSITISATION, "2026-02-08", 2)]
    assert "unit_not_released" in codes(plan_on("2026-02-09", earlier))


def test_it_closes_when_the_visit_is_done_or_left_out() -> None:
    for settled in (done(2, "2026-02-11"), skipped(SENSITISATION, "2026-02-11", 2)):
        assert "unit_not_released" not in codes(plan_on("2026-02-11", [*STOPPED, settled]))


def test_a_nurse_says_that_both_were_called_and_a_second_stop_asks_again() -> None:
    nurse = {"name": "Sister Mary", "role": "nurse"}
    called = decided(f"unit_not_released:{SENSITISATION}#2", "called", "2026-02-09", cause=["stop"], by=nurse)
    assert "unit_not_released" not in codes(plan_on("2026-02-09", [*STOPPED, called]))
    twice = [*STOPPED, called, stopped("2026-02-16", "not_released", 2, id="again")]
    flag = flag_of(plan_on("2026-02-16", twice), "unit_not_released")
    assert flag.cause == ("again",)
    assert flag.previous_decision is not None


def test_the_last_stop_is_the_one_that_is_asked_about() -> None:
    planned = plan_on("2026-02-16", [*STOPPED, stopped("2026-02-16", "equipment", 2)])
    assert codes(planned) & {"unit_not_released", "session_stopped"} == {"session_stopped"}


def test_a_stop_in_a_closed_treatment_asks_nothing() -> None:
    planned = plan_on("2026-02-10", [*STOPPED, record("close", on="2026-02-10", reason="moved away")])
    assert not codes(planned)


def test_the_cause_is_one_of_three_and_carries_no_reason() -> None:
    for wrong in ({"cause": "reactive"}, {"cause": "not_released", "reason": "a test"}):
        with pytest.raises(FactFaults):
            record("stopped", step=SENSITISATION, on="2026-02-09", **wrong)


def test_a_stop_of_an_unknown_step_or_of_tomorrow_is_refused() -> None:
    unknown = record("stopped", step="nothing", on="2026-02-09", cause="equipment")
    for wrong, field in ((unknown, "step"), (stopped("2026-02-10", "equipment", 2), "on")):
        with pytest.raises(FactFaults) as refusal:
            plan_on("2026-02-09", [*course(), wrong] if wrong is unknown else [*BEGUN, wrong])
        assert {fault.field for fault in refusal.value.faults} >= {field}
