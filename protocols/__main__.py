"""The engine from a shell, with no database.

    python -m protocols check DOC
    python -m protocols plan DOC FACTS --today YYYY-MM-DD [--open mon-sat] [--closed FILE] [--json]
    python -m protocols list
    python -m protocols schema

DOC is a path or the name of a protocol in the library, FACTS a YAML list of records. Exit status 0 when all is well, 2
when an input is refused: every fault at once, with line, field and remedy.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from protocols import (
    FactFaults,
    Facts,
    Fault,
    Faults,
    Plan,
    Template,
    Workdays,
    library_names,
    library_text,
    load,
    load_to_plan,
    plan,
)
from protocols.checks import blanks, warnings
from protocols.loader import read_yaml, sift_records

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except Faults as error:
        _complain(error.faults)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}. Give the path of a readable file", file=sys.stderr)
    except UnicodeDecodeError as error:
        print(f"input: is no text ({error.reason}). Save it as UTF-8", file=sys.stderr)
    return 2


def _complain(faults: Iterable[Fault]) -> None:
    for fault in faults:
        print(fault, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m protocols", description="Check and plan treatment protocols."
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    checking = commands.add_parser("check", help="report every fault, warning and blank of a document")
    checking.add_argument("doc", metavar="DOC", help="path or library name")
    checking.set_defaults(run=_check)
    planning = commands.add_parser("plan", help="plan a treatment from its facts")
    planning.add_argument("doc", metavar="DOC", help="path or library name")
    planning.add_argument(
        "facts", metavar="FACTS", help="path of a YAML list of records, - for standard input"
    )
    planning.add_argument("--today", required=True, type=_day, help="the clinic's own date, YYYY-MM-DD")
    planning.add_argument(
        "--open", default="mon-sun", type=_weekdays, help="open weekdays, such as mon-sat or mon,wed,fri"
    )
    planning.add_argument(
        "--closed", type=Path, help="file of closed dates, one YYYY-MM-DD a line, # begins a comment"
    )
    planning.add_argument("--json", action="store_true", help="print JSON")
    planning.set_defaults(run=_plan)
    commands.add_parser("list", help="name the protocols of the library").set_defaults(run=_list)
    commands.add_parser("schema", help="print the JSON Schema of a protocol document").set_defaults(
        run=_schema
    )
    return parser


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no date; write YYYY-MM-DD") from None


def _weekdays(text: str) -> frozenset[int]:
    days: set[int] = set()
    for part in text.lower().split(","):
        first, _, last = part.strip().partition("-")
        if first not in _WEEKDAYS or (last and last not in _WEEKDAYS):
            raise argparse.ArgumentTypeError(f"'{text}' names no weekdays; write mon-sat or mon,wed,fri")
        start, end = _WEEKDAYS.index(first), _WEEKDAYS.index(last or first)
        days |= {day % 7 for day in range(start, (end if end >= start else end + 7) + 1)}
    return frozenset(days)


def _text(doc: str) -> str:
    if doc not in library_names() and (Path(doc).exists() or Path(doc).suffix):
        return Path(doc).read_text(encoding="utf-8")
    return library_text(doc)


def _check(options: argparse.Namespace) -> int:
    template = load(_text(options.doc))
    for warning in warnings(template):
        print(f"warning: {warning}")
    for field in blanks(template):
        print(f"blank: {field}: a clinician fills this number before publishing")
    print(f"{template.name} {template.version}: no faults")
    return 0


def _plan(options: argparse.Namespace) -> int:
    text = sys.stdin.read() if options.facts == "-" else Path(options.facts).read_text(encoding="utf-8")
    try:
        template = load_to_plan(_text(options.doc))
    except Faults as error:
        _complain(error.faults)
        _complain(sift_records(text)[2])
        return 2
    records, lines, faults = sift_records(text)
    workdays = Workdays(options.open, _closed(options.closed))
    try:
        planned = plan(template, Facts.of(records), workdays, options.today)
    except FactFaults as error:
        raise FactFaults([*faults, *(_with_line(fault, text, lines) for fault in error.faults)]) from None
    if faults:
        raise FactFaults(faults)
    if options.json:
        print(json.dumps(planned.as_json(), indent=2, ensure_ascii=False))
    else:
        _print(template, planned)
    return 0


def _with_line(fault: Fault, text: str, lines: Sequence[int]) -> Fault:
    if fault.record is None:
        return fault
    _, places = read_yaml(text)
    return replace(fault, line=places.get((fault.record, fault.field.split(".")[0]), lines[fault.record]))


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


def _print(template: Template, planned: Plan) -> None:
    print(f"{template.title}, seen from {planned.today.isoformat()}")
    for visit in planned.visits:
        day = visit.on or visit.proposed_on
        held = f"  held by {', '.join(visit.held_by)}" if visit.held_by else ""
        number = f" #{visit.occurrence}"
        print(f"  {visit.step + number:28} {visit.state.value:15} {day.isoformat() if day else '-':10}{held}")
        for text in (
            visit.because_text,
            f"waiting for {', '.join(visit.waiting_for)}" if visit.waiting_for else "",
        ):
            if text:
                print(f"      {text}")
    for flag in planned.flags:
        print(f"  flag {flag.key} ({flag.severity}, {flag.owner} by {flag.due_on.isoformat()}): {flag.text}")
        if flag.decisions:
            print(f"      decide: {', '.join(flag.decisions)}")
    print(
        f"  plan again on {planned.replan_on.isoformat() if planned.replan_on else 'no date: only a new fact changes it'}"
    )


def _list(_: argparse.Namespace) -> int:
    for name in library_names():
        print(f"{name:24} {load(library_text(name)).title}")
    return 0


def _schema(_: argparse.Namespace) -> int:
    print(json.dumps(Template.model_json_schema(), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
