"""The chains that measure propagation: feasible, and the tight one narrowed from behind. Counted, never timed."""

from __future__ import annotations

import sys
from datetime import timedelta
from itertools import pairwise
from types import FrameType

import pytest

from benchmarks.chains import EARLIEST, LATEST, LEFT, START, chain, facts_of, planned
from protocols.plan import State

LENGTH = 12
TEMPLATE = chain(LENGTH)
every_kind = pytest.mark.parametrize("kind", list(LEFT))


@every_kind
def test_a_chain_is_feasible_and_every_visit_has_a_day(kind: str) -> None:
    plan = planned(TEMPLATE, facts_of(LENGTH, kind))
    assert [visit.step for visit in plan.visits] == [f"visit-{number}" for number in range(1, LENGTH + 1)]
    assert {visit.state for visit in plan.visits} == {State.PROPOSED}
    assert [flag.code for flag in plan.flags] == []
    days = [START, *(visit.proposed_on for visit in plan.visits if visit.proposed_on)]
    gaps = [later - earlier for earlier, later in pairwise(days)]
    assert all(timedelta(days=EARLIEST) <= gap <= timedelta(days=LATEST) for gap in gaps)


def test_a_tight_chain_is_narrowed_by_the_milestone_behind_it_through_all_its_visits() -> None:
    loose = planned(TEMPLATE, facts_of(LENGTH, "loose"))
    tight = planned(TEMPLATE, facts_of(LENGTH, "tight"))
    deadline = START + timedelta(days=LEFT["tight"] * LENGTH)
    last = tight.visits[-1].proposed_on
    assert last is not None
    assert last <= deadline
    for wide, narrow in zip(loose.visits, tight.visits, strict=True):
        assert wide.bookable is not None
        assert narrow.bookable is not None
        assert wide.bookable.to_on is not None
        assert narrow.bookable.to_on is not None
        assert narrow.bookable.from_on == wide.bookable.from_on
        left = timedelta(days=EARLIEST * (LENGTH - int(narrow.step.removeprefix("visit-"))))
        assert narrow.bookable.to_on <= deadline - left
    middle = LENGTH // 2
    assert tight.visits[middle].bookable.to_on < loose.visits[middle].bookable.to_on


class Counting:
    """Counts the instructions that Python runs: what a piece of work costs, the same on every machine."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, frame: FrameType, event: str, argument: object) -> Counting:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        self.number += event == "opcode"
        return self


def instructions(length: int, kind: str) -> int:
    template, facts = chain(length), facts_of(length, kind)
    planned(template, facts)
    counting, before = Counting(), sys.gettrace()
    sys.settrace(counting)
    try:
        planned(template, facts)
    finally:
        sys.settrace(before)
    return counting.number


@every_kind
def test_planning_a_chain_costs_each_visit_the_same_up_to_four_hundred(kind: str) -> None:
    short, long = instructions(100, kind), instructions(400, kind)
    assert short > 100 * 100
    assert long < 4 * 1.2 * short


def test_of_a_long_way_to_the_day_that_bounds_a_visit_only_the_ends_are_told() -> None:
    tight = planned(TEMPLATE, facts_of(LENGTH, "tight"))
    near, far = tight.visits[6].bookable, tight.visits[5].bookable
    assert near is not None
    assert far is not None
    assert near.bound_by[0].count("; ") == 5
    assert far.bound_by == (
        "the visit 7 at least 5 days after the visit 6; and so on over 5 more; "
        "the visit 12 not after deadline (18 Mar, planned)",
    )
