"""Today, as the core sees it: it can be compared, and it remembers the nearest boundary ahead."""

from datetime import date

from protocols.today import Today

TODAY = date(2026, 3, 2)
BEFORE, AFTER = date(2026, 3, 1), date(2026, 3, 3)


def test_a_day_is_reached_from_that_day_on() -> None:
    assert [Today(TODAY).reached(day) for day in (BEFORE, TODAY, AFTER)] == [True, True, False]


def test_a_day_is_past_from_the_day_after_it_on() -> None:
    assert [Today(TODAY).past(day) for day in (BEFORE, TODAY, AFTER)] == [True, False, False]


def test_an_answer_that_will_change_says_on_which_day() -> None:
    today = Today(TODAY)
    assert today.replan_on is None
    today.reached(BEFORE)
    today.past(BEFORE)
    assert today.replan_on is None
    today.past(date(2026, 3, 20))
    assert today.replan_on == date(2026, 3, 21)
    today.reached(date(2026, 3, 10))
    assert today.replan_on == date(2026, 3, 10)
    today.reached(date(2026, 3, 15))
    assert today.replan_on == date(2026, 3, 10)
    today.past(TODAY)
    assert today.replan_on == AFTER
