"""The clinic that the tests of booking go to.

Nothing of the product is imported before a fixture is asked for: a conftest is read before the settings are there.
"""

from importlib import import_module
from typing import Any

import pytest


@pytest.fixture
def clinic(db: None) -> Any:
    return import_module("tests.rows").a_clinic()


@pytest.fixture
def listed(clinic: Any) -> Any:
    """Its rooms and people by name."""
    return import_module("tests.rows").equipped(clinic)


@pytest.fixture
def nurse(clinic: Any) -> Any:
    return import_module("tests.rows").staff(clinic, "nurse")
