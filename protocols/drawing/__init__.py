"""A protocol as a picture for the wall: one SVG, drawn from the template alone.

    svg = draw(load_library("lit-standard"))

`words` says what the template asks in a reader's words, `gates` what a test lets through and whom it asks otherwise;
`poster` sets both out from top to bottom on a `canvas`. Pure: equal templates give equal pictures.
"""

from protocols.drawing.poster import draw

__all__ = ["draw"]
