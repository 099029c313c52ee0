"""System checks of the whole: Python and PostgreSQL must tell the same time."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core import checks
from django.db import connections

# Zones whose rules changed lately, so that an old table gives itself away, and the two of our users.
TELLING_ZONES = ("America/Vancouver", "America/Edmonton", "Africa/Cairo", "Europe/London", "Asia/Kolkata")
_MOMENTS = (datetime(2026, 12, 15, 12, tzinfo=UTC), datetime(2027, 7, 15, 12, tzinfo=UTC))


def disagreeing_zones(zones: Iterable[str], database: str = "default") -> list[str]:
    """Those of `zones` for which Python and PostgreSQL name different local times next winter or summer."""
    wrong = []
    with connections[database].cursor() as cursor:
        for zone in zones:
            for moment in _MOMENTS:
                cursor.execute("select %s::timestamptz at time zone %s", [moment, zone])
                row = cursor.fetchone()
                if row is None or row[0] != moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None):
                    wrong.append(zone)
                    break
    return wrong


@checks.register(checks.Tags.database)
def python_and_postgresql_agree(databases: Iterable[str] | None, **_: Any) -> list[checks.CheckMessage]:
    """lit_tracker.W001 when the two read different zone tables."""
    wrong = [zone for name in databases or () for zone in disagreeing_zones(TELLING_ZONES, name)]
    if not wrong:
        return []
    return [
        checks.Warning(
            f"Python and PostgreSQL disagree on the time in {', '.join(wrong)}",
            hint="Bring PostgreSQL's time zone table up to the tzdata release of requirements.txt.",
            id="lit_tracker.W001",
        )
    ]
