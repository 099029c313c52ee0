"""One step as a card: its title, its rounds, its windows with their scales, and when it is done at all."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from protocols.drawing.canvas import BODY, HEADING, INK, LINE, PAPER, QUIET, RULE, SMALL, TEXT, Canvas
from protocols.drawing.gates import asks_whom, waits
from protocols.drawing.measure import width_of, wrap
from protocols.drawing.scale import HEIGHT as SCALE_HEIGHT
from protocols.drawing.scale import draw_scale, has_scale
from protocols.drawing.spans import BLANK, last_words
from protocols.drawing.words import (
    Row,
    condition_words,
    count_words,
    hangs_on,
    needs_of,
    rows_of,
    source_words,
)
from protocols.template import Step, Template

PAD, LABEL, SCALE_WIDTH = 12.0, 104.0, 190.0
_MOST_PIPS, _RING = 14, 8.0


@dataclass(frozen=True, slots=True)
class Field:
    """Where a card stands: its upper left corner and its width."""

    x: float
    y: float
    width: float

    @property
    def text_x(self) -> float:
        return self.x + PAD + LABEL

    @property
    def text_width(self) -> float:
        return self.width - 2 * PAD - LABEL

    @property
    def right(self) -> float:
        return self.x + self.width - PAD


def draw_card(canvas: Canvas, template: Template, step: Step, needs: Sequence[str], field: Field) -> float:
    """Draw the card of a step; returns the y of its lower edge. `needs` numbers what must be there on the day."""
    with canvas.group(class_="step", data_step=step.name):
        frame = canvas.box(
            field.x, field.y, field.width, 0.0, rx=7.0, fill=PAPER, stroke=RULE, stroke_width=1.5
        )
        y = _head(canvas, template, step, needs, field)
        y = _course(canvas, template, step, field, y)
        for row in rows_of(template, step):
            y = _window(canvas, row, field, y)
        if step.when is not None:
            y = labelled(canvas, field, y, "Only with", condition_words(template, step.when))
        if step.measures == "baseline":
            text = f"{asks_whom(template, _POSITIVE)} {waits(template, _POSITIVE)}"
            y = labelled(canvas, field, y, "If positive", text.strip())
        bottom = y - LINE + 9
        frame.set("height", f"{bottom - field.y:.1f}")
    return bottom


_POSITIVE = "baseline_already_positive"


def _head(canvas: Canvas, template: Template, step: Step, needs: Sequence[str], field: Field) -> float:
    """The title; at the right who comes, and the numbers of what must be there."""
    y, right = field.y + 23, field.right
    mine = [number for number, text in enumerate(needs, 1) if text in needs_of(template, step)]
    wide = len(mine) * (2 * _RING + 3)
    said = [text for text in (_tag(step), "with the donor" if "donor" in step.attends else "") if text]
    words = ", ".join(said) + (", needs" if said and mine else "needs" if mine else "")
    aside = width_of(words, SMALL) + wide
    fits = width_of(step.title, HEADING, bold=True) + aside + 20 <= right - field.x - PAD
    below = canvas.lines(
        field.x + PAD, y, step.title, right - field.x - PAD, size=HEADING, bold=True, step=21.0
    )
    if not words:
        return below
    x, y = (right - aside - 4, y - 1) if fits else (field.x + PAD, below - 2)
    x = canvas.text(x, y, words, size=SMALL, fill=QUIET) + 4
    for number in mine:
        draw_number(canvas, x + _RING, y - 4, number)
        x += 2 * _RING + 3
    return below if fits else below + 18


def draw_number(canvas: Canvas, x: float, y: float, number: int) -> None:
    """The number of something that must be there on the day."""
    canvas.disc(x, y, _RING, fill=PAPER, stroke=INK, stroke_width=1.2)
    canvas.text(x, y + 4, str(number), size=11.0, bold=True, anchor="middle")


def _tag(step: Step) -> str:
    if step.optional:
        return "if the couple wants it"
    return "if not pregnant by then" if step.redose else ""


def _course(canvas: Canvas, template: Template, step: Step, field: Field, y: float) -> float:
    """How often: a pip for each dose, a diamond for each test, hollow pips for what a decision may add."""
    if not step.several:
        return y
    x = field.x + PAD
    pips = _pips(step, tested=bool(template.tests_after(step.name)))
    if len(pips) <= _MOST_PIPS:
        x = _draw_pips(canvas, x, y - 5, pips) + 10
    return canvas.lines(x, y, _course_words(template, step), field.right - x, size=TEXT) + 3


def _pips(step: Step, *, tested: bool) -> str:
    """``o`` a planned dose, ``?`` one that is blank, ``t`` a test, ``+`` a dose that may be added."""
    if step.rounds is None:
        return "o" * step.count if step.repeat is None else "o" + "+" * ((step.repeat.cap or 2) - 1)
    rounds, test = step.rounds, "t" if tested else ""
    planned = test.join("o" * size.doses if size.doses else "?" for size in rounds.sizes)
    return planned + test + "+" * ((rounds.cap or 0) - planned.count("o"))


def _draw_pips(canvas: Canvas, x: float, y: float, pips: str) -> float:
    for pip in pips:
        x += 8
        if pip == "t":
            canvas.shape(
                [(x, y - 7), (x + 7, y), (x, y + 7), (x - 7, y)], fill=PAPER, stroke=INK, stroke_width=1.5
            )
        else:
            dashes = {"stroke_dasharray": "3 2"} if pip in "?+" else {}
            canvas.disc(x, y, 6.0, fill=INK if pip == "o" else PAPER, stroke=INK, stroke_width=1.5, **dashes)
        x += 8
    return x


def _course_words(template: Template, step: Step) -> str:
    if step.repeat is not None:
        until = step.repeat.until
        end = f"{last_words(until)} {hangs_on(template, step, until)}"
        most = source_words(step.repeat.cap_source, step.repeat.cap_grade)
        return f"Again until {end}; at most {_or_blank(step.repeat.cap)} [{most}]"
    if step.rounds is None:
        return f"{count_words(step.count, step.noun)} in all"
    tests = template.tests_after(step.name)
    test = f", then the {' and the '.join(test.noun for test in tests)}" if tests else ""
    rounds = [
        count_words(size.doses, step.noun)
        + (f" from {size.donor.replace('+', ' and ')}" if size.donor else "")
        for size in step.rounds.sizes
    ]
    several = "; without response ".join(
        f"{text}{test}" + (f" (up to {count} rounds)" if count > 1 else "") for text, count in _runs(rounds)
    )
    cap = _or_blank(step.rounds.cap)
    return f"{several}; at most {cap} in all [{source_words(step.rounds.cap_source, step.rounds.cap_grade)}]"


def _or_blank(number: int | None) -> str:
    return BLANK if number is None else str(number)


def _runs(texts: Sequence[str]) -> list[tuple[str, int]]:
    """Equal neighbours together, each with how many they are."""
    return [(text, len(list(group))) for text, group in itertools.groupby(texts)]


def _window(canvas: Canvas, row: Row, field: Field, y: float) -> float:
    """One relation: its heading, its words, and at the right its scale."""
    with canvas.group(title=row.notes):
        below = canvas.lines(field.x + PAD, y, row.heading, LABEL - 8, size=SMALL, bold=True, step=15.0) + 3
        drawn, top = has_scale(row.relation), y
        y = _amount(canvas, row, field, y, field.text_width - (SCALE_WIDTH + 12 if drawn else 0))
        if drawn:
            draw_scale(canvas, field.right - SCALE_WIDTH, top - 14, SCALE_WIDTH, row.relation)
            y = max(y, top - 14 + SCALE_HEIGHT + LINE)
    return max(y, below if row.heading else y) + 2


def _amount(canvas: Canvas, row: Row, field: Field, y: float, room: float) -> float:
    """The amount in bold, from what it counts, and who says so: on one line where all fits, else on two."""
    x, space, cited = field.text_x, width_of(" ", TEXT), f"[{row.cited}]"
    lines = wrap(row.amount, BODY, room, bold=True)
    if row.blank:
        _frame_blank(canvas, x, y, lines)
    for line in lines[:-1]:
        y = canvas.lines(x, y, line, room, bold=True)
    end = canvas.text(x, y, lines[-1], bold=True) + (3 if row.blank else 1) * space
    source, place = width_of(cited, SMALL) + space, width_of(row.hangs_on, TEXT)
    if end + place + source <= x + room:
        canvas.text(end, y, row.hangs_on, size=TEXT)
        canvas.text(end + place + space, y, cited, size=SMALL, fill=QUIET)
        return y + LINE
    beside = end + source <= x + room
    if beside:
        canvas.text(end + 2, y, cited, size=SMALL, fill=QUIET)
    y = canvas.lines(x, y + LINE, row.hangs_on, room, size=TEXT)
    return y if beside else canvas.lines(x, y, cited, room, size=SMALL, fill=QUIET)


def _frame_blank(canvas: Canvas, x: float, y: float, lines: list[str]) -> None:
    wide = max(width_of(line, BODY, bold=True) for line in lines) + 8
    canvas.box(
        x - 4,
        y - 15,
        wide,
        LINE * len(lines),
        fill="none",
        stroke=INK,
        stroke_dasharray="5 3",
        class_="blank",
    )


def labelled(canvas: Canvas, field: Field, y: float, label: str, text: str) -> float:
    """A line of the card: a bold label, and its text beside it."""
    canvas.text(field.x + PAD, y, label, size=SMALL, bold=True)
    return canvas.lines(field.text_x, y, text, field.text_width, size=TEXT, step=17.0) + 2
