"""The clock's start: every entry is due at once."""

from datetime import UTC, datetime
from typing import Any

from celery.beat import PersistentScheduler

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class EagerScheduler(PersistentScheduler):
    """Ticks everything when beat starts, then by its interval.

    A machine that slept over midnight catches up in the first second, not within the hour; and beat, which
    goes silent when the wall clock is set back, ticks again as soon as it is restarted. Every task of the
    table is idempotent, so a tick too many is free.
    """

    def setup_schedule(self) -> None:
        super().setup_schedule()
        entries: dict[str, Any] = self.schedule
        for entry in entries.values():
            entry.last_run_at = _LONG_AGO
