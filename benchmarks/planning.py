"""plan() of lit-standard beside a peer and floors that compute the same windows and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from benchmarks import cht, floors
from benchmarks.couples import COUPLES, WORKDAYS, BenchCouple
from benchmarks.figures import Figure, Target, rate
from benchmarks.timing import cpu_seconds
from protocols import Facts, Plan, Window, load_library, plan, read_record

TEMPLATE = load_library("lit-standard")
UNIT = "plans per CPU-second"
FLOORS = {
    "windows by hand, compiled": floors.by_hand,
    "windows by timedelta and dicts": floors.by_timedelta,
    "windows by dateutil.relativedelta": floors.by_relativedelta,
}


def facts_of(couple: BenchCouple) -> Facts:
    return Facts.of([read_record(body) for body in couple.records])


def planned(couple: BenchCouple, facts: Facts | None = None) -> Plan:
    """The couple's plan; from its records' bodies, as they come from the database, where no facts are given."""
    return plan(TEMPLATE, facts_of(couple) if facts is None else facts, WORKDAYS, couple.today)


def windows(couple: BenchCouple) -> list[tuple[date | None, ...]]:
    """The five dates of each planned visit, in the order of floors.VISITS."""
    return [(visit.window or Window()).dates() for visit in planned(couple).visits]


def figures() -> Iterator[Figure]:
    with cht.peer() as peer:
        for couple in COUPLES:
            yield from _of(couple, peer)


def _of(couple: BenchCouple, peer: cht.Peer | None) -> Iterator[Figure]:
    facts = facts_of(couple)
    number = len(planned(couple, facts).visits)
    taken = cpu_seconds(
        {
            "plan": lambda: planned(couple, facts),
            "from records": lambda: planned(couple),
            **{name: lambda floor=floor: floor(couple.days) for name, floor in FLOORS.items()},
        },
        elsewhere={cht.NAME: _agreeing(peer, couple).measure(couple)} if peer else None,
    )
    name = f"plan of {number} visits, {couple.name}"
    if peer:
        yield rate(name, UNIT, taken["plan"], cht.NAME, taken[cht.NAME], Target("at least", 2))
    for floor in FLOORS:
        yield rate(name, UNIT, taken["plan"], floor, taken[floor])
    read = f"{name}, {len(couple.records)} records read too"
    yield rate(read, UNIT, taken["from records"], "its plan alone", taken["plan"])


def _agreeing(peer: cht.Peer, couple: BenchCouple) -> cht.Peer:
    """The peer, once its tasks say the planner's windows: a comparison of different dates would say nothing."""
    ours = dict(zip(floors.VISITS, windows(couple), strict=True))
    differences = cht.differences(peer.windows(couple), ours)
    if differences:
        raise RuntimeError(f"{cht.NAME} and the planner disagree: {'; '.join(differences)}")
    return peer
