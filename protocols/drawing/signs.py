"""The signs on the spine, told apart by shape: what is done there, a gate, a milestone."""

from __future__ import annotations

from typing import Literal

from protocols.drawing.canvas import INK, PAPER, Canvas

Kind = Literal["dose", "test", "review", "contact", "gate"]


def draw_kind(canvas: Canvas, x: float, y: float, kind: Kind, colour: str) -> None:
    """A drop for a dose, a tube for a test, a sheet for a review, a speech bubble for a contact, a barrier for a gate."""
    if kind == "gate":
        canvas.shape(
            [(x, y - 21), (x + 21, y), (x, y + 21), (x - 21, y)], fill="#fffaf0", stroke=INK, stroke_width=2.5
        )
        canvas.box(x - 10, y - 3, 20.0, 6.0, fill=INK)
        canvas.box(x - 10, y - 9, 3.0, 18.0, fill=INK)
        canvas.box(x + 7, y - 9, 3.0, 18.0, fill=INK)
        return
    canvas.disc(x, y, 18.0, fill=PAPER, stroke=colour, stroke_width=3)
    pen = {"fill": "none", "stroke": INK, "stroke_width": 2, "stroke_linejoin": "round"}
    match kind:
        case "dose":
            canvas.add("path", d=f"M{x} {y - 11} C{x + 3} {y - 4} {x + 8} {y - 1} {x + 8} {y + 4}"
                       f" a8 7.5 0 0 1 -16 0 C{x - 8} {y - 1} {x - 3} {y - 4} {x} {y - 11} z", fill=INK)  # fmt: skip
        case "test":
            canvas.add(
                "path", d=f"M{x - 5} {y - 10} h10 M{x - 3.5} {y - 10} v15 a3.5 3.5 0 0 0 7 0 v-15", **pen
            )
            canvas.add("path", d=f"M{x - 3.5} {y} v5 a3.5 3.5 0 0 0 7 0 v-5 z", fill=INK)
        case "review":
            canvas.add(
                "path", d=f"M{x - 7} {y - 9} h14 v18 h-14 z M{x - 4} {y - 4} h8 m-8 4 h8 m-8 4 h5", **pen
            )
        case "contact":
            canvas.add("path", d=f"M{x - 9} {y - 8} h18 v12 h-10 l-5 5 v-5 h-3 z", **pen)


def draw_milestone(canvas: Canvas, x: float, y: float, colour: str) -> None:
    """A flag: something that happens and is not a visit."""
    canvas.disc(x, y, 11.0, fill=colour, stroke=PAPER, stroke_width=2)
    canvas.add(
        "path", d=f"M{x - 3} {y + 6} v-12 h8 l-2.5 3 l2.5 3 h-8", fill=PAPER, stroke=PAPER, stroke_width=1.6
    )
