"""An address as a picture that phones read, drawn into the page itself."""

from __future__ import annotations

import segno


def qr_svg(text: str) -> str:
    """The text as an SVG element in black on white, without a size of its own; safe to stand in a page."""
    return segno.make(text, error="m").svg_inline(
        scale=1, border=3, omitsize=True, light="#fff", svgclass="qr", lineclass=None
    )
