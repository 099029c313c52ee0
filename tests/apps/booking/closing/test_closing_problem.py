"""Sessions of a closed day are placed within what is free, with the least disruption."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.booking.closing.problem import A_DAY, NOWHERE, OUTSIDE, Candidate, Problem, Use, greedy, solve

DAY = 8


def candidate(
    name: object, day: int, starts: int, length: int, *, pool: str = "chair", good: bool = True
) -> Candidate:
    return Candidate(
        name=(name, day, starts), uses=(Use((day, pool), starts, starts + length),), days=day, good=good
    )


def problem(free: int, **sessions: list[Candidate]) -> Problem:
    pools = {use.pool for ones in sessions.values() for one in ones for use in one.uses}
    return Problem(sessions, {pool: [free] * DAY for pool in pools})


def overfull(of: Problem, chosen: Mapping[object, Candidate]) -> list[object]:
    taken = Counter(
        (use.pool, five)
        for one in chosen.values()
        for use in one.uses
        for five in range(use.starts, use.ends)
    )
    return [place for place, count in taken.items() if count > of.at_most(*place)]


def least(of: Problem) -> int:
    """Every choice tried."""
    best = len(of.sessions) * NOWHERE
    names = list(of.sessions)
    for picks in product(*([*of.sessions[name], None] for name in names)):
        chosen = {name: pick for name, pick in zip(names, picks, strict=True) if pick is not None}
        if not overfull(of, chosen):
            best = min(best, of.disruption(chosen))
    return best


candidates = st.builds(
    lambda day, starts, length, good: candidate("c", day, starts, length, good=good),
    st.integers(0, 2),
    st.integers(0, 5),
    st.integers(1, 3),
    st.booleans(),
)


@given(
    st.lists(st.lists(candidates, max_size=4, unique_by=lambda one: one.name), max_size=4),
    st.integers(1, 2),
)
@settings(max_examples=60, deadline=None)
def test_no_choice_of_all_that_fit_disrupts_less(sessions: list[list[Candidate]], free: int) -> None:
    of = problem(free, **{f"s{number}": ones for number, ones in enumerate(sessions)})
    found = solve(of, seconds=5)
    assert not overfull(of, found.chosen)
    assert of.disruption(found.chosen) == least(of)
    assert all(one in of.sessions[session] for session, one in found.chosen.items())


@given(st.lists(st.lists(candidates, max_size=4, unique_by=lambda one: one.name), max_size=6))
@settings(max_examples=40, deadline=None)
def test_the_floor_fits_too_and_is_never_better(sessions: list[list[Candidate]]) -> None:
    of = problem(1, **{f"s{number}": ones for number, ones in enumerate(sessions)})
    floor = greedy(of)
    assert not overfull(of, floor)
    assert of.disruption(solve(of, seconds=5).chosen) <= of.disruption(floor)


def test_one_session_gives_way_so_that_both_find_a_place() -> None:
    near, far = candidate("near", 1, 0, 2), candidate("far", 2, 0, 2)
    of = problem(1, flexible=[near, far], stuck=[candidate("only", 1, 1, 2)])
    assert set(solve(of, seconds=5).chosen) == {"flexible", "stuck"}


def test_a_session_that_fits_nowhere_is_left_out_and_not_forced() -> None:
    of = problem(1, one=[candidate("a", 1, 0, 4)], two=[candidate("b", 1, 2, 4)], three=[])
    found = solve(of, seconds=5)
    assert len(found.chosen) == 1
    assert "three" not in found.chosen


def test_a_good_day_far_away_comes_before_a_near_one_outside_the_good_days() -> None:
    far, near = candidate("far", 90, 0, 1), candidate("near", 1, 0, 1, good=False)
    assert solve(problem(1, one=[near, far]), seconds=5).chosen["one"] is far


def test_weights_never_overturn_one_another() -> None:
    assert Candidate("x", (), days=99, fives=288, good=False).disruption < NOWHERE
    assert Candidate("x", (), days=99, fives=288).disruption < OUTSIDE
    assert Candidate("x", (), days=0, fives=288).disruption < A_DAY


def test_a_person_is_at_one_place_even_where_rooms_are_many() -> None:
    person = Use((1, "person"), 0, 2)
    of = Problem(
        {
            "one": [Candidate("a", (Use((1, "chair"), 0, 2), person), days=1)],
            "two": [Candidate("b", (Use((1, "chair"), 0, 2), person), days=1)],
        },
        {(1, "chair"): [9] * DAY},
    )
    assert len(solve(of, seconds=5).chosen) == 1


def test_a_combination_that_was_ruled_out_is_not_chosen() -> None:
    a, b, later = candidate("a", 1, 0, 1), candidate("b", 1, 4, 1), candidate("l", 3, 0, 1)
    of = problem(1, one=[a], two=[b, later])
    ruled_out = [(("one", a.name), ("two", b.name))]
    assert solve(of, seconds=5, without=ruled_out).chosen["two"] is later
    assert greedy(of, without=ruled_out)["two"] is later


def test_the_same_sessions_give_the_same_answer() -> None:
    sessions = {
        f"s{n}": [candidate(n, day, start, 2) for day in (1, 2) for start in (0, 2)] for n in range(8)
    }
    assert solve(problem(2, **sessions), seconds=5) == solve(problem(2, **sessions), seconds=5)
