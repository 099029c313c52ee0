"""The floors compute the very windows that the planner does: equal dates, so the comparison is fair. Never timed."""

from datetime import date

import pytest

from benchmarks import floors
from benchmarks.couples import COUPLES, BenchCouple
from benchmarks.planning import planned, windows
from protocols.windows import WINDOW_DATES

every_couple = pytest.mark.parametrize("couple", COUPLES, ids=lambda couple: couple.name)


@every_couple
def test_a_plan_has_the_eight_visits_that_the_floors_know(couple: BenchCouple) -> None:
    assert len(planned(couple).visits) == len(floors.VISITS)


@every_couple
def test_the_floor_by_hand_agrees_with_the_planner_on_every_date(couple: BenchCouple) -> None:
    by_hand = [
        tuple(day and date.fromordinal(day) for day in window) for window in floors.by_hand(couple.days)
    ]
    assert dict(zip(floors.VISITS, by_hand, strict=True)) == dict(
        zip(floors.VISITS, windows(couple), strict=True)
    )


@every_couple
@pytest.mark.parametrize("floor", [floors.by_timedelta, floors.by_relativedelta])
def test_the_floors_by_dictionaries_agree_with_the_planner_on_every_date(couple: BenchCouple, floor) -> None:
    by_table = {
        name: tuple(window.get(day) for day in WINDOW_DATES) for name, window in floor(couple.days).items()
    }
    assert by_table == dict(zip(floors.VISITS, windows(couple), strict=True))
