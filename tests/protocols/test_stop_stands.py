"""A doctor's stop stands: time passes, the flag it was taken on changes its form, and nothing opens the treatment again."""

import pytest

from tests.builders import BOOSTER, attempt_planned, days, decided, given, plan_on, result, started, visit_of

# The third dose is late, so no booster fits before the attempt of 27 April: at least three weeks after dose 3.
CORNERED = [
    started(),
    result(4, "2026-01-05", "2026-01-05"),
    given(1, "2026-01-26"),
    given(2, "2026-02-23"),
    result(5, "2026-04-20", "2026-04-20"),
    attempt_planned("2026-04-27", id="attempt"),
]
KEY = "unreachable_window:preconception-booster#1"


@pytest.mark.parametrize("later", [0, 7, 8, 40])
def test_a_stop_closes_the_treatment_for_good(later: int) -> None:
    """The attempt is on 27 April, a week after the decision; from the 28th on another flag tells of the same trouble."""
    stop = decided(KEY, "stop", "2026-04-20", cause=["attempt"])
    planned = plan_on(days("2026-04-20", later), [*CORNERED, stop])
    assert planned.closed == "stop decided on 20 Apr 2026 by Dr Rao"
    assert (planned.flags, planned.replan_on) == ((), None)


@pytest.mark.parametrize("later", [0, 7, 8, 40])
def test_a_visit_that_is_left_out_stays_left_out(later: int) -> None:
    left_out = decided(KEY, "skip", "2026-04-20", cause=["attempt"])
    planned = plan_on(days("2026-04-20", later), [*CORNERED, left_out])
    assert visit_of(planned, BOOSTER).state == "skipped"


def test_every_flag_gives_its_reason() -> None:
    for flag in plan_on("2026-04-20", CORNERED).flags:
        assert not flag.text.rstrip().endswith(":"), flag.text
