"""Where sessions of a closed day go: at most one candidate each, within what is free, with the least disruption. Pure.

The law: a session takes one of its candidates or none; at no five minutes do the chosen ones take more of a pool than is
free of it; and of all such choices one with the least disruption is taken: a session that is placed nowhere weighs more
than any day, a day outside the good ones more than any distance, a day's distance more than any other time of day.

The same sessions give the same answer: one thread, one seed, and a limit that counts steps and not seconds; the limit in
seconds is for a machine that is far too slow. What the limit leaves is never worse than `greedy`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

NOWHERE = 1_000_000
OUTSIDE = 20_000
A_DAY = 100
_MOST_DAYS = 99
# What is left to improve after so much work is not worth somebody's waiting.
_STEPS = 4.0


class Use(NamedTuple):
    """One of a pool, from the five `starts` up to, but without, `ends`. Pools are of one day each."""

    pool: Hashable
    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to hold a session: `days` from its old day, `fives` from its old time of day, `good` within its good days."""

    name: Hashable
    uses: tuple[Use, ...]
    days: int
    fives: int = 0
    good: bool = True

    @property
    def disruption(self) -> int:
        near = min(abs(self.days), _MOST_DAYS) * A_DAY + min(abs(self.fives), A_DAY - 1)
        return near + (0 if self.good else OUTSIDE)


@dataclass(frozen=True, slots=True)
class Problem:
    """Sessions with their candidates, and how many of each pool are free in each five of its day.

    A pool that `free` lacks has one place at any time, as a person has.
    """

    sessions: Mapping[Hashable, Sequence[Candidate]]
    free: Mapping[Hashable, Sequence[int]]

    def at_most(self, pool: Hashable, five: int) -> int:
        counted = self.free.get(pool)
        return 1 if counted is None else counted[five]

    def disruption(self, chosen: Mapping[Hashable, Candidate]) -> int:
        missing = len(self.sessions) - len(chosen)
        return missing * NOWHERE + sum(candidate.disruption for candidate in chosen.values())


@dataclass(frozen=True, slots=True)
class Solution:
    """The chosen candidates; a session that is not in it fits nowhere. `proven` says that nothing better exists, `seconds`
    how long the solver took.
    """

    chosen: Mapping[Hashable, Candidate]
    proven: bool
    seconds: float = field(default=0.0, compare=False)


def solve(
    problem: Problem, *, seconds: float, without: Collection[Sequence[tuple[Hashable, Hashable]]] = ()
) -> Solution:
    """The choice with the least disruption that is found within `seconds`.

    `without` are combinations of (session, candidate's name) that turned out not to be possible together.
    """
    first = greedy(problem, without=without)
    model = _engine().CpModel()
    takes = {
        (session, candidate.name): model.new_bool_var("")
        for session, candidates in problem.sessions.items()
        for candidate in candidates
    }
    for session, candidates in problem.sessions.items():
        model.add_at_most_one(takes[session, candidate.name] for candidate in candidates)
    for names, most in _crowds(problem):
        model.add(sum(count * takes[name] for name, count in names.items()) <= most)
    for together in without:
        model.add_bool_or(takes[name].negated() for name in together if name in takes)
    model.minimize(
        sum(
            (candidate.disruption - NOWHERE) * takes[session, candidate.name]
            for session, candidates in problem.sessions.items()
            for candidate in candidates
        )
    )
    for name, variable in takes.items():
        chosen = first.get(name[0])
        model.add_hint(variable, chosen is not None and chosen.name == name[1])
    return _run(problem, model, takes, first, seconds)


def _engine() -> Any:
    """OR-Tools, read when a day is closed: half a second and 60 MB that no other process needs to spend."""
    return import_module("ortools.sat.python.cp_model")


def _run(
    problem: Problem,
    model: cp_model.CpModel,
    takes: Mapping[tuple[Hashable, Hashable], cp_model.IntVar],
    first: Mapping[Hashable, Candidate],
    seconds: float,
) -> Solution:
    engine = _engine()
    solver = engine.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = _STEPS
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(model)
    if status not in (engine.OPTIMAL, engine.FEASIBLE):
        return Solution(first, proven=False, seconds=solver.wall_time)
    found = {
        session: candidate
        for session, candidates in problem.sessions.items()
        for candidate in candidates
        if solver.boolean_value(takes[session, candidate.name])
    }
    best = min((found, first), key=problem.disruption)
    return Solution(best, proven=status == engine.OPTIMAL, seconds=solver.wall_time)


def greedy(
    problem: Problem, *, without: Collection[Sequence[tuple[Hashable, Hashable]]] = ()
) -> dict[Hashable, Candidate]:
    """The floor: sessions with the fewest candidates first, each the least disruptive one that is still free."""
    taken: dict[tuple[Hashable, int], int] = defaultdict(int)
    chosen: dict[Hashable, Candidate] = {}
    order = sorted(problem.sessions, key=lambda session: (len(problem.sessions[session]), str(session)))
    for session in order:
        for candidate in sorted(problem.sessions[session], key=lambda one: one.disruption):
            if _fits(problem, candidate, taken) and not _excluded(session, candidate, chosen, without):
                chosen[session] = candidate
                for pool, five in _fives(candidate):
                    taken[pool, five] += 1
                break
    return chosen


def _excluded(
    session: Hashable,
    candidate: Candidate,
    chosen: Mapping[Hashable, Candidate],
    without: Collection[Sequence[tuple[Hashable, Hashable]]],
) -> bool:
    names = {(other, picked.name) for other, picked in chosen.items()} | {(session, candidate.name)}
    return any(names.issuperset(together) for together in without)


def _fits(problem: Problem, candidate: Candidate, taken: Mapping[tuple[Hashable, int], int]) -> bool:
    wanted: dict[tuple[Hashable, int], int] = defaultdict(int)
    for place in _fives(candidate):
        wanted[place] += 1
    return all(taken.get(place, 0) + count <= problem.at_most(*place) for place, count in wanted.items())


def _fives(candidate: Candidate) -> Iterator[tuple[Hashable, int]]:
    for use in candidate.uses:
        for five in range(use.starts, use.ends):
            yield use.pool, five


def _crowds(problem: Problem) -> Iterator[tuple[dict[tuple[Hashable, Hashable], int], int]]:
    """For each pool the moments at which more could be taken than is free: who would take how many, and the most."""
    uses: dict[Hashable, list[tuple[Use, tuple[Hashable, Hashable]]]] = defaultdict(list)
    for session, candidates in problem.sessions.items():
        for candidate in candidates:
            for use in candidate.uses:
                uses[use.pool].append((use, (session, candidate.name)))
    for pool, of_pool in uses.items():
        # What overlaps at all overlaps where something begins or where less becomes free.
        begins = {use.starts for use, _ in of_pool} | _narrowings(problem.free.get(pool, ()))
        seen: set[tuple[frozenset[tuple[Hashable, Hashable]], int]] = set()
        for five in sorted(begins):
            names: dict[tuple[Hashable, Hashable], int] = defaultdict(int)
            for use, name in of_pool:
                if use.starts <= five < use.ends:
                    names[name] += 1
            if not names:
                continue
            most = problem.at_most(pool, five)
            same = (frozenset(names), most)
            if same not in seen and _could_crowd(names, most):
                seen.add(same)
                yield names, most


def _narrowings(counted: Sequence[int]) -> set[int]:
    return {five for five in range(1, len(counted)) if counted[five] < counted[five - 1]}


def _could_crowd(names: Mapping[tuple[Hashable, Hashable], int], most: int) -> bool:
    """Whether the sessions could take more than `most` at once, each with its greediest candidate."""
    greediest: dict[Hashable, int] = defaultdict(int)
    for (session, _), count in names.items():
        greediest[session] = max(greediest[session], count)
    return sum(greediest.values()) > most
