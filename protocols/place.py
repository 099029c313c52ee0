"""Places one occurrence: its window, its state, and the day proposed for it, each with its reasons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from protocols.anchors import find_anchor
from protocols.because import AnchorDate, Reason, RelationReason, StateReason
from protocols.conditions import failing, unmet
from protocols.facts import day_of
from protocols.flags_visits import redose_due, unreachable_window, window_expired
from protocols.plan import PlannedVisit, State
from protocols.proposals import propose
from protocols.records import Booked, Decision
from protocols.requirements import missing_on
from protocols.template import Relation
from protocols.windows import Window, intersect, window_after, window_before
from protocols.working import Slot, Working


@dataclass(slots=True)
class _Draft:
    """A visit while it is being placed; frozen as a PlannedVisit once all of it is known."""

    slot: Slot
    window: Window | None
    because: tuple[Reason, ...]
    unknown: tuple[str, ...]
    attempt: int
    state: State = State.WAITING
    on: date | None = None
    proposed_on: date | None = None
    waiting_for: tuple[str, ...] = ()
    held_by: tuple[str, ...] = ()
    pencilled: bool = False

    def give_reason(self, text: str) -> None:
        self.because = (StateReason(text), *self.because)

    def skip_by(self, decision: Decision) -> None:
        self.state, self.on, self.proposed_on = State.SKIPPED, decision.on, None
        self.give_reason(f"skipped by decision: {decision.reason}")

    def visit(self, donor: str | None = None, missing: tuple[str, ...] = ()) -> PlannedVisit:
        return PlannedVisit(
            step=self.slot.step.name,
            occurrence=self.slot.occurrence,
            title=self.slot.step.title,
            state=self.state,
            attempt=self.attempt,
            dose=None if self.state is State.SKIPPED else self.slot.dose,
            on=self.on,
            window=self.window,
            partial=bool(self.unknown) and self.window is not None,
            provisional=any(
                isinstance(reason, RelationReason) and reason.anchor.provisional for reason in self.because
            ),
            proposed_on=self.proposed_on,
            waiting_for=self.waiting_for,
            held_by=self.held_by,
            pencilled=self.pencilled,
            attends=self.slot.step.attends,
            donor=donor,
            missing=missing,
            because=self.because,
        )


def place(work: Working, slot: Slot) -> PlannedVisit:
    """Place `slot` and keep its date for whatever hangs on it."""
    window, reasons, unknown = timed(work, slot)
    draft = _Draft(slot, window, reasons, unknown, 1 + len(work.facts.missed.get(slot.key, ())))
    _settle(work, draft)
    donor = work.donor_of(slot)
    missing: tuple[str, ...] = ()
    if draft.state in (State.PROPOSED, State.BOOKED, State.MISSED):
        day = draft.on or draft.proposed_on
        missing = missing_on(work.template, work.facts, work, slot.step, day, donor)
    visit = draft.visit(donor, missing)
    work.visits[slot.key] = visit
    _keep_anchor(work, slot, visit)
    return visit


def timed(work: Working, slot: Slot) -> tuple[Window | None, tuple[Reason, ...], tuple[str, ...]]:
    """The window that the protocol asks, its reasons, and the anchors that are not known yet.

    What was done is judged from what really happened, so a proposal is no anchor of it.
    """
    done = work.is_done(slot)
    windows: list[Window] = []
    reasons: list[Reason] = []
    unknown: list[str] = []
    for relation in slot.relations:
        anchor = find_anchor(work, slot, relation.anchor)
        if isinstance(anchor, str):
            unknown.append(anchor)
            continue
        if done and anchor.provisional:
            unknown.append(anchor.label)
            continue
        reason = _apply(work, relation, anchor)
        windows.append(reason.window)
        reasons.append(reason)
    window = intersect(windows) if windows else None
    if window is not None and window.target is None and not unknown:
        window = replace(window, target=window.earliest)
    return window, tuple(reasons), tuple(unknown)


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


def _settle(work: Working, draft: _Draft) -> None:
    """Where the visit stands: what happened comes before what is booked, and that before what is only planned."""
    facts, slot = work.facts, draft.slot
    done = facts.fulfilled.get(slot.key) or slot.sampled
    if done is not None:
        draft.state, draft.on = State.FULFILLED, day_of(done.record)
        return
    if slot.key in facts.skipped:
        record = facts.skipped[slot.key].record
        draft.state, draft.on = State.SKIPPED, record.on
        draft.give_reason(f"skipped: {record.reason}")
        return
    off = _not_applicable(work, slot)
    booking = _booking(work, slot)
    if booking is not None:
        draft.on, draft.pencilled = booking.on, booking.pencilled
    if off is not None:
        draft.state = State.NOT_APPLICABLE
        draft.give_reason(off)
        return
    draft.held_by = (*work.holds.get(slot.step.name, ()), *work.holds.get("*", ()))
    if booking is not None:
        draft.state = State.BOOKED
        return
    if slot.key in facts.missed:
        draft.state = State.MISSED
    draft.waiting_for = (*draft.unknown, *_unmet(work, slot))
    if not draft.waiting_for:
        _date(work, draft)


def _date(work: Working, draft: _Draft) -> None:
    """State and proposal of a visit whose anchors and conditions are all known."""
    slot, window = draft.slot, draft.window
    if draft.held_by:
        draft.waiting_for = ("a decision",) if draft.state is State.WAITING else ()
        return
    if window is None:
        decision = unreachable_window(work, draft.visit())
        if decision and decision.choice == "skip":
            draft.skip_by(decision)
        else:
            draft.waiting_for = ("a window that fits all relations",)
        return
    maximum = window.maximum
    if maximum is not None and work.today.past(maximum):
        decision = window_expired(work, draft.visit(), maximum)
        if decision is None or decision.choice != "go_on":
            draft.state = State.EXPIRED
            if decision and decision.choice == "skip":
                draft.skip_by(decision)
            return
        maximum = None
    proposal = propose(work, slot, window, maximum)
    if draft.state is not State.MISSED:
        draft.state = State.PROPOSED
    if proposal is None:
        draft.waiting_for = ("an open day inside the window",)
        return
    draft.proposed_on, draft.because = proposal.proposed_on, (*draft.because, proposal)
    decision = redose_due(work, draft.visit()) if slot.step.redose else None
    if decision and decision.choice == "decline":
        draft.skip_by(decision)


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
