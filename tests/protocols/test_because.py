"""Every window and every proposal recomputed by hand from `because` alone, with arithmetic of its own."""

import calendar
import json
import re
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocols import Workdays
from tests.builders import day, plan_on, responder, visit_of
from tests.builders import given as dose
from tests.strategies import History, histories, small_protocols

NAMES = ("absolute_minimum", "earliest", "target", "latest", "maximum")
DAY = timedelta(days=1)
ANY_HISTORY = st.one_of(histories(), histories(small_protocols()))


def counted(start: date, duration: str, month_ends: str) -> date:
    """The day so long after `start`: months first, then days; a missing day by the policy."""
    months = days = 0
    for sign, amount, unit in re.findall(r"([+-]?)P(\d+)([YMWD])", duration):
        size = int(amount) * (-1 if sign == "-" else 1)
        months += {"Y": 12, "M": 1}.get(unit, 0) * size
        days += {"W": 7, "D": 1}.get(unit, 0) * size
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    there = date(year, month + 1, min(start.day, last))
    if start.day > last and month_ends == "roll_forward":
        there += DAY
    return there + timedelta(days=days)


def counted_back(limit: date, duration: str, month_ends: str, *, floor: bool) -> date:
    """The first day at most, or the last day at least, `duration` before `limit`: tried day by day."""
    near = limit - timedelta(days=2 * 366)
    days = [near + timedelta(days=n) for n in range(3 * 366)]
    if floor:
        return next(day for day in days if counted(day, duration, month_ends) >= limit)
    return next(day for day in reversed(days) if counted(day, duration, month_ends) <= limit)


def window_by_hand(reason: dict[str, Any]) -> dict[str, date | None]:
    anchor, month_ends = date.fromisoformat(reason["anchor"]["on"]), reason["month_ends"]
    found: dict[str, date | None] = {}
    for name in NAMES:
        offset = reason["offsets"][name]
        if offset is None:
            found[name] = None
        elif reason["direction"] == "after":
            found[name] = counted(anchor, offset, month_ends)
        else:
            floor = name in ("absolute_minimum", "earliest")
            found[name] = counted_back(anchor, offset, month_ends, floor=floor)
    return found


def together(windows: list[dict[str, date | None]], *, whole: bool) -> dict[str, date | None]:
    def every(name: str) -> list[date]:
        return [on for window in windows if (on := window[name]) is not None]

    found: dict[str, date | None] = {name: max(every(name), default=None) for name in NAMES[:2]}
    found |= {name: min(every(name), default=None) for name in NAMES[3:]}
    target = next(iter(every("target")), found["earliest"] if whole else None)
    if target is not None and len(windows) > 1:
        target = max(target, found["earliest"] or target)
        target = min(target, found["latest"] or target)
    return found | {"target": target}


def nearest(workdays: Workdays, to: date, floor: date | None, ceiling: date | None) -> date | None:
    days = sorted(
        (to + timedelta(days=n) for n in range(-120, 121)), key=lambda day: (abs(day - to), day < to)
    )
    inside = (day for day in days if (floor is None or day >= floor) and (ceiling is None or day <= ceiling))
    return next((day for day in inside if workdays.is_open(day)), None)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(ANY_HISTORY)
def test_every_date_can_be_recomputed_from_its_reasons(history: History) -> None:
    for visit in json.loads(json.dumps(history.plan().as_json()))["visits"]:
        relations = [reason for reason in visit["because"] if reason["kind"] == "relation"]
        for reason in relations:
            by_hand = {name: on and on.isoformat() for name, on in window_by_hand(reason).items()}
            assert by_hand == reason["window"]
        if visit["window"] is not None:
            whole = together([window_by_hand(reason) for reason in relations], whole=not visit["partial"])
            assert {name: on and on.isoformat() for name, on in whole.items()} == visit["window"]
        if visit["proposed_on"] is not None:
            [proposal] = [reason for reason in visit["because"] if reason["kind"] == "proposal"]
            assert_proposal_follows(proposal, visit, history)


def assert_proposal_follows(proposal: dict[str, Any], visit: dict[str, Any], history: History) -> None:
    """The target is the window's, the first day the nearest open one, the proposal so many whole weeks on."""
    window = visit["window"]
    assert proposal["target"] == next(
        window[name] for name in ("target", "earliest", "latest", "maximum") if window[name]
    )
    assert proposal["proposed_on"] == visit["proposed_on"]
    first, on = date.fromisoformat(proposal["first_on"]), date.fromisoformat(proposal["proposed_on"])
    floor, ceiling = (date.fromisoformat(text) if text else None for text in proposal["inside"])
    if any(item.kind == "absence" for item in history.records):
        return
    opened = history.workdays
    assert first == nearest(opened, date.fromisoformat(proposal["target"]), floor, ceiling)
    weeks_on = nearest(opened, first + timedelta(weeks=proposal["weeks_later"]), floor, ceiling)
    last = nearest(opened, ceiling, floor, ceiling) if ceiling else None
    assert on in (weeks_on, last)


def test_words_say_the_same_with_the_deciding_relation_first() -> None:
    redose = visit_of(plan_on("2026-04-12", responder()), "re-dose")
    assert redose.because_text == "6 months after dose 3 (9 Mar), so 9 Sep"
    late = visit_of(plan_on("2026-09-20", responder()), "re-dose")
    assert late.because_text == "6 months after dose 3 (9 Mar). 9 Sep has passed, so 2 weeks later"
    assert late.proposed_on == day("2026-09-23")


def test_the_source_and_its_grade_stand_with_the_numbers() -> None:
    due = visit_of(plan_on("2026-01-12", [*responder()[:2], dose(1, "2026-01-12")]), "sensitisation", 2)
    [relation, proposal] = [reason.as_json() for reason in due.because]
    assert relation["source"] == "S09 (A), S43 (B), S02 (A)"
    assert relation["anchor"] == {"label": "dose 1", "on": "2026-01-12", "basis": "actual"}
    assert relation["offsets"]["absolute_minimum"] == "P2W"
    assert proposal["target"] == proposal["first_on"] == proposal["proposed_on"] == "2026-02-09"
