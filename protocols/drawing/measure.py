"""How wide a text is, so that nothing overlaps: Helvetica's own widths, which Arial and Liberation Sans share."""

from __future__ import annotations

import unicodedata

FONT = "Arial, Helvetica, 'Liberation Sans', sans-serif"
_THOUSANDTHS = (
    (191, "'"), (222, "ijl"), (260, "|"), (278, " !,./:;I[\\]ft"), (333, "()-`r"), (334, "{}"), (355, '"'),
    (389, "*"), (469, "^"), (500, "Jckszvxy"), (556, "#$0123456789?L_abdeghnopqu"), (584, "+<=>~"), (611, "FTZ"),
    (667, "&ABEKPSVXY"), (722, "CDHNRUw"), (778, "GOQ"), (833, "Mm"), (889, "%"), (944, "W"), (1015, "@"),
)  # fmt: skip
_WIDTHS = {character: width for width, characters in _THOUSANDTHS for character in characters}
_BOLD = 1.1


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """The width of one line in the units of `size`; generous where the font has no say."""
    thousandths = sum(_width(character) for character in text)
    return thousandths / 1000 * size * (_BOLD if bold else 1)


def _width(character: str) -> int:
    if character in _WIDTHS:
        return _WIDTHS[character]
    if unicodedata.combining(character):
        return 0
    base = unicodedata.normalize("NFD", character)[0]
    if base in _WIDTHS:
        return _WIDTHS[base]
    return 1000 if unicodedata.east_asian_width(character) in "WF" else 720


def wrap(text: str, size: float, width: float, *, bold: bool = False) -> list[str]:
    """The text in lines of at most `width`; a word that is wider is broken. At least one line."""
    lines: list[str] = [""]
    for word in text.split():
        for piece in _pieces(word, size, width, bold=bold):
            longer = f"{lines[-1]} {piece}".strip()
            if width_of(longer, size, bold=bold) <= width:
                lines[-1] = longer
            else:
                lines.append(piece)
    return [line for line in lines if line] or [""]


def _pieces(word: str, size: float, width: float, *, bold: bool) -> list[str]:
    pieces = [""]
    for character in word:
        if pieces[-1] and width_of(pieces[-1] + character, size, bold=bold) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces
