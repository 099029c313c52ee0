"""Every run has a PostgreSQL and a Valkey of its own, thrown away at its end: two runs never meet."""

import os
import shutil

import pytest
from django.conf import settings

from lit_tracker.local import place, postgres, valkey


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before Django is set up: the servers, and the environment that settings.py reads."""
    if not hasattr(
        config, "workerinput"
    ):  # a worker of pytest-xdist has its parent's servers and environment
        start_servers(config)
    settings.DATABASES  # noqa: B018  reading them is what tells pytest-django to set Django up


def start_servers(config: pytest.Config) -> None:
    home = place.temporary_home()
    database, broker = postgres.start(home, throwaway=True), valkey.start(home / "valkey")

    def stop() -> None:
        broker.stop()
        database.stop()
        shutil.rmtree(home, ignore_errors=True)

    config.add_cleanup(stop)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "lit_tracker.settings",
        "DATABASE_URL": database.url,
        "REDIS_URL": broker.url,
        "SECRET_KEY": "for-tests-only-and-for-nothing-else-at-all",
        "DEBUG": "0",
        "HTTPS": "0",
        "BASE_URL": "http://testserver",
        "STATIC_FROM_SOURCE": "1",
        "FEED_UID_DOMAIN": "lit-tracker.invalid",
    }
