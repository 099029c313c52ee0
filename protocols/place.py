"""Places one occurrence: its window, its state, and the day proposed for it, each with its reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from protocols.because import AnchorDate, ProposalReason, Reason, RelationReason, StateReason
from protocols.conditions import unmet
from protocols.facts import Entry
from protocols.flags_visits import unreachable_window, window_expired
from protocols.gestation import equivalent_lmp, standing_dating
from protocols.plan import PlannedVisit, State
from protocols.records import Absence, Booked, Dating, Decision, Skipped
from protocols.requirements import missing_on
from protocols.template import Anchor, Relation
from protocols.windows import Window, intersect, window_after, window_before
from protocols.workdays import Workdays
from protocols.working import Slot, Working

_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)


def place(work: Working, slot: Slot) -> PlannedVisit:
    """Place `slot` and keep its date for whatever hangs on it."""
    window, reasons, unknown = timed(work, slot)
    visit = PlannedVisit(
        step=slot.step.name,
        occurrence=slot.occurrence,
        title=slot.step.title,
        state=State.WAITING,
        attempt=1 + len(work.facts.missed.get(slot.key, ())),
        dose=slot.dose,
        window=window,
        partial=bool(unknown) and window is not None,
        provisional=any(
            isinstance(reason, RelationReason) and reason.anchor.provisional for reason in reasons
        ),
        attends=slot.step.attends,
        because=reasons,
    )
    visit = _with_state(work, slot, visit, unknown)
    if visit.state in (State.PROPOSED, State.BOOKED, State.MISSED):
        visit = replace(
            visit,
            missing=missing_on(work.template, work.facts, work, slot.step, visit.on or visit.proposed_on),
        )
    work.visits[slot.key] = visit
    _keep_anchor(work, slot, visit)
    return visit


def timed(work: Working, slot: Slot) -> tuple[Window | None, tuple[Reason, ...], tuple[str, ...]]:
    """The window that the protocol asks, its reasons, and the anchors that are not known yet."""
    windows: list[Window] = []
    reasons: list[Reason] = []
    unknown: list[str] = []
    for relation in slot.relations:
        anchor = find_anchor(work, slot, relation.anchor)
        if isinstance(anchor, str):
            unknown.append(anchor)
            continue
        reason = _apply(work, relation, anchor)
        windows.append(reason.window)
        reasons.append(reason)
    return (intersect(windows) if windows else None), tuple(reasons), tuple(unknown)


def _apply(work: Working, relation: Relation, anchor: AnchorDate) -> RelationReason:
    month_ends = work.template.month_ends
    compute = window_after if relation.after else window_before
    window = compute(anchor.on, relation.offsets, month_ends)
    return RelationReason(
        "after" if relation.after else "before",
        anchor,
        relation.offsets,
        window,
        month_ends.value,
        relation.cited,
    )


def find_anchor(work: Working, slot: Slot, anchor: Anchor) -> AnchorDate | str:
    """The day of an anchor, or the words for what is still unknown."""
    if anchor.previous:
        return slot.previous or "the occurrence before"
    if anchor.milestone is not None:
        return _milestone(work, anchor.milestone, anchor.occurrence)
    if anchor.step is not None:
        return _steps(work, slot, anchor)
    if anchor.gestation:
        return _gestation(work)
    if anchor.cycle_day is not None:
        start = _milestone(work, "cycle-start", anchor.occurrence)
        if isinstance(start, str):
            return start
        return AnchorDate(
            f"cycle day {anchor.cycle_day}", start.on + timedelta(days=anchor.cycle_day - 1), start.basis
        )
    if anchor.result is not None:
        verdict = work.latest.get(anchor.result)
        return (
            AnchorDate(f"the {anchor.result} result", verdict.resulted_on, "recorded")
            if verdict
            else f"a result of {anchor.result}"
        )
    return slot.asked or "a decision"


def _milestone(work: Working, name: str, occurrence: int | str) -> AnchorDate | str:
    facts = [fact for fact in work.facts.milestones.get(name, ()) if fact.certainty != "cancelled"]
    if isinstance(occurrence, int):
        facts = [fact for fact in facts if fact.occurrence == occurrence]
    if not facts:
        return f"the milestone {name}"
    label = work.template.milestones[name].title.lower()
    return AnchorDate(label, facts[-1].on, "recorded" if facts[-1].certainty == "happened" else "planned")


def _steps(work: Working, slot: Slot, anchor: Anchor) -> AnchorDate | str:
    names = (anchor.step,) if isinstance(anchor.step, str) else anchor.step or ()
    if anchor.occurrence == "round":
        return slot.round_end or f"the end of the round of {names[0]}"
    if isinstance(anchor.occurrence, int):
        return work.anchors.get((names[0], anchor.occurrence)) or f"{names[0]} #{anchor.occurrence}"
    found = [_last(work, name) for name in names]
    known = [candidate for candidate in found if candidate is not None]
    if not known or (len(names) == 1 and found[0] is None):
        return f"the last {names[0]}"
    return max(known, key=lambda candidate: candidate.on)


def _last(work: Working, name: str) -> AnchorDate | None:
    """The date of a step's last occurrence that is wanted; None while that one has no date."""
    wanted = [
        key for key, visit in work.visits.items()
        if key[0] == name and visit.state not in (State.NOT_APPLICABLE, State.SKIPPED)
    ]  # fmt: skip
    return work.anchors.get(max(wanted, key=lambda key: key[1])) if wanted else None


def _gestation(work: Working) -> AnchorDate | str:
    dating = standing_dating(work.facts.all_of(Dating), work.pregnancy_ended_on)
    if dating is None or not isinstance(dating.record, Dating):
        return "the dating of the pregnancy"
    return AnchorDate("0 weeks of gestation", equivalent_lmp(dating.record), "recorded")


def _with_state(work: Working, slot: Slot, visit: PlannedVisit, unknown: tuple[str, ...]) -> PlannedVisit:
    facts, step = work.facts, slot.step
    done = facts.fulfilled.get(slot.key) or slot.sampled
    if done is not None:
        return replace(visit, state=State.FULFILLED, on=_done_on(done))
    if slot.key in facts.skipped:
        record = facts.skipped[slot.key].record
        assert isinstance(record, Skipped)
        return _why(replace(visit, state=State.SKIPPED, on=record.on), f"skipped: {record.reason}")
    visit = replace(visit, held_by=tuple(work.holds.get(step.name, ())) + tuple(work.holds.get("*", ())))
    off = _not_applicable(work, slot)
    booking = _booking(work, slot)
    if booking is not None:
        visit = replace(visit, on=booking.on, pencilled=booking.pencilled)
    if off is not None:
        return _why(replace(visit, state=State.NOT_APPLICABLE, held_by=()), off)
    if booking is not None:
        return replace(visit, state=State.BOOKED)
    if slot.key in facts.missed:
        visit = replace(visit, state=State.MISSED)
    waiting = (*unknown, *_unmet(work, slot))
    if waiting:
        return replace(
            visit, state=visit.state if visit.state is State.MISSED else State.WAITING, waiting_for=waiting
        )
    return _dated(work, slot, visit)


def _dated(work: Working, slot: Slot, visit: PlannedVisit) -> PlannedVisit:
    """State and proposal of a visit whose anchors and conditions are all known."""
    if visit.held_by:
        return replace(visit, waiting_for=("a decision",) if visit.state is State.WAITING else ())
    if visit.window is None:
        decision = unreachable_window(work, visit)
        waiting = replace(visit, waiting_for=("a window that fits all relations",))
        return _skipped_by(visit, decision) if decision and decision.choice == "skip" else waiting
    maximum = visit.window.maximum
    if maximum is not None and work.today.past(maximum):
        decision = window_expired(work, visit, maximum)
        if decision is None or decision.choice != "go_on":
            expired = replace(visit, state=State.EXPIRED)
            return _skipped_by(visit, decision) if decision and decision.choice == "skip" else expired
        maximum = None
    proposal = _propose(work, slot, visit.window, maximum)
    state = State.MISSED if visit.state is State.MISSED else State.PROPOSED
    if proposal is None:
        return replace(visit, state=state, waiting_for=("an open day inside the window",))
    return replace(visit, state=state, proposed_on=proposal.proposed_on, because=(*visit.because, proposal))


def _skipped_by(visit: PlannedVisit, decision: Decision) -> PlannedVisit:
    return _why(
        replace(visit, state=State.SKIPPED, on=decision.on), f"skipped by decision: {decision.reason}"
    )


def _not_applicable(work: Working, slot: Slot) -> str | None:
    step = slot.step
    if slot.state_reason:
        return slot.state_reason
    if step.phase == "pre-conception" and work.pregnancy_branch:
        return "the pregnancy branch was decided"
    if step.when is not None and step.when.judge(work) is False:
        return f"needs {step.when.words()}"
    if step.optional and work.opted_in(step.name) is False:
        return "the couple does not want it"
    return None


def _unmet(work: Working, slot: Slot) -> tuple[str, ...]:
    step = slot.step
    waiting = unmet(step.when, work) if step.when is not None else ()
    if slot.depends:
        waiting = (*waiting, "the result of the round before")
    if step.optional and work.opted_in(step.name) is None:
        waiting = (*waiting, f"the couple's wish for {step.name}")
    return waiting


def _booking(work: Working, slot: Slot) -> Booked | None:
    """The booking in force, unless a person said that the visit of that day was missed."""
    entry = work.facts.booked.get(slot.key)
    if entry is None or not isinstance(entry.record, Booked):
        return None
    missed = work.facts.missed.get(slot.key, ())
    return None if any(_done_on(miss) >= entry.record.on for miss in missed) else entry.record


def _done_on(entry: Entry) -> date:
    return getattr(entry.record, "on", None) or entry.record.sampled_on  # type: ignore[union-attr,no-any-return]


def _why(visit: PlannedVisit, text: str) -> PlannedVisit:
    return replace(visit, because=(StateReason(text), *visit.because))


def _propose(work: Working, slot: Slot, window: Window, maximum: date | None) -> ProposalReason | None:
    """The nearest open day to the target; once it has passed, whole weeks on, inside the window."""
    target = window.target or window.earliest or window.latest or window.maximum
    if target is None:
        return None
    days = _workdays(work, slot)
    floor, ceiling = window.earliest, window.latest or maximum
    first = days.nearest_open(target, floor, ceiling) or days.nearest_open(target, floor, maximum)
    if first is None:
        return None
    limits = (ceiling,) if ceiling == maximum else (ceiling, maximum)
    missed_on = max((_done_on(miss) for miss in work.facts.missed.get(slot.key, ())), default=None)
    for weeks, day in _candidates(days, first, limits):
        if (missed_on is None or day > missed_on) and not work.today.past(day):
            return ProposalReason(
                target, first, weeks, day, (floor, ceiling if ceiling and day <= ceiling else maximum)
            )
    return None


def _candidates(days: Workdays, first: date, limits: tuple[date | None, ...]) -> Iterator[tuple[int, date]]:
    """Days to propose in order: whole weeks from the first up to each limit in turn, then the last open day before it."""
    weeks, last = 0, first
    yield weeks, first
    for limit in limits:
        while limit is None or first + _WEEK * (weeks + 1) <= limit:
            weeks += 1
            day = days.nearest_open(first + _WEEK * weeks, last + _DAY, limit)
            if day is not None:
                last = day
                yield weeks, day
        end = days.last_open(last + _DAY, limit) if limit else None
        if end is not None:
            last = end
            yield weeks, end


def _workdays(work: Working, slot: Slot) -> Workdays:
    people = {"recipient", *work.donor.split("+")} if "donor" in slot.step.attends else {"recipient"}
    away: set[date] = set()
    for entry in work.facts.all_of(Absence):
        absence = entry.record
        if isinstance(absence, Absence) and absence.person in people:
            away.update(
                absence.from_on + timedelta(days=days)
                for days in range((absence.to_on - absence.from_on).days + 1)
            )
    return work.workdays.without(away)


def _keep_anchor(work: Working, slot: Slot, visit: PlannedVisit) -> None:
    """The day that successors hang on: what really happened, until then the booking, until then the proposal."""
    label = (
        f"{slot.step.noun} {slot.dose}" if slot.step.kind == "dose" and slot.dose else f"the {slot.step.noun}"
    )
    if visit.state is State.FULFILLED and visit.on:
        work.anchors[slot.key] = AnchorDate(label, visit.on, "actual")
    elif visit.state is State.SKIPPED and visit.on:
        work.anchors[slot.key] = AnchorDate(label, visit.on, "skipped")
    elif visit.state is State.BOOKED and visit.on:
        work.anchors[slot.key] = AnchorDate(label, visit.on, "booked")
    elif visit.proposed_on:
        work.anchors[slot.key] = AnchorDate(label, visit.proposed_on, "proposed", provisional=True)
