"""Editing a protocol document by its numbers: the text changes just there, and says whose number it is now.

A number that a clinic changes is the clinic's own: source ``clinic``, grade ``setting``, and a note of what the library
said (``library: 4 weeks, S02 (A)``); where the number has no note of its own, a comment above it says so. Set back to
what the library said, it is the library's again. Comments, order and anchors stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import yaml

from protocols.durations import Duration
from protocols.editing.number_spots import Spot, read, spots
from protocols.editing.numbers import OWN, EditableNumber, mark_above, numbers_of, said
from protocols.errors import Fault, TemplateFaults
from protocols.places import (
    Edit,
    added,
    applied,
    child,
    composed,
    entries,
    line_start,
    quoted,
    removed,
    replaced,
    scalar,
)

__all__ = [
    "EditableNumber",
    "heading_of",
    "numbers_of",
    "sources_of",
    "still_cited",
    "with_heading",
    "with_numbers",
]
_CLINIC = ("clinic", "setting")
_CITED = re.compile(r"(?P<words>.*), (?P<source>\S+) \((?P<grade>A|B|C|setting)\)")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 ,.-]*(?<! )")
_RESERVED = {"true", "false", "null", "yes", "no", "on", "off"}


def with_numbers(text: str, changes: Mapping[str, str]) -> str:
    """The document with the numbers at these paths (`EditableNumber.path`) set; an empty value makes a blank.

    Values are written as in the document (``P4W``, ``6``). What is no number of its kind is written all the same, so
    that it can be mended later and the document's check names it. Raises TemplateFaults for a path without a number.
    """
    root = composed(text)
    known = {".".join(spot.path): spot for spot in spots(root)} if root is not None else {}
    missing = [
        Fault(path, "is no number of this document", "Open it again") for path in changes if path not in known
    ]
    if missing:
        raise TemplateFaults(missing)
    sheet = _Sheet(text, list(known.values()))
    for path, value in changes.items():
        sheet.set(known[path], value.strip())
    return applied(text, sheet.edits)


def heading_of(text: str) -> dict[str, str]:
    """What the document calls itself: its `name`, `version` and `title`, empty where it does not say."""
    root = composed(text)
    return {field: scalar(child(root, field)) for field in ("name", "version", "title")}


def sources_of(text: str) -> dict[str, str]:
    """The titles of the document's sources by their tags."""
    return {tag: scalar(child(source, "title")) for tag, source in entries(child(composed(text), "sources"))}


def still_cited(text: str, origin: str) -> tuple[EditableNumber, ...]:
    """Numbers that differ from those of the document it was copied from and still cite the same source for it.

    The form never leaves one behind; somebody who edits the document may. Steps are matched by name.
    """
    before = {number.place: number for number in numbers_of(origin)}
    return tuple(
        number
        for number in numbers_of(text)
        if (was := before.get(number.place)) is not None
        and not was.blank
        and not number.blank
        and number.in_words != was.in_words
        and number.grade in ("A", "B")
        and (number.source, number.grade) == (was.source, was.grade)
    )


def with_heading(text: str, heading: Mapping[str, str]) -> str:
    """The document under another `name`, `version` or `title`; what is missing is added on top."""
    root = composed(text)
    if root is None:
        raise TemplateFaults(
            [Fault("document", "is no mapping of fields", "Begin with name, version, title", 1)]
        )
    edits = []
    for field, said_now in heading.items():
        node = child(root, field)
        written = said_now if field != "version" and _is_plain(said_now) else quoted(said_now)
        if node is None:
            edits.append(Edit(root.start_mark.index, root.start_mark.index, f"{field}: {written}\n"))
        elif scalar(node) != said_now:
            edits.append(replaced(text, node, written))
    return applied(text, edits)


def _is_plain(words: str) -> bool:
    return bool(_PLAIN.fullmatch(words)) and words.lower() not in _RESERVED


def _written(spot: Spot, value: str) -> str:
    """The value as YAML; what cannot be read as its kind stays a text, for the check to name."""
    number = read(spot.kind, value) if value else None
    if not value:
        return "null"
    if number is None:
        return quoted(value)
    return value if isinstance(number, Duration) else f"{number:g}" if abs(number) < 1e6 else str(number)


def _same(spot: Spot, value: str) -> bool:
    before = scalar(spot.value)
    if before == value:
        return True
    number = read(spot.kind, value) if value else None
    return number is not None and bool(before) and read(spot.kind, before) == number


class _Sheet:
    """The edits of one call. A part of the text that two numbers share is edited once."""

    def __init__(self, text: str, known: Sequence[Spot]) -> None:
        self.text, self.lines = text, text.splitlines()
        self._spots = [one for spot in known for one in (spot, *spot.users)]
        self._by_part: dict[tuple[int, str], Edit] = {}

    @property
    def edits(self) -> list[Edit]:
        return list(self._by_part.values())

    def set(self, spot: Spot, value: str) -> None:
        if _same(spot, value):
            return
        before, now = said(scalar(spot.value)), said(value)
        self._by_part[id(spot.value), ""] = replaced(self.text, spot.value, _written(spot, value))
        for one in spot.users or (spot,):
            if one.takes_note:
                self._claim_by_note(one, before, now)
            else:
                self._claim_by_comment(one, before, now)

    def _claim_by_note(self, spot: Spot, before: str, now: str) -> None:
        note, holder = spot.tag("note"), spot.holder
        if holder is None:
            return
        if not note.startswith(OWN):
            kept = f"{OWN}{self._cited(spot, before)}" + (f"; {note}" if note else "")
            self._tag(spot, *_CLINIC)
            self._put(holder, "note", quoted(kept))
            return
        library, _, rest = note.removeprefix(OWN).partition("; ")
        cited = _CITED.fullmatch(library)
        if cited is not None and cited["words"] == now:
            self._tag(spot, cited["source"], cited["grade"])
            if rest:
                self._put(holder, "note", quoted(rest))
            else:
                self._by_part[id(holder), "note"] = removed(self.text, holder, "note")

    def _claim_by_comment(self, spot: Spot, before: str, now: str) -> None:
        line, library = mark_above(self.lines, spot)
        if line < 0:
            start = line_start(self.text, spot.value)
            indent = self.text[start:][: len(self.text[start:]) - len(self.text[start:].lstrip(" "))]
            comment = f"{indent}# {OWN}{spot.name} {self._cited(spot, before)}\n"
            self._by_part[id(spot.value), "comment"] = Edit(start, start, comment)
            self._tag(spot, *_CLINIC)
            return
        cited = _CITED.fullmatch(library)
        if (cited["words"] if cited else library) == now:
            start = sum(len(one) for one in self.text.splitlines(keepends=True)[:line])
            length = len(self.text.splitlines(keepends=True)[line])
            self._by_part[id(spot.value), "comment"] = Edit(start, start + length, "")
            if cited is not None and not self._marked_beside(spot):
                self._tag(spot, cited["source"], cited["grade"])

    def _cited(self, spot: Spot, before: str) -> str:
        """What the library says of a number, with its source; a number beside it may have been changed before."""
        source, grade = (spot.tag(name) for name in spot.tags)
        for other in self._marked_beside(spot):
            cited = _CITED.fullmatch(mark_above(self.lines, other)[1])
            if cited is not None and not spot.takes_note:
                source, grade = cited["source"], cited["grade"]
        return f"{before}, {source} ({grade})" if source and grade else before

    def _marked_beside(self, spot: Spot) -> list[Spot]:
        """Other numbers under the same source that the clinic has changed."""
        return [
            one
            for one in self._spots
            if one.holder is spot.holder and one is not spot and one.tags == spot.tags and not one.takes_note
            if (id(one.value), "comment") not in self._by_part and mark_above(self.lines, one)[0] >= 0
        ]

    def _tag(self, spot: Spot, source: str, grade: str) -> None:
        for name, value in zip(spot.tags, (source, grade), strict=True):
            if spot.holder is not None and child(spot.holder, name) is not None:
                self._put(spot.holder, name, value)

    def _put(self, holder: yaml.MappingNode, name: str, value: str) -> None:
        node = child(holder, name)
        edit = added(self.text, holder, name, value) if node is None else replaced(self.text, node, value)
        self._by_part[id(holder if node is None else node), name] = edit
