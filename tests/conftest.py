"""Every run has a PostgreSQL and a Valkey of its own, thrown away at its end: two runs never meet."""

import gc
import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import environ
import pytest
from django.conf import global_settings, settings
from django.db import connection
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker
from xdist.scheduler import LoadFileScheduling

from lit_tracker.local import place, postgres, valkey
from tests import migrated
from tests.live import LiveStack

# What asserts in the name of tests and is no test file itself, before anybody imports it.
pytest.register_assert_rewrite("tests.clinic_day", "tests.seen", "tests.houses", "tests.live_house")

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "lit_tracker.settings",
    "SECRET_KEY": "for-tests-only-and-for-nothing-else-at-all-whatsoever",
    "DEBUG": "0",
    "HTTPS": "0",
    "BASE_URL": "http://testserver",
    "STATIC_FROM_SOURCE": "1",
    "FEED_UID_DOMAIN": "appointments.invalid",
    "PYTHONTZPATH": "",
}
# Until the first test asks for a database.
NOWHERE = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
REACHED_BY = ("NAME", "HOST", "PORT", "USER", "PASSWORD")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before Django is set up: the broker, and the environment that settings.py reads. The database comes with the first
    test that asks for one.

    Each worker of pytest-xdist has servers of its own: what one test leaves open in a transaction holds back every
    reader of changes on the same server. The process that only hands out tests needs none.
    """
    if not hasattr(config, "workerinput"):
        shared = migrated.begin()
        config.add_cleanup(lambda: place.remove(shared))
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        # Workers inherit this environment, and would read the settings before they have their servers.
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)
        return
    os.environ |= ENVIRONMENT | NOWHERE | start_broker(config)
    # Reading the settings is also what tells pytest-django to set Django up. A good hasher is slow on purpose.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def start_broker(config: pytest.Config) -> dict[str, str]:
    """A Valkey and a folder, stopped and thrown away with the run; where they are."""
    home = place.temporary_home()
    broker = valkey.start(home / "valkey")
    config.add_cleanup(lambda: (broker.stop(), place.remove(home)))
    return {"REDIS_URL": broker.url, "FEED_CACHE_DIR": str(home / "feeds")}


def start_database(config: pytest.Config) -> str:
    """The address of a PostgreSQL with a migrated database, stopped and thrown away with the run."""
    home = place.temporary_home()
    migrated.copy_into(home, ENVIRONMENT)
    database = postgres.start(home, throwaway=True)
    config.add_cleanup(lambda: (database.stop(), place.remove(home)))
    return database.url


def _is_live(path: Path) -> bool:
    return "live_stack" in path.read_text()


class LiveTogether(LoadFileScheduling):
    """pytest-xdist by files, but all files with live tests are one, for they share one stack of processes, and so are
    those that look around in the demo.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::")[0]
        if "demo_house" in (ROOT / path).read_text():
            return "demo"
        return "live" if _is_live(ROOT / path) else path


# What takes long for its number of tests: last, it would keep one processor busy while the other waits.
SLOW = ("live", "tests/browser/", "tests/lit_tracker/", "tests/apps/desk/", "tests/apps/booking/")


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: the collector need not walk through it a thousand times."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files come first, so that at the end of a run only short ones are left to be shared out."""
    turn = {item.path: _turn(item.path) for item in items}
    items.sort(key=lambda item: turn[item.path])


def _turn(path: Path) -> int:
    place_of = "live" if _is_live(path) else path.relative_to(ROOT).as_posix()
    return next((turn for turn, slow in enumerate(SLOW) if place_of.startswith(slow)), len(SLOW))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LiveTogether:
    return LiveTogether(config, log)


@pytest.fixture(scope="session")
def django_db_setup(pytestconfig: pytest.Config, django_test_environment: None) -> None:
    """The database of the tests is the server's own, which is migrated; what commits in it is cleared our way."""
    os.environ["DATABASE_URL"] = start_database(pytestconfig)
    reached = environ.Env.db_url_config(os.environ["DATABASE_URL"])
    connection.settings_dict.update({name: reached[name] for name in REACHED_BY})
    import_module("tests.emptying").take_over()


@pytest.fixture(scope="session")
def demo_house(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """The demo clinics; `demo_house.entered()` leads to them."""
    with django_db_blocker.unblock():
        return import_module("tests.demo_house").DemoHouse(
            tmp_path_factory.mktemp("demo") / "var" / "demo.json"
        )


@pytest.fixture(scope="session")
def live_session(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LiveStack, dict[str, Any]]]:
    """The processes, started once on servers of their own, and how Django reaches their database."""
    urls = start_broker(pytestconfig) | {"DATABASE_URL": start_database(pytestconfig)}
    stack = LiveStack(tmp_path_factory.mktemp("live"), urls)
    try:
        stack.start_all()
        yield stack, environ.Env.db_url_config(urls["DATABASE_URL"])
    finally:
        stack.stop_all()


@pytest.fixture
def live_stack(
    live_session: tuple[LiveStack, dict[str, Any]], django_db_blocker: DjangoDbBlocker
) -> Iterator[LiveStack]:
    """web, worker and beat at work. While a test holds it, the ORM here reads and writes their database.

    What is written stays for later live tests: make a clinic of your own. Not to be mixed with `db`.
    """
    stack, database = live_session
    tests_own = {name: connection.settings_dict[name] for name in REACHED_BY}
    connection.close()
    connection.settings_dict.update({name: database[name] for name in REACHED_BY})
    stack.mails.clear()
    # The processes check passwords as the product does.
    as_in_product = override_settings(PASSWORD_HASHERS=global_settings.PASSWORD_HASHERS)
    with django_db_blocker.unblock(), as_in_product:
        try:
            yield stack
        finally:
            connection.close()
            connection.settings_dict.update(tests_own)
            stack.mend()
