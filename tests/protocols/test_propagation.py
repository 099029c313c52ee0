"""Windows that bound each other, against an independent brute force that tries every day, and against hand-worked cases."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from protocols import Plan, Record, State, Template, Workdays
from protocols.durations import add
from protocols.facts import Facts
from protocols.planner import _placed
from protocols.room import room_of
from protocols.template import Relation
from protocols.today import Today
from protocols.working import Working
from tests.builders import (
    after,
    before,
    booked,
    codes,
    day,
    milestone,
    plan_on,
    started,
    step,
    template,
    visit_of,
)

FIRST = date(2026, 1, 26)
LEVELS = {"preferred": ("earliest", "latest"), "absolute": ("absolute_minimum", "maximum")}


# The brute force: every visit on every day, each relation read straight from the document.


@dataclass(repr=False)
class Puzzle:
    """A template whose steps each take place once or follow one another, and the days that are known."""

    steps: list[dict[str, Any]]
    known: dict[str, date]
    workdays: Workdays
    bookings: dict[str, date]

    @cached_property
    def template(self) -> Template:
        return template(*self.steps)

    def __repr__(self) -> str:
        lines = [f"{one.name}: " + "; ".join(map(_short, one.relations)) for one in self.template.steps]
        clinic = (
            f"open {sorted(self.workdays.open_weekdays)}, closed {sorted(map(str, self.workdays.closed))}"
        )
        return "\n  ".join([f"known {self.known}, booked {self.bookings}, {clinic}", *lines])

    def records(self) -> list[Record]:
        planned = [
            milestone(name, str(on), "planned") for name, on in self.known.items() if name != "course-start"
        ]
        bookings = [booked(name, str(on)) for name, on in self.bookings.items()]
        return [started(str(self.known["course-start"])), *planned, *bookings]

    def plan(self) -> Plan:
        return plan_on(str(FIRST), self.records(), self.template, self.workdays)


def _short(relation: Relation) -> str:
    anchor = relation.anchor.milestone or relation.anchor.step
    return f"{'after' if relation.after else 'before'} {anchor} {[str(part) for part in relation.offsets]}"


def fits(puzzle: Puzzle, level: str, name: str, on: date, others: dict[str, date]) -> bool:
    """Whether every relation of a visit whose other end has a day allows `on`."""
    protocol = puzzle.template
    low_name, high_name = LEVELS[level]
    for relation in protocol.step_named[name].relations:
        anchor = relation.anchor.milestone or str(relation.anchor.step)
        other = puzzle.known.get(anchor) or others.get(anchor)
        if other is None:
            continue
        settled = anchor in puzzle.known or anchor in puzzle.bookings
        if level == "preferred" and settled and name in puzzle.bookings:
            continue
        named = {low_name: None, high_name: None}
        minimum, earliest, _, latest, maximum = relation.offsets
        named.update(
            {"absolute_minimum": minimum, "earliest": earliest, "latest": latest, "maximum": maximum}
        )
        low, high = named[low_name], named[high_name]
        first, second = (other, on) if relation.after else (on, other)
        if relation.before:
            low, high = high, low
        if low is not None and add(first, low, protocol.month_ends) > second:
            return False
        if high is not None and add(first, high, protocol.month_ends) < second:
            return False
    return True


def solutions(
    puzzle: Puzzle, level: str, chosen: dict[str, date], left: Sequence[str]
) -> Iterator[dict[str, date]]:
    if not left:
        yield chosen
        return
    name, *rest = left
    days = [on for n in range(110) if puzzle.workdays.is_open(on := FIRST + timedelta(days=n))]
    if name in puzzle.bookings:
        days = [puzzle.bookings[name]]
    for on in days:
        if fits(puzzle, level, name, on, chosen):
            yield from solutions(puzzle, level, {**chosen, name: on}, rest)


def spans(puzzle: Puzzle, level: str) -> dict[str, tuple[date, date]]:
    """The first and last day of each visit over all plans in which every visit fits; empty where there is none."""
    names = [item["name"] for item in puzzle.steps]
    found: dict[str, tuple[date, date]] = {}
    for solution in solutions(puzzle, level, {}, names):
        for name, on in solution.items():
            low, high = found.get(name, (on, on))
            found[name] = (min(low, on), max(high, on))
    return found


SHORT = st.sampled_from(
    [
        {"earliest": "P0D", "latest": "P4D", "maximum": "P6D"},
        {"absolute_minimum": "P1D", "earliest": "P3D", "target": "P5D", "latest": "P8D", "maximum": "P10D"},
        {"absolute_minimum": "P1W", "earliest": "P1W", "latest": "P9D", "maximum": "P16D"},
        {"earliest": "P2W", "target": "P2W", "latest": "P17D", "maximum": "P17D"},
        {"absolute_minimum": "P1M-P3D", "earliest": "P1M", "latest": "P1M+P2D", "maximum": "P1M+P5D"},
        {"earliest": "P30D", "latest": "P1M+P1D", "maximum": "P1M+P3D"},
    ]
)
BACK = st.sampled_from(
    [
        {"earliest": "P9D", "target": "P5D", "latest": "P2D", "maximum": "P0D"},
        {"absolute_minimum": "P3W", "earliest": "P2W", "target": "P10D", "latest": "P1W", "maximum": "P3D"},
        {"earliest": "P1M", "latest": "P3W"},
        {"earliest": "P6W", "maximum": "P1W"},
    ]
)


@st.composite
def puzzles(draw: Any) -> Puzzle:
    names = [f"visit-{letter}" for letter in "abcd"[: draw(st.integers(2, 3))]]
    steps = []
    for place, name in enumerate(names):
        anchors = ["course-start"] if place == 0 else [{"step": other} for other in names[:place]]
        first = draw(st.sampled_from(anchors))
        relations = [after(first, **draw(SHORT))]
        if place > 1 and draw(st.booleans()):
            second = draw(st.sampled_from([anchor for anchor in anchors if anchor != first]))
            relations.append(after(second, earliest=draw(st.sampled_from(["P0D", "P1D", "P1W", "P10D"]))))
        if place and draw(st.integers(0, 2)) == 0:
            relations.append(before("operation", **draw(BACK)))
        steps.append(step(name, *relations))
    closed = [FIRST + timedelta(days=n) for n in draw(st.sets(st.integers(0, 50), max_size=20))]
    weekdays = draw(st.sampled_from([frozenset(range(7)), frozenset(range(5))]))
    operation = FIRST + timedelta(days=draw(st.integers(10, 60)))
    bookings = {}
    if draw(st.integers(0, 3)) == 0:
        bookings[draw(st.sampled_from(names))] = FIRST + timedelta(days=draw(st.integers(0, 40)))
    known = {"course-start": FIRST, "operation": operation}
    return Puzzle(steps, known, Workdays(weekdays, frozenset(closed)), bookings)


@settings(max_examples=150, deadline=None)
@given(puzzles())
def test_the_network_leaves_exactly_what_brute_force_leaves(puzzle: Puzzle) -> None:
    planned = puzzle.plan()
    assume(
        not codes(planned) & {"unreachable_window", "no_open_day"}
    )  # one visit alone, told by its own flag
    preferred = spans(puzzle, "preferred")
    level = "preferred" if preferred else "absolute"
    left = preferred or spans(puzzle, "absolute")
    event(f"{level}, {'feasible' if left else 'infeasible'}, {len(puzzle.bookings)} booked")
    if puzzle.bookings and not left:
        return  # the booking is left out of the network and flagged; another test asks for that
    assert ("plan_tight" in codes(planned)) is (not preferred and bool(left))
    assert ("plan_conflict" in codes(planned)) is (not left)
    for visit in planned.visits:
        if visit.state is State.BOOKED or not left:
            continue
        assert visit.bookable is not None
        low, high = left[visit.step]
        assert visit.bookable.from_on == low, level
        assert visit.bookable.to_on == high, level


@settings(max_examples=200, deadline=None)
@given(puzzles())
def test_proposals_together_are_a_plan_in_which_everything_fits(puzzle: Puzzle) -> None:
    planned = puzzle.plan()
    assume(
        not codes(planned)
        & {"unreachable_window", "no_open_day", "plan_tight", "plan_conflict", "booking_outside_window"}
    )
    days = {visit.step: visit.on or visit.proposed_on for visit in planned.visits}
    for visit in planned.visits:
        on = days[visit.step]
        assert on is not None, (visit.step, visit.waiting_for)
        assert visit.state is State.BOOKED or puzzle.workdays.is_open(on)
        known = {name: other for name, other in days.items() if other is not None}
        assert fits(puzzle, "preferred", visit.step, on, known), visit.step


@settings(max_examples=150, deadline=None)
@given(puzzles())
def test_a_conflict_names_a_set_of_which_nothing_can_be_left_out(puzzle: Puzzle) -> None:
    work = Working(puzzle.template, Facts.of(puzzle.records()), puzzle.workdays, Today(FIRST))
    room = room_of(_placed(work, FIRST))
    trouble = room and (room.conflict or room.tight)
    assume(trouble is not None and trouble.late is None)
    assert trouble is not None
    network = trouble.tied.network
    assert network.solve(trouble.constraints).empty is not None
    for left_out in trouble.constraints:
        assert network.solve([item for item in trouble.constraints if item is not left_out]).empty is None


def test_where_days_proposed_together_do_not_fit_each_is_asked_whether_it_leaves_the_next_one_open() -> None:
    """29 January is the nearest day to the 28th from which a week later, 5 February, is not closed."""
    two = template(
        step("first", after("course-start", earliest="P0D", target="P2D", latest="P4D")),
        step("second", after({"step": "first"}, earliest="P1W", target="P1W", latest="P1W")),
    )
    clinic = Workdays(closed=frozenset({day("2026-02-04")}))
    planned = plan_on("2026-01-26", [started("2026-01-26")], two, clinic)
    first, second = visit_of(planned, "first"), visit_of(planned, "second")
    assert (first.proposed_on, second.proposed_on) == (day("2026-01-29"), day("2026-02-05"))
    assert first.bookable is not None
    assert (first.bookable.from_on, first.bookable.to_on) == (day("2026-01-26"), day("2026-01-30"))
