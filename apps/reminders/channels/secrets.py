"""Secrets of providers: named in the clinic's setting, read from the environment or from what a manager typed, sealed."""

from __future__ import annotations

import os
from pathlib import Path

from apps.reminders.channel_models import KEPT
from apps.reminders.models import KeptSecret
from apps.reminders.sealing import CannotOpen, unseal


class NoSecret(LookupError):
    """There is nothing of that name that can be read. The name is on the error; there is no value to leak."""


def secret_of(name: str) -> str:
    """The value of the environment variable `name`, or what the file named by `name` and `_FILE` holds; of a name that
    begins with MESSAGES_KEPT_, what was typed at the desk."""
    if name.startswith(KEPT):
        return _kept(name)
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


def _kept(name: str) -> str:
    row = KeptSecret.objects.filter(pk=name).first()
    if row is None:
        raise NoSecret(name)
    try:
        return unseal(name, row.sealed)
    except CannotOpen as fault:
        raise NoSecret(name) from fault
