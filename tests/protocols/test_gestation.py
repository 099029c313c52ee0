"""Dating of a pregnancy by the vectors of the domain facts, and what a new dating may move.

Every date is counted by hand from the day of 0w0d: 8w0d is day 56, 12w0d day 84, the day of birth day 280.
"""

from datetime import date, timedelta

import pytest

from protocols import Plan, PlannedVisit, Record, Timing
from protocols.gestation import due_on, equivalent_lmp, gestational_age
from protocols.records import Dating
from tests.builders import (
    EARLY_BOOSTER,
    after,
    day,
    given,
    lost,
    plan_on,
    pregnant,
    record,
    responder,
    started,
    step,
    template,
    visit_of,
)

WEEK_8 = after({"gestation": True}, earliest="P8W", target="P8W", maximum="P8W+P6D")
WEEK_12 = after({"gestation": True}, earliest="P12W", target="P12W", maximum="P12W+P6D")
CARE = template(
    step("dose", WEEK_8, phase="pregnancy"),
    step("control", WEEK_12, kind="review", phase="pregnancy"),
    step("late-control", after({"gestation": True}, earliest="P36W", latest="P37W"), kind="review"),
)
FIRST = [started(), pregnant("2026-02-01")]
RESUMED = [lost("2026-03-10"), record("resume", on="2026-05-01"), pregnant("2026-07-06")]


def dated(basis: str, on: str, ga: str | None = None, **more: str) -> Record:
    return record("dating", basis=basis, on=on, ga=ga, **more)


def dating(basis: str, on: str) -> Dating:
    made = dated(basis, on)
    assert isinstance(made, Dating)
    return made


def control(*records: Record, today: str = "2026-08-01", of: str = "control") -> PlannedVisit:
    return visit_of(plan_on(today, [*FIRST, *records], CARE), of)


def begins(visit: PlannedVisit) -> str:
    assert visit.window is not None
    return str(visit.window.earliest)


def verdict_of(planned: Plan, name: str) -> tuple[Timing, str, str]:
    """The timing of the first act of a step and the ends of the window that it was judged by."""
    [verdict] = [v for v in planned.verdicts if hasattr(v, "timing") and v.step == name]
    window = visit_of(planned, name).window
    assert window is not None
    return verdict.timing, str(window.earliest), str(window.maximum)


@pytest.mark.parametrize(
    ("basis", "on", "lmp", "birth"),
    [
        ("lmp", "2026-01-01", "2026-01-01", "2026-10-08"),
        ("d5", "2026-03-01", "2026-02-10", "2026-11-17"),
        ("d3", "2026-03-01", "2026-02-12", "2026-11-19"),
        ("d6", "2026-03-01", "2026-02-09", "2026-11-16"),
        ("ovulation", "2026-03-01", "2026-02-15", "2026-11-22"),
        ("lmp", "2027-06-01", "2027-06-01", "2028-03-07"),
    ],
)
def test_each_basis_gives_the_day_zero_and_the_day_of_birth_of_the_domain_facts(
    basis: str, on: str, lmp: str, birth: str
) -> None:
    """The last crosses 29 February 2028."""
    zero = equivalent_lmp(dating(basis, on))
    assert (zero, due_on(zero)) == (day(lmp), day(birth))


@pytest.mark.parametrize(
    ("basis", "on", "age"),
    [("lmp", "2026-03-01", (0, 0)), ("ovulation", "2026-03-01", (2, 0)), ("d3", "2026-03-01", (2, 3)),
     ("d5", "2026-03-01", (2, 5)), ("d6", "2026-03-01", (2, 6))],
)  # fmt: skip
def test_the_age_on_the_day_of_the_event_is_that_of_the_table(
    basis: str, on: str, age: tuple[int, int]
) -> None:
    assert gestational_age(equivalent_lmp(dating(basis, on)), day(on)) == age


@pytest.mark.parametrize(
    ("lmp", "on", "age"),
    [
        ("2026-02-10", "2026-03-31", (7, 0)),
        ("2026-02-10", "2026-05-05", (12, 0)),
        ("2027-12-30", "2028-03-01", (8, 6)),  # 2 days of December, 31 of January, 29 of February: day 62
        ("2026-12-30", "2027-03-01", (8, 5)),  # the same days of a year without 29 February: day 61
    ],
)
def test_the_age_that_is_seen_counts_completed_weeks_and_days(
    lmp: str, on: str, age: tuple[int, int]
) -> None:
    assert gestational_age(day(lmp), day(on)) == age


def test_windows_of_pregnancy_follow_the_transfer() -> None:
    """A day-5 transfer on 1 March 2026 has 12w0d on 5 May."""
    visit = control(dated("d5", "2026-03-01"), today="2026-03-20")
    assert (begins(visit), visit.proposed_on) == ("2026-05-05", day("2026-05-05"))
    leap = plan_on("2028-03-01", [started(), pregnant("2028-02-01"), dated("lmp", "2027-12-30")], CARE)
    assert visit_of(leap, "control").proposed_on == day("2028-03-23")  # day 84, and 1 March is day 62


@pytest.mark.parametrize("others_first", [True, False])
def test_dating_by_assisted_reproduction_wins_over_period_and_scan_in_any_order(others_first: bool) -> None:
    transfer = dated("d5", "2026-03-01", recorded_at="2026-03-02T09:00:00+05:30")
    others = [
        dated("lmp", "2026-01-20", recorded_at="2026-03-20T09:00:00+05:30"),
        dated("scan", "2026-04-01", "9w0d", recorded_at="2026-04-01T09:00:00+05:30"),
    ]
    records = [*others, transfer] if others_first else [transfer, *others]
    assert begins(control(*records)) == "2026-05-05"


@pytest.mark.parametrize("basis", ["ovulation", "d3", "d5", "d6"])
@pytest.mark.parametrize("measured", ["5w0d", "14w0d"])
def test_a_pregnancy_by_assisted_reproduction_is_never_redated(basis: str, measured: str) -> None:
    alone = begins(control(dated(basis, "2026-03-01")))
    assert begins(control(dated(basis, "2026-03-01"), dated("scan", "2026-04-05", measured))) == alone


@pytest.mark.parametrize("sooner", [True, False])
@pytest.mark.parametrize(
    ("age", "allowed"),
    [("6w0d", 5), ("8w6d", 5), ("9w0d", 7), ("15w6d", 7), ("16w0d", 10), ("21w6d", 10), ("22w0d", 14), ("27w6d", 14),
     ("28w0d", 21), ("34w0d", 21)],
)  # fmt: skip
def test_a_scan_redates_only_where_it_differs_by_more_than_its_week_allows(
    age: str, allowed: int, sooner: bool
) -> None:
    """The week is counted by the standing dating; at the very number of days nothing changes, one more replaces it."""
    period = date(2026, 1, 1)
    weeks, days = age.removesuffix("d").split("w")
    on = period + timedelta(days=7 * int(weeks) + int(days))
    for difference, moves in ((0, False), (allowed, False), (allowed + 1, True)):
        shift = difference if sooner else -difference
        measured = (on - period).days + shift
        scan = dated("scan", on.isoformat(), f"{measured // 7}w{measured % 7}d")
        visit = control(dated("lmp", "2026-01-01"), scan, today="2026-09-10", of="late-control")
        # 36w0d is day 252: 10 September 2026 by the period. A scan that sees an older child has an earlier day zero.
        day_zero = period - timedelta(days=shift if moves else 0)
        assert begins(visit) == (day_zero + timedelta(days=252)).isoformat(), difference


@pytest.mark.parametrize(("seen", "begins_on"), [("8w4d", "2026-04-02"), ("8w6d", "2026-03-27")])
def test_a_second_scan_is_held_against_the_dating_that_stands_by_then(seen: str, begins_on: str) -> None:
    """A scan on 12 February (6w0d by the period) saw 5w0d: day zero 8 January, and 5 March is 8w0d by it. 8w4d is 4 days
    off and changes nothing: 8 January + 84. 8w6d is 6 days off, though only 1 from the period's 9w0d: 2 January + 84."""
    scans = [dated("scan", "2026-02-12", "5w0d"), dated("scan", "2026-03-05", seen)]
    assert begins(control(dated("lmp", "2026-01-01"), *scans)) == begins_on


def test_a_scan_alone_dates_a_pregnancy() -> None:
    assert begins(control(dated("scan", "2026-02-12", "6w0d"))) == "2026-03-26"  # day zero 1 January, day 84


def test_a_redating_moves_what_lies_ahead_and_never_what_was_done() -> None:
    """8w0d by the period of 1 January is 26 February. A scan on 12 March (10w0d) sees 8w6d, 8 days less: day zero
    9 January, 12w0d on 3 April. By it the dose of 26 February was given at 6w6d."""
    done = [*FIRST, dated("lmp", "2026-01-01"), given(1, "2026-02-26", "dose")]
    judged = verdict_of(plan_on("2026-03-01", done, CARE), "dose")
    assert judged == (Timing.ON_TIME, "2026-02-26", "2026-03-04")
    redated = plan_on("2026-03-12", [*done, dated("scan", "2026-03-12", "8w6d")], CARE)
    assert begins(visit_of(redated, "control")) == "2026-04-03"
    assert verdict_of(redated, "dose") == judged
    assert not {flag.code for flag in redated.flags} & {"given_too_early", "window_expired"}


def test_a_transfer_that_is_told_after_a_dose_moves_what_lies_ahead_and_not_the_dose() -> None:
    """Recorded late: the dose was judged by the period that was known on its day."""
    done = [
        *FIRST,
        dated("lmp", "2026-01-01", recorded_at="2026-02-01T09:00:00+05:30"),
        given(1, "2026-02-26", "dose", recorded_at="2026-02-26T12:00:00+05:30"),
    ]
    judged = verdict_of(plan_on("2026-03-01", done, CARE), "dose")
    # A day-5 transfer on 30 January has day zero on 11 January: 19 days before.
    told = dated("d5", "2026-01-30", recorded_at="2026-03-03T09:00:00+05:30")
    planned = plan_on("2026-03-04", [*done, told], CARE)
    assert verdict_of(planned, "dose") == judged
    assert begins(visit_of(planned, "control")) == "2026-04-05"  # 11 January + 84


@pytest.mark.parametrize(
    ("on", "how"),
    [
        ("2026-07-01", Timing.TOO_EARLY),  # 7w6d
        ("2026-07-02", Timing.ON_TIME),  # 8w0d
        ("2026-07-08", Timing.ON_TIME),  # 8w6d
        ("2026-07-09", Timing.EXPIRED),  # 9w0d
    ],
)
def test_eight_weeks_is_the_week_from_8w0d_to_8w6d(on: str, how: Timing) -> None:
    """Ovulation on 21 May: day zero 7 May, 8w0d on 2 July."""
    wish = record("opt_in", step=EARLY_BOOSTER, on="2026-06-05")
    records = responder(
        pregnant("2026-06-05"), dated("ovulation", "2026-05-21"), wish, given(1, on, EARLY_BOOSTER)
    )
    assert verdict_of(plan_on(on, records), EARLY_BOOSTER)[0] is how


def test_after_a_loss_what_was_done_keeps_its_verdict_and_its_window() -> None:
    done = [*FIRST, dated("lmp", "2026-01-01"), given(1, "2026-02-27", "dose")]
    judged = verdict_of(plan_on("2026-03-01", done, CARE), "dose")
    assert judged == (Timing.ON_TIME, "2026-02-26", "2026-03-04")
    assert verdict_of(plan_on("2026-03-10", [*done, lost("2026-03-10")], CARE), "dose") == judged
    again = plan_on("2026-07-10", [*done, *RESUMED, dated("lmp", "2026-06-01")], CARE)
    assert verdict_of(again, "dose") == judged


def test_a_second_pregnancy_is_dated_by_its_own_records() -> None:
    """12w0d of the period of 1 June is 24 August. Until it is dated nothing is planned by the first pregnancy."""
    first = [dated("lmp", "2026-01-01"), dated("scan", "2026-03-10", "7w0d")]
    undated = control(*first, *RESUMED)
    assert (undated.state, undated.proposed_on) == ("waiting", None)
    assert "the dating of the pregnancy" in undated.waiting_for
    own = control(*first, *RESUMED, dated("lmp", "2026-06-01"))
    assert (begins(own), own.proposed_on) == ("2026-08-24", day("2026-08-24"))


def test_a_transfer_of_the_first_pregnancy_says_nothing_of_the_second() -> None:
    own = control(dated("d5", "2026-01-20"), *RESUMED, dated("lmp", "2026-06-01"))
    assert begins(own) == "2026-08-24"


def test_a_pregnancy_after_a_birth_is_dated_by_its_own_records() -> None:
    """The treatment was closed at the birth and taken up again. 12w0d of the period of 1 February 2027 is 26 April."""
    born = [record("close", on="2026-10-10", reason="a child was born"), record("resume", on="2027-01-05")]
    records = [*FIRST, dated("d5", "2026-01-20"), *born, pregnant("2027-03-01")]
    assert visit_of(plan_on("2027-03-05", records, CARE), "control").state == "waiting"
    own = plan_on("2027-03-05", [*records, dated("lmp", "2027-02-01")], CARE)
    assert begins(visit_of(own, "control")) == "2027-04-26"
