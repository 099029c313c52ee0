"""diff: what differs between two documents, in words. Exit status as of diff(1): 0 the same, 1 different, 2 refused."""

from __future__ import annotations

import argparse
from typing import Any

from protocols import Fault, Faults, Template, differences, load
from protocols.shell.inputs import text_of
from protocols.shell.printing import print_json

SAME, DIFFERENT = 0, 1


def add_to(commands: Any) -> None:
    parser = commands.add_parser("diff", help="tell in words what differs between two documents")
    parser.add_argument("old", metavar="OLD", help="path or library name")
    parser.add_argument("new", metavar="NEW", help="path or library name")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    old, new = _both(options.old, options.new)
    found = differences(old, new)
    if options.json:
        print_json({"old": _named(old), "new": _named(new), "differences": list(found)})
    else:
        for line in found:
            print(line)
    return DIFFERENT if found else SAME


def _both(*docs: str) -> list[Template]:
    """Both documents; the faults of both are told at once, each with the name of its document."""
    read, faults = [], []
    for doc in docs:
        try:
            read.append(load(text_of(doc)))
        except Faults as error:
            faults += [
                Fault(f"{doc}: {fault.field}", fault.message, fault.remedy, fault.line)
                for fault in error.faults
            ]
    if faults:
        raise Faults(faults)
    return read


def _named(template: Template) -> dict[str, str]:
    return {"name": template.name, "version": template.version}
