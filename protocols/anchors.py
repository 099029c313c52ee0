"""The day that a relation hangs on: what really happened, until then the booking, until then the proposal."""

from __future__ import annotations

from datetime import timedelta

from protocols.because import AnchorDate
from protocols.gestation import equivalent_lmp, standing_dating
from protocols.plan import State
from protocols.records import Dating
from protocols.template import Anchor
from protocols.working import Slot, Working


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
    if len(names) > 1 and work.is_done(slot):
        # What was done hangs on the last of them that was done too, whatever is proposed for the others by now.
        known = [candidate for candidate in known if not candidate.provisional]
    if not known or (len(names) == 1 and found[0] is None):
        return f"the last {names[0]}"
    return max(known, key=lambda candidate: candidate.on)


def _last(work: Working, name: str) -> AnchorDate | None:
    """The date of a step's last occurrence that is wanted; None while that one has no date.

    Where all of them were skipped, the day on which that was said: what follows goes on without the step.
    """
    states = {number: visit.state for (step, number), visit in work.visits.items() if step == name}
    wanted = [
        number for number, state in states.items() if state not in (State.NOT_APPLICABLE, State.SKIPPED)
    ]
    wanted = wanted or [number for number, state in states.items() if state is State.SKIPPED]
    return work.anchors.get((name, max(wanted))) if wanted else None


def _gestation(work: Working) -> AnchorDate | str:
    dating = standing_dating(work.facts.all_of(Dating), work.pregnancy_ended_on)
    if dating is None or not isinstance(dating.record, Dating):
        return "the dating of the pregnancy"
    return AnchorDate("day 0 of the pregnancy", equivalent_lmp(dating.record), "recorded")
