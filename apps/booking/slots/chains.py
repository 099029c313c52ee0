"""A chain of activities, and the room that one day has for it, in fives. Pure values; `fitting` lays one into the other.

The law: activities follow one another in order, each begins `after` to `within` fives after the one before has ended;
what `stays` begins at once and keeps the places that both need; every kind that the clinic lists gives one place, free
for as long as it is needed; whoever attends is free; and from the start of one stage to that of a later one no more
passes than `bound` says. A resource with batches gives a place of a whole batch: what joins it begins by the cut-off
and is ready when the batch is. What stays with something else, and the second batch that one activity would need, is
served without batches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID


class Run(NamedTuple):
    """A batch of one day in fives: joined from `starts` to `cutoff`, ready at `ends`. `begun`: somebody is in it."""

    starts: int
    cutoff: int
    ends: int
    begun: bool = False


class Spot(NamedTuple):
    """One place of one resource on one day. `runs` are the batches in which it is free; None where it serves without."""

    resource_id: UUID
    place: int
    free: int
    runs: tuple[Run, ...] | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """What is free on one day. A kind that `spots` lacks is not counted, a person whom `people` lacks is free.

    `open` are the fives in which the clinic is open, `beginnings` those at which something may begin.
    """

    length: int
    open: int
    beginnings: int
    spots: Mapping[str, Sequence[Spot]]
    people: Mapping[UUID, int]


@dataclass(frozen=True, slots=True)
class Stage:
    """One activity in fives."""

    length: int
    kinds: tuple[str, ...] = ()
    people: tuple[UUID, ...] = ()
    after: int = 0
    within: int | None = None
    stays: bool = False


class Bound(NamedTuple):
    """At most `most` fives from the start of stage `first` to that of stage `second`, which comes later."""

    first: int
    second: int
    most: int


class Taken(NamedTuple):
    """A place of a resource and the fives for which it is taken."""

    resource_id: UUID
    place: int
    starts: int
    ends: int


class Placed(NamedTuple):
    """When a stage takes place and what it takes."""

    starts: int
    ends: int
    takes: tuple[Taken, ...]
    joins_batch: bool = False


class Demand(NamedTuple):
    """One place of a kind, from `offset` fives after the block's start, for `length`, for the stages `first` to `last`."""

    kind: str
    offset: int
    length: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Block:
    """Stages that stay together, from number `first` of the chain on: fixed against each other."""

    first: int
    stages: tuple[Stage, ...]
    offsets: tuple[int, ...]
    demands: tuple[Demand, ...]

    @property
    def last(self) -> int:
        return self.first + len(self.stages) - 1

    @property
    def length(self) -> int:
        return self.offsets[-1] + self.stages[-1].length

    def holds(self, number: int) -> bool:
        return self.first <= number <= self.last

    def offset_of(self, number: int) -> int:
        """From the block's start to that of its stage of this number in the chain."""
        return self.offsets[number - self.first]

    def span_of(self, number: int, start: int) -> tuple[int, int]:
        begun = start + self.offset_of(number)
        return begun, begun + self.stages[number - self.first].length


def blocks_of(stages: Sequence[Stage]) -> tuple[Block, ...]:
    """The chain, cut where something does not stay."""
    cuts = [number for number, stage in enumerate(stages) if number == 0 or not stage.stays]
    return tuple(
        _block(first, stages[first:last]) for first, last in zip(cuts, [*cuts[1:], len(stages)], strict=True)
    )


def _block(first: int, stages: Sequence[Stage]) -> Block:
    offsets, passed = list[int](), 0
    demands: list[Demand] = []
    for number, stage in enumerate(stages, first):
        offsets.append(passed)
        for kind in stage.kinds:
            kept = next((one for one in demands if one.kind == kind and one.last == number - 1), None)
            if kept is None:
                demands.append(Demand(kind, passed, stage.length, number, number))
            else:
                demands[demands.index(kept)] = kept._replace(length=kept.length + stage.length, last=number)
        passed += stage.length
    return Block(first, tuple(stages), tuple(offsets), tuple(demands))
