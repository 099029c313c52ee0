"""check: every fault, warning and blank of a document."""

from __future__ import annotations

import argparse
from typing import Any

from protocols import load
from protocols.checks import blanks, warnings
from protocols.shell.inputs import add_document, text_of


def add_to(commands: Any) -> None:
    parser = commands.add_parser("check", help="report every fault, warning and blank of a document")
    add_document(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    template = load(text_of(options.doc), dict(options.set))
    for warning in warnings(template):
        print(f"warning: {warning}")
    for field in blanks(template):
        print(f"blank: {field}: a clinician fills this number before publishing")
    print(f"{template.name} {template.version}: no faults")
    return 0
