"""The engine from a shell, with no database: ``python -m protocols``. `protocols.shell` has the commands."""

from __future__ import annotations

import sys

from protocols.shell.running import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
