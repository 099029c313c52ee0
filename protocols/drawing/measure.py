"""How wide a text is, so that nothing overlaps: Helvetica's own widths, which Arial and Liberation Sans share."""

from __future__ import annotations

import unicodedata

FONT = "Arial, Helvetica, 'Liberation Sans', sans-serif"
# Widths in thousandths of the font's size, from Adobe's metrics of Helvetica and Helvetica Bold.
_REGULAR = (
    (191, "'"), (222, "ijl‘’"), (260, "|"), (278, " !,./:;I[\\]ft·"), (333, "()-`r“”"), (334, "{}"), (355, '"'),
    (389, "*"), (469, "^"), (500, "Jckszvxy"), (556, "#$0123456789?L_abdeghnopqu–"), (584, "+<=>~−×"), (611, "FTZ"),
    (667, "&ABEKPSVXY"), (722, "CDHNRUw"), (778, "GOQ"), (833, "Mm"), (889, "%"), (944, "W"), (1000, "—…"), (1015, "@"),
)  # fmt: skip
_BOLD = (
    (238, "'"), (278, " ,./I\\ijl‘’·"), (280, "|"), (333, "!()-:;[]`ft"), (389, "*r{}"), (474, '"'), (500, "z“”"),
    (556, "#$0123456789J_aceksvxy–"), (584, "+<=>^~−×"), (611, "?FLTZbdghnopqu"), (667, "EPSVXY"),
    (722, "&ABCDHKNRU"), (778, "GOQw"), (833, "M"), (889, "%m"), (944, "W"), (975, "@"), (1000, "—…"),
)  # fmt: skip
_WIDTHS = {
    bold: {character: width for width, characters in table for character in characters}
    for bold, table in ((False, _REGULAR), (True, _BOLD))
}


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """The width of one line in the units of `size`; generous where the font has no say."""
    return sum(_width(character, _WIDTHS[bold]) for character in text) / 1000 * size


def is_known(text: str) -> bool:
    """Whether every character's width is known and not only guessed."""
    return all(character in _WIDTHS[False] for character in text)


def _width(character: str, widths: dict[str, int]) -> int:
    if character in widths:
        return widths[character]
    if unicodedata.combining(character):
        return 0
    base = unicodedata.normalize("NFD", character)[0]
    if base in widths:
        return widths[base]
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
