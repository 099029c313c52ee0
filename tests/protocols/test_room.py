"""The hand-worked cases of docs/planner.md: three doses, a booster, and a transfer date that bounds them all."""

from datetime import date, timedelta

import pytest

from protocols import Plan, Record, Workdays
from protocols.plan import DoseVerdict
from tests.builders import (
    EVERY_DAY,
    after,
    before,
    booked,
    codes,
    day,
    decided,
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

ROW = {"absolute_minimum": "P2W", "earliest": "P3W", "target": "P4W", "latest": "P6W"}
PROTOCOL = template(
    step("dose", after("course-start", earliest="P0D", target="P0D", latest="P4W"), count=3, noun="dose",
         next=[after({"previous": True}, **ROW)]),
    step("booster", before("transfer", earliest="P6W", target="P2W", maximum="P2W"),
         after({"step": "dose"}, absolute_minimum="P2W", earliest="P3W"), noun="booster"),
    milestones={name: {"title": name.replace("-", " ").capitalize()} for name in ("course-start", "transfer")},
)  # fmt: skip


def planned_for(
    transfer: str, *records: Record, today: str = "2026-01-05", workdays: Workdays = EVERY_DAY
) -> Plan:
    told = [started("2026-01-05"), milestone("transfer", transfer, "planned", id="transfer"), *records]
    return plan_on(today, told, PROTOCOL, workdays)


def rooms(planned: Plan) -> dict[str, str]:
    found = {}
    for visit in planned.visits:
        if visit.bookable is not None:
            ends = [f"{on:%d %b}" if on else "-" for on in (visit.bookable.from_on, visit.bookable.to_on)]
            found[f"{visit.step}#{visit.occurrence}"] = " to ".join(ends)
    return found


def days(planned: Plan) -> dict[str, str]:
    return {
        f"{visit.step}#{visit.occurrence}": f"{visit.proposed_on:%d %b}" if visit.proposed_on else "-"
        for visit in planned.visits
    }


def test_a_transfer_far_ahead_bounds_every_dose_and_moves_none() -> None:
    """Transfer on 4 May: booster 23 Mar to 20 Apr, so dose 3 by 30 Mar and dose 2 by 9 Mar, each three weeks earlier."""
    planned = planned_for("2026-05-04")
    assert rooms(planned) == {
        "dose#1": "05 Jan to 02 Feb",
        "dose#2": "26 Jan to 09 Mar",
        "dose#3": "16 Feb to 30 Mar",
        "booster#1": "23 Mar to 20 Apr",
    }
    assert days(planned) == {
        "dose#1": "05 Jan",
        "dose#2": "02 Feb",
        "dose#3": "02 Mar",
        "booster#1": "20 Apr",
    }
    assert not codes(planned) & {"plan_tight", "plan_conflict"}


def test_a_nearer_transfer_draws_the_last_dose_forward_and_says_why() -> None:
    """Transfer on 30 March: booster by 16 Mar, dose 3 by 23 Feb. Its target of 2 March would leave too little room."""
    planned = planned_for("2026-03-30")
    assert days(planned) == {
        "dose#1": "05 Jan",
        "dose#2": "02 Feb",
        "dose#3": "23 Feb",
        "booster#1": "16 Mar",
    }
    third = visit_of(planned, "dose", 3)
    assert third.window is not None
    assert (third.window.target, third.window.latest) == (day("2026-03-02"), day("2026-03-16"))
    assert "2 Mar would leave too little room, so the nearest day that fits" in third.because_text
    assert third.bookable is not None
    assert third.bookable.bound_by[-1] == (
        "the booster at least 3 weeks after dose 3; the booster at least 2 weeks before transfer (30 Mar, planned)"
    )


def test_a_transfer_that_only_the_absolute_minimums_reach_is_tight_and_draws_no_dose_before_its_earliest() -> (
    None
):
    """Transfer on 16 March: dose 2 by 19 January, a week before its earliest; with two weeks each it would fit."""
    planned = planned_for("2026-03-16")
    assert codes(planned) & {"plan_tight", "plan_conflict"} == {"plan_tight"}
    assert rooms(planned) == {
        "dose#1": "05 Jan to 19 Jan",
        "dose#2": "19 Jan to 02 Feb",
        "dose#3": "02 Feb to 16 Feb",
        "booster#1": "16 Feb to 02 Mar",
    }
    assert days(planned)["dose#2"] == "02 Feb"
    assert flag_of(planned, "plan_tight").text == (
        "The plan is tight: dose 1 not before course start (5 Jan); dose 2 to dose 3 each at least 3 weeks after the "
        "one before; the booster at least 2 weeks before transfer (16 Mar, planned); the booster at least 3 weeks "
        "after dose 3. These cannot all hold"
    )


def test_a_transfer_that_nothing_reaches_is_a_conflict_that_names_its_relations() -> None:
    """Transfer on 1 March: the booster by 15 February, and at the soonest on 16 February."""
    planned = planned_for("2026-03-01")
    flag = flag_of(planned, "plan_conflict")
    assert flag.text == (
        "The plan contradicts itself: dose 1 not before course start (5 Jan); dose 2 to dose 3 each at least 2 weeks "
        "after the one before; the booster at least 2 weeks before transfer (1 Mar, planned); the booster at least 2 "
        "weeks after dose 3. These cannot all hold"
    )
    assert (flag.decisions, "transfer" in flag.cause) == (("accept", "stop"), True)
    assert rooms(planned) == {}


def test_one_day_later_there_is_a_plan_again() -> None:
    assert codes(planned_for("2026-03-02")) & {"plan_tight", "plan_conflict"} == {"plan_tight"}


def test_an_accepted_conflict_opens_again_when_the_transfer_moves() -> None:
    accepted = decided("plan_conflict", "accept", "2026-01-05", recorded_at="2026-01-05T10:00:00Z")
    assert "plan_conflict" not in codes(planned_for("2026-03-01", accepted))
    moved = milestone("transfer", "2026-02-20", "planned", recorded_at="2026-01-06T10:00:00Z", id="moved")
    correction = record("correction", id="c", of="transfer", reason="moved", replacement=moved.model_dump(exclude={"id"}),
                        recorded_at="2026-01-06T10:00:00Z")  # fmt: skip
    assert "plan_conflict" in codes(planned_for("2026-03-01", accepted, correction, today="2026-01-06"))


def test_a_closure_belongs_to_what_makes_a_plan_tight() -> None:
    """Transfer on 30 March asks dose 3 from 16 to 23 February; closed from 9 to 23 February there is no such day."""
    closed = Workdays(closed=frozenset(date(2026, 2, 9) + timedelta(days=n) for n in range(15)))
    flag = flag_of(planned_for("2026-03-30", workdays=closed), "plan_tight")
    assert "closed or away for dose 3: 16 Feb to 23 Feb" in flag.text


def test_a_dose_that_time_has_squeezed_is_told_on_the_day_after_its_last_day() -> None:
    """Doses on 5 January and 2 February, transfer on 30 March: dose 3 by 23 February, though not overdue until 16 March."""
    done = [given(1, "2026-01-05", "dose"), given(2, "2026-02-02", "dose")]
    before_it = planned_for("2026-03-30", *done, today="2026-02-23")
    assert (before_it.replan_on, codes(before_it) & {"plan_tight"}) == (day("2026-02-24"), set())
    flag = flag_of(planned_for("2026-03-30", *done, today="2026-02-24"), "plan_tight")
    assert flag.text.startswith("The plan is tight: Dose 3 left room for the rest until 23 Feb 2026: ")
    assert (flag.cause_on, flag.step) == (day("2026-02-24"), "dose")


def test_a_booking_is_a_fixed_point_for_the_visits_before_it() -> None:
    """Dose 3 booked on 23 February: dose 2 from 26 January to 2 February, three weeks before it."""
    planned = planned_for("2026-05-04", booked("dose", "2026-02-23", 3))
    assert rooms(planned)["dose#2"] == "26 Jan to 02 Feb"
    assert visit_of(planned, "dose", 3).bookable is None


def test_a_booking_that_no_plan_allows_is_flagged_and_does_not_bound_the_others() -> None:
    planned = planned_for("2026-05-04", booked("dose", "2026-01-20", 3))
    assert "booking_outside_window" in codes(planned)
    assert rooms(planned)["dose#2"] == "26 Jan to 09 Mar"
    assert not codes(planned) & {"plan_tight", "plan_conflict"}


@pytest.mark.parametrize(("month_ends", "last"), [("roll_forward", "2026-02-28"), ("clamp", "2026-02-28")])
def test_at_least_a_month_before_is_the_inverse_of_adding_a_month(month_ends: str, last: str) -> None:
    """A month before 31 March 2026: 28 February + P1M is 28 March; 1 March + P1M is 1 April, too late."""
    protocol = template(
        step("dose", after("course-start", earliest="P0D", target="P0D", latest="P8W")),
        step("control", after({"step": "dose"}, earliest="P1M"), before("transfer", latest="P0D")),
        milestones={name: {"title": name} for name in ("course-start", "transfer")},
        month_ends=month_ends,
    )
    records = [started("2026-01-26"), milestone("transfer", "2026-03-31", "planned")]
    room = visit_of(plan_on("2026-01-26", records, protocol), "dose").bookable
    assert room is not None
    assert room.to_on == day(last)


def test_a_booster_of_the_day_of_a_dose_hangs_on_that_dose() -> None:
    """Two weeks after dose 2 it would count; it was given on the day of dose 3."""
    doses = [given(1, "2026-01-12", "dose"), given(2, "2026-02-09", "dose"), given(3, "2026-03-09", "dose")]
    planned = planned_for("2026-05-04", *doses, given(1, "2026-03-09", "booster"), today="2026-03-10")
    verdict = planned.verdicts[-1]
    assert isinstance(verdict, DoseVerdict)
    assert (verdict.step, verdict.counts) == ("booster", False)
    assert verdict.not_before == day("2026-03-23")


def test_a_result_that_a_booster_needs_is_not_sampled_so_early_that_it_runs_out() -> None:
    """Attempt on 7 September: the booster from 27 July, so a result valid for 3 months from 27 April, not from 2 March.

    The test is at most six weeks after dose 3, which draws dose 3 to 16 March at the soonest.
    """
    planned = plan_on(
        "2026-01-05", [started("2026-01-05"), milestone("conception-attempt", "2026-09-07", "planned")]
    )
    room = visit_of(planned, "antibody-test").bookable
    third = visit_of(planned, "sensitisation", 3).bookable
    assert room is not None
    assert third is not None
    assert (room.from_on, third.from_on) == (day("2026-04-27"), day("2026-03-16"))
    assert visit_of(planned, "antibody-test").proposed_on == day("2026-04-27")
