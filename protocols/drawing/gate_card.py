"""A gate as a card: the scale of values that reads the test, and a line for each way out."""

from __future__ import annotations

from protocols.drawing.canvas import HEADING, INK, LINE, PAPER, QUIET, SMALL, TEXT, Canvas
from protocols.drawing.card import PAD, Field
from protocols.drawing.gates import Gate, Scale, Sign, Zone
from protocols.drawing.measure import width_of, wrap

COLOURS: dict[Sign, str] = {
    "responded": "#1b6b3a",
    "weak": "#8a5a00",
    "none": "#a3201d",
    "unread": "#4a4a4a",
    "wait": "#1a1a1a",
}
_FILLS = {"responded": "#1b6b3a", "weak": "#f0d090", "none": "#ffffff"}
_BAR, _NAME = 32.0, 12.5


def draw_gate(canvas: Canvas, gate: Gate, field: Field) -> float:
    """Draw a gate; returns the y of its lower edge."""
    with canvas.group(class_="gate"):
        frame = canvas.box(
            field.x, field.y, field.width, 0.0, rx=8.0, fill="#fffaf0", stroke=INK, stroke_width=2.5
        )
        y = canvas.lines(
            field.x + PAD, field.y + 23, gate.title, field.width - 2 * PAD, size=HEADING, bold=True, step=21.0
        )
        for scale in gate.scales:
            y = _draw_values(canvas, scale, field, y)
        for outcome in gate.outcomes:
            draw_sign(canvas, field.x + PAD + 9, y - 5, outcome.sign)
            canvas.text(
                field.x + PAD + 22, y, outcome.label, size=SMALL, bold=True, fill=COLOURS[outcome.sign]
            )
            y = canvas.lines(field.text_x, y, outcome.text, field.text_width, size=TEXT, step=17.0) + 4
        bottom = y - LINE + 9
        frame.set("height", f"{bottom - field.y:.1f}")
    return bottom


def draw_sign(canvas: Canvas, x: float, y: float, sign: Sign) -> None:
    """A tick, a wave, a cross or a question, told apart by shape as well as by colour."""
    canvas.disc(x, y, 9.0, fill=COLOURS[sign])
    stroke = {"fill": "none", "stroke": PAPER, "stroke_width": 2.4, "stroke_linecap": "round"}
    match sign:
        case "responded":
            canvas.add("path", d=f"M{x - 4.5:.1f} {y:.1f} l3.2 3.6 l5.8 -7", **stroke)
        case "weak":
            canvas.add("path", d=f"M{x - 5:.1f} {y + 1:.1f} q2.5 -5 5 -1 t5 -1", **stroke)
        case "none":
            canvas.add("path", d=f"M{x - 3.6:.1f} {y - 3.6:.1f} l7.2 7.2 m0 -7.2 l-7.2 7.2", **stroke)
        case "unread":
            canvas.add("path", d=f"M{x - 4.5:.1f} {y:.1f} h9", **stroke)
        case "wait":
            canvas.add("path", d=f"M{x - 2.6:.1f} {y - 3.6:.1f} v7.2 m5.2 0 v-7.2", **stroke)


def _draw_values(canvas: Canvas, scale: Scale, field: Field, y: float) -> float:
    """The values of one assay as a bar of its bands, with the limits below it."""
    x, width = field.x + PAD, field.width - 2 * PAD
    aside = "" if scale.drawn_to_scale or not scale.zones else " (bar not to scale)"
    name = f"Assay {scale.assay}: {scale.unit}{aside}"
    said = (
        f"{name} [{scale.cited}]" if scale.cited else f"{name}, {scale.least} to {scale.most}, recorded only"
    )
    y = canvas.lines(x, y - 2, said, width, size=SMALL, fill=QUIET, step=15.0)
    if not scale.zones:
        return y + 4
    top = y - 10
    apart = [zone for zone in scale.zones if not _draw_zone(canvas, zone, x, width, top)]
    _draw_limits(canvas, scale, x, width, top + _BAR + 13)
    y = top + _BAR + 33
    if apart:
        listed = ", ".join(f"{zone.name} from {zone.limit}" for zone in apart)
        y = canvas.lines(x, y, f"Also {listed}", width, size=SMALL, step=15.0) + 3
    return y


def _draw_zone(canvas: Canvas, zone: Zone, x: float, width: float, top: float) -> bool:
    """One band of the bar; says whether its name had room inside."""
    left, right = x + zone.start * width, x + zone.end * width
    dashes = {"stroke_dasharray": "5 3"} if zone.blank else {}
    canvas.box(
        left, top, right - left, _BAR, fill=_FILLS[zone.response], stroke=INK, stroke_width=1.2, **dashes
    )
    lines = wrap(zone.name, _NAME, right - left - 4)
    if len(lines) > 2 or " ".join(lines) != " ".join(zone.name.split()):
        return False
    fill = PAPER if zone.response == "responded" else INK
    for place, line in enumerate(lines):
        y = top + _BAR / 2 + 4.5 + (place - (len(lines) - 1) / 2) * 13
        canvas.text((left + right) / 2, y, line, size=_NAME, fill=fill, anchor="middle")
    return True


def _draw_limits(canvas: Canvas, scale: Scale, x: float, width: float, y: float) -> None:
    end = x - 10.0
    for zone in scale.zones:
        half = width_of(zone.limit, SMALL) / 2
        at = max(x + zone.start * width, x + half)
        if at - half > end + 4:
            canvas.text(at, y, zone.limit, size=SMALL, anchor="middle")
            end = at + half
    if x + width - width_of(scale.most, SMALL) > end + 4:
        canvas.text(x + width, y, scale.most, size=SMALL, anchor="end")
