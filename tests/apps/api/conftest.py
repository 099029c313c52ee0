"""The API under test: a fast hasher for secrets, a clock that stands still, an empty throttle.

Nothing of the product is imported here: a conftest is read before the servers and the settings are there.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.core.cache import cache


class Clock:
    """What the API takes for now: the moment of tests.rows until a test sets another."""

    at = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    standing = Clock()
    monkeypatch.setattr("apps.api.views.base.ApiView.clock", standing)
    cache.clear()
    yield standing
    cache.clear()
