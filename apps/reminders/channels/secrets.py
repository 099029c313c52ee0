"""Secrets of providers: named in the clinic's setting, read from the environment, never stored."""

from __future__ import annotations

import os
from pathlib import Path


class NoSecret(LookupError):
    """The environment has nothing of that name. The name is on the error; there is no value to leak."""


def secret_of(name: str) -> str:
    """The value of the environment variable `name`, or what the file named by `name` and `_FILE` holds."""
    value = os.environ.get(name, "") if name else ""
    path = os.environ.get(f"{name}_FILE", "") if name else ""
    if not value and path:
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except OSError as fault:
            raise NoSecret(name) from fault
    if not value:
        raise NoSecret(name)
    return value
