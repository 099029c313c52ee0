"""A broker that is away for a weekend: whoever waits for it goes on waiting, and begins again by itself."""

from __future__ import annotations

from itertools import count

import pytest
from celery import beat

from lit_tracker.celery import app

MORE_THAN_CELERY_TRIES_BY_ITSELF = 150


class Enough(Exception):
    """Ends the waiting of the test."""


def test_beat_waits_for_ever_for_a_broker_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = count(1)

    def refused(self: object) -> None:
        if next(tries) > MORE_THAN_CELERY_TRIES_BY_ITSELF:
            raise Enough
        raise ConnectionRefusedError

    monkeypatch.setattr("kombu.utils.functional.sleep", lambda seconds: None)
    monkeypatch.setattr("kombu.connection.Connection._connection_factory", refused)
    with pytest.raises(Enough):
        beat.Scheduler(app, lazy=True)._ensure_connected()


def test_a_worker_waits_by_the_same_setting() -> None:
    assert app.conf.broker_connection_max_retries is None
    assert app.conf.broker_connection_retry
    assert app.conf.broker_connection_retry_on_startup
