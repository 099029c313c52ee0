"""Every run has a PostgreSQL and a Valkey of its own, thrown away at its end: two runs never meet."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker
from xdist.scheduler import LoadFileScheduling

from lit_tracker.local import place, postgres, valkey
from tests.live import LiveStack

ROOT = Path(__file__).resolve().parents[1]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before Django is set up: the servers, and the environment that settings.py reads."""
    worker = getattr(config, "workerinput", None)
    if worker is None:
        start_servers(config)
    else:  # a worker of pytest-xdist: its parent's servers, but a broker database of its own
        os.environ["REDIS_URL"] = broker_url(1 + int(worker["workerid"].removeprefix("gw")))
    settings.DATABASES  # noqa: B018  reading them is what tells pytest-django to set Django up


def start_servers(config: pytest.Config) -> None:
    home = place.temporary_home()
    database, broker = postgres.start(home, throwaway=True), valkey.start(home / "valkey")

    def stop() -> None:
        broker.stop()
        database.stop()
        place.remove(home)

    config.add_cleanup(stop)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "lit_tracker.settings",
        "DATABASE_URL": database.url,
        "REDIS_URL": broker.url,
        "SECRET_KEY": "for-tests-only-and-for-nothing-else-at-all-whatsoever",
        "DEBUG": "0",
        "HTTPS": "0",
        "BASE_URL": "http://testserver",
        "STATIC_FROM_SOURCE": "1",
        "FEED_UID_DOMAIN": "lit-tracker.invalid",
        "PYTHONTZPATH": "",
        "FEED_CACHE_DIR": str(home / "feeds"),
    }


def broker_url(number: int) -> str:
    """The address of one of the broker's databases (Valkey has sixteen)."""
    return f"{os.environ['REDIS_URL'].rsplit('/', 1)[0]}/{number}"


class LiveTogether(LoadFileScheduling):
    """pytest-xdist by files, but all files with live tests are one: they share one stack of processes."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::")[0]
        return "live" if "live_stack" in (ROOT / path).read_text() else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LiveTogether:
    return LiveTogether(config, log)


@pytest.fixture(scope="session")
def live_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveStack, str]]:
    """The processes, started once on a migrated database of their own, and that database's name."""
    database = "live"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(f"create database {database}")
    urls = {
        "DATABASE_URL": f"{os.environ['DATABASE_URL'].rsplit('/', 1)[0]}/{database}",
        "REDIS_URL": broker_url(15),
    }
    stack = LiveStack(tmp_path_factory.mktemp("live"), urls)
    try:
        stack.migrate()
        stack.start_all()
        yield stack, database
    finally:
        stack.stop_all()


@pytest.fixture
def live_stack(
    live_session: tuple[LiveStack, str], django_db_blocker: DjangoDbBlocker
) -> Iterator[LiveStack]:
    """web, worker and beat at work. While a test holds it, the ORM here reads and writes their database.

    What is written stays for later live tests: make a clinic of your own. Not to be mixed with `db`.
    """
    stack, database = live_session
    tests_own = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database
    stack.mails.clear()
    with django_db_blocker.unblock():
        try:
            yield stack
        finally:
            connection.close()
            connection.settings_dict["NAME"] = tests_own
            stack.mend()
