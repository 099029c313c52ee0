"""Every code that can reach a screen has words of its own."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest

from apps.desk import words
from protocols import FLAG_RULES, KINDS, State
from protocols.plan import Timing
from protocols.records import Evidence
from protocols.status import Status

NEAR = date(2026, 3, 1)


def test_every_flag_rule_has_a_title_and_no_title_is_of_nothing() -> None:
    assert set(words.FLAGS) == {rule.code for rule in FLAG_RULES}


def test_every_choice_of_every_rule_has_words() -> None:
    offered = {(rule.code, choice) for rule in FLAG_RULES for choice in rule.decisions}
    assert {choice for _, choice in offered} == set(words.CHOICES)
    assert set(words.CHOICES_OF) <= offered


def test_the_choices_of_one_rule_read_differently() -> None:
    for rule in FLAG_RULES:
        said = [words.choice_words(choice, rule.code) for choice in rule.decisions]
        assert len(set(said)) == len(said), rule.code


def test_states_statuses_kinds_timings_and_evidence_have_words() -> None:
    assert set(words.STATES) == {state.value for state in State}
    assert set(words.STATUSES) == {status.value for status in Status}
    assert set(words.KINDS) == set(KINDS) - {
        "booked"
    }  # a booking is an appointment, never a row of the history
    assert set(words.TIMINGS) == {timing.value for timing in Timing}
    assert set(words.EVIDENCE) == set(get_args(Evidence))


@pytest.mark.parametrize(
    ("name", "state", "said"),
    [
        ("try_by", "running", "Try until 8 Apr"),
        ("redose_by", "running", "Re-dose from 8 Apr"),
        ("try_by", "paused", "Try until 8 Apr, paused by pregnancy"),
        ("try_by", "run_out", "Try until 8 Apr, has passed"),
        ("redose_by", "closed", "Re-dose from 8 Apr, the treatment has ended"),
    ],
)
def test_a_clock_is_one_line(name: str, state: str, said: str) -> None:
    assert words.clock_words(name, date(2026, 4, 8), state, NEAR) == said


def test_the_relations_of_a_plan_in_trouble_are_told_one_by_one() -> None:
    text = "The plan is tight: Dose 4 left room for the rest until 17 Nov: the booster 3 weeks after; it is booked"
    head, points = words.points_of("plan_tight", text)
    assert head == "The plan is tight: Dose 4 left room for the rest until 17 Nov"
    assert points == ("the booster 3 weeks after", "it is booked")
    assert words.points_of("visit_overdue", text) == (text, ())
    assert words.points_of("plan_conflict", "Nothing to part") == ("Nothing to part", ())


PLAN = {
    "window": {"earliest": "2026-03-09", "latest": "2026-03-23"},
    "bookable": {"from": "2026-03-12", "to": "2026-03-18", "bound_by": ["the transfer (1 Apr)"]},
}


def test_good_days_are_those_that_leave_room_and_why_is_said() -> None:
    window, room = words.window_of(PLAN), words.room_of(PLAN)
    assert words.good_days(window, NEAR, room) == "12–18 Mar"
    assert words.narrowed(PLAN, NEAR) == "The protocol asks 9–23 Mar. Bounded by: the transfer (1 Apr)."


def test_where_the_protocol_alone_bounds_the_days_nothing_is_said_of_it() -> None:
    alone = {**PLAN, "bookable": {"from": "2026-03-09", "to": "2026-03-23", "bound_by": []}}
    assert words.narrowed(alone, NEAR) == ""
    assert words.narrowed({"window": PLAN["window"]}, NEAR) == ""


def test_where_no_good_day_leaves_room_that_is_said() -> None:
    late = {"from": date(2026, 3, 25), "to": date(2026, 3, 28)}
    assert words.good_days(words.window_of(PLAN), NEAR, late) == "none that leaves room for the rest"


@pytest.mark.parametrize(
    ("day", "said"),
    [(8, "early"), (9, "tight"), (11, "tight"), (12, "good"), (18, "good"), (19, "tight"), (24, "late")],
)
def test_a_good_day_without_room_for_the_rest_is_tight(day: int, said: str) -> None:
    assert words.timing(words.window_of(PLAN), date(2026, 3, day), words.room_of(PLAN)) == said
