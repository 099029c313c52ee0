"""The chains that measure propagation: feasible, and the tight one narrowed from behind. Never timed."""

from datetime import timedelta
from itertools import pairwise

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
