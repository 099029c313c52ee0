"""Slots as values: a time for a whole session, and what each of its activities would take then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple, overload
from uuid import UUID

DayState = Literal["good", "outside", "closed", "away", "full", "refused"]


class Take(NamedTuple):
    """One place of a resource. `span` is from when to when it is taken where the activity's own time is not it: a
    batch takes its place from its beginning to its end.
    """

    resource_id: UUID
    place: int
    span: tuple[datetime, datetime] | None = None


class Link(NamedTuple):
    """One activity at its time. `attends` names roles, as the recipe does; `people` are whom the product knows of them."""

    name: str
    title: str
    kind: str
    starts_at: datetime
    ends_at: datetime
    attends: tuple[str, ...]
    takes: tuple[Take, ...]
    people: tuple[UUID, ...] = ()


class LaidLater(Sequence[Link]):
    """The links of a slot, made when somebody looks at them: a search finds hundreds of slots and shows a few."""

    __slots__ = ("_lay", "_links")

    def __init__(self, lay: Callable[[], tuple[Link, ...]]) -> None:
        self._lay = lay
        self._links: tuple[Link, ...] | None = None

    def _laid(self) -> tuple[Link, ...]:
        if self._links is None:
            self._links = self._lay()
        return self._links

    @overload
    def __getitem__(self, at: int) -> Link: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Link]: ...
    def __getitem__(self, at: int | slice) -> Link | Sequence[Link]:
        return self._laid()[at]

    def __len__(self) -> int:
        return len(self._laid())

    def __eq__(self, other: object) -> bool:
        return self._laid() == (other._laid() if isinstance(other, LaidLater) else other)

    def __hash__(self) -> int:
        return hash(self._laid())

    def __repr__(self) -> str:
        return repr(self._laid())


class Slot(NamedTuple):
    """A time at which the whole session fits, moments in UTC. `distance` counts days from the target.

    `joins_batch` says that it fills a batch which has begun to fill.
    """

    on: date
    starts_at: datetime
    ends_at: datetime
    distance: int
    needs_reason: bool
    joins_batch: bool
    links: Sequence[Link]


@dataclass(frozen=True, slots=True)
class DaySlots:
    """One day of the search; `why` says in a sentence what speaks against it, where anything does.

    good: inside the window and what the rest of the plan leaves. outside: open, with a reason. closed, away: the clinic
    or somebody who must come. full: nothing fits. refused: before the first or after the last possible day.
    """

    on: date
    state: DayState
    why: str
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Hold:
    """A slot that is held until a moment (UTC) while somebody confirms."""

    until: datetime
    slot: Slot
