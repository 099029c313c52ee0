"""The network of windows by hand: closed days, and ends that come down to each other."""

from protocols import Duration, MonthEnds, Workdays
from protocols.network import Constraint, Network
from tests.builders import day

MONDAYS = Workdays(open_weekdays=frozenset({0}))


def network(visits: int, *constraints: Constraint) -> Network:
    return Network(MonthEnds.ROLL_FORWARD, [("visit", number) for number in range(visits)], list(constraints))


def on(text: str) -> int:
    return day(text).toordinal()


def test_what_is_left_of_a_visit_begins_and_ends_on_an_open_day() -> None:
    """From Wednesday 7 to Friday 30 January: the Mondays from 12 to 26 January."""
    bounds = network(
        1,
        Constraint("open_days", 0, None, days=MONDAYS),
        Constraint("not_before", 0, None, day=on("2026-01-07")),
        Constraint("not_after", 0, None, day=on("2026-01-30")),
    ).solve()
    assert bounds.empty is None
    assert (bounds.low[0], bounds.high[0]) == (on("2026-01-12"), on("2026-01-26"))


def test_days_that_are_all_closed_leave_nothing_of_a_visit() -> None:
    bounds = network(
        1,
        Constraint("open_days", 0, None, days=MONDAYS),
        Constraint("not_before", 0, None, day=on("2026-01-06")),
        Constraint("not_after", 0, None, day=on("2026-01-11")),
    ).solve()
    assert bounds.empty == 0


def test_a_narrowing_is_passed_on_whatever_the_other_end_of_its_bound_says() -> None:
    """Visit 1 at most five days after visit 0, visit 2 at most five days after that: 10, 15 and 20 January."""
    five, first = Duration(0, 5), on("2026-01-05")
    bounds = network(
        3,
        Constraint("not_before", 0, None, day=first),
        Constraint("not_after", 0, None, day=first + 5),
        Constraint("not_before", 1, None, day=first),
        Constraint("at_most", 2, None, 1, five),
        Constraint("at_most", 1, None, 0, five),
    ).solve()
    assert bounds.high == [on("2026-01-10"), on("2026-01-15"), on("2026-01-20")]
