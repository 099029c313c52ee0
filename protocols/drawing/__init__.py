"""A protocol as a picture for the wall, and one treatment as a picture of its days: each one SVG.

    svg = draw(load_library("lit-standard"))                 # from the template alone
    svg = draw_treatment(plan, title="HYD-0042")             # from a plan: windows, what was done, what is held

`words` says what the template asks in a reader's words, `gates` what a test lets through and whom it asks otherwise;
`poster` sets both out from top to bottom on a `canvas`. Pure: equal templates give equal pictures.
"""

from protocols.drawing.poster import draw
from protocols.drawing.treatment import draw_treatment

__all__ = ["draw", "draw_treatment"]
