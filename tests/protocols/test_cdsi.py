"""Date arithmetic against the CDC's published test cases for intervals between vaccinations (public domain).

`cdsi_cases.csv` restates 148 interval-only rows of the CDSi cases (healthy v4.45, underlying conditions v4.6) with
supporting data 4.64. `past_due_on` is the day before the window's latest. Every day is open, for many expected dates
fall on weekends.
"""

import csv
from pathlib import Path

import pytest

from protocols import Template, Window, Workdays
from tests.builders import after, day, given, plan_on, started, step, template, visit_of

CASES = list(csv.DictReader(Path(__file__).with_name("cdsi_cases.csv").read_text().splitlines()))
OFFSETS = ("absolute_minimum", "earliest", "target", "latest")
POLICIES = ("roll_forward", "clamp")


def protocol_of(case: dict[str, str], month_ends: str) -> Template:
    """Two doses, the second timed by the row's offsets."""
    offsets = {name: case[name] for name in OFFSETS if case[name]}
    doses = step(
        "dose", after("course-start", earliest="P0D"), count=2, next=[after({"previous": True}, **offsets)]
    )
    return template(doses, month_ends=month_ends)


def window_of(case: dict[str, str], month_ends: str) -> Window:
    on = case["anchor_on"]
    planned = plan_on(on, [started(on), given(1, on, "dose")], protocol_of(case, month_ends), Workdays())
    visit = visit_of(planned, "dose", 2)
    assert visit.window is not None
    assert visit.proposed_on == visit.window.target
    return visit.window


def test_the_table_is_whole() -> None:
    assert len(CASES) == 148
    assert sum(1 for case in CASES if case["past_due_on"]) == 42
    assert len({case["case"] for case in CASES}) == 148


@pytest.mark.parametrize("month_ends", POLICIES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_the_next_dose_is_due_when_the_table_says(case: dict[str, str], month_ends: str) -> None:
    window = window_of(case, month_ends)
    assert window.earliest == day(case["earliest_on"])
    assert window.target == day(case["target_on"])
    if case["past_due_on"]:
        assert window.latest is not None
        assert (window.latest - day(case["past_due_on"])).days == 1
