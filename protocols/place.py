"""Places one occurrence: its window, its state, and the day proposed for it, each with its reasons."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from protocols.anchors import find_anchor
from protocols.because import AnchorDate, Reason, RelationReason, StateReason
from protocols.conditions import failing, unmet
from protocols.facts import day_of
from protocols.flags_visits import redose_due, unreachable_window, window_expired
from protocols.plan import PlannedVisit, State
from protocols.proposals import propose
from protocols.records import Booked, Decision, Skipped
from protocols.requirements import missing_on
from protocols.template import Relation
from protocols.windows import Window, intersect, window_after, window_before
from protocols.working import Slot, Working


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


def _with_state(work: Working, slot: Slot, visit: PlannedVisit, unknown: tuple[str, ...]) -> PlannedVisit:
    facts, step = work.facts, slot.step
    done = facts.fulfilled.get(slot.key) or slot.sampled
    if done is not None:
        return replace(visit, state=State.FULFILLED, on=day_of(done.record))
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
    proposal = propose(work, slot, visit.window, maximum)
    state = State.MISSED if visit.state is State.MISSED else State.PROPOSED
    if proposal is None:
        return replace(visit, state=state, waiting_for=("an open day inside the window",))
    visit = replace(visit, state=state, proposed_on=proposal.proposed_on, because=(*visit.because, proposal))
    decision = redose_due(work, visit) if slot.step.redose else None
    return (
        _skipped_by(replace(visit, proposed_on=None), decision)
        if decision and decision.choice == "decline"
        else visit
    )


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
        return f"needs {' and '.join(failing(step.when, work))}"
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
    return None if any(day_of(miss.record) >= entry.record.on for miss in missed) else entry.record


def _why(visit: PlannedVisit, text: str) -> PlannedVisit:
    return replace(visit, because=(StateReason(text), *visit.because))


def _inside_bounds(window: Window | None, on: date) -> bool:
    low, high = (window.absolute_minimum, window.maximum) if window else (None, None)
    return (low is None or on >= low) and (high is None or on <= high)


def _keep_anchor(work: Working, slot: Slot, visit: PlannedVisit) -> None:
    """The day that successors hang on: what really happened, until then the booking, until then the proposal."""
    numbered = slot.dose and (slot.step.rounds or slot.step.count > 1)
    label = f"{slot.step.noun} {slot.dose}" if numbered else f"the {slot.step.noun}"
    if visit.state is State.FULFILLED and visit.on:
        work.anchors[slot.key] = AnchorDate(label, visit.on, "actual")
    elif visit.state is State.SKIPPED and visit.on:
        work.anchors[slot.key] = AnchorDate(label, visit.on, "skipped")
    elif visit.state is State.BOOKED and visit.on and _inside_bounds(visit.window, visit.on):
        work.anchors[slot.key] = AnchorDate(label, visit.on, "booked")
    elif visit.state is State.BOOKED and visit.window:
        # A booking that the protocol cannot allow is flagged and not obeyed: what follows hangs on the proposal.
        proposal = propose(work, slot, visit.window, visit.window.maximum)
        if proposal is not None:
            work.anchors[slot.key] = AnchorDate(label, proposal.proposed_on, "proposed", provisional=True)
    elif visit.proposed_on:
        work.anchors[slot.key] = AnchorDate(label, visit.proposed_on, "proposed", provisional=True)
