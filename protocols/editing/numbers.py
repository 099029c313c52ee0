"""The numbers of a protocol document that a clinician may set, each with its place in the text and its words.

Read from the text and not from the template, so that a document with faults and blanks has its numbers too.
"""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from protocols.durations import Duration
from protocols.editing.number_spots import Kind, Path, Spot, read, spots
from protocols.editing.number_words import Words, in_steps, words_of
from protocols.places import child, composed, scalar

OWN = "library: "
BLANK = "blank"


@dataclass(frozen=True, slots=True)
class EditableNumber:
    """One number of a document.

    `path` leads to it in this document, `place` in any version of it: the step by its name, not by its number. `value` is
    as written (``P4W``, ``6``), empty while it is blank. `shown_at` are the fields of the template that read it: more than
    one if the document shares it. `own` says what the library had, where the clinic has changed it.
    """

    path: str
    place: str
    kind: Kind
    words: Words
    value: str
    source: str = ""
    grade: str = ""
    note: str = ""
    own: str = ""
    matters: bool = False
    line: int = 0
    shown_at: tuple[str, ...] = ()

    @property
    def blank(self) -> bool:
        return not self.value

    @property
    def label(self) -> str:
        return self.words.label

    @property
    def library_says(self) -> str:
        """What the library has where the clinic changed it, as a clause; empty for a number that is the library's."""
        if not self.own:
            return ""
        return (
            "the library leaves it blank"
            if self.own.split(", ")[0] == BLANK
            else f"the library says {self.own}"
        )

    @property
    def in_words(self) -> str:
        """The value as a doctor says it: ``4 weeks``; what cannot be read stands as it was written."""
        return said(self.value)

    @property
    def readable(self) -> bool:
        """Whether the value is a number of its kind; a blank is none yet, and no fault of reading."""
        return self.blank or read(self.kind, self.value) is not None


def said(value: str) -> str:
    """A value in words: ``4 weeks`` for ``P4W``, ``blank`` for none."""
    length = read("duration", value)
    return length.in_words() if isinstance(length, Duration) else value or BLANK


def numbers_of(text: str) -> tuple[EditableNumber, ...]:
    """The numbers of a document in its order, parameters first; none of a text that cannot be read as YAML."""
    root = composed(text)
    if root is None:
        return ()
    lines = text.splitlines()
    return tuple(_described(root, spot, lines) for spot in spots(root))


def _described(root: yaml.MappingNode, spot: Spot, lines: list[str]) -> EditableNumber:
    source, grade = (spot.tag(name) for name in spot.tags)
    behind = [spot, *spot.users]
    own = next((said_before for one in behind if (said_before := _library_of(one, lines))), "")
    note = next((text for one in behind if one.takes_note and (text := _own_words(one.tag("note")))), "")
    used = [user.path for user in spot.users]
    places = [*used, *(path for user in spot.users for path in user.also_at), *spot.also_at]
    return EditableNumber(
        path=".".join(spot.path),
        place=".".join(_place(root, spot.path)),
        kind=spot.kind,
        words=words_of(root, spot.path, places),
        value=scalar(spot.value),
        source=source or next((user.tag(user.tags[0]) for user in spot.users), ""),
        grade=grade or next((user.tag(user.tags[1]) for user in spot.users), ""),
        note=note,
        own=own,
        matters=not scalar(spot.value) or own.startswith(BLANK) or _matters(root, spot),
        line=spot.value.start_mark.line + 1,
        shown_at=tuple(".".join(path) for path in (spot.path, *places)),
    )


def _place(root: yaml.MappingNode, path: Path) -> Path:
    step = scalar(child(in_steps(root, path), "name"))
    return ("steps", step, *path[2:]) if step else path


def _library_of(spot: Spot, lines: list[str]) -> str:
    """What the library had of a number that the clinic has changed, empty for any other."""
    if not spot.takes_note:
        return mark_above(lines, spot)[1]
    note = spot.tag("note")
    return note.removeprefix(OWN).partition("; ")[0] if note.startswith(OWN) else ""


def _own_words(note: str) -> str:
    """The note as its author wrote it, without what the library said."""
    return note.partition("; ")[2] if note.startswith(OWN) else note


def mark_above(lines: list[str], spot: Spot) -> tuple[int, str]:
    """The comment above a number that takes no note: its line, counted from 0, and what the library had. -1 if none."""
    begins = f"# {OWN}{spot.name} "
    line = spot.value.start_mark.line - 1
    while line >= 0 and lines[line].lstrip().startswith("#"):
        if lines[line].strip().startswith(begins):
            return line, lines[line].strip().removeprefix(begins)
        line -= 1
    return -1, ""


def _matters(root: yaml.MappingNode, spot: Spot) -> bool:
    """Whether it is one of the dozen that a doctor looks at: gaps between doses, doses in all, tests, boosters."""
    if spot.path[0] == "parameters" or spot.path == ("notice",) or spot.path[0] == "flags":
        return True
    if spot.path[0] == "tests":
        return spot.path[2] == "valid_for"
    if spot.path[0] != "steps":
        return False
    step, part = in_steps(root, spot.path), spot.path[2]
    is_course = child(step, "rounds") is not None or child(step, "gaps") is not None
    is_dose = scalar(child(step, "kind")) == "dose"
    match part:
        case "next" | "gaps":
            anchor = child(root, *spot.path[:-1], "after", "previous")
            return is_dose and (part == "gaps" or anchor is not None)
        case "rounds" | "repeat" | "count":
            return True
        case "content":
            return is_course and spot.path[3] == "cells_million"
        case "relations" if spot.path[3] == "0" and spot.path[-1] == "target":
            return (is_dose and not is_course) or scalar(child(step, "measures")) == "round"
    return False
