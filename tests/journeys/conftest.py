"""The clinic that the journeys through the services go to.

Nothing of the product is imported before the fixture is asked for: a conftest is read before the settings are there.
"""

from importlib import import_module
from typing import Any

import pytest


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Any:
    return import_module("tests.houses").ServicesHouse(monkeypatch)
