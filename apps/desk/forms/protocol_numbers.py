"""The numbers of a protocol as fields, grouped by step, with every fault beside its field."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from apps.desk.forms.base import sentence
from protocols import Fault
from protocols.editing.numbers import EditableNumber

UNITS = (("D", "days"), ("W", "weeks"), ("M", "months"), ("Y", "years"), ("P", "as typed"))
_AMOUNT = re.compile(r"(-?)([0-9]+)")
_ONE_TERM = re.compile(r"(-?)P([0-9]{1,3})([YMWD])")
_REMEDIES = {
    "duration": "Type a whole number and choose days, weeks, months or years; or type it out, such as P6M-P4D.",
    "whole": "Type a whole number, such as 6.",
    "decimal": "Type a number, such as 5 or 7.5.",
}


def amount_and_unit(value: str) -> tuple[str, str]:
    """How a duration stands in its two fields: ``P4W`` as 4 and weeks; a compound one as it is written."""
    term = _ONE_TERM.fullmatch(value)
    if term is not None:
        return f"{term[1]}{int(term[2])}", term[3]
    return value, "P" if value.lstrip("+-").startswith("P") else "W"


def typed_value(amount: str, unit: str) -> str:
    """What was typed, as the document writes it; what makes no duration comes back as it was typed."""
    amount = amount.strip()
    number = _AMOUNT.fullmatch(amount)
    if number is not None and unit in ("D", "W", "M", "Y"):
        return f"{number[1]}P{int(number[2])}{unit}"
    return amount.upper() if amount.lower().lstrip("+-").startswith("p") else amount


def changes_typed(numbers: Iterable[EditableNumber], posted: Mapping[str, str]) -> dict[str, str]:
    """The values that were sent for the numbers of a document; a field that was not sent changes nothing."""
    return {
        number.path: typed_value(posted[number.path], posted.get(f"unit:{number.path}", ""))
        if number.kind == "duration"
        else posted[number.path].strip()
        for number in numbers
        if number.path in posted
    }


def html_id(number: EditableNumber) -> str:
    """The id of its field on the page; a name in a document may hold what an id may not."""
    return "number-" + re.sub(r"[^A-Za-z0-9_]", "-", number.path)


@dataclass(frozen=True, slots=True)
class NumberField:
    """One number on the page: its words, what stands in its fields, where it comes from, what is wrong with it."""

    number: EditableNumber
    faults: tuple[str, ...]
    source_title: str

    @property
    def name(self) -> str:
        return self.number.path

    @property
    def html_id(self) -> str:
        return html_id(self.number)

    @property
    def is_duration(self) -> bool:
        return self.number.kind == "duration"

    @property
    def amount(self) -> str:
        return amount_and_unit(self.number.value)[0] if self.is_duration else self.number.value

    @property
    def units(self) -> list[tuple[str, str, bool]]:
        chosen = amount_and_unit(self.number.value)[1]
        return [(code, words, code == chosen) for code, words in UNITS]

    @property
    def says(self) -> str:
        """Where the number comes from, and what its author added."""
        return " ".join(filter(None, (self._blank, self._origin, self._note, self._shared)))

    @property
    def _blank(self) -> str:
        return "Blank: a clinician fills it." if self.number.blank else ""

    @property
    def _origin(self) -> str:
        number = self.number
        if number.own:
            return f"The clinic's own; {number.library_says}."
        if number.grade == "setting":
            return "" if number.blank else "Set by each clinic."
        title = f": {self.source_title}" if self.source_title else ""
        return f"{number.source}, grade {number.grade}{title}." if number.source else ""

    @property
    def _note(self) -> str:
        note = self.number.note
        return f"{note[:1].upper()}{note[1:].rstrip('.')}." if note else ""

    @property
    def _shared(self) -> str:
        words = self.number.words
        if words.used_in:
            return f"Used in {' and '.join(words.used_in)}."
        others = " and ".join(words.shared_with)
        return f"The same number in {others}: they change together." if others else ""

    @property
    def prominent(self) -> bool:
        """In sight without opening anything: one that matters, is blank or at fault."""
        return self.number.matters or self.number.blank or bool(self.faults)


@dataclass(frozen=True, slots=True)
class NumberBlock:
    """Numbers that bound the same thing: ``Dose 2 and later, after the dose before``."""

    title: str
    fields: tuple[NumberField, ...]


@dataclass(frozen=True, slots=True)
class NumberGroup:
    """The numbers of one step or test: those that matter, and the rest."""

    title: str
    shown: tuple[NumberBlock, ...]
    more: tuple[NumberBlock, ...]

    @property
    def more_count(self) -> int:
        return sum(len(block.fields) for block in self.more)


@dataclass(frozen=True, slots=True)
class FaultLine:
    """One fault or blank as the page lists it: of which number or field, what is wrong, and where to jump to."""

    label: str
    text: str
    field_id: str = ""
    line: int = 0
    is_blank: bool = False


def groups_of(fields: Iterable[NumberField]) -> tuple[NumberGroup, ...]:
    """The numbers as groups of blocks, in the order of the document."""
    by_group: dict[str, list[NumberField]] = {}
    for field in fields:
        by_group.setdefault(field.number.words.group, []).append(field)
    return tuple(
        NumberGroup(
            title,
            _blocks(field for field in inside if field.prominent),
            _blocks(field for field in inside if not field.prominent),
        )
        for title, inside in by_group.items()
    )


def _blocks(fields: Iterable[NumberField]) -> tuple[NumberBlock, ...]:
    by_title: dict[str, list[NumberField]] = {}
    for field in fields:
        by_title.setdefault(field.number.words.block, []).append(field)
    return tuple(NumberBlock(title, tuple(inside)) for title, inside in by_title.items())


def beside_fields(
    numbers: Iterable[EditableNumber], faults: Iterable[Fault], blanks: Iterable[str]
) -> tuple[dict[str, tuple[str, ...]], tuple[FaultLine, ...]]:
    """Every fault and blank beside its number, by path, and all of them as one list in the order of the lines."""
    numbers = tuple(numbers)
    beside: dict[str, list[str]] = {}
    listed: list[FaultLine] = []
    for fault in faults:
        owners = _owners(numbers, fault)
        text = _text(owners[0], fault) if len(owners) == 1 else sentence(_begun(fault.message), fault.remedy)
        for owner in owners:
            if text not in beside.setdefault(owner.path, []):
                beside[owner.path].append(text)
        label = owners[0].label if owners else fault.field
        first = html_id(owners[0]) if owners else ""
        listed.append(FaultLine(label, text, first, fault.line or 0))
    return {path: tuple(texts) for path, texts in beside.items()}, tuple(
        dict.fromkeys((*listed, *_blank_lines(numbers, blanks)))
    )


def _blank_lines(numbers: tuple[EditableNumber, ...], blanks: Iterable[str]) -> Iterable[FaultLine]:
    for field in blanks:
        number = next((one for one in numbers if one.blank and _holds(one, field)), None)
        label = number.label if number else field
        where = html_id(number) if number else ""
        text = "Blank. A clinician fills it before publishing."
        yield FaultLine(label, text, where, number.line if number else 0, is_blank=True)


def _holds(number: EditableNumber, field: str) -> bool:
    return any(
        f"{path}.".startswith(f"{field}.") or f"{field}.".startswith(f"{path}.") for path in number.shown_at
    )


def _owners(numbers: tuple[EditableNumber, ...], fault: Fault) -> tuple[EditableNumber, ...]:
    """The number that a fault is about; of a fault of several together, those that its message names."""
    exact = [one for one in numbers if any(f"{fault.field}.".startswith(f"{path}.") for path in one.shown_at)]
    if exact:
        return tuple(exact[:1])
    below = [one for one in numbers if any(path.startswith(f"{fault.field}.") for path in one.shown_at)]
    named = [one for one in below if one.path.rsplit(".", 1)[-1] in fault.message.split()]
    return tuple(named)


def _text(number: EditableNumber, fault: Fault) -> str:
    if number.readable:
        return sentence(_begun(fault.message), fault.remedy)
    what = {"duration": "duration", "whole": "whole number", "decimal": "number"}[number.kind]
    return sentence(f"'{number.value}' is no {what}", _REMEDIES[number.kind])


def _begun(message: str) -> str:
    return message[:1].upper() + message[1:]
