"""schema: the JSON Schema of a protocol document, for editors and programs that write one."""

from __future__ import annotations

import argparse
from typing import Any

from protocols.schema import document_schema
from protocols.shell.printing import print_json


def add_to(commands: Any) -> None:
    parser = commands.add_parser("schema", help="print the JSON Schema of a protocol document")
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    print_json(document_schema())
    return 0
