"""A protocol document as the editor shows it: numbers in words, every fault beside its field, drawing and example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from apps.desk import words
from apps.desk.forms.protocol_numbers import (
    FaultLine,
    NumberField,
    NumberGroup,
    beside_fields,
    changes_typed,
    groups_of,
)
from apps.desk.forms.protocols import VERSION, VERSION_REMEDY
from protocols import Workdays
from protocols.drawing import draw
from protocols.editing.examining import Examined, examine
from protocols.editing.example import Example, ExampleRow, example_of
from protocols.editing.exchanging import (
    EditableNumber,
    heading_of,
    numbers_of,
    sources_of,
    with_heading,
    with_numbers,
)
from protocols.plan import says_its_number

NUMBERS, DOCUMENT = "numbers", "document"


@dataclass(frozen=True)
class Sheet:
    """One text and all that is said of it. Everything is computed from the text, once."""

    text: str

    @cached_property
    def numbers(self) -> tuple[EditableNumber, ...]:
        return numbers_of(self.text)

    @cached_property
    def examined(self) -> Examined:
        return examine(self.text)

    @cached_property
    def _faults(self) -> tuple[dict[str, tuple[str, ...]], tuple[FaultLine, ...]]:
        return beside_fields(self.numbers, self.examined.faults, self.blanks)

    @cached_property
    def blanks(self) -> tuple[str, ...]:
        """The blank fields; of a document with faults those whose number is empty."""
        if self.examined.template is not None:
            return self.examined.blanks
        return tuple(number.path for number in self.numbers if number.blank)

    @property
    def beside(self) -> dict[str, tuple[str, ...]]:
        return self._faults[0]

    @property
    def listed(self) -> tuple[FaultLine, ...]:
        return self._faults[1]

    @cached_property
    def fields(self) -> tuple[NumberField, ...]:
        sources = sources_of(self.text)
        return tuple(
            NumberField(number, self.beside.get(number.path, ()), sources.get(number.source, ""))
            for number in self.numbers
        )

    @property
    def groups(self) -> tuple[NumberGroup, ...]:
        return groups_of(self.fields)

    @property
    def says(self) -> dict[str, str]:
        """What stands below each number, by path."""
        return {field.name: field.says for field in self.fields}

    @property
    def heading(self) -> dict[str, str]:
        return heading_of(self.text)

    @property
    def own(self) -> tuple[EditableNumber, ...]:
        """The numbers that the clinic set itself, against what the library says."""
        return tuple(number for number in self.numbers if number.own)

    @property
    def lines(self) -> int:
        return self.text.count("\n") + 1

    @property
    def standing(self) -> str:
        """Where the document stands, in one sentence."""
        blanks = sum(line.is_blank for line in self.listed)
        faults = len(self.listed) - blanks
        found = [_count(faults, "fault"), _count(blanks, "blank")]
        said = " and ".join(part for part in found if part)
        return f"{said} to mend before publishing." if said else "No faults and no blanks. Ready to sign."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""


def heading_problems(posted: Mapping[str, str]) -> list[str]:
    """What is wrong with the version label or the title that was typed; both then stay as they were."""
    found = []
    if "version" in posted and not VERSION.fullmatch(posted["version"].strip()):
        found.append(f"Version: '{posted['version'].strip()}' is no label. {VERSION_REMEDY}")
    if "title" in posted and not 0 < len(posted["title"].strip()) <= 200:
        found.append("Title: it is empty or longer than 200 characters. Give the protocol a title.")
    return found


def edited(posted: Mapping[str, str]) -> str:
    """The text that was sent: as typed, or the document that was sent with the numbers that were typed.

    `source` says which of the two was worked on; the other one follows.
    """
    text = posted.get("document", "").replace("\r\n", "\n")
    if posted.get("source") != NUMBERS:
        return text
    text = with_numbers(text, changes_typed(numbers_of(text), posted))
    heading = {
        field: posted[field].strip() for field in ("version", "title") if posted.get(field, "").strip()
    }
    return with_heading(text, heading)


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One line of the example plan."""

    on: str
    title: str
    why: str
    good: str
    is_visit: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What the document would do: its drawing and an example plan, or why there is none yet."""

    drawing: str
    rows: tuple[ShownRow, ...]
    left_out: tuple[ShownRow, ...]
    flags: tuple[str, ...]
    why_not: str


def preview_of(sheet: Sheet, workdays: Workdays, today: date) -> Preview:
    """Drawn and played on the clinic's own open days, from its own today."""
    template = sheet.examined.template
    if template is None:
        return Preview("", (), (), (), "The preview comes back once the faults are mended.")
    drawing = draw(template)
    if not sheet.examined.usable:
        return Preview(drawing, (), (), (), "The example plan appears once every blank is filled.")
    if not workdays.open_weekdays:
        return Preview(drawing, (), (), (), "The clinic has no opening hours yet, so no day can be proposed.")
    example: Example = example_of(template, workdays, today)
    return Preview(
        drawing,
        tuple(_shown(row, today) for row in example.rows),
        tuple(_shown(row, today) for row in example.left_out),
        tuple(f"{words.flag_words(flag.code)}: {flag.text}" for flag in example.flags),
        "",
    )


def _shown(row: ExampleRow, today: date) -> ShownRow:
    plan = row.visit.as_json() if row.visit else {}
    number = f" {row.visit.dose or row.visit.occurrence}" if row.visit and _counted(row) else ""
    good = words.good_days(words.window_of(plan), row.on or today) if plan else ""
    return ShownRow(
        words.day(row.on, today) if row.on else "",
        row.title + number,
        " ".join(_sentence(part) for part in row.why.split(". ")),
        good,
        row.visit is not None,
    )


def _sentence(words_said: str) -> str:
    return f"{words_said[:1].upper()}{words_said[1:].rstrip('.')}."


def _counted(row: ExampleRow) -> bool:
    return row.visit is not None and (row.visit.occurrence > 1 or says_its_number(row.title))
