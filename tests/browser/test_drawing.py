"""The picture of a protocol as a browser sets it: no text over another, whichever font the machine has."""

import pytest
from playwright.sync_api import Browser

from protocols import library_names, library_text, load
from protocols.drawing import draw
from protocols.drawing.measure import FONT

OVERLAPPING = """() => {
  const texts = [...document.querySelectorAll('text')].filter(text => !text.getAttribute('transform')).map(text => {
    const box = text.getBBox(), size = +text.getAttribute('font-size'), y = +text.getAttribute('y');
    return {said: text.textContent, left: box.x, right: box.x + box.width, top: y - 0.72 * size, low: y + 0.2 * size};
  });
  const wrong = texts.filter(text => text.left < 0 || text.right > 800).map(text => [text.said, 'reaches outside']);
  texts.forEach((one, place) => texts.slice(place + 1).forEach(other => {
    const beside = one.left < other.right - 1 && other.left < one.right - 1;
    if (beside && one.top < other.low - 1 && other.top < one.low - 1) wrong.push([one.said, other.said]);
  }));
  return wrong;
}"""


@pytest.mark.parametrize("font", [FONT, "DejaVu Sans, Noto Sans, sans-serif", "monospace"])
def test_no_text_of_any_picture_lies_over_another(browser: Browser, font: str) -> None:
    page = browser.new_page(viewport={"width": 800, "height": 800})
    wrong = {}
    for name in library_names():
        picture = draw(load(library_text(name)))
        assert FONT in picture
        page.set_content(f"<body style='margin:0'>{picture.replace(FONT, font)}</body>")
        wrong[name] = page.evaluate(OVERLAPPING)
    page.close()
    assert {name: found for name, found in wrong.items() if found} == {}


def test_the_picture_fills_a_narrow_screen_and_no_more(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 600, "height": 800})
    page.set_content(f"<body style='margin:0'>{draw(load(library_text('lit-standard')))}</body>")
    wide, smallest = page.evaluate(
        """() => [document.documentElement.scrollWidth, Math.min(...[...document.querySelectorAll('text')]
             .map(text => +text.getAttribute('font-size') * document.querySelector('svg').clientWidth / 800))]"""
    )
    page.close()
    assert wide == 600
    assert smallest > 8
