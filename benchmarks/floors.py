"""The floors: the windows of lit-standard's eight visits and nothing else, as fast as Python can and as people would.

No reasons, no flags, no states, no verdicts and no check of the records. `tests/benchmarks` holds that they agree with
the planner on every date of `couples.COUPLES`, so that the comparison is one of equal dates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

VISITS = ("baseline", "dose 1", "dose 2", "dose 3", "test", "booster", "early booster", "re-dose")
Ordinals = tuple[int | None, int | None, int | None, int | None, int | None]
_UNKNOWN: Ordinals = (None, None, None, None, None)


def by_hand(days: Mapping[str, date]) -> list[Ordinals]:
    """Compiled by hand: the protocol as straight lines of integer arithmetic on day numbers, in the order of VISITS."""
    start = days["course-start"].toordinal()
    known = days.get
    baseline = day.toordinal() if (day := known("baseline")) else start
    dose_1 = day.toordinal() if (day := known("dose 1")) else baseline + 21
    dose_2 = day.toordinal() if (day := known("dose 2")) else dose_1 + 28
    dose_3 = day.toordinal() if (day := known("dose 3")) else dose_2 + 28
    floor = baseline if baseline > start else start
    attempt_on, booster_on, lmp_on = known("attempt"), known("booster"), known("lmp")
    booster: Ordinals
    if attempt_on is None:
        booster = (dose_3 + 14, dose_3 + 21, None, None, None)
    else:
        attempt = attempt_on.toordinal()
        earliest = max(attempt - 42, dose_3 + 21)
        booster = (max(attempt - 42, dose_3 + 14), earliest, max(attempt - 14, earliest), attempt, attempt)
    early = _UNKNOWN
    if lmp_on is not None:
        week_8 = lmp_on.toordinal() + 56
        early = (week_8, week_8, week_8, week_8 + 6, week_8 + 6)
    last = dose_3
    if booster_on is not None and booster_on.toordinal() > last:
        last = booster_on.toordinal()
    again = _six_months_on(date.fromordinal(last)).toordinal()
    return [
        (start, start, start, start + 14, None),
        (floor, floor, max(baseline + 21, floor), baseline + 42, None),
        (dose_1 + 14, dose_1 + 21, dose_1 + 28, dose_1 + 42, None),
        (dose_2 + 14, dose_2 + 21, dose_2 + 28, dose_2 + 42, None),
        (dose_3 + 14, dose_3 + 14, dose_3 + 28, dose_3 + 42, None),
        booster,
        early,
        (again, again, again, None, None),
    ]


def _six_months_on(day: date) -> date:
    month = day.month + 6
    year, month = (day.year + 1, month - 12) if month > 12 else (day.year, month)
    try:
        return day.replace(year, month)
    except ValueError:  # the month has no such day: the first of the next
        return date(year, month + 1, 1)


Add = Callable[[date, Any], date]
Table = list[dict[str, Any]]


def table(weeks: Callable[[int], Any], six_months: Any) -> Table:
    """The protocol as the dictionaries that one would write in an afternoon; `weeks` makes an offset."""
    dose = {"absolute_minimum": weeks(2), "earliest": weeks(3), "target": weeks(4), "latest": weeks(6)}
    start = {"absolute_minimum": weeks(0), "earliest": weeks(0)}
    week_8, end_of_8 = weeks(8), weeks(8) + timedelta(days=6)
    return [
        _visit("baseline", (["course-start"], {**start, "target": weeks(0), "latest": weeks(2)})),
        _visit("dose 1", (["baseline"], {**start, "target": weeks(3), "latest": weeks(6)}), (["course-start"], start)),
        _visit("dose 2", (["dose 1"], dose)),
        _visit("dose 3", (["dose 2"], dose)),
        _visit("test", (["dose 3"], {**dose, "earliest": weeks(2)})),
        _visit(
            "booster",
            (["attempt"], {
                "absolute_minimum": weeks(-6), "earliest": weeks(-6), "target": weeks(-2), "latest": weeks(0),
                "maximum": weeks(0),
            }),
            (["dose 3"], {"absolute_minimum": weeks(2), "earliest": weeks(3)}),
            proposed=False,
        ),
        _visit("early booster", (["lmp"], {
            "absolute_minimum": week_8, "earliest": week_8, "target": week_8, "latest": end_of_8, "maximum": end_of_8,
        }), proposed=False),
        _visit("re-dose", (["dose 3", "booster"], {
            "absolute_minimum": six_months, "earliest": six_months, "target": six_months,
        }), proposed=False),
    ]  # fmt: skip


def _visit(name: str, *relations: tuple[list[str], dict[str, Any]], proposed: bool = True) -> dict[str, Any]:
    return {
        "name": name,
        "proposed": proposed,
        "relations": [{"anchors": anchors, "offsets": offsets} for anchors, offsets in relations],
    }


def by_table(rows: Table, add: Add, days: Mapping[str, date]) -> dict[str, dict[str, date]]:
    """The windows by walking the dictionaries; each name has the dates that are known."""
    found = dict(days)
    windows: dict[str, dict[str, date]] = {}
    for visit in rows:
        window: dict[str, date] = {}
        for relation in visit["relations"]:
            anchors = [found[name] for name in relation["anchors"] if name in found]
            if anchors:
                anchor = max(anchors)
                _narrow(window, {name: add(anchor, by) for name, by in relation["offsets"].items()})
        windows[visit["name"]] = window
        if visit["proposed"] and visit["name"] not in found:
            found[visit["name"]] = window["target"]
    return windows


def _narrow(window: dict[str, date], other: dict[str, date]) -> None:
    for name, day in other.items():
        if name not in window:
            window[name] = day
        elif name in ("absolute_minimum", "earliest"):
            window[name] = max(window[name], day)
        elif name in ("latest", "maximum"):
            window[name] = min(window[name], day)
    if "target" in window and "earliest" in window:
        window["target"] = max(window["target"], window["earliest"])


_SIX_MONTHS = "six months"
_TIMEDELTAS = table(lambda number: timedelta(weeks=number), _SIX_MONTHS)
_RELATIVEDELTAS = table(lambda number: relativedelta(weeks=number), relativedelta(months=6))


def by_timedelta(days: Mapping[str, date]) -> dict[str, dict[str, date]]:
    """Dictionaries and datetime.timedelta; months by hand."""
    return by_table(_TIMEDELTAS, lambda day, by: _six_months_on(day) if by is _SIX_MONTHS else day + by, days)


def by_relativedelta(days: Mapping[str, date]) -> dict[str, dict[str, date]]:
    """The same dictionaries and dateutil.relativedelta, as most Python code does it."""
    return by_table(_RELATIVEDELTAS, lambda day, by: day + by, days)
