"""What the protocol language can say: gaps per dose, repeats, rising values, cycle days, several tests, donors."""

from typing import Any

import pytest

from protocols import Plan, Record, Template
from tests.builders import (
    LIT,
    after,
    booked,
    codes,
    day,
    decided,
    flag_of,
    given,
    plan_on,
    pregnant,
    record,
    result,
    started,
    states,
    step,
    template,
    visit_of,
)

NEXT = [after({"previous": True}, absolute_minimum="P2W", earliest="P3W", target="P4W", latest="P6W")]


def rounds(*sizes: Any, cap: int = 8) -> dict[str, Any]:
    return {"sizes": list(sizes), "cap": cap, "cap_source": "clinic", "cap_grade": "setting"}


def proposed(planned: Plan, name: str) -> dict[int, str]:
    return {v.occurrence: str(v.proposed_on) for v in planned.visits if v.step == name and v.proposed_on}


# Gaps per dose number

THIRD_LATER = [after({"previous": True}, absolute_minimum="P6W", earliest="P7W", target="P8W", latest="P10W")]
GAPS = template(
    step("dose", after("course-start", earliest="P0D"), next=NEXT, gaps={3: THIRD_LATER}, rounds=rounds(4))
)
ONE = [started(), given(1, "2026-01-05", "dose")]


def test_each_dose_takes_the_gap_of_its_number() -> None:
    """4 weeks after 5 January, 8 weeks after 2 February, 4 weeks after 30 March."""
    dates = proposed(plan_on("2026-01-06", ONE, GAPS), "dose")
    assert dates == {2: "2026-02-02", 3: "2026-03-30", 4: "2026-04-27"}


def test_the_repeat_of_a_dose_given_too_early_takes_the_gap_of_the_dose_that_it_repeats() -> None:
    """Dose 2 after one week does not count: its repeat is due 4 weeks from it, on 9 February; dose 3 8 weeks later."""
    dates = proposed(plan_on("2026-01-13", [*ONE, given(2, "2026-01-12", "dose")], GAPS), "dose")
    assert dates == {3: "2026-02-09", 4: "2026-04-06", 5: "2026-05-04"}
    # Dose 3 on 10 February, 8 days after dose 2: not before 6 weeks (16 March). Its repeat: 8 weeks from 10 February.
    early = [*ONE, given(2, "2026-02-02", "dose"), given(3, "2026-02-10", "dose")]
    dates = proposed(plan_on("2026-02-11", early, GAPS), "dose")
    assert dates == {4: "2026-04-07", 5: "2026-05-05"}


def test_a_skipped_dose_leaves_the_number_and_its_gap_to_the_next() -> None:
    """Occurrence 2 is skipped, so occurrence 3 is dose 2 and takes its gap, not that of dose 3."""
    skipped = record("skipped", step="dose", occurrence=2, on="2026-02-02", reason="wish")
    planned = plan_on("2026-02-02", [*ONE, skipped], GAPS)
    assert visit_of(planned, "dose", 3).dose == 2
    assert proposed(planned, "dose")[3] == "2026-02-02"
    assert proposed(planned, "dose")[4] == "2026-03-30"


# A visit that repeats until a week of pregnancy

FORTNIGHTLY = [after({"previous": True}, earliest="P15D", target="P15D", latest="P17D")]


def repeating(cap: int) -> Any:
    until = after({"gestation": True}, maximum="P12W")
    loop = {"until": until, "cap": cap, "cap_source": "clinic", "cap_grade": "setting"}
    first = after({"gestation": True}, earliest="P6W", target="P6W", latest="P7W")
    return template(step("dose", first, next=FORTNIGHTLY, repeat=loop, phase="pregnancy"))


PREGNANT = [started(), pregnant("2026-02-01"), record("dating", basis="lmp", on="2026-01-01")]


def test_a_repeated_visit_comes_again_while_it_still_fits_before_its_end() -> None:
    """6w0d is 12 February, then every 15 days; 12w0d is 26 March, and 29 March is beyond it."""
    planned = plan_on("2026-02-01", PREGNANT, repeating(9))
    assert proposed(planned, "dose") == {1: "2026-02-12", 2: "2026-02-27", 3: "2026-03-14"}
    assert len(planned.visits) == 3


def test_a_repeated_visit_may_fall_on_the_very_last_day() -> None:
    """With the first on 24 February by a booking, the third falls on 26 March: 24 February, 11 March, 26 March."""
    planned = plan_on("2026-02-01", [*PREGNANT, booked("dose", "2026-02-24")], repeating(9))
    last = visit_of(planned, "dose", 3)
    assert last.proposed_on == day("2026-03-26")
    assert planned.visit("dose", 4) is None


def test_a_repeated_visit_never_exceeds_its_cap() -> None:
    assert proposed(plan_on("2026-02-01", PREGNANT, repeating(2)), "dose") == {
        1: "2026-02-12",
        2: "2026-02-27",
    }


def test_a_redating_changes_how_many_repeats_lie_ahead() -> None:
    """Given on 12 February. A scan on 13 February (6w1d) sees 5w1d, 7 days less: 12w0d moves from 26 March to 2 April, so
    29 March fits. One that sees 7w1d moves it to 19 March; 14 March still fits, and nothing beyond."""
    done = [*PREGNANT, given(1, "2026-02-12", "dose")]
    expected = {
        None: {2: "2026-02-27", 3: "2026-03-14"},
        "5w1d": {2: "2026-02-27", 3: "2026-03-14", 4: "2026-03-29"},
        "8w1d": {2: "2026-02-27"},  # 12w0d on 12 March
    }
    for seen, dates in expected.items():
        scans = [record("dating", basis="scan", on="2026-02-13", ga=seen)] if seen else []
        planned = plan_on("2026-02-13", [*done, *scans], repeating(9))
        assert proposed(planned, "dose") == dates, seen
        assert visit_of(planned, "dose").state == "fulfilled"


def test_repeats_that_were_done_stay_when_the_end_moves_before_them() -> None:
    done = [*PREGNANT, given(1, "2026-02-12", "dose"), given(2, "2026-02-27", "dose")]
    scan = record("dating", basis="scan", on="2026-02-28", ga="11w4d")  # 12w0d on 3 March
    planned = plan_on("2026-03-01", [*done, scan], repeating(9))
    assert states(planned) == {"dose#1": "fulfilled", "dose#2": "fulfilled"}


def test_a_treatment_that_ended_is_told_the_same_on_every_later_day() -> None:
    records = [*PREGNANT, record("close", on="2026-02-05", reason="moved")]
    on_the_day = plan_on("2026-02-05", records, repeating(9))
    assert on_the_day.replan_on is None
    for later in ("2026-02-20", "2026-03-10", "2026-05-01"):
        assert plan_on(later, records, repeating(9)).visits == on_the_day.visits


# Two tests after one round


def assay(name: str, test: str, order: str = "P2W") -> dict[str, Any]:
    return step(
        name, after({"step": "dose", "occurrence": "round"}, earliest=order, target="P3W"), kind="test", test=test,
        measures="round", of="dose", next=[after({"decision": "asked"}, earliest="P0D", target="P1W")],
    )  # fmt: skip


LATER = [after({"decision": "asked"}, target="P1W", latest="P4W"), after({"previous": True}, earliest="P2W")]
PANEL = LIT.tests["apca"].model_dump(by_alias=True)
BOTH = template(
    step("dose", after("course-start", earliest="P0D"), next=NEXT, later_round=LATER, rounds=rounds(1, 1, cap=3)),
    assay("crossmatch", "apca"),
    assay("culture", "mlc"),
    step("go-ahead", after({"step": "dose"}, earliest="P6W"), kind="review",
         when={"all": [{"responded": "apca"}, {"responded": "mlc"}]}),
    tests={"apca": PANEL, "mlc": {**PANEL, "title": "Mixed culture"}},
)  # fmt: skip


@pytest.mark.parametrize(
    ("apca", "mlc", "second_dose", "go_ahead"),
    [
        (60, 60, None, "proposed"),
        (60, None, "waiting", "waiting"),
        (None, 60, "waiting", "waiting"),
        (60, 5, "proposed", "waiting"),
        (5, 60, "proposed", "waiting"),
        (5, 5, "proposed", "waiting"),
    ],
)
def test_both_tests_of_a_round_must_respond(
    apca: int | None, mlc: int | None, second_dose: str | None, go_ahead: str
) -> None:
    """A negative leads to the second round, whose tests are then awaited."""
    values = [(name, value) for name, value in (("apca", apca), ("mlc", mlc)) if value is not None]
    results = [result(value, "2026-01-26", "2026-01-28", test=name) for name, value in values]
    planned = plan_on("2026-01-28", [*ONE, *results], BOTH)
    assert states(planned).get("dose#2") == second_dose
    assert visit_of(planned, "go-ahead").state == go_ahead


def both(apca: int, mlc: int) -> list[Record]:
    values = (("apca", apca), ("mlc", mlc))
    return [result(value, "2026-01-26", "2026-01-28", test=name) for name, value in values]


def test_a_weak_result_that_is_accepted_is_the_response_of_its_own_test_alone() -> None:
    accepted = decided("weak_antibody_response:culture#1", "accept", "2026-01-29")
    planned = plan_on("2026-01-29", [*ONE, *both(60, 30), accepted], BOTH)
    assert visit_of(planned, "go-ahead").state == "proposed"
    assert planned.visit("dose", 2) is None
    negative = plan_on("2026-01-29", [*ONE, *both(5, 30), accepted], BOTH)
    assert visit_of(negative, "dose", 2).state == "proposed"


def test_each_of_two_tests_that_fail_asks_for_itself_by_its_name() -> None:
    flags = [flag for flag in plan_on("2026-01-28", [*ONE, *both(5, 5)], BOTH).flags if flag.decisions]
    assert {flag.step for flag in flags} == {"crossmatch", "culture"}
    assert len({flag.text for flag in flags}) == 2


# Courses without this or that


def test_a_protocol_without_doses_before_conception_is_planned_from_the_pregnancy() -> None:
    """5w0d of the period of 1 January is 5 February, 7w0d 19 February."""
    weeks = [
        step(
            f"dose-{n}",
            after({"gestation": True}, earliest=f"P{n}W", maximum=f"P{n}W+P6D"),
            phase="pregnancy",
        )
        for n in (5, 7)
    ]
    planned = plan_on("2026-02-01", PREGNANT, template(*weeks))
    assert [str(visit.proposed_on) for visit in planned.visits] == ["2026-02-05", "2026-02-19"]
    assert planned.flags == ()


def test_a_protocol_without_an_antibody_endpoint_ends_with_its_last_dose() -> None:
    protocol = template(
        step("dose", after("course-start", earliest="P0D"), next=NEXT, rounds=rounds(2, cap=2)),
        step("attempt", after({"step": "dose"}, earliest="P4W"), kind="review"),
    )
    planned = plan_on("2026-02-02", [*ONE, given(2, "2026-02-02", "dose")], protocol)
    assert states(planned) == {"dose#1": "fulfilled", "dose#2": "fulfilled", "attempt#1": "proposed"}
    assert visit_of(planned, "attempt").proposed_on == day("2026-03-02")
    assert planned.flags == ()


@pytest.mark.parametrize("value", [60, 30])
def test_a_baseline_that_is_not_negative_says_do_not_start(value: int) -> None:
    planned = plan_on("2026-01-08", [started(), result(value, "2026-01-05", "2026-01-08")])
    assert "do not start" in flag_of(planned, "baseline_already_positive").text
    assert all(visit.proposed_on is None for visit in planned.visits)


# Steps that time each other's occurrences


def reviewed(**occurrence: int) -> Template:
    third = after({"step": "review", **occurrence}, earliest="P3D", target="P1W", latest="P3W")
    second = after({"step": "dose", "occurrence": 2}, earliest="P1W", target="P2W", latest="P4W")
    dose = step("dose", after("course-start", earliest="P0D"), next=NEXT, rounds=rounds(4), gaps={3: [third]})
    return template(dose, step("review", second, kind="review"))


@pytest.mark.parametrize("occurrence", [{"occurrence": 1}, {}])
def test_a_review_after_dose_two_that_times_dose_three_plans_without_waiting_forever(
    occurrence: dict[str, int],
) -> None:
    """5 January, 2 February, the review on 16 February, dose 3 on 23 February, dose 4 on 23 March."""
    protocol = reviewed(**occurrence)
    planned = plan_on("2026-01-06", ONE, protocol)
    assert proposed(planned, "review") == {1: "2026-02-16"}
    assert proposed(planned, "dose") == {2: "2026-02-02", 3: "2026-02-23", 4: "2026-03-23"}
    done = [*ONE, given(2, "2026-02-05", "dose"), given(1, "2026-02-24", "review")]
    assert proposed(plan_on("2026-02-24", done, protocol), "dose") == {3: "2026-03-03", 4: "2026-03-31"}
    assert len(proposed(plan_on("2026-01-05", ONE[:1], protocol), "dose")) == 4


def test_the_acts_of_steps_that_time_each_other_are_judged_by_what_was_done() -> None:
    """The review on 24 February: dose 3 from 27 February. On 26 February it is too early."""
    done = [
        *ONE,
        given(2, "2026-02-05", "dose"),
        given(1, "2026-02-24", "review"),
        given(3, "2026-02-26", "dose"),
    ]
    planned = plan_on("2026-02-26", done, reviewed(occurrence=1))
    assert "given_too_early" in codes(planned)
    assert visit_of(planned, "dose", 4).dose == 3
