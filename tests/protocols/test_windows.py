"""Windows from relations, their intersection, and how a date leaves a closed day."""

from datetime import date

import pytest

from protocols import MonthEnds, Template, Window, Workdays
from protocols.durations import parse
from protocols.windows import intersect, window_after, window_before
from tests.builders import (
    after,
    before,
    booked,
    codes,
    day,
    days,
    flag_of,
    given,
    milestone,
    plan_on,
    record,
    started,
    step,
    template,
    visit_of,
)

ROLL = MonthEnds.ROLL_FORWARD


def window(*days: str | None) -> Window:
    return Window(*(day(text) if text else None for text in days))


def offsets(*texts: str | None) -> list[object]:
    return [parse(text) if text else None for text in texts]


def test_offsets_are_counted_from_the_anchor() -> None:
    found = window_after(day("2026-01-12"), offsets("P2W", "P3W", "P4W", "P6W", None), ROLL)  # type: ignore[arg-type]
    assert found == window("2026-01-26", "2026-02-02", "2026-02-09", "2026-02-23", None)


def test_before_an_anchor_the_offsets_are_counted_back() -> None:
    found = window_before(day("2026-05-20"), offsets("P6W", "P6W", "P2W", "P0D", "P0D"), ROLL)  # type: ignore[arg-type]
    assert found == window("2026-04-08", "2026-04-08", "2026-05-06", "2026-05-20", "2026-05-20")


def test_before_never_cuts_a_minimum_short_at_a_month_end() -> None:
    """At least a month before 1 March: 1 February has its month full on 1 March, 2 February has not."""
    found = window_before(day("2026-03-01"), offsets(None, "P2M", "P1M", "P1M", "P1M"), ROLL)  # type: ignore[arg-type]
    assert found == window(None, "2025-12-29", "2026-02-01", "2026-02-01", "2026-02-01")


@pytest.mark.parametrize(
    ("windows", "together"),
    [
        ([("2026-01-05", "2026-01-10", "2026-01-15", "2026-01-20", None), (None, "2026-01-12", None, None, None)],
         ("2026-01-05", "2026-01-12", "2026-01-15", "2026-01-20", None)),
        ([(None, None, "2026-01-15", None, None), (None, "2026-01-20", "2026-01-25", None, None)],
         (None, "2026-01-20", "2026-01-20", None, None)),
        ([(None, None, "2026-01-15", None, None), (None, None, "2026-01-01", "2026-01-10", "2026-01-12")],
         (None, None, "2026-01-10", "2026-01-10", "2026-01-12")),
        ([(None, "2026-01-05", None, None, None), ("2026-01-01", "2026-01-07", None, "2026-01-07", "2026-01-07")],
         ("2026-01-01", "2026-01-07", None, "2026-01-07", "2026-01-07")),
        ([("2026-01-05", "2026-01-10", None, None, None), (None, None, None, "2026-01-09", None)], None),
        ([("2026-01-05", "2026-01-05", None, None, None), (None, None, None, None, "2026-01-04")], None),
    ],
)  # fmt: skip
def test_windows_intersect_and_the_first_target_stays_inside(
    windows: list[tuple[str | None, ...]], together: tuple[str | None, ...] | None
) -> None:
    assert intersect([window(*dates) for dates in windows]) == (together and window(*together))


# Through the planner

BOUNDED = template(
    step("dose", after("course-start", earliest="P0D", target="P1W", maximum="P8W")),
    step(
        "control",
        after({"step": "dose"}, earliest="P2W", target="P3W"),
        before("operation", earliest="P8W", target="P2W", latest="P1W"),
        kind="review",
    ),
)


def test_left_out_offsets_have_their_defaults() -> None:
    dose = visit_of(plan_on("2026-01-05", [started()], BOUNDED), "dose")
    assert dose.window == window("2026-01-05", "2026-01-05", "2026-01-12", "2026-03-02", "2026-03-02")
    bare = template(step("dose", after("course-start", absolute_minimum="P1W")))
    found = visit_of(plan_on("2026-01-05", [started()], bare), "dose")
    assert found.window == window("2026-01-12", "2026-01-12", "2026-01-12", None, None)
    assert found.proposed_on == day("2026-01-12")


def test_two_anchors_bound_a_visit_together() -> None:
    records = [started(), given(1, "2026-01-12", "dose"), milestone("operation", "2026-03-09", "planned")]
    control = visit_of(plan_on("2026-01-12", records, BOUNDED), "control")
    assert control.window == window("2026-01-26", "2026-01-26", "2026-02-02", "2026-03-02", None)
    assert control.proposed_on == day("2026-02-02")
    assert not control.provisional
    assert control.because_text == (
        "3 weeks after the dose (12 Jan). 2 weeks before operation (9 Mar, planned), so 2 Feb"
    )


def test_an_unknown_anchor_shows_the_known_part_and_no_date() -> None:
    control = visit_of(plan_on("2026-01-12", [started(), given(1, "2026-01-12", "dose")], BOUNDED), "control")
    assert (control.state, control.partial, control.proposed_on) == ("waiting", True, None)
    assert control.waiting_for == ("the milestone operation",)
    assert control.window is not None
    assert control.window.earliest == day("2026-01-26")


def test_a_window_on_a_proposal_is_provisional_until_it_is_booked_or_done() -> None:
    operation = milestone("operation", "2026-03-09", "planned")
    proposed = visit_of(plan_on("2026-01-05", [started(), operation], BOUNDED), "control")
    agreed = visit_of(
        plan_on("2026-01-05", [started(), operation, booked("dose", "2026-01-13")], BOUNDED), "control"
    )
    assert (proposed.provisional, proposed.proposed_on) == (True, day("2026-02-02"))
    assert (agreed.provisional, agreed.proposed_on) == (False, day("2026-02-03"))


def test_relations_that_exclude_each_other_give_no_window_and_a_flag() -> None:
    records = [started(), given(1, "2026-01-12", "dose"), milestone("operation", "2026-01-26", "planned")]
    planned = plan_on("2026-01-13", records, BOUNDED)
    control = visit_of(planned, "control")
    assert (control.state, control.window, control.proposed_on) == ("waiting", None, None)
    flag = flag_of(planned, "unreachable_window")
    assert flag.text == (
        "Control fits no day: 3 weeks after the dose (12 Jan) and 2 weeks before operation (26 Jan, planned) "
        "exclude each other"
    )
    assert (flag.step, flag.occurrence) == ("control", 1)
    assert flag.decisions == ("skip", "stop")


# Workdays


@pytest.mark.parametrize(
    ("target", "floor", "ceiling", "nearest"),
    [
        ("2026-01-12", None, None, "2026-01-12"),  # a Monday
        ("2026-01-17", None, None, "2026-01-16"),  # Saturday: Friday is nearer than Monday
        ("2026-01-18", None, None, "2026-01-19"),  # Sunday: Monday is nearer than Friday
        ("2026-01-24", None, None, "2026-01-23"),
        ("2026-01-17", "2026-01-17", None, "2026-01-19"),
        ("2026-01-18", None, "2026-01-18", "2026-01-16"),
        ("2026-01-17", "2026-01-17", "2026-01-18", None),
        ("2026-01-01", "2026-01-20", None, "2026-01-20"),
    ],
)
def test_the_nearest_open_day(
    target: str, floor: str | None, ceiling: str | None, nearest: str | None
) -> None:
    weekdays = Workdays(frozenset(range(5)))
    bounds = [day(text) if text else None for text in (floor, ceiling)]
    assert weekdays.nearest_open(day(target), *bounds) == (day(nearest) if nearest else None)


def test_of_two_equally_near_days_the_later_is_taken() -> None:
    closed_wednesday = Workdays(closed=frozenset({date(2026, 1, 14)}))
    assert closed_wednesday.nearest_open(date(2026, 1, 14), None, None) == date(2026, 1, 15)


def test_a_clinic_that_never_opens_has_no_open_day() -> None:
    assert Workdays(frozenset()).nearest_open(date(2026, 1, 14), None, None) is None


def test_both_the_target_and_the_open_day_stand_in_the_reason() -> None:
    closed = Workdays(closed=frozenset({date(2026, 1, 12)}))
    dose = visit_of(plan_on("2026-01-05", [started()], BOUNDED, closed), "dose")
    assert dose.proposed_on == day("2026-01-13")
    assert dose.because_text == "1 week after course-start (5 Jan). 12 Jan is closed, so the nearest open day"


PAIR = template(
    step(
        "draw",
        after("course-start", earliest="P0D", target="P1W", latest="P2W"),
        attends=["recipient", "donor"],
    ),
    step("call", after("course-start", earliest="P0D", target="P1W", latest="P2W"), kind="contact"),
)


def away(person: str, from_on: str, to_on: str) -> object:
    return record("absence", person=person, from_on=from_on, to_on=to_on)


@pytest.mark.parametrize(
    ("person", "draw", "call"),
    [
        ("partner", "2026-01-15", "2026-01-12"),
        ("recipient", "2026-01-15", "2026-01-15"),
        ("unrelated", "2026-01-12", "2026-01-12"),
    ],
)
def test_a_day_on_which_whoever_must_come_is_away_is_not_proposed(person: str, draw: str, call: str) -> None:
    planned = plan_on("2026-01-05", [started(), away(person, "2026-01-09", "2026-01-14")], PAIR)  # type: ignore[list-item]
    assert visit_of(planned, "draw").proposed_on == day(draw)
    assert visit_of(planned, "call").proposed_on == day(call)


def test_no_open_day_inside_the_window_is_no_date_and_a_flag() -> None:
    closed = Workdays(closed=frozenset(day(days("2026-01-05", n)) for n in range(20)))
    planned = plan_on("2026-01-05", [started()], PAIR, closed)
    draw = visit_of(planned, "draw")
    assert (draw.state, draw.proposed_on) == ("proposed", None)
    assert draw.waiting_for == ("an open day inside the window",)
    [flag, _] = [flag for flag in planned.flags if flag.code == "no_open_day"]
    assert flag.text == "Call has no open day inside its window (5 Jan to 19 Jan)"


def test_a_partner_away_for_the_whole_window_leaves_no_day() -> None:
    planned = plan_on("2026-01-05", [started(), away("partner", "2026-01-01", "2026-02-01")], PAIR)  # type: ignore[list-item]
    assert visit_of(planned, "draw").proposed_on is None
    flag = flag_of(planned, "unreachable_window")
    assert flag.text.endswith(": partner is away 1 Jan to 1 Feb")
    assert (flag.step, flag.decisions, codes(planned) & {"no_open_day"}) == ("draw", ("skip", "stop"), set())
    opened = plan_on("2026-01-05", [started(), away("partner", "2026-01-01", "2026-01-17")], PAIR)  # type: ignore[list-item]
    assert visit_of(opened, "draw").proposed_on == day("2026-01-18")
    assert not codes(opened) & {"no_open_day", "unreachable_window"}


# Anchors


TWO_TRANSFERS = [("transfer", "2026-01-10"), ("transfer", "2026-02-10")]


@pytest.mark.parametrize(
    ("anchor", "records", "on"),
    [
        ({"milestone": "transfer", "occurrence": 1}, TWO_TRANSFERS, "2026-01-17"),
        ({"milestone": "transfer"}, TWO_TRANSFERS, "2026-02-17"),
        ({"cycle_day": 19}, [("cycle-start", "2026-01-08")], "2026-02-02"),
    ],
)  # fmt: skip
def test_milestones_and_cycle_days_anchor_a_visit(
    anchor: dict[str, object], records: list[tuple[str, str]], on: str
) -> None:
    protocol: Template = template(step("control", after(anchor, earliest="P0D", target="P1W")))
    facts = [started(), *(milestone(name, when) for name, when in records)]
    assert visit_of(plan_on("2026-02-11", facts, protocol), "control").window.target == day(on)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("basis", "on", "ga", "seven_weeks"),
    [
        ("d5", "2026-03-01", None, "2026-03-31"),
        ("d3", "2026-03-01", None, "2026-04-02"),
        ("d6", "2026-03-01", None, "2026-03-30"),
        ("ovulation", "2026-03-01", None, "2026-04-05"),
        ("lmp", "2026-01-01", None, "2026-02-19"),
        ("scan", "2026-03-01", "8w2d", "2026-02-20"),
    ],
)
def test_gestational_age_anchors_a_visit_by_each_basis(
    basis: str, on: str, ga: str | None, seven_weeks: str
) -> None:
    protocol = template(step("control", after({"gestation": True}, earliest="P7W", target="P7W")))
    dating = record("dating", basis=basis, on=on, **({"ga": ga} if ga else {}))
    visit = visit_of(plan_on("2026-03-01", [started(), dating], protocol), "control")
    assert visit.window is not None
    assert visit.window.target == day(seven_weeks)
