"""draw: a protocol as a picture for the wall."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from protocols import load
from protocols.drawing import draw
from protocols.shell.inputs import add_document, text_of


def add_to(commands: Any) -> None:
    parser = commands.add_parser("draw", help="draw a protocol as an SVG for the wall")
    add_document(parser)
    parser.add_argument(
        "--out", type=Path, metavar="FILE.svg", help="where to write it; standard output otherwise"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    picture = draw(load(text_of(options.doc), dict(options.set)))
    if options.out is None:
        print(picture, end="")
    else:
        options.out.write_text(picture, encoding="utf-8")
        print(f"{options.out} written")
    return 0
