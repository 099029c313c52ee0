"""The sweep by hand, for a machine without a worker and for whoever wants to see it run."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.treatments.moving import apply_lines
from apps.treatments.sweeping import mark_changed_clinics, sweep_due, unread_changes


class Command(BaseCommand):
    help = "Go on with moves to another protocol version, and replan what has come due or whose clinic changed its days."

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        moved = 0
        while (applied := apply_lines(at=at)).left:
            moved += applied.moved
        moved += applied.moved
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
            f"moved {moved}, marked {marked}, replanned {swept.replanned}, changed {swept.changed}, "
            f"skipped {swept.skipped}, failed {swept.failed}"
        )
