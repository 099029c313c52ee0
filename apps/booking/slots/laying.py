"""Which places the activities of a chain get once it is known when each of them is. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from apps.booking.slots.chains import Block, Demand, Placed, Room, Run, Spot, Taken
from apps.booking.slots.grid import span


def lay(
    block: Block, start: int, joined: tuple[str, Run] | None, room: Room, before: Sequence[Placed]
) -> list[Placed] | None:
    """The block's stages from `start` with their places, one kind of them in a batch where `joined` names it.

    None where nothing but what the chain has taken itself (`before`) is left.
    """
    takes: dict[int, list[Taken]] = {number: [] for number in range(block.first, block.last + 1)}
    for demand in block.demands:
        if demand.kind not in room.spots:
            continue
        run = joined[1] if joined and joined[0] == demand.kind else None
        first, last = _span(start, demand, joined[1] if joined else None, run)
        spot = _pick(room.spots[demand.kind], first, last, run, before)
        if spot is None:
            return None
        for number in range(demand.first, demand.last + 1):
            own = (first, last) if joined else block.span_of(number, start)
            takes[number].append(Taken(spot.resource_id, spot.place, *own))
    if joined:
        run = joined[1]
        return [Placed(start, run.ends, tuple(takes[block.first]), run.begun)]
    return [Placed(*block.span_of(number, start), tuple(taken)) for number, taken in takes.items()]


def _span(start: int, demand: Demand, joined: Run | None, run: Run | None) -> tuple[int, int]:
    """A batch takes its place from its beginning to its end; whatever goes with one lasts until it is ready."""
    if run is not None:
        return run.starts, run.ends
    if joined is not None:
        return start, joined.ends
    return start + demand.offset, start + demand.offset + demand.length


def _pick(
    spots: Sequence[Spot], first: int, last: int, run: Run | None, before: Sequence[Placed]
) -> Spot | None:
    """The first place that is free; of batches one that has begun to fill."""
    free = [
        spot for spot in spots if _is_free(spot, first, last, run) and not _own(spot, first, last, before)
    ]
    if run is not None and run.begun:
        free.sort(key=lambda spot: run not in (spot.runs or ()))
    return free[0] if free else None


def _is_free(spot: Spot, first: int, last: int, run: Run | None) -> bool:
    if run is not None:
        return any(one[:3] == run[:3] for one in spot.runs or ())
    wanted = span(first, last)
    return spot.runs is None and spot.free & wanted == wanted


def _own(spot: Spot, first: int, last: int, before: Sequence[Placed]) -> bool:
    """Whether the chain has taken the place itself by then: a batch begins before what joins it."""
    return any(
        (take.resource_id, take.place) == (spot.resource_id, spot.place)
        and take.starts < last
        and first < take.ends
        for placed in before
        for take in placed.takes
    )
