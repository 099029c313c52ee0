"""`make bench`: measures everything, writes benchmarks/results.json and the table of docs/performance.md, prints it.

    python -m benchmarks [--no-database | --only GROUP]

Each figure stands beside its floor in the same run. Those that need rows get a database of their own.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from benchmarks.figures import Figure, as_markdown, as_text
from lit_tracker.local.errors import CannotStart

PURE = ("planning", "chains", "memory")
ON_ROWS = ("writing", "claiming", "sweeping", "feeding", "pages", "closing", "searching")
RESULTS = Path(__file__).with_name("results.json")
DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- results -->\n", "<!-- end of results -->"


def main() -> None:
    """Measure, write and print. A missed target is named at the end; whether it is noise, a person judges."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure each figure beside its floor."
    )
    parser.add_argument(
        "--no-database", action="store_true", help="only what needs no rows; writes no results"
    )
    parser.add_argument(
        "--only",
        choices=(*PURE, *ON_ROWS),
        metavar="GROUP",
        help="one group, such as feeding; writes no results",
    )
    options = parser.parse_args()
    started = time.monotonic()
    figures = [*_measured(_chosen(PURE, options.only))]
    on_rows = [] if options.no_database else _on_rows(_chosen(ON_ROWS, options.only))
    figures += on_rows
    print(f"\n{as_text(figures)}\n\n{time.monotonic() - started:.0f} seconds")
    if on_rows and not options.only:
        RESULTS.write_text(json.dumps([figure.as_json() for figure in figures], indent=2) + "\n")
        show(figures)
    missed = [figure.name for figure in figures if figure.target and not figure.target.met_by(figure)]
    if missed:
        print(f"missed: {', '.join(missed)}", file=sys.stderr)


def _measured(groups: tuple[str, ...]) -> Iterator[Figure]:
    # By name: the groups on rows can be imported only when Django has been set up.
    for group in groups:
        print(f"measuring {group}", file=sys.stderr)
        yield from import_module(f"benchmarks.{group}").figures()


def _chosen(groups: tuple[str, ...], only: str | None) -> tuple[str, ...]:
    return groups if only is None else tuple(group for group in groups if group == only)


def _on_rows(groups: tuple[str, ...]) -> list[Figure]:
    if not groups:
        return []
    database = import_module("benchmarks.database")
    try:
        with database.own_database():
            return [*_measured(groups)]
    except CannotStart as error:
        print(f"no database, so no figures on rows: {error}", file=sys.stderr)
        return []


def show(figures: list[Figure]) -> None:
    """Put the table between the marks of docs/performance.md."""
    before, rest = DOCUMENT.read_text().split(BEGIN)
    after = rest.split(END)[1]
    where = f"Python {platform.python_version()} on {platform.machine()}.\n\n"
    DOCUMENT.write_text(f"{before}{BEGIN}\n{where}{as_markdown(figures)}\n\n{END}{after}")


if __name__ == "__main__":
    main()
