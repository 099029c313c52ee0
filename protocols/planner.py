"""plan(): facts in, plan out. The numbers are those of docs/planner.md.

Pure: no clock, no database, no file. The order of records changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from protocols.baseline import run_baseline
from protocols.because import StateReason
from protocols.clocks import clocks_of
from protocols.course import run_course
from protocols.errors import FactFaults
from protocols.fact_checks import check_facts
from protocols.facts import Facts
from protocols.flags_facts import milestone_unconfirmed, pregnancy_during_course
from protocols.flags_room import raise_over_room
from protocols.flags_visits import raise_over_visits, raise_unneeded, unreachable_window
from protocols.plan import Clock, Flag, Plan, PlannedVisit, State
from protocols.room import Room, room_of
from protocols.standing import stand
from protocols.template import Step, Template
from protocols.today import Today
from protocols.workdays import Workdays
from protocols.working import Working

PAUSED = "pause"


def plan(template: Template, facts: Facts, workdays: Workdays, today: date) -> Plan:
    """What the protocol asks of this treatment, seen from `today`, the clinic's own date.

    Raises FactFaults, with every fault at once, when the records contradict the protocol, each other or today.
    """
    # 1. Refuse records that cannot be true.
    faults = check_facts(template, facts, today)
    if faults:
        raise FactFaults(faults)
    # 2. and 3. Where the treatment stands; every occurrence in the order of dependence.
    now = Today(today)
    work = _placed(Working(template, facts, workdays, now), today)
    # 4. What the visits leave each other; where a proposal does not fit that, all are placed again inside it.
    room = None if work.closed else room_of(work)
    if room is not None and room.bites(work.visits.values()):
        work = _placed(Working(template, facts, workdays, now, limits=room), today)
        if not room.fits(work.visits.values()):
            room.one_by_one = True
            work = _placed(Working(template, facts, workdays, now, limits=room), today)
    # 5. Flags over what was placed.
    _flag_all(work, room)
    clocks = tuple(clocks_of(work))
    # 6. A closed treatment asks for nothing more.
    if work.closed:
        _close(work)
    for flag in list(raise_unneeded(work)):
        work.raise_flag(flag)
    if work.faults:
        raise FactFaults(work.faults)
    # 7. Until the nearest boundary that today was compared with, nothing changes.
    return _frozen(work, None if work.closed else room, today, clocks)


def _placed(work: Working, today: date) -> Working:
    """One pass over the steps. Steps that time each other's occurrences are passed over until no day moves any more."""
    while True:
        stand(work, today)
        pregnancy = _pregnancy_flag(work)
        for step in work.template.order:
            _place_step(work, step)
        _settle_pregnancy(work, pregnancy)
        if not work.template.entangled or (work.earlier and work.anchors == work.earlier.anchors):
            return work
        work.earlier = None
        work = Working(work.template, work.facts, work.workdays, work.today, limits=work.limits, earlier=work)


def _flag_all(work: Working, room: Room | None) -> None:
    if room is not None:
        raise_over_room(work, room)
    for visit in work.visits.values():
        fits_nothing = visit.window is None and visit.provisional and visit.state is State.WAITING
        if fits_nothing and not visit.unknown and (room is None or not room.troubled):
            unreachable_window(work, visit)
    raise_over_visits(work)
    _raise_over_milestones(work)


def _frozen(work: Working, room: Room | None, today: date, clocks: tuple[Clock, ...]) -> Plan:
    visits = [visit.freeze(None if room is None else room.bookable(visit)) for visit in work.visits.values()]
    return Plan(
        today=today,
        visits=_sorted(work.template, visits),
        verdicts=tuple(work.verdicts),
        flags=tuple(sorted(work.flags, key=lambda flag: (flag.cause_on, flag.key))),
        replan_on=None if work.closed else work.today.replan_on,
        closed=work.closed,
        donor=work.donor,
        valid_until=dict(work.valid_until),
        clocks=clocks,
    )


def _pregnancy_flag(work: Working) -> Flag | None:
    """Hold every step before conception once a pregnancy is recorded; whether to flag it shows when they are placed."""
    if work.pregnant_since is None:
        return None
    pregnancy = work.facts.latest_milestone("pregnancy", happened=True)
    assert pregnancy is not None
    flag = pregnancy_during_course(work, pregnancy.on, pregnancy.id)
    decision = work.raise_flag(flag)
    if decision is None:
        return work.flags[-1]
    work.pregnancy_branch = decision.choice == "pregnancy_branch"
    return None


def _settle_pregnancy(work: Working, flag: Flag | None) -> None:
    """The flag stays only where it holds something that was still to come."""
    if flag is not None and not any(flag.key in visit.held_by for visit in work.visits.values()):
        work.flags.remove(flag)


def _place_step(work: Working, step: Step) -> None:
    if step.measures == "baseline":
        run_baseline(work, step)
    elif step.measures != "round":
        run_course(work, step, work.template.tests_after(step.name))


def _raise_over_milestones(work: Working) -> None:
    for name, occurrences in work.facts.milestones.items():
        for fact in occurrences:
            elsewhere = work.joined_on is not None and fact.on < work.joined_on
            if fact.certainty == "planned" and not elsewhere and work.today.past(fact.on):
                work.raise_flag(milestone_unconfirmed(work, name, fact.occurrence, fact.on, fact.id))


def _close(work: Working) -> None:
    """Everything ahead becomes not applicable, and no flag asks anything of a treatment that ended.

    Of a repeated visit only what was done or booked stays: how often it would have come hung on proposals, and today
    moves those.
    """
    reason = StateReason(work.closed or "closed")
    never = [
        key for key, visit in work.visits.items() if visit.slot.step.repeat and visit.is_idle and key[1] > 1
    ]
    for key in never:
        del work.visits[key]
    for visit in work.visits.values():
        visit.end(reason)
    work.flags = []


def _sorted(template: Template, visits: Iterable[PlannedVisit]) -> tuple[PlannedVisit, ...]:
    place = template.place
    return tuple(sorted(visits, key=lambda visit: (place[visit.step], visit.occurrence)))
