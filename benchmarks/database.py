"""A database of the run's own, migrated and dropped at its end: on DATABASE_URL's server, or on one started for it."""

from __future__ import annotations

import gc
import logging
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import django
import psycopg
from django.db import connections

from lit_tracker.local import place, postgres, valkey
from lit_tracker.local.launcher import ROOT


@contextmanager
def own_database() -> Iterator[None]:
    """Django, set up on an empty database with stock settings, fsync among them; nothing of it stays."""
    with ExitStack() as stack:
        home = place.temporary_home()
        stack.callback(place.remove, home)
        broker = valkey.start(home / "valkey")
        stack.callback(broker.stop)
        server = os.environ.get("DATABASE_URL")
        if not server:
            started = postgres.start(home)
            stack.callback(started.stop)
            server = started.url
        name = f"bench_{secrets.token_hex(4)}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"create database {name}")
        stack.callback(_drop, server, name)
        os.environ |= _settings(f"{server.rsplit('/', 1)[0]}/{name}", broker.url)
        command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(command, cwd=ROOT, check=True)
        django.setup()
        logging.disable(logging.INFO)
        stack.callback(connections.close_all)
        _freeze_as_the_web_process_does()
        yield


def _freeze_as_the_web_process_does() -> None:
    gc.collect()
    gc.freeze()


def _settings(database_url: str, redis_url: str) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "lit_tracker.settings",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DEBUG": "0",
        "HTTPS": "0",
        "BASE_URL": "http://testserver",
        "STATIC_FROM_SOURCE": "1",
        "FEED_UID_DOMAIN": "appointments.invalid",
    }


def _drop(server: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database if exists {name} with (force)")
