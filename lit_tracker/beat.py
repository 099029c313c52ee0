"""The beat table, and a clock whose every entry is due when it starts."""

from datetime import UTC, datetime, timedelta
from typing import Any

from celery.beat import PersistentScheduler

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def table(sweep_seconds: float) -> dict[str, dict[str, Any]]:
    """Everything that happens by itself. `sweep_seconds` is 60 but for tests, which shorten all alike.

    Every task here is idempotent: a tick that is missed, doubled or early does no harm.
    """
    minute = timedelta(seconds=sweep_seconds)
    return {
        "replan treatments whose day has come": {
            "task": "apps.treatments.tasks.sweep",
            "schedule": 60 * minute,
        },
        "replan after a clinic's hours or closures changed": {
            "task": "apps.treatments.tasks.follow_clinic_changes",
            "schedule": minute,
        },
        "go on with moves to another protocol version": {
            "task": "apps.treatments.tasks.follow_moves",
            "schedule": minute,
        },
        "go on with closings that are applied": {
            "task": "apps.booking.tasks.follow_closings",
            "schedule": minute,
        },
        "keep wall times when the table of zones changed": {
            "task": "apps.booking.tasks.keep_times",
            "schedule": 60 * minute,
        },
        "make the day sheets of tomorrow": {
            "task": "apps.booking.tasks.make_day_sheets",
            "schedule": 15 * minute,
        },
        "go on with imports of couples": {
            "task": "apps.treatments.tasks.follow_imports",
            "schedule": minute,
        },
        "send what is due": {"task": "apps.reminders.tasks.sweep", "schedule": minute},
        "forget tokens that ran out and answers kept for retries": {
            "task": "apps.api.tasks.forget",
            "schedule": 60 * minute,
        },
        "forget who asked for calendars": {"task": "apps.feeds.tasks.forget", "schedule": 60 * minute},
        "forget codes of patients' pages": {"task": "apps.portal.tasks.forget", "schedule": 60 * minute},
    }


class EagerScheduler(PersistentScheduler):
    """Ticks everything when beat starts, then by its interval.

    A machine that slept over midnight catches up in the first second, not within the hour; and beat, which
    goes silent when the wall clock is set back, ticks again as soon as it is restarted.
    """

    def setup_schedule(self) -> None:
        super().setup_schedule()
        entries: dict[str, Any] = self.schedule
        for entry in entries.values():
            entry.last_run_at = _LONG_AGO
