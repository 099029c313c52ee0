"""How long a response counts, and what is asked once it has outlived that."""

from __future__ import annotations

from datetime import date

from protocols.because import AnchorDate
from protocols.drafts import Draft
from protocols.durations import add
from protocols.flags_facts import result_expired
from protocols.outcomes import ResponseVerdict
from protocols.round_outcome import decided_on
from protocols.template import Validity
from protocols.working import Working


def count_validity(
    work: Working, verdict: ResponseVerdict, valid: Validity | None, dosed_on: date
) -> date | None:
    """Note until when a response counts, from the day that the template chose; None where it counts for good."""
    if valid is None or valid.number.at is None:
        work.valid_until[verdict.test] = date.max
        return None
    starts = {"sampled_on": verdict.sampled_on, "resulted_on": verdict.resulted_on, "last_dose": dosed_on}
    until = add(starts[valid.starts], valid.number.at, work.template.month_ends)
    work.valid_until[verdict.test] = until
    work.clocks[verdict.test] = (starts[valid.starts], until)
    return until


def outlived(work: Working, verdict: ResponseVerdict, visit: Draft, until: date) -> AnchorDate | None:
    """Whether a response ran out before it was used; the day of the decision to test again, if that was taken."""
    users = work.template.users_of(verdict.test)
    used = users and all(
        (name, 1) in work.facts.fulfilled or (name, 1) in work.facts.skipped for name in users
    )
    if used or work.pregnant_since or not work.today.past(until):
        return None
    decision = work.raise_flag(result_expired(work, verdict, until, visit.key))
    if decision is None:
        return None
    if decision.choice == "accept":
        work.valid_until[verdict.test] = date.max
    return decided_on(decision) if decision.choice == "retest" else None
