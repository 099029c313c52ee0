"""The minute sweep. An edge: the process's own clock is read here, for the time budget and the heartbeat."""

from __future__ import annotations

from time import monotonic

from celery import shared_task
from django.utils import timezone

from apps.clinic.services import beat
from apps.reminders.channels.office import PostOffice
from apps.reminders.services import sweep as sweep_due

# Well under CELERY_TASK_TIME_LIMIT: a sweep ends by itself and the next one goes on.
BUDGET_SECONDS = 60.0


@shared_task(name="apps.reminders.tasks.sweep")
def sweep() -> dict[str, int]:
    """Derives and sends what is due, then leaves the heartbeat that /readyz looks at; returns the counts."""
    until = monotonic() + BUDGET_SECONDS
    done = sweep_due(channel=PostOffice(), go_on=lambda: monotonic() < until)
    beat(name="sweep", at=timezone.now())
    return done.counts()
