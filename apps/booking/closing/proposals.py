"""Proposed slots for the sessions of a closing: candidates, the solver, and a check that each gets its places."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from apps.booking.closing.problem import Candidate, Problem, Use, greedy, solve
from apps.booking.closing.searching import Found, Hit, Way, ways, without
from apps.booking.slots.chains import Placed, Run
from apps.booking.slots.fitting import Fit
from apps.booking.slots.grid import Day, span

# What is counted by kind may need other places than there are: so often the solver is asked again without it.
_ROUNDS = 5
SECONDS_OF_A_DAY, SECONDS_OF_WEEKS = 1.0, 5.0
_MANY = 40

Chosen = dict[UUID, Way]


@dataclass(frozen=True, slots=True)
class Proposals:
    """The way that each session could go, by its id; who is not in it fits nowhere, and `why` may say why.

    `seconds` is how long the solver took, `proven` that nothing disrupts less.
    """

    chosen: Mapping[UUID, Way]
    all_ways: Mapping[UUID, tuple[Way, ...]]
    proven: bool
    seconds: float = 0.0
    why: Mapping[UUID, str] = field(default_factory=dict)


def propose(found: Found, *, seconds: float | None = None) -> Proposals:
    """The least disruption that is found within `seconds`, by default what a nurse will wait for."""
    all_ways = {hit.row.pk: tuple(ways(found, hit)) for hit in found.hits}
    problem = problem_of(found, all_ways)
    limit = seconds or (SECONDS_OF_WEEKS if len(found.hits) > _MANY else SECONDS_OF_A_DAY)
    by_id = {hit.row.pk: hit for hit in found.hits}
    why = {hit.row.pk: hit.why for hit in found.hits if hit.why}
    seconds_taken = 0.0
    ruled_out: list[tuple[tuple[Hashable, Hashable], ...]] = []
    for _ in range(_ROUNDS):
        solution = solve(problem, seconds=limit, without=ruled_out)
        seconds_taken += solution.seconds
        chosen = _ways_of(solution.chosen, all_ways)
        clashing = _clash(found, by_id, chosen)
        if clashing is None:
            return Proposals(chosen, all_ways, solution.proven, seconds_taken, why)
        ruled_out.append(tuple((pk, chosen[pk].starts_at) for pk in clashing))
    return Proposals(_one_by_one(found, by_id, chosen, all_ways), all_ways, False, seconds_taken, why)


def floor(found: Found) -> Chosen:
    """What the simplest way of doing it gives: one session after the other, each its best that is left."""
    all_ways = {hit.row.pk: tuple(ways(found, hit)) for hit in found.hits}
    return _ways_of(greedy(problem_of(found, all_ways)), all_ways)


def problem_of(found: Found, all_ways: Mapping[UUID, tuple[Way, ...]]) -> Problem:
    """The sessions' ways as candidates, and how many places of each kind are free."""
    people = Counter(
        person for hit in found.hits if hit.wanted is not None for person in hit.wanted.recipe.people
    )
    twice = {person for person, count in people.items() if count > 1}
    kinds = {pk: kind for kind, listed in found.shared.resources.items() for pk, _ in listed}
    sessions: dict[Hashable, list[Candidate]] = {
        hit.row.pk: [_candidate(hit, way, kinds, twice) for way in all_ways[hit.row.pk]] for hit in found.hits
    }
    days = {way.day for of_session in all_ways.values() for way in of_session}
    return Problem(sessions, {pool: count for day in days for pool, count in _free(found, day)})


def _candidate(hit: Hit, way: Way, kinds: Mapping[UUID, str], twice: set[UUID]) -> Candidate:
    return Candidate(
        name=way.starts_at,
        uses=tuple(_uses(hit, way, kinds, twice)),
        days=(way.day.on - hit.old_day).days,
        fives=way.start - hit.old_start,
        good=not way.needs_reason,
    )


def _uses(hit: Hit, way: Way, kinds: Mapping[UUID, str], twice: set[UUID]) -> Iterator[Use]:
    assert hit.wanted is not None
    assert hit.free is not None
    offset = int(way.day.starts_at.timestamp()) // 300 - hit.free.base
    for part, one in zip(hit.wanted.recipe.parts, way.placed, strict=True):
        for take in one.takes:
            kind = kinds[take.resource_id]
            if take.resource_id in hit.free.batches:
                run = (way.day.on, kind, take.starts, take.ends)
                if not hit.own.get((take.resource_id, take.place), 0) >> offset & span(
                    take.starts, take.ends
                ):
                    yield Use(run, 0, 1)
                continue
            # What the session has itself no other one can have, so it is not counted.
            bits = span(take.starts, take.ends)
            bits &= ~(hit.own.get((take.resource_id, take.place), 0) >> offset)
            yield from (Use((way.day.on, kind), first, last) for first, last in _stretches(bits))
        for person in set(part.people) & twice:
            yield Use((way.day.on, person), one.starts, one.ends)


def _stretches(bits: int) -> Iterator[tuple[int, int]]:
    while bits:
        first = (bits & -bits).bit_length() - 1
        last = first + (~(bits >> first) & ((bits >> first) + 1)).bit_length() - 1
        yield first, last
        bits &= ~span(first, last)


def _free(found: Found, day: Day) -> Iterator[tuple[Hashable, list[int]]]:
    """How many places of each kind are free in each five of the day, and in each batch of it."""
    room = found.room(day)
    for kind, spots in room.spots.items():
        plain = [spot.free for spot in spots if spot.runs is None]
        yield (day.on, kind), [sum(free >> five & 1 for free in plain) for five in range(room.length)]
        runs: dict[Run, int] = defaultdict(int)
        for spot in spots:
            for run in spot.runs or ():
                runs[Run(*run[:3])] += 1
        yield from (((day.on, kind, run.starts, run.ends), [count]) for run, count in runs.items())


def _ways_of(chosen: Mapping[Hashable, Candidate], all_ways: Mapping[UUID, tuple[Way, ...]]) -> Chosen:
    return {
        pk: way
        for pk, of_session in all_ways.items()
        for way in of_session
        if pk in chosen and chosen[pk].name == way.starts_at
    }


def _clash(found: Found, by_id: Mapping[UUID, Hit], chosen: Chosen) -> list[UUID] | None:
    """Sessions of one day that do not get their places together; None where all do."""
    by_day: dict[Day, list[UUID]] = defaultdict(list)
    for pk in sorted(chosen, key=lambda pk: (chosen[pk].starts_at, str(pk))):
        by_day[chosen[pk].day].append(pk)
    for pks in by_day.values():
        given: list[Placed] = []
        for number, pk in enumerate(pks):
            placed = _place(found, by_id[pk], chosen[pk], given)
            if placed is None:
                return pks[: number + 1]
            given += placed
    return None


def _place(found: Found, hit: Hit, way: Way, given: list[Placed]) -> tuple[Placed, ...] | None:
    assert hit.wanted is not None
    recipe = hit.wanted.recipe
    fit = Fit(recipe.blocks, without(found.room_of(hit, way.day), given), recipe.bound)
    return fit.place(way.start) if fit.starts >> way.start & 1 else None


def _one_by_one(
    found: Found, by_id: Mapping[UUID, Hit], chosen: Chosen, all_ways: Mapping[UUID, tuple[Way, ...]]
) -> Chosen:
    """The chosen ways as far as they hold; who loses their place gets the next one that is left, or none."""
    given: dict[Day, list[Placed]] = defaultdict(list)
    kept: Chosen = {}
    for pk in sorted(chosen, key=lambda pk: (chosen[pk].starts_at, str(pk))):
        for way in (chosen[pk], *all_ways[pk]):
            placed = _place(found, by_id[pk], way, given[way.day])
            if placed is not None:
                given[way.day] += placed
                kept[pk] = way
                break
    return kept
