"""Who something belongs to on a day: the person it is assigned to, whoever covers for them, or everybody of the role.

Pure values: what is asked of the rows is asked by `apps.clinic.covering`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Stage = Literal["own", "cover", "all"]

# How long after its day what is undecided stays with the cover before it belongs to everybody.
COVER_HAS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """`by` stands in for `user` from..to, ends inclusive; users by their numbers."""

    user: int
    by: int
    from_on: date
    to_on: date
    away: bool = True


@dataclass(frozen=True, slots=True)
class Owners:
    """Whose a thing is now, and why: their own, as somebody's cover, or everybody's of the role."""

    stage: Stage
    users: frozenset[int]


@dataclass(frozen=True, slots=True)
class Coverage:
    """One role of one clinic on one of its days. `members` are those who work there in that role."""

    members: frozenset[int]
    spans: Sequence[Span]
    today: date

    def owners(self, assigned: int | None, due_on: date) -> Owners:
        """Whose an undecided thing is that was due on `due_on`.

        It belongs to whom it is assigned to; while they are away, to their cover; from the day after it was due, to
        their cover for one day, and then to all. Nobody assigned, or somebody who left, or nobody to cover: all.
        """
        if assigned is None or assigned not in self.members or self.today > due_on + COVER_HAS:
            return self.everybody()
        late = self.today > due_on
        holder = self.holder(assigned, late=late)
        if holder is None:
            return self.everybody()
        return Owners("own" if holder == assigned else "cover", frozenset({holder}))

    def holder(self, assigned: int, *, late: bool) -> int | None:
        """The one person who has what is assigned to them; None if that is nobody in particular.

        A cover who is away is covered in turn; a ring of people who are all away covers nobody.
        """
        holder = self._cover_of(assigned, away_only=False) if late else assigned
        seen = {assigned} if late else set()
        while holder is not None and holder not in seen:
            seen.add(holder)
            stands_in = self._cover_of(holder, away_only=True)
            if stands_in is None and not self._is_away(holder):
                return holder if holder in self.members else None
            holder = stands_in
        return None

    def everybody(self) -> Owners:
        return Owners("all", self.members)

    def _is_away(self, user: int) -> bool:
        return any(span.user == user and span.away for span in self._today())

    def _cover_of(self, user: int, *, away_only: bool) -> int | None:
        """Whoever stands in for the user today; somebody named for absence before a deputy."""
        found = [span for span in self._today() if span.user == user and (span.away or not away_only)]
        found.sort(key=lambda span: (not span.away, span.from_on, span.by))
        return found[0].by if found else None

    def _today(self) -> list[Span]:
        return [span for span in self.spans if span.from_on <= self.today <= span.to_on]
