"""A sample at the laboratory: until its answer is there nothing is known, whatever earlier samples said."""

from tests.builders import (
    BOOSTER,
    REDOSE,
    TEST,
    attempt_planned,
    booked,
    codes,
    decided,
    given,
    non_responder,
    plan_on,
    result,
    states,
)

TWO_MORE = decided("no_antibody_response", "extra_doses", "2026-04-10", parameters={"doses": 2})
SAMPLED_AGAIN = non_responder(
    TWO_MORE,
    given(4, "2026-04-17"),
    given(5, "2026-05-15"),
    given(2, "2026-06-12", TEST),
    attempt_planned("2026-08-10"),
    booked(BOOSTER, "2026-07-27"),
)


def test_the_booster_waits_for_the_second_answer_and_its_booking_is_needed() -> None:
    planned = plan_on("2026-06-13", SAMPLED_AGAIN)
    assert states(planned)[f"{BOOSTER}#1"] == "booked"
    assert states(planned)[f"{REDOSE}#1"] == "waiting"
    assert "booking_not_needed" not in codes(planned)


def test_a_second_negative_answer_holds_it_again_and_a_positive_one_lets_it_go_on() -> None:
    for value, held in ((5, True), (62, False)):
        planned = plan_on("2026-06-16", [*SAMPLED_AGAIN, result(value, "2026-06-12", "2026-06-15")])
        booster = planned.visit(BOOSTER)
        assert booster is not None
        assert bool(booster.held_by) is held
