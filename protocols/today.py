"""Today, as the core may see it: something to compare with, that remembers every boundary it was compared with.

`replan_on` falls out of that: until the nearest boundary ahead, every comparison answers as it does now, so the plan
stays the same. Nothing in the core may turn today into a date of the plan.
"""

from __future__ import annotations

from datetime import date, timedelta

_DAY = timedelta(days=1)


class Today:
    """The clinic's own date. Each question that is not true yet notes the first day on which it will be."""

    __slots__ = ("_day", "_next")

    def __init__(self, day: date) -> None:
        self._day = day
        self._next: date | None = None

    def reached(self, day: date) -> bool:
        """Whether `day` is today or past."""
        if self._day >= day:
            return True
        self._note(day)
        return False

    def past(self, day: date) -> bool:
        """Whether `day` lies before today."""
        if self._day > day:
            return True
        self._note(day + _DAY)
        return False

    @property
    def replan_on(self) -> date | None:
        """The first later day on which an answer changes, or None."""
        return self._next

    def _note(self, boundary: date) -> None:
        if self._next is None or boundary < self._next:
            self._next = boundary
