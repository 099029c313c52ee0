"""Propagation over long chains: a plan of many visits may cost no more for each of them than a short one.

A chain is a protocol of visits of which each hangs on the one before, and the last also on a planned milestone. In a loose
one that lies too far off to matter; in a tight one it bites: the chain fits, but every window is narrowed from behind,
through all the visits that follow it, and most proposals have to leave their target.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from benchmarks.couples import WORKDAYS
from benchmarks.figures import Figure, Target, compared
from benchmarks.timing import cpu_seconds
from protocols import Facts, Plan, Template, load, plan, read_record

LENGTHS = (50, 100, 200, 400)
SHORT, LONG = 100, 400
START = date(2026, 1, 5)
# Days from one visit to the next: at least, as a rule, at most; and those that the milestone leaves for each.
EARLIEST, TARGET, LATEST = 5, 7, 9
LEFT = {"loose": 10, "tight": 6}
GROWTH = 1.5
_HEAD = """
name: chain
version: "1"
title: A chain of visits
evidence: None; it only measures.
sources: {}
milestones:
  course-start: {title: Course start}
  deadline: {title: Deadline}
steps:
"""
_STEP = """
  - name: visit-{number}
    title: Visit {number}
    noun: visit {number}
    kind: review
    relations:
      - after: {anchor}
        earliest: {{at: P{earliest}D, source: clinic, grade: setting}}
        target: {{at: P{target}D, source: clinic, grade: setting}}
        latest: {{at: P{latest}D, source: clinic, grade: setting}}
"""
_BEFORE = """
      - before: {milestone: deadline}
        maximum: {at: P0D, source: clinic, grade: setting}
"""


def chain(length: int) -> Template:
    """A protocol of `length` visits, each after the one before, the last before the deadline."""
    document = [_HEAD.lstrip()]
    for number in range(1, length + 1):
        anchor = f"{{step: visit-{number - 1}}}" if number > 1 else "{milestone: course-start}"
        step = _STEP.format(number=number, anchor=anchor, earliest=EARLIEST, target=TARGET, latest=LATEST)
        document.append(step.lstrip("\n"))
    return load("".join([*document, _BEFORE.lstrip("\n")]))


def facts_of(length: int, kind: str) -> Facts:
    """A course that has begun, with the planned milestone that it ends in front of."""
    deadline = START + timedelta(days=LEFT[kind] * length)
    records = [
        {"kind": "milestone", "name": "course-start", "on": START.isoformat()},
        {"kind": "milestone", "name": "deadline", "on": deadline.isoformat(), "certainty": "planned"},
    ]
    return Facts.of([read_record(record) for record in records])


def planned(template: Template, facts: Facts) -> Plan:
    return plan(template, facts, WORKDAYS, START)


def figures() -> Iterator[Figure]:
    for kind in LEFT:
        yield from _of(kind)


def _of(kind: str) -> Iterator[Figure]:
    chains = {length: (chain(length), facts_of(length, kind)) for length in LENGTHS}
    taken = cpu_seconds(
        {
            str(length): lambda template=template, facts=facts: planned(template, facts)
            for length, (template, facts) in chains.items()
        },
        turns=1,
    )
    each = {length: [1e6 * seconds / length for seconds in taken[str(length)]] for length in LENGTHS}
    for length in LENGTHS:
        if length != SHORT:
            target = Target("at most", GROWTH) if length == LONG else None
            name = f"plan of a {kind} chain of {length}, each visit"
            yield compared(name, "us", each[length], f"in a chain of {SHORT}", each[SHORT], target)
