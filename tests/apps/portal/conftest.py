"""A couple whose next visit is booked, and the pages of the two.

The product is imported by name when a fixture runs: a conftest is read before the servers and the settings are there.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest


def _people() -> Any:
    return import_module("tests.apps.portal.people")


@pytest.fixture
def treatment(db: None) -> Any:
    return _people().a_couple_at_its_beginning()


@pytest.fixture
def visit(treatment: Any) -> Any:
    return _people().a_visit(treatment)


@pytest.fixture
def her(treatment: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    return _people().Her(treatment.couple.recipient, monkeypatch)


@pytest.fixture
def him(treatment: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    return _people().Her(treatment.couple.partner, monkeypatch)
