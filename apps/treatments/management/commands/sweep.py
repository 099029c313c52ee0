"""The sweep by hand, for a machine without a worker and for whoever wants to see it run."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.treatments.sweeping import mark_changed_clinics, sweep_due, unread_changes


class Command(BaseCommand):
    help = "Replan treatments whose day has come or whose clinic changed its days."

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        marked = mark_changed_clinics(at=at)
        while unread_changes():
            marked += mark_changed_clinics(at=at)
        swept = sweep_due(at=at)
        while swept.left:
            again = sweep_due(at=at)
            swept.replanned += again.replanned
            swept.changed += again.changed
            swept.skipped += again.skipped
            swept.failed += again.failed
            swept.left = again.left
        self.stdout.write(
            f"marked {marked}, replanned {swept.replanned}, changed {swept.changed}, "
            f"skipped {swept.skipped}, failed {swept.failed}"
        )
