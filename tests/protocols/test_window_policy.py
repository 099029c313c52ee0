"""The month-end policy reaches every window, and a verdict says whether a dose counts only where it does not."""

from protocols.durations import MonthEnds, parse
from protocols.plan import DoseVerdict
from protocols.windows import window_after
from tests.builders import course, day, plan_on


def test_the_month_end_policy_decides_the_dates_of_a_window() -> None:
    offsets = [parse("P6M"), None, None, None, None]
    roll = window_after(day("2026-08-31"), offsets, MonthEnds.ROLL_FORWARD)
    clamp = window_after(day("2026-08-31"), offsets, MonthEnds.CLAMP)
    assert roll.absolute_minimum == day("2027-03-01")
    assert clamp.absolute_minimum == day("2027-02-28")


def test_a_dose_that_counts_is_not_said_not_to() -> None:
    planned = plan_on("2026-03-10", course())
    texts = [
        verdict.text for verdict in planned.verdicts if isinstance(verdict, DoseVerdict) and verdict.counts
    ]
    assert len(texts) >= 3
    assert not any("does not count" in text for text in texts)
