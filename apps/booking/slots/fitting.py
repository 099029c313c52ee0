"""Where a chain fits into one day: from the last activity to the first, in bits. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from apps.booking.slots.chains import Block, Bound, Placed, Room, Run, Spot, Stage
from apps.booking.slots.grid import begins, ends_before, lowest, reaching, span
from apps.booking.slots.laying import lay


class Option(NamedTuple):
    """One way to do a block: where it may start, and how long it takes or which batch of which kind it joins."""

    starts: int
    length: int
    joined: tuple[str, Run] | None = None

    def end(self, start: int) -> int:
        return self.joined[1].ends if self.joined else start + self.length

    def starts_into(self, ends: int) -> int:
        """The starts that lead to one of `ends`."""
        if self.joined:
            return self.starts if ends >> self.joined[1].ends & 1 else 0
        return self.starts & ends >> self.length

    def only(self, starts: int) -> Option:
        return self._replace(starts=self.starts & starts)


Ways = list[list[Option]]  # of each block in turn
Way = list[tuple[int, Option]]  # where each block begins, and how it is done


class Fit:
    """A chain laid into one day: `starts` are the fives at which it can begin, `way` says when each block is then and
    `lay` where. `is_sure` tells that `lay` never refuses.
    """

    def __init__(self, blocks: Sequence[Block], room: Room, bound: Bound | None = None) -> None:
        self._blocks, self._room, self._bound = blocks, room, bound
        self._gaps = [(block.stages[0].after, block.stages[0].within) for block in blocks]
        self._ways = [list(_options(block, room)) for block in blocks]
        # Every way has its places, but in a chain that joins batches twice: it can be in its own way.
        self.is_sure = sum(any(option.joined for option in options) for options in self._ways) < 2
        self._usable = self._backwards(self._ways)
        self._bounded: dict[int, Ways] = {}
        self._from = -1
        if bound is not None:
            self._from = next(number for number, block in enumerate(blocks) if block.holds(bound.first))
            self._usable = self._backwards(self._in_time(self._from))

    @property
    def starts(self) -> int:
        """The fives at which the whole chain can begin."""
        return _union(self._usable[0])

    def way(self, start: int) -> Way | None:
        """The chain from `start`, each block as early as it can be; None if it cannot begin then."""
        usable, way = self._usable, Way()
        first = last = end = start
        for number, (after, within) in enumerate(self._gaps):
            if number:
                first, last = end + after, self._room.length if within is None else end + within
            chosen = _soonest(usable[number], first, last)
            if chosen is None:
                return None
            way.append(chosen)
            begun, option = chosen
            end = option.end(begun)
            if number == self._from:
                usable = self._after(begun)
        return way

    def lay(self, way: Way) -> tuple[Placed, ...] | None:
        """The activities of a way with their places; None where only what it has taken itself is left."""
        placed = list[Placed]()
        for block, (begun, option) in zip(self._blocks, way, strict=True):
            laid = lay(block, begun, option.joined, self._room, placed)
            if laid is None:
                return None
            placed += laid
        return tuple(placed)

    def place(self, start: int) -> tuple[Placed, ...] | None:
        """The chain from `start` with its places; None if it cannot begin then."""
        way = self.way(start)
        return None if way is None else self.lay(way)

    def _backwards(self, ways: Ways) -> Ways:
        """The options with those starts alone from which the rest of the chain can follow."""
        ends, usable = span(0, self._room.length + 1), Ways()
        for block, options in zip(reversed(self._blocks), reversed(ways), strict=True):
            kept = [option._replace(starts=option.starts_into(ends)) for option in options]
            usable.append(kept)
            ends = ends_before(_union(kept), block.stages[0].after, block.stages[0].within)
        return usable[::-1]

    def _in_time(self, number: int) -> Ways:
        """The options, of the block where the bound begins those starts alone from which it can be kept."""
        ways = list(self._ways)
        ways[number] = [
            option.only(sum(1 << bit for bit in _bits(option.starts) if self._keeps(bit, place)))
            for place, option in enumerate(self._usable[number])
        ]
        return ways

    def _keeps(self, start: int, place: int) -> bool:
        return bool(self._after(start)[self._from][place].starts)

    def _after(self, start: int) -> Ways:
        """What can be used where the bound begins with that start of its block."""
        if start not in self._bounded:
            assert self._bound is not None
            first, second, most = self._bound
            ways = list(self._ways)
            ways[self._from] = [option.only(1 << start) for option in ways[self._from]]
            begun = start + self._blocks[self._from].offset_of(first)
            for number, block in enumerate(self._blocks):
                if block.holds(second):
                    reach = span(0, max(begun + most - block.offset_of(second) + 1, 0))
                    ways[number] = [option.only(reach) for option in ways[number]]
            self._bounded[start] = self._backwards(ways)
        return self._bounded[start]


def _options(block: Block, room: Room) -> Iterator[Option]:
    """Without a batch, and one way for each batch of each kind that the block needs."""
    yield Option(_plain_starts(block, room), block.length)
    if len(block.stages) > 1:
        return
    for kind in block.stages[0].kinds:
        begun: dict[tuple[int, int, int], bool] = {}
        for spot in room.spots.get(kind, ()):
            for run in spot.runs or ():
                begun[run[:3]] = begun.get(run[:3], False) or run.begun
        for times, is_begun in begun.items():
            run = Run(*times, is_begun)
            yield Option(_batch_starts(block.stages[0], kind, run, room), 0, (kind, run))


def _plain_starts(block: Block, room: Room) -> int:
    starts = room.beginnings
    for stage, offset in zip(block.stages, block.offsets, strict=True):
        there = room.open
        for person in stage.people:
            there &= room.people.get(person, there)
        starts &= (begins(there, stage.length) & room.beginnings) >> offset
    for demand in block.demands:
        if demand.kind in room.spots:
            starts &= _somewhere(room.spots[demand.kind], demand.length) >> demand.offset
    return starts


def _batch_starts(stage: Stage, kind: str, run: Run, room: Room) -> int:
    starts = span(run.starts, run.cutoff + 1) & room.open & room.beginnings
    for person in stage.people:
        starts &= reaching(room.people.get(person, span(0, room.length)), run.ends)
    for other in stage.kinds:
        if other != kind and other in room.spots:
            found = 0
            for spot in room.spots[other]:
                found |= reaching(spot.free, run.ends) if spot.runs is None else 0
            starts &= found
    return starts


def _somewhere(spots: Sequence[Spot], length: int) -> int:
    """Where one place or another is free for so long."""
    found = 0
    for free in {spot.free for spot in spots if spot.runs is None}:
        found |= begins(free, length)
    return found


def _soonest(options: Sequence[Option], first: int, last: int) -> tuple[int, Option] | None:
    """The start from `first` to `last` whose end comes first; of two, one that fills a batch that has begun."""
    if len(options) == 1:
        starts = options[0].starts >> first
        start = first if starts & 1 else first + lowest(starts)
        return (start, options[0]) if first <= start <= last else None
    best: tuple[tuple[int, bool, int], Option] | None = None
    for option in options:
        start = first + lowest(option.starts >> first)
        if first <= start <= last:
            fills = option.joined is not None and option.joined[1].begun
            rank = (option.end(start), not fills, start)
            if best is None or rank < best[0]:
                best = (rank, option)
    return None if best is None else (best[0][2], best[1])


def _union(options: Sequence[Option]) -> int:
    found = 0
    for option in options:
        found |= option.starts
    return found


def _bits(bits: int) -> Iterator[int]:
    while bits:
        yield lowest(bits)
        bits &= bits - 1
