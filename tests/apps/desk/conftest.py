"""Somebody at the desk: signed in, at a moment that the test chooses.

Nothing of the product is imported here: a conftest is read before the servers and the settings are there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

Seat = Callable[[Any, datetime], Client]


@pytest.fixture
def seat(db: None, monkeypatch: pytest.MonkeyPatch) -> Seat:
    """`seat(actor, at)`: a client of that member of staff, whose desk's clock stands at `at`."""

    def sit(actor: Any, at: datetime) -> Client:
        monkeypatch.setattr("apps.desk.access.now", lambda: at)
        client = Client()
        client.force_login(get_user_model().objects.get(pk=actor.user_id))
        return client

    return sit
