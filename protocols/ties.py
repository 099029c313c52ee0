"""From the visits as they were placed to the network that bounds them: which are free, and what ties them together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from protocols.because import AnchorDate, Key
from protocols.drafts import Draft
from protocols.durations import Duration
from protocols.network import NOW, Constraint, Network
from protocols.plan import State
from protocols.template import Relation
from protocols.workdays import EVERY_DAY
from protocols.working import Working

Level = Literal["preferred", "absolute"]
_FREE = frozenset({State.WAITING, State.PROPOSED, State.BOOKED, State.MISSED})
_ENDS = {"preferred": (1, 3), "absolute": (0, 4)}


@dataclass(frozen=True, slots=True)
class Said:
    """Where a constraint comes from: a relation to an anchor, a booking, the days of a visit, or a result it needs."""

    visit: Draft
    what: Literal["relation", "booking", "days", "result"]
    relation: Relation | None = None
    anchor: AnchorDate | None = None
    offset: Duration = NOW
    other: Draft | None = None


@dataclass(slots=True)
class Tied:
    """A network with the visits that it is about.

    `intricate`: some visit hangs on more than one that is free, or has closed days, so that a day inside its bounds may
    still not fit the others.
    """

    network: Network
    visits: Sequence[Draft]
    number: dict[Key, int] = field(default_factory=dict)
    intricate: bool = False


def free_visits(work: Working) -> list[Draft]:
    """The visits whose day is not settled by what happened, and that are wanted whatever a result to come says.

    One whose fixed relations alone exclude each other is left out: it has its own flag and would only hide the rest.
    """
    return [
        visit
        for visit in work.visits.values()
        if visit.state in _FREE
        and visit.key not in work.contingent
        and (visit.window is not None or visit.provisional or bool(visit.unknown))
    ]


def tie(work: Working, visits: Sequence[Draft], level: Level, booked: frozenset[Key]) -> Tied:
    """The network of the free visits; those in `booked` stand on their day.

    A relation between two settled days is left out of the preferred network: whoever booked it so gave a reason.
    """
    tied = Tied(Network(work.template.month_ends), visits)
    for number, visit in enumerate(visits):
        tied.number[visit.key] = number
        tied.network.keys.append(visit.key)
    for visit in visits:
        days = list(_booking(tied, visit) if visit.key in booked else _days(work, tied, visit))
        own = list(_relations(work, tied, visit, level, booked))
        branches = len({item.anchor for item in own if item.anchor >= 0}) > 1
        tied.intricate = tied.intricate or branches or bool(days)
        tied.network.constraints += [*days, *own]
    return tied


def _booking(tied: Tied, visit: Draft) -> Iterator[Constraint]:
    assert visit.on is not None
    said, number, day = Said(visit, "booking"), tied.number[visit.key], visit.on.toordinal()
    yield Constraint("not_before", number, said, day=day)
    yield Constraint("not_after", number, said, day=day)


def _days(work: Working, tied: Tied, visit: Draft) -> Iterator[Constraint]:
    days = work.workdays_of(visit.slot)
    if days.closed or days.open_weekdays != EVERY_DAY:
        yield Constraint("open_days", tied.number[visit.key], Said(visit, "days"), days=days)


def _relations(
    work: Working, tied: Tied, visit: Draft, level: Level, booked: frozenset[Key]
) -> Iterator[Constraint]:
    settled = level == "preferred" and visit.key in booked
    for relation, anchor, window in work.ties[visit.key]:
        other = tied.number.get(anchor.key) if anchor.key else None
        if other is not None:
            if not (settled and anchor.key in booked):
                yield from _between(tied, visit, relation, other, level)
        elif window is not None and not settled and isinstance(anchor, AnchorDate):
            low, high = (window.dates()[end] for end in _ENDS[level])
            first, last = (relation.offsets[end] for end in _ENDS[level])
            if level == "preferred" and high is not None and work.today.past(high):
                # It is overdue already and flagged so; what follows must not be measured by a day that has gone.
                high, last = window.maximum, relation.offsets[4]
            if low is not None:
                said = Said(visit, "relation", relation, anchor, first or NOW)
                yield Constraint("not_before", tied.number[visit.key], said, day=low.toordinal())
            if high is not None:
                said = Said(visit, "relation", relation, anchor, last or NOW)
                yield Constraint("not_after", tied.number[visit.key], said, day=high.toordinal())
    yield from _results(work, tied, visit)


def _between(tied: Tied, visit: Draft, relation: Relation, other: int, level: Level) -> Iterator[Constraint]:
    """The bounds of a relation between two free visits; "before" is the same pair of bounds seen from the other end."""
    number = tied.number[visit.key]
    near, far = (relation.offsets[end] for end in _ENDS[level])
    first, second = other, number
    if relation.before is not None:
        near, far, first, second = far, near, number, other
    for kind, offset in (("at_least", near), ("at_most", far)):
        if offset is not None:
            said = Said(visit, "relation", relation, offset=offset, other=tied.visits[other])
            yield Constraint(kind, second, said, first, offset)  # type: ignore[arg-type]


def _results(work: Working, tied: Tied, visit: Draft) -> Iterator[Constraint]:
    """A visit that needs a valid result comes after the sample that is still to be taken, while the result is valid."""
    for need in visit.slot.step.requires:
        if need.valid_result is None:
            continue
        valid = work.template.tests[need.valid_result].valid_for
        for other in tied.visits:
            if other.slot.step.test != need.valid_result or other.slot.step.measures != "round":
                continue
            number = tied.number[visit.key]
            first = tied.number[other.key]
            said = Said(visit, "result", offset=NOW, other=other)
            yield Constraint("at_least", number, said, first, NOW)
            if valid is not None and valid.starts == "sampled_on" and valid.number.at is not None:
                said = Said(visit, "result", offset=valid.number.at, other=other)
                yield Constraint("at_most", number, said, first, valid.number.at)
