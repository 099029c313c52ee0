"""How to read the picture, and the sources with their grades."""

from __future__ import annotations

from protocols.drawing.canvas import BODY, INK, LINE, QUIET, SMALL, Canvas
from protocols.drawing.measure import wrap
from protocols.drawing.scale import draw_scale
from protocols.drawing.spans import BLANK
from protocols.durations import parse
from protocols.relations import Anchor, Number, Relation
from protocols.template import Template

_GRADES = (
    "A guideline, statute, registry or peer-reviewed abstract; B clinic or laboratory page; C weaker; "
    "clinic: its own setting."
)


def _example() -> Relation:
    def number(text: str) -> Number:
        return Number(at=parse(text), source="clinic", grade="setting")

    return Relation(
        after=Anchor(previous=True), absolute_minimum=number("P2W"), earliest=number("P3W"), target=number("P4W"),
        latest=number("P6W"), maximum=number("P8W"),
    )  # fmt: skip


def draw_legend(canvas: Canvas, x: float, y: float, width: float) -> float:
    """What the scale's patterns and the signs mean; returns the y below it."""
    y += 15
    canvas.text(x, y, "How to read it", size=BODY, bold=True)
    draw_scale(canvas, x, y + 8, 200.0, _example())
    text_x, room = x + 224, width - 224
    said = (
        "Ring: the day it counts from. Striped: allowed with a reason. Dark: the right time, the diamond the best day. "
        "Pale: late. Never outside the bars. Black dots: planned doses, diamond: test, open dots: more by decision. "
        f"{BLANK} in a dashed box: a number that a clinician fills in."
    )
    bottom = canvas.lines(text_x, y, said, room, size=SMALL, step=15.5)
    return max(bottom - 8, y + 44)


def draw_sources(canvas: Canvas, template: Template, x: float, y: float, width: float) -> float:
    """Every source of the document with its grade, in two columns that end level."""
    y += 14
    canvas.text(x, y, "Sources", size=BODY, bold=True)
    if not template.sources:
        canvas.text(
            x + 70, y, "None is cited: every number is the clinic's own setting.", size=12.0, fill=QUIET
        )
        return y + LINE
    canvas.text(x + 70, y, _GRADES, size=12.0, fill=QUIET)
    entries = [(f"{name} {source.grade}", source.title) for name, source in template.sources.items()]
    column = (width - 20) / 2
    half = (len(entries) + 1) // 2
    ends = [y + LINE]
    for place, part in enumerate((entries[:half], entries[half:])):
        line_y, left = y + LINE, x + place * (column + 20)
        for name, title in part:
            canvas.text(left, line_y, name, size=12.0, bold=True, fill=INK)
            for line in wrap(title, 12.0, column - 48):
                canvas.text(left + 48, line_y, line, size=12.0, fill=QUIET)
                line_y += 14.5
        ends.append(line_y)
    return max(ends) + 6
