"""A month of slots as a grid: every day in words, weeks of seven, months beside it only where there is something."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from apps.booking.slots.values import DaySlots, DayState, Link, Slot
from apps.desk.month import chain_words, chosen_day, first_of, month_of, next_month

FIRST = date(2026, 2, 1)
ZONE = "Asia/Kolkata"
EIGHT = datetime(2026, 2, 9, 2, 30, tzinfo=UTC)


def a_link(title: str, minutes: int, *, comes: bool = True) -> Link:
    starts = EIGHT + timedelta(minutes=minutes)
    return Link(
        title.lower(),
        title,
        "talk",
        starts,
        starts + timedelta(minutes=15),
        ("recipient",) if comes else (),
        (),
    )


def a_slot(hours: int = 0, links: tuple[Link, ...] = ()) -> Slot:
    starts = EIGHT + timedelta(hours=hours)
    return Slot(date(2026, 2, 9), starts, starts + timedelta(hours=1), 0, False, False, links)


def a_day(on: date, state: DayState, slots: tuple[Slot, ...] = ()) -> DaySlots:
    return DaySlots(on, state, "", slots)


@pytest.mark.parametrize("first", [date(2026, n, 1) for n in range(1, 13)] + [date(2028, 2, 1)])
def test_every_day_stands_once_under_its_weekday(first: date) -> None:
    month = month_of([], first, today=first, last=first)
    assert all(len(week) == 7 for week in month.weeks)
    days = [cell.on for week in month.weeks for cell in week if cell.on]
    assert days == [first + timedelta(days=n) for n in range((next_month(first) - first).days)]
    assert all(cell.on.weekday() == n for week in month.weeks for n, cell in enumerate(week) if cell.on)


@pytest.mark.parametrize(
    ("state", "count", "short", "said"),
    [
        ("good", 2, "2 times", "Monday 9 February, good day, 2 times free"),
        ("good", 1, "1 time", "Monday 9 February, good day, 1 time free"),
        ("outside", 1, "1 time", "Monday 9 February, needs a reason, 1 time free"),
        ("closed", 0, "closed", "Monday 9 February, closed"),
        ("away", 0, "away", "Monday 9 February, somebody is away"),
        ("full", 0, "full", "Monday 9 February, full"),
        ("refused", 0, "–", "Monday 9 February, not possible"),
    ],
)
def test_a_day_is_told_in_words_and_never_by_colour_alone(
    state: DayState, count: int, short: str, said: str
) -> None:
    on = date(2026, 2, 9)
    month = month_of([a_day(on, state, (a_slot(),) * count)], FIRST, today=FIRST, last=on)
    (cell,) = [cell for week in month.weeks for cell in week if cell.on == on]
    assert (cell.short, cell.label) == (short, said)
    assert cell.can_open is bool(count)


def test_months_beside_it_are_offered_from_today_to_the_last_possible_day() -> None:
    month = month_of([], FIRST, today=date(2026, 2, 20), last=date(2026, 2, 28))
    assert (month.before, month.after) == (None, None)
    month = month_of([], FIRST, today=date(2026, 1, 31), last=date(2026, 3, 1))
    assert (month.before, month.after) == (date(2026, 1, 1), date(2026, 3, 1))


def test_december_is_followed_by_january() -> None:
    assert next_month(date(2026, 12, 1)) == date(2027, 1, 1)
    assert first_of(date(2026, 12, 31)) == date(2026, 12, 1)


def test_times_are_those_of_the_clinics_clock_in_two_halves() -> None:
    day = chosen_day(a_day(date(2026, 2, 9), "good", (a_slot(), a_slot(4))), ZONE)
    assert [(name, [time.starts for time in times]) for name, times in day.groups] == [
        ("Morning", ["08:00"]),
        ("Afternoon", ["12:00"]),
    ]
    assert day.groups[0][1][0].value == "2026-02-09T08:00"


def test_times_with_hours_of_waiting_are_offered_last() -> None:
    short, long = a_slot(), a_slot(1)._replace(ends_at=EIGHT + timedelta(hours=5))
    day = chosen_day(a_day(date(2026, 2, 9), "good", (short, long)), ZONE)
    assert [time.starts for _, times in day.groups for time in times] == ["08:00"]
    assert [time.starts for time in day.longer] == ["09:00"]


def test_a_chain_names_only_what_somebody_comes_to_and_one_activity_needs_no_chain() -> None:
    links = (a_link("Draw", 0), a_link("Preparation", 15, comes=False), a_link("Injection", 60))
    assert chain_words(links, ZONE) == "Draw 08:00 · Injection 09:00"
    assert chain_words(links[:1], ZONE) == ""
