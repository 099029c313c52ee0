"""A window as a scale: from the anchor to the last day, with the days that a visit may, should and must not have.

The zones differ in pattern as well as in colour, so that a copy in black and white says the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocols.drawing.canvas import INK, PAPER, QUIET, RULE, SMALL, Canvas
from protocols.drawing.measure import width_of
from protocols.drawing.spans import gestation_words, shared_unit
from protocols.durations import Duration
from protocols.relations import Relation

GOOD, REASON, LATE = "#1f5f8b", "url(#drawing-hatch)", "#c9d8e4"
HEIGHT = 34.0
_BAR, _DAYS_A_MONTH = 10.0, 365.2425 / 12
_UNITS = {"year": "yr", "month": "mo", "week": "wk", "day": "d"}


@dataclass(frozen=True, slots=True)
class _Axis:
    """Maps days from the anchor to x. `before` runs the other way; `broken` leaves out the way from the anchor."""

    x: float
    width: float
    low: float
    high: float
    before: bool
    broken: bool

    def at(self, days: float) -> float:
        inset = 26.0 if self.broken else 6.0
        share = (days - self.low) / (self.high - self.low)
        along = inset + share * (self.width - inset - 26)
        return self.x + (self.width - along if self.before else along)


def days_of(duration: Duration) -> float:
    """About how many days a duration has; only for drawing."""
    return duration.months * _DAYS_A_MONTH + duration.days


def has_scale(relation: Relation) -> bool:
    """Whether a relation is a window of its own: a best day and a first one that differ, or a last one.

    What a decision asks for is the rarer way, and is left to the words.
    """
    minimum, earliest, target, latest, _ = relation.offsets
    if target is None or (minimum is None and earliest is None) or relation.anchor.decision is not None:
        return False
    return len({days_of(offset) for offset in (minimum, earliest, target, latest) if offset is not None}) > 1


def draw_scale(canvas: Canvas, x: float, y: float, width: float, relation: Relation) -> None:
    """The scale of one relation in a field of `width` by HEIGHT with its upper left corner at (x, y)."""
    minimum, earliest, target, latest, maximum = [
        None if offset is None else days_of(offset) for offset in relation.offsets
    ]
    if relation.absolute_minimum is not None and relation.absolute_minimum.at is None:
        # What is blank is not drawn, least of all as a limit.
        minimum = None
    known = [days for days in (minimum, earliest, target, latest, maximum) if days is not None]
    axis = _axis(x, width, known, before=relation.before is not None)
    middle = y + 9
    _draw_axis(canvas, axis, middle)
    _zone(canvas, axis, middle, minimum, earliest, REASON)
    last = latest if latest is not None else _open_end(axis)
    _zone(canvas, axis, middle, earliest, last, GOOD, fades=latest is None)
    _zone(canvas, axis, middle, latest, maximum, LATE)
    for limit in (minimum, maximum):
        if limit is not None:
            canvas.line((axis.at(limit), middle - 9), (axis.at(limit), middle + 9), width=2.5)
    if target is not None:
        mark = axis.at(target)
        canvas.shape(
            [(mark, middle - 9), (mark + 8, middle), (mark, middle + 9), (mark - 8, middle)],
            fill=PAPER, stroke=INK, stroke_width=2,
        )  # fmt: skip
    _label(canvas, axis, y + 30, relation)


def _axis(x: float, width: float, known: list[float], *, before: bool) -> _Axis:
    low, high = min(0.0, *known), max(*known)
    if low == 0 and min(known) > 0.6 * high:
        # Far from its anchor a window would shrink to a dot.
        span = high - min(known)
        return _Axis(x, width, min(known) - 0.15 * span, high, before, broken=True)
    return _Axis(x, width, low, high or 1.0, before, broken=False)


def _open_end(axis: _Axis) -> float:
    """A little past the last day that is named: so far as the field has room."""
    past = (axis.high - axis.low) * (18 / (axis.width - 32))
    return axis.low - past if axis.before else axis.high + past


def _draw_axis(canvas: Canvas, axis: _Axis, middle: float) -> None:
    canvas.line((axis.x, middle), (axis.x + axis.width, middle), stroke=RULE, width=1)
    origin = axis.x + axis.width - 6 if axis.before else axis.x + 6
    if axis.broken:
        gap = origin + (-10 if axis.before else 10)
        canvas.line((gap - 3, middle + 6), (gap + 1, middle - 6), stroke=QUIET)
        canvas.line((gap + 1, middle + 6), (gap + 5, middle - 6), stroke=QUIET)
    else:
        origin = axis.at(0.0)
    canvas.disc(origin, middle, 3.5, fill=PAPER, stroke=INK, stroke_width=1.5)


def _zone(
    canvas: Canvas,
    axis: _Axis,
    middle: float,
    start: float | None,
    end: float | None,
    fill: str,
    *,
    fades: bool = False,
) -> None:
    if start is None or end is None or start == end:
        return
    left, right = sorted((axis.at(start), axis.at(end)))
    canvas.box(left, middle - _BAR / 2, right - left, _BAR, fill=fill, stroke=INK, stroke_width=1)
    if fades:
        tip = left if axis.before else right
        way = -1 if axis.before else 1
        points = [(tip, middle - 7), (tip + 8 * way, middle), (tip, middle + 7)]
        canvas.shape(points, fill=fill)


def _label(canvas: Canvas, axis: _Axis, y: float, relation: Relation) -> None:
    """The days below the scale, the deciding ones first; one that would touch another is left to the words."""
    minimum, earliest, target, latest, maximum = relation.offsets
    said: list[str] = []
    taken: list[tuple[float, float]] = []
    # A best day of 0 carries no unit that the other labels could leave out.
    unit = (
        shared_unit([offset for offset in relation.offsets if offset is not None])
        if target and days_of(target)
        else None
    )
    for offset, bold in (
        (target, True),
        (earliest, False),
        (latest, False),
        (minimum, False),
        (maximum, False),
    ):
        if offset is None:
            continue
        text = _shortened(gestation_words(offset) if relation.anchor.gestation else offset.in_words())
        text = text.split()[0] if unit and not bold else text
        half = width_of(text, SMALL, bold=bold) / 2
        x = _room_for(axis, axis.at(days_of(offset)), half, taken)
        if x is not None and text.split()[0] not in said:
            said.append(text.split()[0])
            taken.append((x - half, x + half))
            canvas.text(x, y, text, size=SMALL, bold=bold, fill=INK if bold else QUIET, anchor="middle")


def _room_for(axis: _Axis, at: float, half: float, taken: list[tuple[float, float]]) -> float | None:
    """Where a label near its day touches no other; a little aside if need be."""
    for aside in (0.0, -6.0, 6.0):
        x = min(max(at + aside, axis.x + half), axis.x + axis.width - half)
        if not any(x - half < right + 5 and left - 5 < x + half for left, right in taken):
            return x
    return None


def _shortened(said: str) -> str:
    if said == "0 days":
        return "0"
    said = said.replace(" and ", "+").replace(" less ", "−").replace("minus ", "−")
    for unit, short in _UNITS.items():
        said = said.replace(f" {unit}s", f" {short}").replace(f" {unit}", f" {short}")
    return said
