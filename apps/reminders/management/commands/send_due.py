"""The minute sweep by hand, or from cron where no worker runs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.booking.tasks import keep_times
from apps.reminders.tasks import sweep


class Command(BaseCommand):
    help = "Keep wall times, derive and send the messages that are due, and leave the heartbeat."

    def handle(self, *args: Any, **options: Any) -> None:
        keep_times()
        self.stdout.write(", ".join(f"{name} {number}" for name, number in sweep().items()))
