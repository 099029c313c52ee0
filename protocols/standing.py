"""Where the treatment stands before anything is placed: donor, pregnancy, loss, end, pause, and decisions that stand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from protocols.because import full_day
from protocols.facts import Entry, Facts, MilestoneFact
from protocols.flags_facts import outside_result
from protocols.records import Close, Decision, Joined, Pause, Result, Resume
from protocols.working import Working, pauses, saw

PAUSED = "pause"


def stand(work: Working, today: date) -> None:
    """Note on the work sheet what holds for the treatment as a whole, seen from `today`."""
    facts = work.facts
    work.donor = work.donor_on(today)
    _pregnant(work)
    for ended_on, told, reason in (*_losses(facts), *_closes(facts)):
        if not _resumed(facts, ended_on, told):
            work.closed = work.closed or reason
    _decided(work)
    work.joined_on = max((entry.record.on for entry in facts.all_of(Joined)), default=None)
    for reported in facts.all_of(Result):
        if reported.record.elsewhere and not work.template.is_taken(reported.record.test):
            _admit(work, reported)
    stops = pauses(facts)
    if stops and isinstance(stops[-1].record, Pause):
        work.holds["*"] = [PAUSED]


def _pregnant(work: Working) -> None:
    """The pregnancy that no loss ended, and the ends of those before it.

    A treatment that was closed after an earlier pregnancy, as after a birth, ended that one for the dating of the next;
    it does not say that a pregnancy of today is over.
    """
    facts = work.facts
    pregnancy = facts.latest_milestone("pregnancy", happened=True)
    losses = _happened(facts, "loss")
    ends = [fact.on for fact in losses]
    if pregnancy is not None:
        ends += [entry.record.on for entry in facts.all_of(Close) if entry.record.on < pregnancy.on]
    work.pregnancy_ends = tuple(sorted(ends))
    if pregnancy is not None and (not losses or pregnancy.on > losses[-1].on):
        work.pregnant_since = pregnancy.on
        work.pregnancy_key = f"pregnancy#{pregnancy.occurrence}"


def _happened(facts: Facts, name: str) -> list[MilestoneFact]:
    return [fact for fact in facts.milestones.get(name, ()) if fact.certainty == "happened"]


def _losses(facts: Facts) -> Iterator[tuple[date, datetime | None, str]]:
    for fact in _happened(facts, "loss")[-1:]:
        told = next(entry.recorded_at for entry in facts.entries if entry.id == fact.id)
        yield fact.on, told, f"loss recorded on {full_day(fact.on)}"


def _closes(facts: Facts) -> Iterator[tuple[date, datetime | None, str]]:
    for entry in facts.all_of(Close):
        yield entry.record.on, entry.recorded_at, f"closed: {entry.record.reason}"


def _decided(work: Working) -> None:
    """A decision that names its causes stands while they do, also once time has cleared the flag that it was taken on."""
    for entry in work.facts.all_of(Decision):
        decision = entry.record
        if decision.choice not in ("stop", "restart", "skip") or not _causes_stand(work.facts, decision):
            continue
        if decision.choice == "skip":
            work.skips[decision.flag.partition(":")[2]] = decision
        else:
            work.end_by(decision)


def _causes_stand(facts: Facts, decision: Decision) -> bool:
    if not decision.cause:
        return False
    causes = [entry for entry in facts.entries if entry.id in decision.cause]
    return len(causes) == len(set(decision.cause)) and all(saw(decision, cause) for cause in causes)


def _admit(work: Working, entry: Entry[Result]) -> None:
    """A result from elsewhere of a test that no step takes: it counts once a doctor has accepted it."""
    flag = outside_result(work, work.template.tests[entry.record.test], entry.record, entry.id)
    decision = work.raise_flag(flag) if flag is not None else None
    if decision is not None and decision.choice == "accept":
        work.admitted.add(entry.id)


def _resumed(facts: Facts, ended_on: date, told: datetime | None) -> bool:
    """Whether a person let the treatment go on after its end; a word said before the end was told is not about it."""
    return any(
        entry.record.on >= ended_on
        and not (told is not None and entry.recorded_at is not None and entry.recorded_at < told)
        for entry in facts.all_of(Resume)
    )
