"""Drawing primitives over an element tree: what is written is escaped, and what has no size cannot be written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from xml.etree import ElementTree

from protocols.drawing.measure import FONT, is_known, width_of, wrap

INK, QUIET, RULE, PAPER = "#1a1a1a", "#4a4a4a", "#8a8a8a", "#ffffff"
BODY, TEXT, SMALL, HEADING, LINE = 15.0, 14.0, 12.5, 18.0, 18.0
Point = tuple[float, float]
# XML knows no control characters but these three, whatever a document says.
_UNWRITABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _said(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def fitted(text: str, wide: float) -> dict[str, object]:
    """The width of a line as attributes, unless it is only guessed."""
    return {"textLength": wide, "lengthAdjust": "spacingAndGlyphs"} if is_known(text) else {}


class Canvas:
    """A drawing of a fixed width that grows downwards."""

    def __init__(self, width: float) -> None:
        self.width = width
        self.root = ElementTree.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "font-family": FONT})
        self._into = self.root

    def add(self, tag: str, /, **attributes: object) -> ElementTree.Element:
        """One element. Underscores of attribute names become hyphens."""
        named = {name.rstrip("_").replace("_", "-"): _said(value) for name, value in attributes.items()}
        return ElementTree.SubElement(self._into, tag, named)

    def write(self, tag: str, text: str, /, **attributes: object) -> None:
        """One element with a text."""
        self.add(tag, **attributes).text = _UNWRITABLE.sub("\ufffd", text)

    @contextmanager
    def group(self, title: str = "", **attributes: object) -> Iterator[None]:
        """What is drawn inside belongs together; `title` is shown where a pointer rests on it."""
        outer, self._into = self._into, self.add("g", **attributes)
        if title:
            self.write("title", title)
        yield
        self._into = outer

    @contextmanager
    def inside(self, tag: str, **attributes: object) -> Iterator[None]:
        """What is drawn inside becomes part of an element of that kind."""
        outer, self._into = self._into, self.add(tag, **attributes)
        yield
        self._into = outer

    def text(
        self, x: float, y: float, text: str, *, size: float = BODY, bold: bool = False, fill: str = INK,
        anchor: str = "start",
    ) -> float:  # fmt: skip
        """One line with its baseline at `y`; returns where it ends, of a line that begins at `x`.

        A viewer that has another font sets the line in the same width, so nothing comes to lie over anything else.
        """
        wide = width_of(text, size, bold=bold)
        if text:
            weight = {"font_weight": "bold"} if bold else {}
            aside = {"text_anchor": anchor} if anchor != "start" else {}
            self.write(
                "text", text, x=x, y=y, font_size=size, fill=fill, **weight, **aside, **fitted(text, wide)
            )
        return x + wide

    def lines(
        self, x: float, y: float, text: str, width: float, *, size: float = BODY, bold: bool = False,
        fill: str = INK, step: float = LINE,
    ) -> float:  # fmt: skip
        """Wrapped text, its first baseline at `y`; returns the baseline for what comes next."""
        for line in wrap(text, size, width, bold=bold):
            self.text(x, y, line, size=size, bold=bold, fill=fill)
            y += step
        return y

    def upwards(self, x: float, y: float, text: str, *, size: float, fill: str, bold: bool = False) -> None:
        """One line that reads from below to above, centred on (x, y)."""
        weight = {"font_weight": "bold"} if bold else {}
        self.write("text", text, x=x, y=y, font_size=size, fill=fill, text_anchor="middle",
            transform=f"rotate(-90 {_said(x)} {_said(y)})", **weight,
            **fitted(text, width_of(text, size, bold=bold)),
        )  # fmt: skip

    def box(self, x: float, y: float, width: float, height: float, **style: object) -> ElementTree.Element:
        return self.add("rect", x=x, y=y, width=width, height=height, **style)

    def line(
        self, start: Point, end: Point, *, stroke: str = INK, width: float = 1.5, **style: object
    ) -> None:
        self.add(
            "line", x1=start[0], y1=start[1], x2=end[0], y2=end[1], stroke=stroke, stroke_width=width, **style
        )

    def shape(self, points: Sequence[Point], **style: object) -> None:
        """A closed polygon."""
        self.add("polygon", points=" ".join(f"{_said(x)},{_said(y)}" for x, y in points), **style)

    def disc(self, x: float, y: float, radius: float, **style: object) -> None:
        self.add("circle", cx=x, cy=y, r=radius, **style)

    def finish(self, height: float, title: str, description: str) -> str:
        """The picture as text, with what it is called and what it says for those who cannot see it."""
        self.root.set("viewBox", f"0 0 {_said(self.width)} {_said(float(round(height)))}")
        self.root.set("role", "img")
        self.root.set("aria-label", _UNWRITABLE.sub("\ufffd", title))
        for place, (tag, text) in enumerate((("title", title), ("desc", description))):
            element = ElementTree.Element(tag)
            element.text = _UNWRITABLE.sub("\ufffd", text)
            self.root.insert(place, element)
        ElementTree.indent(self.root)
        return ElementTree.tostring(self.root, encoding="unicode") + "\n"
