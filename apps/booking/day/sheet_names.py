"""Names on paper in the scripts of the region: Latin as text, the others shaped and set as a picture.

reportlab sets one glyph a character, which is wrong for Devanagari, Telugu and Urdu. Pillow shapes them with HarfBuzz and
orders them with FriBiDi where this machine has it. The fonts ship with the product (`fonts/OFL.txt`). What cannot be set
right is not set at all: the code of the couple then stands for the name.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from pathlib import Path
from unicodedata import category

from PIL import Image, ImageDraw, ImageFont, features
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable
from reportlab.platypus import Image as Picture

FONTS = Path(__file__).parent / "fonts"
LATIN = "NotoSans-Regular"
_SHAPED = ("NotoSansDevanagari-Regular", "NotoSansTelugu-Regular", "NotoNaskhArabic-Regular")
# Pixels of a picture for one point on paper: about 300 to the inch.
_PIXELS = 4
# A zero-width joiner has no glyph of its own, and steers the shaping.
_UNSEEN = "\u200c\u200d"


@lru_cache(maxsize=1)
def register() -> None:
    """Makes the fonts known to reportlab, once in a process."""
    for name in (LATIN, *_SHAPED):
        pdfmetrics.registerFont(TTFont(name, str(FONTS / f"{name}.ttf")))


def is_plain(text: str) -> bool:
    """Whether the text needs no shaping and the text font has all of it."""
    return _covers(LATIN, text)


def picture(text: str, size: float) -> Flowable | None:
    """The name shaped, `size` points high in its letters; None where no font has it or this machine cannot shape."""
    font = _font_of(text)
    if font is None or not features.check("raqm"):
        return None
    face = ImageFont.truetype(
        str(FONTS / f"{font}.ttf"), int(size * _PIXELS), layout_engine=ImageFont.Layout.RAQM
    )
    left, top, right, bottom = face.getbbox(text)
    width, height = int(right - left) + 2, int(bottom - top) + 2
    if width > _PIXELS * 500:
        return None  # no name is wider than the sheet
    image = Image.new("L", (width, height), 255)
    ImageDraw.Draw(image).text((1 - left, 1 - top), text, font=face, fill=0)
    data = BytesIO()
    image.save(data, "PNG")
    data.seek(0)
    return Picture(data, width=width / _PIXELS, height=height / _PIXELS, hAlign="LEFT")


def _font_of(text: str) -> str | None:
    """The one font that has every letter of the text; blanks, digits and stops are left to the Latin beside it."""
    letters = "".join(one for one in text if category(one)[0] in "LM")
    return next((font for font in _SHAPED if letters and _covers(font, letters)), None)


def _covers(font: str, text: str) -> bool:
    register()
    glyphs = pdfmetrics.getFont(font).face.charToGlyph
    return all(ord(letter) in glyphs or letter in _UNSEEN for letter in text)
