"""list: the protocols of the library, how well each is sourced and what it leaves to the clinic."""

from __future__ import annotations

import argparse
from typing import Any

from protocols import library_names, library_text, load
from protocols.document import all_numbers
from protocols.loader import open_questions
from protocols.relations import Grade
from protocols.shell.printing import print_json

_GRADES: tuple[Grade, ...] = ("A", "B", "C", "setting")


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "list", help="name the protocols of the library, with the grades of their numbers and their blanks"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    listed = [summary(library_text(name)) for name in library_names()]
    if options.json:
        print_json(listed)
        return 0
    for entry in listed:
        grades = ", ".join(f"{count} {grade}" for grade, count in entry["grades"].items() if count)
        blank = f"; {entry['blanks']} blank" if entry["blanks"] else ""
        print(f"{entry['name']:24} {entry['title']} (numbers: {grades}{blank})")
    return 0


def summary(text: str) -> dict[str, Any]:
    """A document's name and title, how many of its durations have which grade, and how many questions it leaves open."""
    template = load(text)
    known = [number.grade for _, number in all_numbers(template) if number.at is not None]
    return {
        "name": template.name,
        "version": template.version,
        "title": template.title,
        "grades": {grade: known.count(grade) for grade in _GRADES},
        "blanks": len(open_questions(text, template)),
    }
