"""The API under test: a fast hasher for secrets, a clock that stands still, an empty throttle.

Nothing of the product is imported here: a conftest is read before the servers and the settings are there.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from pytest_django import Settings

AT = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)  # that of tests.rows


@pytest.fixture(autouse=True)
def _api(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setattr("apps.api.views.base.ApiView.clock", staticmethod(lambda: AT))
    cache.clear()
    yield
    cache.clear()
