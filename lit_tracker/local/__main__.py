"""`python -m lit_tracker.local run | manage ... | clean | browser`: what the Makefile calls."""

import sys

from lit_tracker.local import browser, launcher
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
        case _:
            raise CannotStart("say one of: run, manage ..., clean, browser")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except CannotStart as refusal:
        sys.exit(f"LIT Tracker: {refusal}")
