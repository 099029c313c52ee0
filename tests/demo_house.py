"""The demo, made once for all tests that look around in it: a database, its file of log-ins, and copies of both to use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.test import override_settings


class DemoHouse:
    """`card` is the file of log-ins that `manage.py demo` wrote."""

    def __init__(self, card: Path) -> None:
        self.card = card
        self._name = f"{connection.settings_dict['NAME']}_demo"
        shown = override_settings(DEBUG=True)
        with self._copied(connection.settings_dict["NAME"], self._name), shown:
            call_command("demo", "--if-empty", "--write", str(card), stdout=StringIO())

    @contextmanager
    def entered(self) -> Iterator[Path]:
        """While it lasts, every connection reaches a copy of the demo, which is dropped after it."""
        copy = f"{self._name}_entered"
        with self._copied(self._name, copy):
            yield self.card
        self._tell(f'DROP DATABASE "{copy}" WITH (FORCE)')

    @contextmanager
    def _copied(self, source: str, copy: str) -> Iterator[None]:
        before = connection.settings_dict["NAME"]
        self._tell(f'CREATE DATABASE "{copy}" TEMPLATE "{source}"')
        connection.settings_dict["NAME"] = copy
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = before

    def _tell(self, statement: str) -> None:
        # A database that somebody is connected to cannot be copied.
        connection.close()
        with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute(statement)
