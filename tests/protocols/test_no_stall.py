"""No couple stalls silently: while something waits for a response, a test lies ahead or somebody is asked."""

from hypothesis import HealthCheck, assume, settings
from hypothesis import given as drawn

from protocols import Facts, Plan, ResponseVerdict, State
from protocols.plan import LIVE
from tests.builders import LIT, SENSITISATION, TEST, attempt_planned, plan_on, record, responder
from tests.strategies import History, histories

WAITS_FOR_A_RESPONSE = "a response in apca"


def stalled(planned: Plan) -> bool:
    """Whether a visit waits for a response, and no test to come, no open result and no question leads to one."""
    if planned.closed or not any(waits(visit.waiting_for) for visit in planned.visits):
        return False
    doses_ahead = any(visit.step == SENSITISATION and visit.state in LIVE for visit in planned.visits)
    tests = [visit for visit in planned.visits if LIT.step_named[visit.step].kind == "test"]
    read = {
        (verdict.step, verdict.occurrence)
        for verdict in planned.verdicts
        if isinstance(verdict, ResponseVerdict)
    }
    ahead = any(visit.state in LIVE for visit in tests)
    at_the_laboratory = any(visit.state is State.FULFILLED and visit.key not in read for visit in tests)
    asked = any(flag.decisions for flag in planned.flags)
    return not (ahead or doses_ahead or at_the_laboratory or asked)


def waits(waiting_for: tuple[str, ...]) -> bool:
    return any(text.startswith(WAITS_FOR_A_RESPONSE) for text in waiting_for)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@drawn(histories())
def test_whatever_happened_a_couple_that_waits_for_a_response_is_asked_for_one(history: History) -> None:
    """Unless a person left the test out, or goes on without one."""
    facts = Facts.of(history.records)
    left_out = any(step == TEST for step, _ in facts.skipped)
    assume(not left_out)
    assert not stalled(history.plan())


def test_a_new_donor_that_is_only_recorded_leaves_nobody_waiting_for_nothing() -> None:
    changed = record("donor", donor="unrelated", on="2026-04-12")
    planned = plan_on("2026-04-20", responder(attempt_planned("2026-06-20"), changed))
    assert not stalled(planned)


def test_a_couple_before_its_test_does_not_count_as_stalled() -> None:
    planned = plan_on("2026-03-10", responder()[:5])
    assert waits(planned.visits[-1].waiting_for)
    assert planned.visit(TEST) is not None
    assert not stalled(planned)
