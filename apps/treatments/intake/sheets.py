"""From the bytes of a file to rows of cells, or every reason why it cannot be read. Pure: no clock, no database.

A cell is what JSON can hold: text, or `{"date": ...}`, `{"number": ..., "shown": ...}`, `{"fault": ...}`.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from difflib import get_close_matches
from math import isfinite
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.cell import Cell as XlsxCell
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from apps.clinic.errors import Fault, Invalid
from apps.treatments.intake.columns import BY_NAME, NEEDED

MOST_BYTES = 2_000_000
MOST_ROWS = 1000
MOST_COLUMNS = 250
LONGEST_CELL = 2000
# What a small file may unpack to: beyond it somebody packed it to hurt.
_MOST_UNPACKED = 60_000_000
_XLSX, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"

Cell = str | dict[str, Any]


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row that is not empty. `number` is what the spreadsheet calls it."""

    number: int
    cells: dict[str, Cell]


def read_sheet(content: bytes) -> tuple[SheetRow, ...]:
    """The rows below the headings. Invalid, with a code of its own for each reason, if there is no such table."""
    if len(content) > MOST_BYTES:
        raise _refused(
            "too_big", f"The file is larger than {MOST_BYTES // 1_000_000} MB.", "Split it into several."
        )
    if not content.strip():
        raise _refused("empty", "The file is empty.", "Save it again and upload that.")
    if content.startswith(_OLE):
        raise _refused(
            "old_or_locked",
            "This is an old Excel file, or one with a password.",
            "Save it as XLSX without a password.",
        )
    lines = _xlsx(content) if content.startswith(_XLSX) else _csv(content)
    return _table(lines)


def _table(lines: Iterable[tuple[int, Sequence[Cell]]]) -> tuple[SheetRow, ...]:
    headings: list[str] = []
    rows: list[SheetRow] = []
    for number, cells in lines:
        if all(cell == "" for cell in cells):
            continue
        if not headings:
            headings = _headings(cells)
            continue
        if len(rows) == MOST_ROWS:
            raise _refused("too_many_rows", f"There are more than {MOST_ROWS} rows.", "Split the file.")
        rows.append(_row(number, headings, cells))
    if not rows:
        raise _refused(
            "no_rows", "There is no row below the headings.", "Fill in the template, one couple a row."
        )
    return tuple(rows)


def _row(number: int, headings: Sequence[str], cells: Sequence[Cell]) -> SheetRow:
    beyond = [cell for cell in cells[len(headings) :] if cell != ""]
    if beyond:
        raise _refused(
            "beyond_headings",
            f"Row {number} has a cell to the right of the last heading.",
            "Delete it, or give it a heading.",
        )
    pairs = zip(headings, cells, strict=False)
    return SheetRow(number, {name: cell for name, cell in pairs if name and cell != ""})


def _headings(cells: Sequence[Cell]) -> list[str]:
    found = [cell if isinstance(cell, str) else "?" for cell in cells]
    while found and not found[-1]:
        found.pop()
    names = ["_".join(name.lower().replace("-", " ").replace("_", " ").split()) for name in found]
    faults = [
        _heading_fault(said, name) for said, name in zip(found, names, strict=True) if name not in BY_NAME
    ]
    faults += [
        Fault("file", f'The heading "{name}" stands twice.', "Delete one of the two columns.")
        for name in sorted({name for name in names if name and names.count(name) > 1})
    ]
    faults += [
        Fault("file", f'The heading "{name}" is missing.', "Start from the template.")
        for name in NEEDED
        if name not in names
    ]
    if faults:
        raise Invalid(code="wrong_headings", faults=faults[:20])
    return names


def _heading_fault(said: str, name: str) -> Fault:
    if not name:
        return Fault("file", "A column has no heading.", "Give it one of the template, or delete it.")
    close = get_close_matches(name, BY_NAME, n=1)
    remedy = (
        f'Did you mean "{close[0]}"?' if close else "Use the headings of the template, or delete the column."
    )
    return Fault("file", f'The heading "{said[:60]}" is not known.', remedy)


def _csv(content: bytes) -> Iterator[tuple[int, Sequence[Cell]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(
            "not_utf8", "The letters of this file cannot be read.", 'Save it as "CSV UTF-8" or as XLSX.'
        ) from error
    if "\x00" in text:
        raise _refused(
            "not_a_table", "This is neither CSV nor XLSX.", "Save the list as XLSX and upload that."
        )
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(";,\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, 1):
            _not_too_wide(cells)
            yield number, [_text(cell) for cell in cells]
    except csv.Error as error:
        raise _refused(
            "not_a_table",
            f"Line {reader.line_num} is not CSV.",
            "Check its quotation marks, or save as XLSX.",
        ) from error


def _xlsx(content: bytes) -> Iterator[tuple[int, Sequence[Cell]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > _MOST_UNPACKED:
                raise _refused(
                    "too_big", "The file unpacks to far too much.", "Copy the list into a new file."
                )
            # No office program writes a document type; whoever does wants it unfolded.
            if any(
                b"<!DOCTYPE" in packed.read(name)[:2000]
                for name in packed.namelist()
                if name.endswith(".xml")
            ):
                raise _refused("not_a_table", "This is no ordinary XLSX.", "Copy the list into a new file.")
        book = load_workbook(io.BytesIO(content))
    except Invalid:
        raise
    except Exception as error:  # openpyxl raises whatever a broken part makes it raise
        raise _refused("not_a_table", "This XLSX cannot be opened.", "Open and save it once more.") from error
    sheet = next((one for one in book.worksheets if one.sheet_state == "visible"), None)
    if not isinstance(sheet, Worksheet):
        raise _refused("not_a_table", "There is no sheet in this file.", "Put the list on the first sheet.")
    if sheet.merged_cells.ranges:
        where = ", ".join(str(one) for one in list(sheet.merged_cells.ranges)[:5])
        raise _refused(
            "merged_cells", f"Cells are merged: {where}.", "Undo the merge; one heading for each column."
        )
    if sheet.max_row > 20 * MOST_ROWS:
        raise _refused("too_many_rows", "The sheet has far too many rows.", "Copy the list into a new file.")
    for number, cells in enumerate(sheet.iter_rows(), 1):
        found = [_cell(cell, book.epoch == CALENDAR_MAC_1904) for cell in cells]
        while found and found[-1] == "":
            found.pop()
        _not_too_wide(found)
        yield number, found


def _cell(cell: Any, from_1904: bool) -> Cell:
    """What openpyxl read, without guessing: a formula is a fault, a number stays a number."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(cell, XlsxCell) and cell.data_type in ("f", "e"):
        return {"fault": "formula" if cell.data_type == "f" else "error"}
    if isinstance(value, datetime):
        at_midnight = value.time() == time(0)
        return {"date": value.date().isoformat()} if at_midnight else {"fault": "moment"}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        if not isfinite(value):
            return {"fault": "error"}
        return {
            "number": value,
            "shown": str(cell.number_format),
            **({"from_1904": True} if from_1904 else {}),
        }
    return _text(value) if isinstance(value, str) else {"fault": "moment"}


def _text(text: str) -> Cell:
    # PostgreSQL holds no NUL, and halves of letter pairs are no text.
    plain = text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8").strip().replace("\u00a0", " ")
    if len(plain) > LONGEST_CELL:
        return {"fault": "long"}
    return {"fault": "formula"} if plain.startswith("=") else plain


def _not_too_wide(cells: Sequence[object]) -> None:
    if len(cells) > MOST_COLUMNS:
        raise _refused(
            "too_many_columns", f"There are more than {MOST_COLUMNS} columns.", "Use the template."
        )


def _refused(code: str, message: str, remedy: str) -> Invalid:
    return Invalid(message, code=code, field="file", remedy=remedy)
