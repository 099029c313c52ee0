"""The whole picture: title and evidence, the bands with their spine, how to read it, and the sources."""

from __future__ import annotations

from collections.abc import Sequence

from protocols.drawing.canvas import BODY, INK, LINE, PAPER, QUIET, SMALL, TEXT, Canvas
from protocols.drawing.card import Field, draw_card, draw_number
from protocols.drawing.gate_card import draw_gate
from protocols.drawing.gates import held_by_flags
from protocols.drawing.legend import draw_legend, draw_sources
from protocols.drawing.measure import width_of
from protocols.drawing.signs import draw_kind, draw_milestone
from protocols.drawing.spine import Band, Marker, Passage, bands_of
from protocols.drawing.telling import told
from protocols.drawing.words import needs_of
from protocols.template import Phase, Step, Template

WIDTH, MARGIN, STRIP, SPINE, GUTTER = 800.0, 16.0, 30.0, 71.0, 36.0
CARD_X = 96.0
CARD_WIDTH = WIDTH - MARGIN - GUTTER - CARD_X
_INNER, _GAP = WIDTH - 2 * MARGIN, 10.0
_TINTS: dict[Phase, tuple[str, str]] = {
    "pre-conception": ("#1f4e79", "#eef4f9"),
    "pregnancy": ("#7a2e5d", "#faf0f6"),
    "any": ("#4a4a4a", "#f3f3f3"),
}
_HATCH = "M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4"


def draw(template: Template) -> str:
    """The protocol as a self-contained SVG, 800 units wide and as high as it needs.

    It can be read at A3 on a wall and 600 pixels wide on a screen, and says the same in black and white. `desc` tells
    all of it in words. Blanks are drawn as blanks. Any valid template can be drawn.
    """
    canvas = Canvas(WIDTH)
    _define_hatch(canvas)
    paper = canvas.box(0.0, 0.0, WIDTH, 0.0, fill=PAPER)
    needs = list(dict.fromkeys(text for step in template.steps for text in needs_of(template, step)))
    y = _header(canvas, template)
    spots: dict[str, float] = {}
    for band in bands_of(template):
        y = _Column(canvas, template, needs, band, spots).draw(y) + 10
    y = _listed_needs(canvas, needs, y)
    y = _questions(canvas, template, y)
    y = draw_legend(canvas, MARGIN, y, _INNER)
    y = draw_sources(canvas, template, MARGIN, y, _INNER)
    paper.set("height", f"{round(y)}")
    return canvas.finish(y, f"{template.title}, version {template.version}", told(template))


def _define_hatch(canvas: Canvas) -> None:
    with canvas.inside("defs"), canvas.inside(
        "pattern", id="drawing-hatch", width=8.0, height=8.0, patternUnits="userSpaceOnUse"
    ):  # fmt: skip
        canvas.box(0.0, 0.0, 8.0, 8.0, fill=PAPER)
        canvas.add("path", d="M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4", stroke=INK, stroke_width=1.3)


def _header(canvas: Canvas, template: Template) -> float:
    which = f"{template.name}, version {template.version}"
    beside = width_of(template.title, 28.0, bold=True) + width_of(which, TEXT) + 30 <= _INNER
    if beside:
        canvas.text(WIDTH - MARGIN, 40, which, size=TEXT, fill=QUIET, anchor="end")
    y = canvas.lines(MARGIN, 40, template.title, _INNER, size=28.0, bold=True, step=33.0)
    if not beside:
        y = canvas.lines(MARGIN, y - 10, which, _INNER, size=TEXT, fill=QUIET) + 10
    label, size, top = "Evidence", 13.0, y - 20
    frame = canvas.box(MARGIN, top, _INNER, 0.0, fill="none", stroke=INK, stroke_width=1.2)
    canvas.text(MARGIN + 10, top + 17, label, size=size, bold=True)
    indent = width_of(label, size, bold=True) + 22
    y = canvas.lines(MARGIN + indent, top + 17, template.evidence, _INNER - indent - 10, size=size, step=16.0)
    frame.set("height", f"{y - 8 - top:.1f}")
    return y + 2


class _Column:
    """Draws one phase: its strip and tint, and along the spine its milestones, steps and gates.

    `spots` keeps where the card of each step began, for the loops that lead back to it.
    """

    def __init__(
        self, canvas: Canvas, template: Template, needs: Sequence[str], band: Band, spots: dict[str, float]
    ) -> None:
        self.canvas, self.template, self.needs, self.band, self.spots = canvas, template, needs, band, spots
        self.colour, self.tint = _TINTS[band.phase]
        self.stops: list[float] = []

    def draw(self, top: float) -> float:
        """Draw it below `top`; returns the y of its lower edge."""
        canvas, colour = self.canvas, self.colour
        back = canvas.box(MARGIN, top, _INNER, 0.0, rx=9.0, fill=self.tint, stroke=colour, stroke_width=1.5)
        strip = canvas.box(MARGIN, top, STRIP, 0.0, rx=9.0, fill=colour)
        spine = canvas.add("line", x1=SPINE, x2=SPINE, stroke=colour, stroke_width=5)
        y = top + 10
        for item in self.band.items:
            y = self._item(item, y) + _GAP
        bottom = y
        for element in (back, strip):
            element.set("height", f"{bottom - top:.1f}")
        spine.set("y1", f"{self.stops[0]:.1f}")
        spine.set("y2", f"{self.stops[-1]:.1f}")
        size = min(16.0, 16.0 * (bottom - top - 12) / width_of(self.band.title, 16.0, bold=True))
        canvas.upwards(
            MARGIN + STRIP / 2 + 6, (top + bottom) / 2, self.band.title, size=size, fill=PAPER, bold=True
        )
        return bottom

    def _item(self, item: Marker | Step | Passage, y: float) -> float:
        canvas, field = self.canvas, Field(CARD_X, y, CARD_WIDTH)
        if isinstance(item, Marker):
            self.stops.append(y + 10)
            draw_milestone(canvas, SPINE, y + 10, self.colour)
            return canvas.lines(CARD_X, y + 16, item.title, CARD_WIDTH, size=BODY, bold=True) - LINE + 5
        self.stops.append(y + 20)
        if isinstance(item, Passage):
            bottom = draw_gate(canvas, item.gate, field)
            draw_kind(canvas, SPINE, y + 20, "gate", self.colour)
            words = _onwards(self.template.step_named[item.back_to]) if item.back_to else ""
            if words and item.back_to in self.spots:
                _loop(canvas, y + 20, self.spots[item.back_to], words)
            return bottom
        bottom = draw_card(canvas, self.template, item, self.needs, field)
        draw_kind(canvas, SPINE, y + 20, item.kind, self.colour)
        self.spots[item.name] = y + 20
        if item.several and not self.template.tests_after(item.name):
            _loop(canvas, bottom - 14, y + 20, "again")
        return bottom


def _onwards(step: Step) -> str:
    """What may follow a gate without response: further planned rounds, and doses that a decision adds."""
    rounds = step.rounds
    if rounds is None:
        return ""
    planned = [size.doses for size in rounds.sizes]
    more = rounds.cap is None or None in planned or rounds.cap > sum(filter(None, planned))
    return ", or ".join(["next round"] * (len(planned) > 1) + ["more by decision"] * more)


def _loop(canvas: Canvas, start: float, end: float, words: str) -> None:
    """An arrow in the gutter from what ends a round back up to what begins the next."""
    x = CARD_X + CARD_WIDTH
    out = x + 14
    with canvas.group(class_="loop"):
        canvas.add(
            "path", d=f"M{x} {start:.1f} H{out - 7} q7 0 7 -7 V{end + 7:.1f} q0 -7 -7 -7 H{x + 8}", fill="none",
            stroke=INK, stroke_width=2.5, stroke_dasharray="7 4",
        )  # fmt: skip
        canvas.shape([(x, end), (x + 11, end - 6), (x + 11, end + 6)], fill=INK)
        if start - end > width_of(words, SMALL) + 4:
            canvas.upwards(out + 14, (start + end) / 2, words, size=SMALL, fill=INK)


def _listed_needs(canvas: Canvas, needs: Sequence[str], y: float) -> float:
    """What the numbers on the cards stand for."""
    if not needs:
        return y
    y += 14
    end = canvas.text(MARGIN, y, "Needed on the day", size=BODY, bold=True) + 16
    for number, text in enumerate(needs, 1):
        said = f"{text[:1].upper()}{text[1:]}"
        wide = 24 + width_of(said, TEXT)
        if end + wide > WIDTH - MARGIN and end > MARGIN:
            y, end = y + 19, MARGIN
        draw_number(canvas, end + 8, y - 5, number)
        y = canvas.lines(end + 21, y, said, WIDTH - MARGIN - end - 21, size=TEXT, step=17.0) - 17
        end += wide + 16
    return y + 12


def _questions(canvas: Canvas, template: Template, y: float) -> float:
    asked = held_by_flags(template)
    if not asked:
        return y
    y = canvas.lines(MARGIN, y + 12, "Also waits until a person decides", _INNER, size=BODY, bold=True)
    for text in asked:
        y = canvas.lines(MARGIN, y, text, _INNER, size=TEXT, step=17.0)
    return y - 10
