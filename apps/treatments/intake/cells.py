"""What one cell says, read by the kind of its column; a ValueError says what is wrong with it and what mends it.

Nothing is guessed: a day that may be two days and a number that Excel has rounded are refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from apps.clinic.inputs import is_phone
from apps.couples.models import BloodGroup, Language
from apps.treatments.intake.columns import Kind
from apps.treatments.intake.sheets import LONGEST_CELL, Cell

# How days are written in the file, as whoever uploads it says.
DateStyle = Literal["iso", "dmy", "mdy"]
DATE_STYLES: tuple[DateStyle, ...] = ("iso", "dmy", "mdy")

_FAULTS = {
    "formula": "This cell holds a formula. Copy the column and paste it as values.",
    "error": "Excel shows an error here. Type the value itself.",
    "moment": "This cell holds a time of day. Format it as a date.",
    "long": f"This text is too long. At most {LONGEST_CELL} signs.",
}
_ROUNDED = re.compile(r"[+-]?\d+([.,]\d+)?[eE]\+?\d+")
_SLASHED = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_FIRST_DAY, _SERIALS = date(1899, 12, 30), range(1, 100_000)


@dataclass(frozen=True, slots=True)
class Reading:
    """How this file writes days, and whether bare numbers among them are days as Excel counts them."""

    dates: DateStyle = "iso"
    serials: bool = False


def clean(kind: Kind, cell: Cell, reading: Reading) -> Any:
    """The value; empty text or None for an empty cell."""
    if isinstance(cell, dict) and "fault" in cell:
        raise ValueError(_FAULTS[str(cell["fault"])])
    return _READERS[kind](cell, reading)


def _day(cell: Cell, reading: Reading) -> date | None:
    if isinstance(cell, dict):
        return date.fromisoformat(cell["date"]) if "date" in cell else _serial(_counted(cell), reading)
    if not cell:
        return None
    if re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?", cell):
        return _serial(float(cell), reading)
    if found := _ISO.fullmatch(cell):
        year, month, day = (int(part) for part in found.groups())
        return _real(year, month, day)
    if found := _SLASHED.fullmatch(cell):
        first, second, year = (int(part) for part in found.groups())
        return _slashed(cell, first, second, year, reading.dates)
    raise ValueError(f'"{cell[:30]}" is no date. Write it as 2026-01-12.')


def _slashed(said: str, first: int, second: int, year: int, style: DateStyle) -> date:
    if style == "iso":
        both = first <= 12 and second <= 12 and first != second
        why = f'"{said}" may be two different days.' if both else f'"{said}" does not have the year first.'
        raise ValueError(f"{why} Say at the upload how days are written, or write 2026-01-12.")
    day, month = (first, second) if style == "dmy" else (second, first)
    if month > 12:
        order = "day" if style == "dmy" else "month"
        raise ValueError(
            f'"{said}" has no month {month}: you said that the {order} stands first. Correct one.'
        )
    return _real(year, month, day)


def _serial(number: float, reading: Reading) -> date:
    if not reading.serials:
        raise ValueError(
            f"{number:g} is a number, not a date. Format the column as a date, "
            "or say at the upload that such numbers are Excel's days."
        )
    if number != int(number) or int(number) not in _SERIALS:
        raise ValueError(f"{number:g} is no day of Excel's. Write it as 2026-01-12.")
    return _FIRST_DAY + timedelta(days=int(number))


def _counted(cell: Mapping[str, Any]) -> float:
    """Files that were begun on a Mac may count their days from 1904."""
    return float(cell["number"]) + (1462 if cell.get("from_1904") else 0)


def lost_zeros(cell: object) -> bool:
    """Whether the digits were a bare number in Excel, which shows no zero in front."""
    return isinstance(cell, dict) and "number" in cell and set(str(cell.get("shown", ""))) != {"0"}


def _real(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise ValueError("There is no such day. Check day and month.") from error


def _plain(cell: Cell, reading: Reading) -> str:
    if isinstance(cell, dict):
        if "date" in cell:
            raise ValueError("Excel made a date of this. Format the cell as text and type it again.")
        return f"{cell['number']:g}"
    return cell


def _phone(cell: Cell, reading: Reading) -> str:
    text = _digits(cell)
    if text and not is_phone(text):
        raise ValueError("This is no phone number. Write digits, with + and the country code first.")
    return text


def _identifier(cell: Cell, reading: Reading) -> str:
    return _digits(cell)


def _digits(cell: Cell) -> str:
    """Digits as they were typed. A number shows no zero in front and, when long, not its last digits."""
    if isinstance(cell, dict):
        if "date" in cell:
            raise ValueError("Excel made a date of this. Format the column as text and type it again.")
        number, shown = cell["number"], str(cell.get("shown", ""))
        if number != int(number) or not 0 <= number < 10**15:
            raise ValueError("Excel has rounded this number. Format the column as text and type it again.")
        return str(int(number)).zfill(len(shown)) if shown and set(shown) == {"0"} else str(int(number))
    if _ROUNDED.fullmatch(cell):
        raise ValueError(f'Excel has rounded "{cell}". Format the column as text and type the digits again.')
    return cell


def _email(cell: Cell, reading: Reading) -> str:
    return _plain(cell, reading)


def _figure(cell: Cell, reading: Reading) -> float | None:
    if isinstance(cell, dict):
        if "date" in cell:
            raise ValueError("Excel made a date of this. Format the cell as a number and type it again.")
        return float(cell["number"])
    if not cell:
        return None
    # 1,5 and 1.5 are one and a half; with both signs nobody knows which one groups.
    if not re.fullmatch(r"-?\d{1,12}([.,]\d{1,6})?", cell):
        raise ValueError(f'"{cell[:30]}" is no number. Write digits, and at most one point.')
    if re.fullmatch(r"-?\d{1,3},\d{3}", cell):
        raise ValueError(f'"{cell}" may be a thousand or a fraction. Write it without a comma.')
    return float(cell.replace(",", "."))


def _pick(choices: Mapping[str, str], what: str, known: str) -> Callable[[Cell, Reading], str]:
    def read(cell: Cell, reading: Reading) -> str:
        text = _plain(cell, reading)
        if not text:
            return ""
        found = choices.get(" ".join(text.lower().split()))
        if found is None:
            raise ValueError(f'"{text[:30]}" is no {what}. One of: {known}.')
        return found

    return read


def _groups() -> dict[str, str]:
    said: dict[str, str] = {}
    for value in BloodGroup.values:
        letters, sign = value[:-1].lower(), value[-1]
        words = ("positive", "pos", "+ve", "+") if sign == "+" else ("negative", "neg", "-ve", "-", "\u2212")
        said |= {f"{letters}{gap}{word}": value for word in words for gap in ("", " ")}
    return said


_LANGUAGES = {value: value for value in Language.values} | {
    label.lower(): value for value, label in Language.choices
}
_EVIDENCE = {"document": "document", "reported": "reported", "seen": "document", "told": "reported"}
_READERS: Mapping[Kind, Callable[[Cell, Reading], Any]] = {
    "text": _plain,
    "date": _day,
    "phone": _phone,
    "identifier": _identifier,
    "email": _email,
    "figure": _figure,
    "language": _pick(_LANGUAGES, "language of ours", ", ".join(Language.labels)),
    "blood": _pick(_groups(), "blood group", ", ".join(BloodGroup.values)),
    "evidence": _pick(_EVIDENCE, "kind of evidence", "document, reported"),
}


def in_words(value: object) -> str:
    """A value as the trial run shows it: days with the month in letters, so that a swapped day is seen."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return f"{value.day} {value:%b %Y}"
    return str(value)
