"""Reads the call, runs its command and turns what is refused into lines on standard error and exit status 2."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from protocols import Faults
from protocols.shell import check, diff, draw, explain, listing, plan, schema, simulate
from protocols.shell.printing import complain

COMMANDS = (check, plan, explain, simulate, draw, diff, schema, listing)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except Faults as error:
        complain(error.faults)
    except BrokenPipeError:
        # Whoever reads us, such as head, has seen enough.
        sys.stderr.close()
        return 0
    except OSError as error:
        print(f"{error.filename}: {error.strerror}. Give the path of a readable file", file=sys.stderr)
    except UnicodeDecodeError as error:
        print(f"input: is no text ({error.reason}). Save it as UTF-8", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m protocols", description="Check, plan, explain, draw and compare treatment protocols."
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    for command in COMMANDS:
        command.add_to(commands)
    return parser
