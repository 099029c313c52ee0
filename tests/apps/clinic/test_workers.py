"""Whoever clicks does not wait for a broker: it takes the task at once, or the sweep of the next minute finds the work."""

from __future__ import annotations

import json
import logging
import socket
from base64 import b64decode
from collections.abc import Iterator
from functools import partial
from time import monotonic
from uuid import uuid4

import pytest
import redis
from celery import Task, current_app
from django.conf import settings

from apps.clinic.workers import ask_worker
from apps.treatments.tasks import apply_move
from lit_tracker.local.processes import free_port

# One try that connects in half a second and waits one second for an answer; the rest is room for a busy machine.
PATIENCE = 3


@pytest.fixture
def task() -> Task:
    """Any task of ours: no worker runs here, so nothing takes it up."""
    return apply_move


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a broker that is there and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"redis://:secret@127.0.0.1:{listening.getsockname()[1]}/0"


def at(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the broker is there."""
    monkeypatch.setattr(
        current_app, "connection_for_write", partial(current_app.connection_for_write, address)
    )


def asked_in(task: Task) -> tuple[bool, float]:
    began = monotonic()
    return ask_worker(task, uuid4()), monotonic() - began


def test_a_broker_that_is_there_has_the_task_at_once(task: Task) -> None:
    key, queue = uuid4(), redis.Redis.from_url(settings.REDIS_URL)
    queue.delete("celery")
    assert ask_worker(task, key)
    (kept,) = queue.lrange("celery", 0, -1)
    message = json.loads(kept)
    assert message["headers"]["task"] == task.name
    assert json.loads(b64decode(message["body"]))[0] == [str(key)]
    queue.delete("celery")


def test_nobody_waits_for_a_broker_that_is_gone(
    task: Task, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    at(f"redis://:secret@127.0.0.1:{free_port()}/0", monkeypatch)
    with caplog.at_level(logging.WARNING):
        taken, seconds = asked_in(task)
    assert not taken
    assert seconds < PATIENCE / 2
    assert f"{task.name} waits for the sweep" in caplog.text
    assert "secret" not in caplog.text


def test_nobody_waits_long_for_a_broker_that_hangs(
    task: Task, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(silent, monkeypatch)
    taken, seconds = asked_in(task)
    assert not taken
    assert seconds < PATIENCE
