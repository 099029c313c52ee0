"""plan(): facts in, plan out. The numbers are those of docs/planner.md.

Pure: no clock, no database, no file. The order of records changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from protocols.because import StateReason, full_day
from protocols.course import run_course
from protocols.errors import FactFaults
from protocols.fact_checks import check_facts
from protocols.facts import Facts
from protocols.flags_facts import milestone_unconfirmed, pregnancy_during_course
from protocols.flags_visits import raise_over_visits, raise_unneeded
from protocols.plan import Flag, Plan, PlannedVisit, State
from protocols.records import Close, Pause, Resume
from protocols.template import Step, Template
from protocols.tests_of_round import run_baseline
from protocols.today import Today
from protocols.workdays import Workdays
from protocols.working import Working, pauses

PAUSED = "pause"


def plan(template: Template, facts: Facts, workdays: Workdays, today: date) -> Plan:
    """What the protocol asks of this treatment, seen from `today`, the clinic's own date.

    Raises FactFaults, with every fault at once, when the records contradict the protocol, each other or today.
    """
    # 1. Refuse records that cannot be true.
    faults = check_facts(template, facts, today)
    if faults:
        raise FactFaults(faults)
    work = Working(template, facts, workdays, Today(today))
    # 2. Where the treatment stands: donor, pregnancy, loss, pause, end.
    _stand(work, today)
    # 3. Place every occurrence in the order of dependence: doses judged, results read, windows, states, proposals.
    pregnancy = _pregnancy_flag(work)
    for step in template.order:
        _place_step(work, step)
    # 4. Flags over what was placed.
    _settle_pregnancy(work, pregnancy)
    raise_over_visits(work)
    _raise_over_milestones(work)
    # 5. A closed treatment asks for nothing more.
    if work.closed:
        _close(work)
    for flag in list(raise_unneeded(work)):
        work.raise_flag(flag)
    if work.faults:
        raise FactFaults(work.faults)
    # 6. Until the nearest boundary that today was compared with, nothing changes.
    return Plan(
        today=today,
        visits=_sorted(template, work.visits.values()),
        verdicts=tuple(work.verdicts),
        flags=tuple(sorted(work.flags, key=lambda flag: (flag.cause_on, flag.key))),
        replan_on=None if work.closed else work.today.replan_on,
        closed=work.closed,
        donor=work.donor,
        valid_until=dict(work.valid_until),
    )


def _stand(work: Working, today: date) -> None:
    facts = work.facts
    work.donor = work.donor_on(today)
    loss = facts.latest_milestone("loss", happened=True)
    pregnancy = facts.latest_milestone("pregnancy", happened=True)
    if loss is not None:
        work.pregnancy_ended_on = loss.on
        told = next(entry.recorded_at for entry in facts.entries if entry.id == loss.id)
        if not _resumed(facts, loss.on, told):
            work.closed = f"loss recorded on {full_day(loss.on)}"
    if pregnancy is not None and (loss is None or pregnancy.on > loss.on):
        work.pregnant_since = pregnancy.on
        work.pregnancy_key = f"pregnancy#{pregnancy.occurrence}"
    for entry in facts.all_of(Close):
        if not _resumed(facts, entry.record.on, entry.recorded_at):
            work.closed = work.closed or f"closed: {entry.record.reason}"
    stops = pauses(facts)
    if stops and isinstance(stops[-1].record, Pause):
        work.holds["*"] = [PAUSED]


def _resumed(facts: Facts, ended_on: date, told: datetime | None) -> bool:
    """Whether a person let the treatment go on after its end; a word said before the end was told is not about it."""
    return any(
        entry.record.on >= ended_on
        and not (told is not None and entry.recorded_at is not None and entry.recorded_at < told)
        for entry in facts.all_of(Resume)
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
        run_course(work, step, work.template.test_after(step.name))


def _raise_over_milestones(work: Working) -> None:
    for name, occurrences in work.facts.milestones.items():
        for fact in occurrences:
            if fact.certainty == "planned" and work.today.past(fact.on):
                work.raise_flag(milestone_unconfirmed(work, name, fact.occurrence, fact.on, fact.id))


def _close(work: Working) -> None:
    """Everything ahead becomes not applicable, and no flag asks anything of a treatment that ended."""
    reason = StateReason(work.closed or "closed")
    work.visits = {key: _ended(visit, reason) for key, visit in work.visits.items()}
    work.flags = []


def _ended(visit: PlannedVisit, reason: StateReason) -> PlannedVisit:
    """What was done keeps its window, unless that hung on a proposal; nothing else is timed any more."""
    done = visit.state in (State.FULFILLED, State.SKIPPED)
    if done and not visit.provisional:
        return visit
    said = tuple(why for why in visit.because if isinstance(why, StateReason))
    bare = replace(visit, window=None, partial=False, provisional=False, because=said)
    if done or visit.state is State.NOT_APPLICABLE:
        return bare
    return replace(
        bare, state=State.NOT_APPLICABLE, proposed_on=None, held_by=(), waiting_for=(), missing=(),
        because=(reason, *said),
    )  # fmt: skip


def _sorted(template: Template, visits: Iterable[PlannedVisit]) -> tuple[PlannedVisit, ...]:
    place = {step.name: index for index, step in enumerate(template.steps)}
    return tuple(sorted(visits, key=lambda visit: (place[visit.step], visit.occurrence)))
