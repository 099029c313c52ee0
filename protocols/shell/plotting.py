"""The plot of a simulation, as an SVG: length of the course, doses, visits a week, flags."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import leather

from protocols.simulation.life import Life
from protocols.simulation.report import CAVEAT, Report

_SVG = "{http://www.w3.org/2000/svg}"
_INK, _QUIET, _BLUE, _PLUM = "#1a1a1a", "#4a4a4a", "#1f5f8b", "#7a2e5d"
_FONT = "Arial, Helvetica, 'Liberation Sans', sans-serif"
_MOST_LENGTHS = 10
_WIDTH, _HEIGHT, _HEAD = 1200, 900, 70


def plot(path: Path, title: str, report: Report, lives: Sequence[Life]) -> None:
    """Write four charts to `path`, under `title`."""
    ElementTree.register_namespace("", _SVG.strip("{}"))
    _dress()
    grid = leather.Grid()
    grid.add_many(
        [
            _columns("Length of the course (weeks)", "couples", _lengths(lives), _BLUE),
            _columns(
                "Doses that counted", "couples", [(str(n), share.count) for n, share in report.doses], _BLUE
            ),
            _weeks(report.weeks),
            _bars(
                "Flags per couple", [(flag.code.replace("_", " "), flag.per_couple) for flag in report.flags]
            ),
        ]
    )
    path.write_text(_headed(grid.to_svg(width=_WIDTH, height=_HEIGHT), title, CAVEAT), encoding="utf-8")


def _headed(picture: str, title: str, caveat: str) -> str:
    """The charts below a title and what they are not; both also for those who cannot see them."""
    root = ElementTree.fromstring(picture)
    root.set("viewBox", f"0 {-_HEAD} {_WIDTH} {_HEIGHT + _HEAD}")
    root.set("height", str(_HEIGHT + _HEAD))
    root.set("role", "img")
    for place, (tag, text) in enumerate((("title", title), ("desc", caveat))):
        element = ElementTree.Element(f"{_SVG}{tag}")
        element.text = text
        root.insert(place, element)
    paper = {"x": "0", "y": str(-_HEAD), "width": str(_WIDTH), "height": str(_HEAD), "fill": "#ffffff"}
    ElementTree.SubElement(root, f"{_SVG}rect", paper)
    for y, size, text in ((-38, 22, title), (-12, 13, caveat)):
        about = {"x": "40", "y": str(y), "font-size": str(size), "font-family": _FONT, "fill": _INK}
        ElementTree.SubElement(root, f"{_SVG}text", about).text = text
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _dress() -> None:
    """The colours and fonts of the other drawings."""
    theme = leather.theme
    theme.background_color = "#ffffff"
    for part in ("title", "legend", "axis_title", "tick"):
        setattr(theme, f"{part}_font_family", _FONT)
    theme.title_color, theme.label_color, theme.axis_title_color = _INK, _QUIET, _QUIET
    theme.tick_color, theme.zero_color = "#dddddd", _QUIET


def _columns(title: str, counted: str, values: Sequence[tuple[str, float]], colour: str) -> Any:
    chart = leather.Chart(title)
    chart.add_columns(list(values) or [("none", 0)], fill_color=colour)
    chart.add_y_scale(0, max([value for _, value in values] or [1]))
    chart.add_y_axis(name=counted)
    return chart


def _bars(title: str, values: Sequence[tuple[str, float]]) -> Any:
    chart = leather.Chart(title)
    chart.add_bars([(value, name) for name, value in values] or [(0, "none")], fill_color=_PLUM)
    return chart


def _weeks(weeks: Sequence[tuple[date, int]]) -> Any:
    chart = leather.Chart("Visits a week")
    points = list(weeks) or [(date(2000, 1, 3), 0)]
    # A line needs a second point; after the last week nobody comes.
    points.append((points[-1][0] + timedelta(weeks=1), 0))
    chart.add_line(points, stroke_color=_BLUE)
    chart.add_y_scale(0, max([count for _, count in weeks] or [1]))
    return chart


def _lengths(lives: Sequence[Life]) -> list[tuple[str, float]]:
    """Couples by the length of their course, in steps of as many weeks as keep the columns few."""
    weeks = [life.days // 7 for life in lives if life.treated]
    if not weeks:
        return []
    step = -(-(max(weeks) + 1) // _MOST_LENGTHS)
    names = [
        f"{start}-{start + step - 1}" if step > 1 else str(start) for start in range(0, max(weeks) + 1, step)
    ]
    return [
        (name, float(sum(1 for week in weeks if week // step == place))) for place, name in enumerate(names)
    ]
