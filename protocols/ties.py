"""From the visits as they were placed to the network that bounds them: which are free, and what ties them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from protocols.because import AnchorDate, Key
from protocols.drafts import Draft
from protocols.durations import Duration
from protocols.network import NOW, Constraint, Network
from protocols.plan import State
from protocols.template import Relation
from protocols.windows import Window
from protocols.workdays import EVERY_DAY, Workdays
from protocols.working import Working

Level = Literal["preferred", "absolute"]
_FREE = frozenset({State.WAITING, State.PROPOSED, State.BOOKED, State.MISSED})
_ENDS = {"preferred": (1, 3), "absolute": (0, 4)}


class Said(NamedTuple):
    """Where a constraint comes from: a relation to an anchor, a booking, the days of a visit, or a result it needs."""

    visit: Draft
    what: Literal["relation", "booking", "days", "result"]
    relation: Relation | None = None
    anchor: AnchorDate | None = None
    offset: Duration = NOW
    other: Draft | None = None


@dataclass(slots=True)
class Tied:
    """A network with the visits that it is about, `tests` those after a round by what they test.

    `intricate`: some visit hangs on more than one that is free, or has closed days, so that a day inside its bounds may
    still not fit the others.
    """

    network: Network
    visits: Sequence[Draft]
    number: dict[Key, int] = field(default_factory=dict)
    tests: dict[str, list[Draft]] = field(default_factory=dict)
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
        test = visit.slot.step.test
        if test is not None and visit.slot.step.measures == "round":
            tied.tests.setdefault(test, []).append(visit)
    for visit in visits:
        number, days = tied.number[visit.key], _days(work, visit)
        if visit.key in booked:
            made = _booking(number, visit)
        elif days is not None:
            made = [Constraint("open_days", number, Said(visit, "days"), days=days)]
        else:
            made = []
        tied.intricate = tied.intricate or bool(made)
        made += _relations(work, tied, visit, level, booked)
        made += _results(work, tied, visit)
        if not tied.intricate:
            tied.intricate = len({item.anchor for item in made if item.anchor >= 0}) > 1
        tied.network.constraints += made
    return tied


def _booking(number: int, visit: Draft) -> list[Constraint]:
    assert visit.on is not None
    said, day = Said(visit, "booking"), visit.on.toordinal()
    return [Constraint("not_before", number, said, day=day), Constraint("not_after", number, said, day=day)]


def _days(work: Working, visit: Draft) -> Workdays | None:
    """The days that a visit keeps to; None where every day is open."""
    days = work.workdays_of(visit.slot)
    return days if days.closed or days.open_weekdays != EVERY_DAY else None


def _relations(
    work: Working, tied: Tied, visit: Draft, level: Level, booked: frozenset[Key]
) -> list[Constraint]:
    settled = level == "preferred" and visit.key in booked
    made: list[Constraint] = []
    for relation, anchor, window in work.ties[visit.key]:
        other = tied.number.get(anchor.key) if anchor.key else None
        if other is not None:
            if not (settled and anchor.key in booked):
                made += _between(tied, visit, relation, other, level)
        elif window is not None and not settled and isinstance(anchor, AnchorDate):
            made += _from_day(work, tied, visit, level, (relation, anchor, window))
    return made


def _from_day(
    work: Working, tied: Tied, visit: Draft, level: Level, bound: tuple[Relation, AnchorDate, Window]
) -> list[Constraint]:
    """The bounds of a relation to a day that is known."""
    relation, anchor, window = bound
    number, (near, far) = tied.number[visit.key], _ENDS[level]
    low, first, high, last = window[near], relation.offsets[near], window[far], relation.offsets[far]
    if level == "preferred" and high is not None and work.today.past(high):
        # It is overdue already and flagged so; what follows must not be measured by a day that has gone.
        high, last = window.maximum, relation.offsets[4]
    made = []
    if low is not None:
        said = Said(visit, "relation", relation, anchor, first or NOW)
        made.append(Constraint("not_before", number, said, day=low.toordinal()))
    if high is not None:
        said = Said(visit, "relation", relation, anchor, last or NOW)
        made.append(Constraint("not_after", number, said, day=high.toordinal()))
    return made


def _between(tied: Tied, visit: Draft, relation: Relation, other: int, level: Level) -> list[Constraint]:
    """The bounds of a relation between two free visits; "before" is the same pair of bounds seen from the other end."""
    number, (least, most) = tied.number[visit.key], _ENDS[level]
    near, far, first, second = relation.offsets[least], relation.offsets[most], other, number
    if relation.before is not None:
        near, far, first, second = far, near, number, other
    made = []
    if near is not None:
        said = Said(visit, "relation", relation, None, near, tied.visits[other])
        made.append(Constraint("at_least", second, said, first, near))
    if far is not None:
        said = Said(visit, "relation", relation, None, far, tied.visits[other])
        made.append(Constraint("at_most", second, said, first, far))
    return made


def _results(work: Working, tied: Tied, visit: Draft) -> list[Constraint]:
    """A visit that needs a valid result comes after the sample that is still to be taken, while the result is valid."""
    made = []
    for need in visit.slot.step.requires:
        if need.valid_result is None:
            continue
        valid = work.template.tests[need.valid_result].valid_for
        for other in tied.tests.get(need.valid_result, ()):
            number, first = tied.number[visit.key], tied.number[other.key]
            said = Said(visit, "result", other=other)
            made.append(Constraint("at_least", number, said, first))
            if valid is not None and valid.starts == "sampled_on" and valid.number.at is not None:
                said = Said(visit, "result", offset=valid.number.at, other=other)
                made.append(Constraint("at_most", number, said, first, valid.number.at))
    return made
