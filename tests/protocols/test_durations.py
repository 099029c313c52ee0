"""Durations: what can be written, months and days by hand, and the inverse against brute force."""

from datetime import date, timedelta
from functools import cache

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from protocols import Duration, DurationFault, MonthEnds
from protocols.durations import add, earliest_reaching, latest_reaching, parse
from tests.builders import day

ROLL, CLAMP = MonthEnds.ROLL_FORWARD, MonthEnds.CLAMP
DAY = timedelta(days=1)
FOUR_YEARS = [date(2026, 1, 1) + timedelta(days=n) for n in range(1461)]
WRITTEN = ["P0D", "P10D", "P4W", "P1M", "P3M", "P6M", "P6M-P4D", "P1M+P1W", "P13M+P4W", "P1Y", "P1Y-P1M+P3D"]


@pytest.mark.parametrize(
    ("text", "months", "days"),
    [
        ("P4W", 0, 28), ("P6M", 6, 0), ("P6M-P4D", 6, -4), ("P13M+P4W", 13, 28), ("P1Y", 12, 0), ("P0D", 0, 0),
        ("-P2W", 0, -14), ("P1Y-P1M+P2W-P3D", 11, 11), ("P4W-P4D", 0, 24), ("+P1D", 0, 1),
    ],
)  # fmt: skip
def test_signed_terms_are_added_up(text: str, months: int, days: int) -> None:
    assert parse(text) == Duration(months, days)


@pytest.mark.parametrize(
    "text",
    ["", " ", "P6M-4D", "P6M4D", "P1M2W", "P1MP2W", "6M", "P", "PM", "P-4D", "P4", "p4w", "P4W ", " P4W", "P4W--P1D",
     "P4W P1D", "P1.5M", "PT4H", "4 weeks", "P4W+", "+", "P4Wx", "P4W-P", "P٤W", "P4W\n"],
)  # fmt: skip
def test_anything_else_is_a_fault_and_never_half_read(text: str) -> None:
    with pytest.raises(DurationFault, match="is no duration"):
        parse(text)


@given(st.integers(-40, 40), st.integers(-400, 400))
def test_what_is_written_can_be_read_again(months: int, days: int) -> None:
    duration = Duration(months, days)
    assert parse(str(duration)) == duration


@pytest.mark.parametrize(
    ("start", "duration", "rolled", "clamped"),
    [
        ("2026-08-31", "P6M", "2027-03-01", "2027-02-28"),
        ("2026-01-31", "P1M", "2026-03-01", "2026-02-28"),
        ("2028-01-31", "P1M", "2028-03-01", "2028-02-29"),
        ("2026-01-30", "P1M", "2026-03-01", "2026-02-28"),
        ("2026-01-29", "P1M", "2026-03-01", "2026-02-28"),
        ("2026-01-28", "P1M", "2026-02-28", "2026-02-28"),
        ("2028-02-29", "P1Y", "2029-03-01", "2029-02-28"),
        ("2026-03-31", "P1M", "2026-05-01", "2026-04-30"),
        ("2026-08-31", "P6M-P4D", "2027-02-25", "2027-02-24"),
        ("2026-12-31", "P2M+P1W", "2027-03-08", "2027-03-07"),
        ("2025-11-10", "P19M+P4W", "2027-07-08", "2027-07-08"),
        ("2026-01-15", "P1Y+P1M", "2027-02-15", "2027-02-15"),
        ("2026-03-31", "-P1M", "2026-03-01", "2026-02-28"),
    ],
)
def test_months_come_first_and_month_ends_go_by_the_policy(
    start: str, duration: str, rolled: str, clamped: str
) -> None:
    assert add(day(start), parse(duration), ROLL) == day(rolled)
    assert add(day(start), parse(duration), CLAMP) == day(clamped)


def test_years_and_months_are_one_step_so_that_no_month_end_is_met_on_the_way() -> None:
    """A year from 29 February to a missing day, then a month, would end elsewhere: 1 March, 1 April."""
    assert add(day("2028-02-29"), parse("P1Y+P1M"), ROLL) == day("2029-03-29")


@pytest.mark.parametrize("text", WRITTEN)
def test_clamping_is_what_the_calendar_library_does(text: str) -> None:
    duration = parse(text)
    for start in FOUR_YEARS:
        there = start + relativedelta(months=duration.months) + timedelta(days=duration.days)
        assert add(start, duration, CLAMP) == there


@pytest.mark.parametrize("month_ends", MonthEnds)
@pytest.mark.parametrize("text", WRITTEN)
def test_adding_never_decreases(text: str, month_ends: MonthEnds) -> None:
    there = [add(start, parse(text), month_ends) for start in FOUR_YEARS]
    assert there == sorted(there)


@cache
def reached(text: str, month_ends: MonthEnds) -> list[tuple[date, date]]:
    """Every start of seven years with the day that it reaches, by brute force."""
    starts = [date(2024, 1, 1) + timedelta(days=n) for n in range(7 * 366)]
    return [(start, add(start, parse(text), month_ends)) for start in starts]


@pytest.mark.parametrize("month_ends", MonthEnds)
@pytest.mark.parametrize("text", WRITTEN)
def test_the_inverse_is_what_brute_force_finds_on_every_day_of_four_years(
    text: str, month_ends: MonthEnds
) -> None:
    latest: dict[date, date] = {}
    earliest: dict[date, date] = {}
    for start, there in reached(text, month_ends):
        latest[there] = start
        earliest.setdefault(there, start)
    known = sorted(latest)
    for limit in FOUR_YEARS:
        at_or_before = limit
        while at_or_before not in latest:
            at_or_before -= DAY
        at_or_after = limit
        while at_or_after not in earliest:
            at_or_after += DAY
        assert known[0] < limit < known[-1]
        assert latest_reaching(limit, parse(text), month_ends) == latest[at_or_before]
        assert earliest_reaching(limit, parse(text), month_ends) == earliest[at_or_after]


def test_the_inverse_is_no_subtraction() -> None:
    """Taking a month back from 1 March rolls to 1 February, and 29 January would still have been a month before."""
    assert latest_reaching(day("2026-03-01"), parse("P1M"), ROLL) == day("2026-02-01")
    assert earliest_reaching(day("2026-03-01"), parse("P1M"), ROLL) == day("2026-01-29")
    assert latest_reaching(day("2026-02-28"), parse("P1M"), ROLL) == day("2026-01-28")
    assert latest_reaching(day("2026-02-28"), parse("P1M"), CLAMP) == day("2026-01-31")
    assert earliest_reaching(day("2026-03-31"), parse("P1M"), CLAMP) == day("2026-03-01")


@pytest.mark.parametrize(
    ("text", "words"),
    [("P4W", "4 weeks"), ("P1D", "1 day"), ("P6M-P4D", "6 months less 4 days"), ("P1Y", "1 year"), ("P10D", "10 days"),
     ("P13M+P4W", "13 months and 4 weeks"), ("P0D", "0 days"), ("-P1W", "minus 1 week")],
)  # fmt: skip
def test_a_duration_reads_as_a_nurse_says_it(text: str, words: str) -> None:
    assert parse(text).in_words() == words
