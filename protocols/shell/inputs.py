"""What commands read: documents with their parameters, records, open days. Every fault with its line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from protocols import (
    FactFaults,
    Facts,
    Fault,
    Faults,
    Record,
    Template,
    Workdays,
    library_names,
    library_text,
    load_to_plan,
)
from protocols.loader import read_yaml, sift_records
from protocols.shell.printing import complain

Made = TypeVar("Made")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def add_document(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("doc", metavar="DOC", help="path or library name")
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], type=_assignment,
        help="fill a parameter of the document, such as --set gap=P4W",
    )  # fmt: skip


def add_facts(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("facts", metavar="FACTS", help="path of a YAML list of records, - for standard input")
    parser.add_argument("--today", required=True, type=day, help="the clinic's own date, YYYY-MM-DD")


def add_workdays(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--open", default="mon-sun", type=_weekdays, help="open weekdays, such as mon-sat or mon,wed,fri"
    )
    parser.add_argument(
        "--closed", type=Path, help="file of closed dates, one YYYY-MM-DD a line, # begins a comment"
    )


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no date; write YYYY-MM-DD") from None


def _assignment(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"'{text}' sets nothing; write NAME=VALUE, such as gap=P4W")
    return name, read_yaml(value)[0]


def _weekdays(text: str) -> frozenset[int]:
    days: set[int] = set()
    for part in text.lower().split(","):
        first, _, last = part.strip().partition("-")
        if first not in _WEEKDAYS or (last and last not in _WEEKDAYS):
            raise argparse.ArgumentTypeError(f"'{text}' names no weekdays; write mon-sat or mon,wed,fri")
        start, end = _WEEKDAYS.index(first), _WEEKDAYS.index(last or first)
        days |= {number % 7 for number in range(start, (end if end >= start else end + 7) + 1)}
    return frozenset(days)


def text_of(doc: str) -> str:
    """The document at a path, or of the library."""
    if doc not in library_names() and (Path(doc).exists() or Path(doc).suffix):
        return Path(doc).read_text(encoding="utf-8")
    return library_text(doc)


def template_of(options: argparse.Namespace) -> Template:
    """The document of a call, ready to plan with."""
    return load_to_plan(text_of(options.doc), dict(options.set))


@dataclass(frozen=True, slots=True)
class Given:
    """What a plan is made from. `refusing` runs what uses the facts and gives each fault its line."""

    template: Template
    records: Sequence[Record]
    workdays: Workdays
    today: date
    text: str
    lines: Sequence[int]
    faults: Sequence[Fault]

    @property
    def facts(self) -> Facts:
        return Facts.of(self.records)

    def refusing(self, make: Callable[[], Made]) -> Made:
        """What `make` returns; the faults of records that could not be read are told with those that it finds."""
        try:
            made = make()
        except FactFaults as error:
            raise FactFaults([*self.faults, *map(self._with_line, error.faults)]) from None
        if self.faults:
            raise FactFaults(self.faults)
        return made

    def _with_line(self, fault: Fault) -> Fault:
        if fault.record is None:
            return fault
        _, places = read_yaml(self.text)
        line = places.get((fault.record, fault.field.split(".")[0]), self.lines[fault.record])
        return replace(fault, line=line)


def given_of(options: argparse.Namespace) -> Given:
    """Document, facts and open days of a call. The faults of a document and of the facts are told together."""
    text = sys.stdin.read() if options.facts == "-" else Path(options.facts).read_text(encoding="utf-8")
    try:
        template = template_of(options)
    except Faults as error:
        # The lines of two files are not sorted into each other.
        complain(error.faults)
        raise Faults(_unreadable(text)) from None
    records, lines, faults = sift_records(text)
    return Given(template, records, workdays_of(options), options.today, text, lines, faults)


def _unreadable(text: str) -> list[Fault]:
    try:
        return sift_records(text)[2]
    except FactFaults as error:
        return list(error.faults)


def workdays_of(options: argparse.Namespace) -> Workdays:
    return Workdays(options.open, _closed(options.closed))


def _closed(path: Path | None) -> frozenset[date]:
    if path is None:
        return frozenset()
    days, faults = set(), []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        entry = line.split("#")[0].strip().lstrip("- ")
        try:
            days |= {date.fromisoformat(entry)} if entry else set()
        except ValueError:
            faults.append(Fault("closed", f"'{entry}' is no date", "Write one YYYY-MM-DD a line", number))
    if faults:
        raise Faults(faults)
    return frozenset(days)
