"""The day that a relation hangs on: what really happened, until then the booking, until then the proposal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from protocols.because import AnchorDate, Awaited, Basis, Key
from protocols.facts import Entry
from protocols.gestation import equivalent_lmp, standing_dating
from protocols.plan import State
from protocols.records import Dating, Result
from protocols.slots import Slot
from protocols.template import Anchor, Relation
from protocols.working import Working


def find_anchor(work: Working, slot: Slot, relation: Relation) -> AnchorDate | Awaited:
    """The day that a relation hangs on, or the words for what is still unknown.

    What was done hangs on what was in force on its day: a later cycle, attempt, dose or dating moves only what lies
    ahead.
    """
    anchor = relation.anchor
    if anchor.previous:
        return slot.previous or Awaited("the occurrence before")
    if anchor.step is not None:
        return _steps(work, slot, anchor)
    if anchor.milestone is not None:
        return _milestone(work, slot, anchor.milestone, anchor.occurrence, ahead=relation.after is None)
    if anchor.gestation:
        return _gestation(work, slot)
    if anchor.cycle_day is not None:
        return _cycle_day(work, slot, anchor.cycle_day, anchor.occurrence)
    if anchor.result is not None:
        return _rise(work, slot, anchor.result, anchor.rise) if anchor.rise else _result(work, anchor.result)
    return slot.asked or Awaited("a decision")


def _milestone(
    work: Working, slot: Slot, name: str, occurrence: int | str, *, ahead: bool
) -> AnchorDate | Awaited:
    facts = [fact for fact in work.facts.milestones.get(name, ()) if fact.certainty != "cancelled"]
    if isinstance(occurrence, int):
        facts = [fact for fact in facts if fact.occurrence == occurrence]
    if not facts:
        return Awaited(f"the milestone {name}")
    fact, done_on = facts[-1], work.done_on(slot)
    if done_on is not None:
        then = [one for one in facts if (one.on >= done_on if ahead else one.on <= done_on)]
        fact = (then[0] if ahead else then[-1]) if then else fact
    label = work.template.milestones[name].title.lower()
    basis: Basis = "recorded" if fact.certainty == "happened" else "planned"
    return AnchorDate(label, fact.on, basis, record=fact.id)


def _cycle_day(work: Working, slot: Slot, day: int, occurrence: int | str) -> AnchorDate | Awaited:
    if slot.round_end is not None and occurrence == "latest":
        return _cycle_day_after(work, day, slot.round_end)
    start = _milestone(work, slot, "cycle-start", occurrence, ahead=False)
    if isinstance(start, Awaited):
        return start
    on = start.on + timedelta(days=day - 1)
    return AnchorDate(f"cycle day {day}", on, start.basis, record=start.record)


def _cycle_day_after(work: Working, day: int, dose: AnchorDate | Awaited) -> AnchorDate | Awaited:
    """A test after a round falls into the first cycle whose day comes after the dose, whatever cycles began since."""
    if isinstance(dose, Awaited):
        return dose
    for fact in work.facts.milestones.get("cycle-start", ()):
        on = fact.on + timedelta(days=day - 1)
        if fact.certainty != "cancelled" and on > dose.on:
            basis: Basis = "recorded" if fact.certainty == "happened" else "planned"
            return AnchorDate(f"cycle day {day}", on, basis, record=fact.id)
    return Awaited("the milestone cycle-start")


def _result(work: Working, test: str) -> AnchorDate | Awaited:
    verdict = work.latest.get(test)
    if verdict is not None:
        return AnchorDate(f"the {test} result", verdict.resulted_on, "recorded", record=verdict.record)
    if not work.template.is_taken(test):
        recorded = [entry for entry in work.facts.all_of(Result) if entry.record.test == test]
        if recorded:
            last = max(recorded, key=lambda entry: entry.record.resulted_on)
            return AnchorDate(f"the {test} result", last.record.resulted_on, "recorded", record=last.id)
    return Awaited(f"a result of {test}")


def _rise(work: Working, slot: Slot, test: str, number: int) -> AnchorDate | Awaited:
    """The sample day of the n-th value of a rising row in this pregnancy.

    A value that does not rise, or comes from another assay, begins a new row: values of two assays are not compared.
    """
    label, since, row = f"rising value {number} of {test}", _pregnant_after(work, slot), 0
    only = work.template.tests[test].only
    assay: str | None = None
    value = 0.0
    for entry in work.facts.all_of(Result):
        result = entry.record
        ours = result.elsewhere is None or entry.id in work.admitted
        if result.test != test or result.value is None or not ours:
            continue
        if since is not None and result.sampled_on <= since:
            continue
        rises = row and (result.assay or only) == assay and result.value > value
        row, assay, value = (row + 1 if rises else 1), result.assay or only, result.value
        if row == number:
            return AnchorDate(label, result.sampled_on, "recorded", record=entry.id)
    return Awaited(label)


def _steps(work: Working, slot: Slot, anchor: Anchor) -> AnchorDate | Awaited:
    names = anchor.steps
    if anchor.occurrence == "round":
        return slot.round_end or Awaited(f"the end of the round of {names[0]}")
    if isinstance(anchor.occurrence, int):
        key = (names[0], anchor.occurrence)
        return work.anchor_of(key) or Awaited(f"{names[0]} #{anchor.occurrence}", key)
    then = _last_then(work, slot, names)
    if then is not None:
        return then
    lasts = [last for name in names if (last := _last(work, name)) is not None]
    known = [found for last in lasts if (found := work.anchor_of(last)) is not None]
    if len(names) > 1 and work.is_done(slot):
        # What was done hangs on the last of them that was done too, whatever is proposed for the others by now.
        known = [candidate for candidate in known if not candidate.provisional]
    if not known:
        return Awaited(f"the last {names[0]}", _last_certain(work, names[0]))
    return known[0] if len(known) == 1 else max(known, key=lambda candidate: candidate.on)


def _last_then(work: Working, slot: Slot, names: Sequence[str]) -> AnchorDate | None:
    """For what was done: the last of the steps that was done up to its day."""
    done_on = work.done_on(slot)
    if done_on is None:
        return None
    acts = [
        anchor
        for (name, _), anchor in work.anchors.items()
        if name in names and anchor.basis == "actual" and anchor.on <= done_on
    ]
    return max(acts, key=lambda anchor: anchor.on, default=None)


def _last(work: Working, name: str) -> Key | None:
    """A step's last occurrence that is wanted; None where there is none.

    Where all of them were skipped, the last of those: what follows goes on without the step.
    """
    states = {number: visit.state for number, visit in work.visits_of(name).items()}
    wanted = [
        number for number, state in states.items() if state not in (State.NOT_APPLICABLE, State.SKIPPED)
    ]
    wanted = wanted or [number for number, state in states.items() if state is State.SKIPPED]
    return (name, max(wanted)) if wanted else None


def _last_certain(work: Working, name: str) -> Key | None:
    """The last occurrence that does not hang on a result to come, so that what follows can bound it."""
    numbers = [
        number
        for number, visit in work.visits_of(name).items()
        if visit.state is not State.NOT_APPLICABLE and visit.key not in work.contingent
    ]
    return (name, max(numbers)) if numbers else None


def _gestation(work: Working, slot: Slot) -> AnchorDate | Awaited:
    dating = standing_dating(_known_then(work, slot), _pregnant_after(work, slot))
    if dating is None:
        return Awaited("the dating of the pregnancy")
    return AnchorDate("day 0 of the pregnancy", equivalent_lmp(dating.record), "recorded", record=dating.id)


def _pregnant_after(work: Working, slot: Slot) -> date | None:
    """The end of the last pregnancy before the one that a visit belongs to: for what was done, before its day."""
    done_on = work.done_on(slot)
    ends = [on for on in work.pregnancy_ends if done_on is None or on < done_on]
    return ends[-1] if ends else None


def _known_then(work: Working, slot: Slot) -> Sequence[Entry[Dating]]:
    """The datings that speak for a visit: for what was done, those known when it was done.

    So a later scan moves what lies ahead and never what was judged. Where none was known then, all of them speak.
    """
    datings = work.facts.all_of(Dating)
    done = work.facts.fulfilled.get(slot.key)
    if done is None:
        return datings
    known = [
        entry
        for entry in datings
        if entry.record.on <= done.record.on
        and not (entry.recorded_at and done.recorded_at and entry.recorded_at > done.recorded_at)
    ]
    return known or datings
