"""A couple whose next visit is booked, and the pages of the two. Imports wait until Django is set up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest


@pytest.fixture
def treatment(db: None) -> Any:
    from tests import rows

    clinic = rows.a_clinic()
    him = replace(rows.ARJUN, email="a@example.org")
    made = rows.a_treatment(clinic, couple=rows.a_couple(clinic, partner=him))
    rows.consented(made, rows.staff(clinic, "nurse"))
    return made


@pytest.fixture
def visit(treatment: Any) -> Any:
    from tests.apps.portal.people import a_visit

    return a_visit(treatment)


@pytest.fixture
def her(treatment: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    from tests.apps.portal.people import Her

    return Her(treatment.couple.recipient, monkeypatch)


@pytest.fixture
def him(treatment: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    from tests.apps.portal.people import Her

    return Her(treatment.couple.partner, monkeypatch)
