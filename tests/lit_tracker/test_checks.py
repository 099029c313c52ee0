"""Python and PostgreSQL tell the same time, and a start says so when they do not."""

from zoneinfo import ZoneInfo

import pytest

from lit_tracker import checks


@pytest.mark.django_db
def test_the_two_pinned_tables_agree() -> None:
    assert checks.python_and_postgresql_agree(databases=["default"]) == []


@pytest.mark.django_db
def test_an_old_table_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def old_table(zone: str) -> ZoneInfo:
        return ZoneInfo("America/Los_Angeles" if zone == "America/Vancouver" else zone)

    monkeypatch.setattr(checks, "ZoneInfo", old_table)
    [warning] = checks.python_and_postgresql_agree(databases=["default"])
    assert warning.id == "lit_tracker.W001"
    assert "America/Vancouver" in str(warning.msg)
    assert "Europe/London" not in str(warning.msg)
