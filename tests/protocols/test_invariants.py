"""What must hold of every plan, whatever happened: properties over histories lived at random."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocols import Changes, Facts, Plan, PlannedVisit, State, StoredFlag, StoredVisit, diff
from protocols.records import Absence, Booked, Correction, Decision, Fulfilled
from tests.builders import record
from tests.strategies import AHEAD, History, histories, small_protocols

ANY_HISTORY = st.one_of(histories(), histories(small_protocols()))
lived = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@lived
@given(ANY_HISTORY, st.randoms(use_true_random=False))
def test_the_order_of_records_and_notes_change_nothing(history: History, random: Random) -> None:
    shuffled = [
        *history.records,
        record("note", text="called"),
        record("note", text="again", on="2026-02-01"),
    ]
    random.shuffle(shuffled)
    assert replace(history, records=tuple(shuffled)).plan() == history.plan() == history.plan()


@lived
@given(ANY_HISTORY)
def test_no_visit_is_proposed_on_a_closed_day_or_in_the_past_or_before_its_earliest(history: History) -> None:
    planned = history.plan()
    away = absences(history)
    for visit in planned.visits:
        on, window = visit.proposed_on, visit.window
        if on is None:
            continue
        assert window is not None
        assert history.workdays.is_open(on)
        assert on >= history.today
        assert window.earliest is None or on >= window.earliest
        past_the_end = window.maximum is not None and on > window.maximum
        assert not past_the_end or decided_to_go_on(history)
        for person in ("recipient", *(visit.donor or "").split("+")):
            assert on not in away[person]


@lived
@given(ANY_HISTORY)
def test_the_five_dates_of_a_window_stand_in_order(history: History) -> None:
    for visit in history.plan().visits:
        dates = [day for day in (visit.window.dates() if visit.window else ()) if day is not None]
        assert dates == sorted(dates), visit


@lived
@given(ANY_HISTORY)
def test_what_was_done_never_moves_and_is_never_renumbered(history: History) -> None:
    planned = history.plan()
    for entry in Facts.of(history.records).all_of(Fulfilled):
        act = entry.record
        visit = planned.visit(act.step, act.occurrence)
        assert visit is not None
        assert (visit.state, visit.on, visit.proposed_on) == (State.FULFILLED, act.on, None)


@lived
@given(ANY_HISTORY)
def test_no_booking_is_ever_without_a_live_visit_or_a_flag(history: History) -> None:
    planned, facts = history.plan(), Facts.of(history.records)
    for entry in facts.all_of(Booked):
        booking = entry.record
        visit = planned.visit(booking.step, booking.occurrence)
        assert visit is not None
        if any(missed.record.on >= booking.on for missed in facts.missed.get(visit.key, ())):
            continue  # a person said that this booking is over
        if visit.state is State.NOT_APPLICABLE:
            assert any(flag.code == "booking_not_needed" and entry.id in flag.cause for flag in planned.flags)
        if visit.state is State.BOOKED:
            assert visit.on == booking.on


@lived
@given(ANY_HISTORY)
def test_a_held_visit_has_no_proposal_and_every_hold_has_its_flag(history: History) -> None:
    planned = history.plan()
    keys = {flag.key for flag in planned.flags} | {"pause"}
    for visit in planned.visits:
        assert not (visit.held_by and visit.proposed_on)
        assert set(visit.held_by) <= keys


@lived
@given(ANY_HISTORY)
def test_every_flag_and_every_visit_has_a_key_of_its_own(history: History) -> None:
    planned = history.plan()
    for keys in ([flag.key for flag in planned.flags], [visit.key for visit in planned.visits]):
        assert len(keys) == len(set(keys))


@lived
@given(ANY_HISTORY)
def test_doses_are_numbered_by_what_counts(history: History) -> None:
    planned = history.plan()
    for step in {visit.step for visit in planned.visits}:
        counted = [
            visit.dose for visit in planned.visits if visit.step == step and visit.state is State.FULFILLED
        ]
        numbers = [dose for dose in counted if dose is not None]
        assert numbers == list(range(1, len(numbers) + 1))


@lived
@given(ANY_HISTORY)
def test_until_replan_on_the_plan_stays_as_it_is(history: History) -> None:
    planned = history.plan()
    assert planned.replan_on is None or planned.replan_on > history.today
    for later in range(1, 61):
        on = history.today + timedelta(days=later)
        if planned.replan_on is not None and on >= planned.replan_on:
            break
        assert_equal_but_for_today(history.plan(on), planned)


@lived
@given(histories(small_protocols(), AHEAD))
def test_no_booking_and_no_planned_date_changes_the_plan_before_replan_on(history: History) -> None:
    """Invariant of the sweep: the day on which a plan changes is never later than the one that was noted."""
    planned = history.plan()
    for later in range(1, 121):
        on = history.today + timedelta(days=later)
        if planned.replan_on is not None and on >= planned.replan_on:
            break
        assert_equal_but_for_today(history.plan(on), planned)


@lived
@given(ANY_HISTORY)
def test_what_can_be_booked_lies_inside_what_the_protocol_allows(history: History) -> None:
    """The window of a visit whose anchors are all known. Where one is only proposed, another day of it moves the window."""
    for visit in history.plan().visits:
        window, left = visit.window, visit.bookable
        if window is None or left is None or visit.provisional:
            continue
        assert left.from_on is None or left.to_on is None or left.from_on <= left.to_on
        if window.absolute_minimum is not None:
            assert left.from_on is not None
            assert left.from_on >= window.absolute_minimum
        if window.maximum is not None:
            assert left.to_on is not None
            assert left.to_on <= window.maximum


@lived
@given(ANY_HISTORY)
def test_a_proposal_lies_inside_what_can_be_booked_while_that_has_not_passed(history: History) -> None:
    planned = history.plan()
    # Once a visit's own days have passed, those after it are proposed from the day on which it can still be.
    over = any(
        visit.proposed_on and visit.bookable and (visit.bookable.to_on or date.max) < history.today
        for visit in planned.visits
    )
    if over or is_tight(planned, history):
        return
    for visit in planned.visits:
        on, left = visit.proposed_on, visit.bookable
        if on is None or left is None:
            continue
        assert left.from_on is None or on >= left.from_on, visit
        assert left.to_on is None or on <= left.to_on, visit


@lived
@given(ANY_HISTORY)
def test_a_plan_whose_days_all_fit_is_neither_a_conflict_nor_tight(history: History) -> None:
    """The days of the plan themselves are the proof that the bounds can be kept."""
    planned = history.plan()
    codes = {flag.code for flag in planned.flags}
    days = [visit for visit in planned.visits if visit.state not in (State.SKIPPED, State.NOT_APPLICABLE)]
    if any(visit.partial or not (has_day(visit) or awaits_others(visit)) for visit in days):
        return
    ahead = [visit for visit in days if visit.state is not State.FULFILLED and has_day(visit)]
    if all(inside(visit, "absolute_minimum", "maximum") for visit in ahead):
        assert "plan_conflict" not in codes
    if all(inside(visit, "earliest", "latest") for visit in ahead):
        assert "plan_tight" not in codes


@lived
@given(ANY_HISTORY)
def test_what_is_done_stays_in_the_plan_whatever_follows(history: History) -> None:
    """Each longer history keeps the acts of the shorter one, on their days, unless a correction takes one out."""
    before: dict[tuple[str, int], date | None] = {}
    for length in range(1, len(history.records) + 1):
        part = replace(history, records=history.records[:length])
        now = {visit.key: visit.on for visit in part.plan().visits if visit.state is State.FULFILLED}
        corrected = isinstance(history.records[length - 1], Correction)
        recorded = {
            (act.record.step, act.record.occurrence) for act in Facts.of(part.records).all_of(Fulfilled)
        }
        assert corrected or {key: before[key] for key in recorded & before.keys()}.items() <= now.items()
        before = now


@lived
@given(ANY_HISTORY, ANY_HISTORY)
def test_applying_the_difference_leaves_no_difference(first: History, second: History) -> None:
    """From the rows of any plan to any other: what diff asks for is enough, and nothing is asked twice."""
    visits: dict[tuple[str, int], StoredVisit] = {}
    flags: dict[str, StoredFlag] = {}
    for planned in (first.plan(), second.plan(), first.plan()):
        changes = diff(planned, visits, flags)
        applied(changes, visits, flags)
        assert not diff(planned, visits, flags)
        live = {visit.key for visit in planned.visits if visit.state is not State.NOT_APPLICABLE}
        assert live <= visits.keys()
        assert {key for key, stored in flags.items() if stored.is_open} == {
            flag.key for flag in planned.flags
        }


@lived
@given(ANY_HISTORY)
def test_rows_that_were_deleted_come_back_the_same(history: History) -> None:
    planned = history.plan()
    once, again = diff(planned, {}, {}), diff(history.plan(), {}, {})
    assert once == again
    assert (once.move, once.withdraw, once.refresh, once.clear) == ((), (), (), ())


def applied(
    changes: Changes, visits: dict[tuple[str, int], StoredVisit], flags: dict[str, StoredFlag]
) -> None:
    """What the shell does with changes: booked rows count as touched by a person."""
    for visit in (*changes.create, *changes.move):
        touched = visit.state is State.BOOKED or (visit.key in visits and visits[visit.key].touched)
        visits[visit.key] = StoredVisit(visit.as_json(), touched)
    for key in changes.withdraw:
        assert not visits[key].touched
        del visits[key]
    for flag in (*changes.raised, *changes.refresh):
        flags[flag.key] = StoredFlag(flag.as_json(), is_open=True)
    for name in changes.clear:
        flags[name] = StoredFlag(flags[name].planned, is_open=False)


def assert_equal_but_for_today(later: Plan, planned: Plan) -> None:
    assert replace(later, today=planned.today) == planned


def has_day(visit: PlannedVisit) -> bool:
    return (visit.on or visit.proposed_on) is not None


def awaits_others(visit: PlannedVisit) -> bool:
    """Whether nothing is asked of it yet: nothing known to count from, or a round that may never come."""
    return (
        visit.window is None and not visit.because
    ) or "the result of the round before" in visit.waiting_for


def inside(visit: PlannedVisit, first: str, last: str) -> bool:
    on, window = visit.on or visit.proposed_on, visit.window
    if on is None or window is None:
        return False
    low, high = getattr(window, first), getattr(window, last)
    return (low is None or on >= low) and (high is None or on <= high)


def is_tight(planned: Plan, history: History) -> bool:
    """Whether the preferred bounds cannot all be kept, be it told or accepted."""
    codes = {"plan_tight", "plan_conflict"}
    decided = {entry.record.flag.split(":")[0] for entry in Facts.of(history.records).all_of(Decision)}
    return bool(codes & (decided | {flag.code for flag in planned.flags}))


def absences(history: History) -> defaultdict[str, set[date]]:
    away: defaultdict[str, set[date]] = defaultdict(set)
    for entry in Facts.of(history.records).all_of(Absence):
        length = (entry.record.to_on - entry.record.from_on).days + 1
        away[entry.record.person] |= {entry.record.from_on + timedelta(days=n) for n in range(length)}
    return away


def decided_to_go_on(history: History) -> bool:
    return any(entry.record.choice == "go_on" for entry in Facts.of(history.records).all_of(Decision))
