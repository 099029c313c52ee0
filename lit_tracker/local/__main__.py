"""What the Makefile calls: `run`, `manage ...`, `clean`, `browser`, `readers`, `clients`, `mutants`."""

import os
import sys

from lit_tracker.local import browser, launcher, mutants, readers
from lit_tracker.local.errors import CannotStart


def main(arguments: list[str]) -> int:
    match arguments:
        case ["run"]:
            return launcher.run()
        case ["manage", *words]:
            return launcher.manage(words)
        case ["clean"]:
            return launcher.clean()
        case ["browser"]:
            return browser.ensure()
        case ["readers"]:
            return readers.ensure()
        case ["clients"]:
            return readers.ensure_clients()
        case ["mutants"]:
            return mutants.run(mutants.Limits.of(os.environ))
        case _:
            raise CannotStart("say one of: run, manage ..., clean, browser, readers, clients, mutants")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except CannotStart as refusal:
        sys.exit(f"LIT Tracker: {refusal}")
