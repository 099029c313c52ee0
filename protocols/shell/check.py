"""check: every fault, warning and blank of a document."""

from __future__ import annotations

import argparse
from typing import Any

from protocols import load
from protocols.checks import warnings
from protocols.loader import open_questions
from protocols.shell.inputs import add_document, text_of


def add_to(commands: Any) -> None:
    parser = commands.add_parser("check", help="report every fault, warning and blank of a document")
    add_document(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    text, values = text_of(options.doc), dict(options.set)
    template = load(text, values)
    for warning in warnings(template):
        print(f"warning: {warning}")
    for question in open_questions(text, template):
        print(f"blank: {question.field}: {question.message.removeprefix('is not known: ')}")
    print(f"{template.name} {template.version}: no faults")
    return 0
