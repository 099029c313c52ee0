"""Which names are mistaken for each other: one letter apart, or alike to the ear. Pure.

A name's *keys* are what its written form becomes when any one letter is dropped, and its sound. Two names one letter
apart (a letter more, less, other or swapped with its neighbour) share a key of the first sort, two that sound alike
the one of the second; so a database finds the likely ones by an index, and `is_similar` judges those.
"""

from __future__ import annotations

import re
import unicodedata

from jellyfish import damerau_levenshtein_distance, metaphone

# Short names are all one letter apart: Ravi and Rani are different people to everybody.
_SHORTEST = 6

# How Indian names are written in Latin letters differs by habit, not by sound: Lakshmi and Laxmi, Sunitha and Sunita.
_SPELLINGS = (
    (re.compile(r"ksh|x"), "ks"),
    (re.compile(r"chh"), "ch"),
    (re.compile(r"([bdgjkt])h"), r"\1"),
    (re.compile(r"sh"), "s"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"w"), "v"),
    (re.compile(r"z"), "j"),
    (re.compile(r"aye|ayi"), "ai"),
    (re.compile(r"ee|ii|y(?![aeiou])"), "i"),
    (re.compile(r"oo|uu"), "u"),
    (re.compile(r"aa"), "a"),
    (re.compile(r"([a-z])\1"), r"\1"),
)


def folded(name: str) -> str:
    """Small letters without Latin accents, stops and double spaces; other scripts keep their vowel signs."""
    kept = []
    for letter in unicodedata.normalize("NFC", name).casefold():
        apart = unicodedata.normalize("NFD", letter)
        kept.append(apart[0] if len(apart) > 1 and apart[0].isascii() else letter)
    return " ".join(re.sub(r"[.'\-_,]", " ", "".join(kept)).split())


def sound_of(name: str) -> str:
    """What the name sounds like, its words in no order; empty where a word is not in Latin letters."""
    codes = [_sound(word) for word in folded(name).split()]
    return " ".join(sorted(codes)) if codes and all(codes) else ""


def keys_of(name: str) -> list[str]:
    """Sorted, each once. An empty name has none."""
    text = folded(name)
    if not text:
        return []
    keys = {f"={text}"}
    if len(text) >= _SHORTEST:
        keys |= {f"={text[:at]}{text[at + 1 :]}" for at in range(len(text))}
    if sound := sound_of(name):
        keys.add(f"~{sound}")
    return sorted(keys)


def word_keys_of(name: str) -> list[str]:
    """A key for the sound of each word, for looking somebody up by one name alone; other scripts by the word itself."""
    return sorted({f"*{_sound(word) or word}" for word in folded(name).split()})


def is_similar(one: str, other: str) -> bool:
    """Whether somebody may take one name for the other: equal, one letter apart, or alike to the ear."""
    first, second = folded(one), folded(other)
    if not first or not second:
        return False
    if first == second:
        return True
    if min(len(first), len(second)) >= _SHORTEST and damerau_levenshtein_distance(first, second) == 1:
        return True
    sound = sound_of(one)
    return bool(sound) and sound == sound_of(other)


def _sound(word: str) -> str:
    if not word.isascii():
        return ""
    for pattern, plain in _SPELLINGS:
        word = pattern.sub(plain, word)
    # A vowel tells Rama from Rami to the eye, not to the ear; the first letter always tells.
    return f"{word[:1]}{metaphone(word)}" if word else ""
