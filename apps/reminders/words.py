"""The word lint: what no outgoing text may hold.

Whole words only: a substring rule finds "lit" in "Lalitha". A word is a run of letters, digits and the marks
that belong to them, so that it works in every script; signs between two words part them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

_LIST = Path(__file__).with_name("clinical_words.txt")
_JOINERS = frozenset("\u200c\u200d")  # inside Indic and Urdu words, never between two


class ClinicalWord(ValueError):
    """An outgoing text holds clinical words: it is not sent. The words are on the error, for staff's eyes
    only."""

    def __init__(self, words: tuple[str, ...]) -> None:
        super().__init__("an outgoing text holds clinical words")
        self.words = words


def clinical_words(text: str, names: Iterable[str] = ()) -> tuple[str, ...]:
    """The clinical words of `text`, each once, in order. Words of people's `names` are exempt (Dr. Loss is a
    name)."""
    exempt = {word for name in names for word in words_of(name)}
    found = (word for word in words_of(text) if word in _listed() and word not in exempt)
    return tuple(dict.fromkeys(found))


def discreet(text: str) -> str:
    """The text where it may be read by anybody; nothing at all where a clinical word got in."""
    return "" if clinical_words(text) else text


def refuse_clinical_words(text: str, names: Iterable[str] = ()) -> None:
    """Raises ClinicalWord if the text holds any."""
    found = clinical_words(text, names)
    if found:
        raise ClinicalWord(found)


def words_of(text: str) -> Iterator[str]:
    """The words, composed and without case."""
    word = ""
    for sign in unicodedata.normalize("NFC", text).casefold():
        if unicodedata.category(sign)[0] in "LMN":
            word += sign
        elif sign not in _JOINERS:
            if word:
                yield word
            word = ""
    if word:
        yield word


@cache
def _listed() -> frozenset[str]:
    lines = (line.strip() for line in _LIST.read_text(encoding="utf-8").splitlines())
    return frozenset(word for line in lines if line and not line.startswith("#") for word in words_of(line))
