"""Places one occurrence: its window, its state, and the day proposed for it, each with its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from protocols.anchors import find_anchor
from protocols.because import AnchorDate, Awaited, Reason, RelationReason
from protocols.conditions import failing, unmet
from protocols.drafts import Draft
from protocols.facts import day_of
from protocols.flags_visits import kept_away, redose_due, unreachable_window, window_expired
from protocols.plan import State
from protocols.proposals import propose
from protocols.records import Booked, Decision
from protocols.requirements import missing_on
from protocols.slots import Slot
from protocols.template import Relation
from protocols.windows import Window, intersect, window_after, window_before
from protocols.working import Tie, Working

_AHEAD = frozenset({State.PROPOSED, State.BOOKED, State.MISSED})


@dataclass(slots=True)
class Timed:
    """The window that the protocol asks of an occurrence, with what it hangs on."""

    window: Window | None
    because: tuple[Reason, ...]
    unknown: tuple[str, ...]
    provisional: bool
    ties: tuple[Tie, ...]


def place(work: Working, slot: Slot) -> Draft:
    """Place `slot` and keep its date for whatever hangs on it."""
    when = timed(work, slot)
    work.ties[slot.key] = when.ties
    if slot.depends:
        work.contingent.add(slot.key)
    draft = Draft(
        slot,
        slot.key,
        attempt=1 + len(work.facts.missed.get(slot.key, ())),
        dose=slot.dose,
        window=when.window,
        unknown=when.unknown,
        provisional=when.provisional,
        because=when.because,
        donor=work.donor_of(slot),
    )
    _settle(work, draft)
    if draft.state in _AHEAD:
        day = draft.on or draft.proposed_on
        draft.missing = missing_on(work.template, work.facts, work, slot.step, day, draft.donor)
    work.keep(draft)
    _keep_anchor(work, draft)
    return draft


def timed(work: Working, slot: Slot) -> Timed:
    """The window that the protocol asks, its reasons, and the anchors that are not known yet.

    What was done is judged from what really happened, so a proposal is no anchor of it.
    """
    done = work.is_done(slot)
    windows: list[Window] = []
    reasons: list[Reason] = []
    unknown: list[str] = []
    ties: list[Tie] = []
    provisional = False
    for relation in slot.relations:
        anchor = find_anchor(work, slot, relation)
        if isinstance(anchor, Awaited):
            ties.append((relation, anchor, None))
            unknown.append(anchor.words)
        elif done and anchor.provisional:
            unknown.append(anchor.label)
        else:
            reason = _apply(work, relation, anchor)
            provisional = provisional or anchor.provisional
            ties.append((relation, anchor, reason.window))
            windows.append(reason.window)
            reasons.append(reason)
    window = intersect(windows) if windows else None
    if window is not None and window.target is None and not unknown:
        window = window._replace(target=window.earliest)
    return Timed(window, tuple(reasons), tuple(unknown), provisional, tuple(ties))


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


def _skip_by(draft: Draft, decision: Decision) -> None:
    draft.state, draft.on, draft.proposed_on, draft.dose = State.SKIPPED, decision.on, None, None
    draft.give_reason(f"skipped by decision: {decision.reason}")


def _settle(work: Working, draft: Draft) -> None:
    """Where the visit stands: what happened comes before what is booked, and that before what is only planned."""
    facts, slot = work.facts, draft.slot
    done = facts.fulfilled.get(slot.key) or slot.sampled
    if done is not None:
        draft.state, draft.on = State.FULFILLED, day_of(done.record)
        return
    if slot.key in facts.skipped:
        record = facts.skipped[slot.key].record
        draft.state, draft.on, draft.dose = State.SKIPPED, record.on, None
        draft.give_reason(f"skipped: {record.reason}")
        return
    applies = True if slot.step.when is None else slot.step.when.judge(work)
    off = _not_applicable(work, slot, applies)
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
    if draft.subject in work.skips:
        _skip_by(draft, work.skips[draft.subject])
        return
    if slot.key in facts.missed:
        draft.state = State.MISSED
    draft.waiting_for = (*draft.unknown, *_unmet(work, slot, applies))
    if not draft.waiting_for:
        _date(work, draft)


def _date(work: Working, draft: Draft) -> None:
    """State and proposal of a visit whose anchors and conditions are all known."""
    window = draft.window
    if draft.held_by:
        draft.waiting_for = ("a decision",) if draft.state is State.WAITING else ()
    elif window is None:
        _unfitting(work, draft)
    elif window.maximum is not None and work.today.past(window.maximum):
        _expired(work, draft, window, window.maximum)
    else:
        _propose(work, draft, window, window.maximum)


def _unfitting(work: Working, draft: Draft) -> None:
    """No day fits all relations. While what they hang on is only proposed, the network says whether none is left."""
    draft.waiting_for = ("a window that fits all relations",)
    if draft.provisional and not draft.slot.depends:
        return
    decision = unreachable_window(work, draft)
    if decision and decision.choice == "skip":
        draft.waiting_for = ()
        _skip_by(draft, decision)


def _expired(work: Working, draft: Draft, window: Window, maximum: date) -> None:
    decision = window_expired(work, draft, maximum)
    if decision is not None and decision.choice == "go_on":
        _propose(work, draft, window, None)
        return
    draft.state = State.EXPIRED
    if decision and decision.choice == "skip":
        _skip_by(draft, decision)


def _propose(work: Working, draft: Draft, window: Window, maximum: date | None) -> None:
    proposal = propose(work, draft.slot, window, maximum)
    if draft.state is not State.MISSED:
        draft.state = State.PROPOSED
    if proposal is None:
        _undated(work, draft, window)
        return
    draft.proposed_on, draft.because = proposal.proposed_on, (*draft.because, proposal)
    decision = redose_due(work, draft) if draft.slot.step.redose else None
    if decision and decision.choice == "decline":
        _skip_by(draft, decision)


def _undated(work: Working, draft: Draft, window: Window) -> None:
    """No open day to propose: the clinic has none, or it has and somebody who must come is away on all of them."""
    day = window.target or window.earliest or window.latest or window.maximum
    ceiling = window.latest or window.maximum
    if day is None or work.workdays.nearest_open(day, window.earliest, ceiling) is None:
        draft.waiting_for = ("an open day inside the window",)
        return
    draft.waiting_for = ("a day on which everybody can come",)
    decision = kept_away(work, draft)
    if decision and decision.choice == "skip":
        draft.waiting_for = ()
        _skip_by(draft, decision)


def _not_applicable(work: Working, slot: Slot, applies: bool | None) -> str | None:
    """Why the visit is not asked for, if it is not; `applies` is what its step's condition says."""
    step = slot.step
    if slot.state_reason:
        return slot.state_reason
    if step.phase == "pre-conception" and work.pregnancy_branch:
        return "the pregnancy branch was decided"
    if step.when is not None and applies is False:
        return f"needs {' and '.join(failing(step.when, work))}"
    if step.optional and work.opted_in(step.name) is False:
        return "the couple does not want it"
    return None


def _unmet(work: Working, slot: Slot, applies: bool | None) -> tuple[str, ...]:
    step = slot.step
    waiting = unmet(step.when, work) if step.when is not None and applies is None else ()
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


def _keep_anchor(work: Working, draft: Draft) -> None:
    """The day that successors hang on: what really happened, until then the booking, until then the proposal."""
    key, label = draft.key, draft.slot.label
    if draft.state is State.FULFILLED and draft.on:
        work.anchors[key] = AnchorDate(label, draft.on, "actual", key=key, record=work.done_by(draft.slot))
    elif draft.state is State.SKIPPED and draft.on:
        work.anchors[key] = AnchorDate(label, draft.on, "skipped", key=key)
    elif draft.state is State.BOOKED and draft.on and _inside_bounds(draft.window, draft.on):
        work.anchors[key] = AnchorDate(label, draft.on, "booked", key=key, record=work.facts.booked[key].id)
    elif draft.state is State.BOOKED and draft.window:
        # A booking that the protocol cannot allow is flagged and not obeyed: what follows hangs on the proposal.
        proposal = propose(work, draft.slot, draft.window, draft.window.maximum)
        if proposal is not None:
            work.anchors[key] = AnchorDate(label, proposal.proposed_on, "proposed", provisional=True, key=key)
    elif draft.proposed_on:
        work.anchors[key] = AnchorDate(label, draft.proposed_on, "proposed", provisional=True, key=key)
        if work.limits is not None:
            work.limits.settle(key, draft.proposed_on)
