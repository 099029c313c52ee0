"""Flag rules over what happened: doses and results. They may hold steps until a doctor has decided."""

from __future__ import annotations

from datetime import date

from protocols.because import full_day
from protocols.drafts import Draft
from protocols.facts import Key
from protocols.flags import RULES
from protocols.plan import DoseVerdict, Flag, Response, ResponseVerdict, Timing
from protocols.records import Donor, Fulfilled, Result
from protocols.template import LabTest, Step
from protocols.verdicts import inadequate_parts
from protocols.working import Working

NO_RESPONSE = "No anti-paternal antibody response, review continuation"


def response_flag(
    work: Working, verdict: ResponseVerdict, cap: int, visit: Key | None, *, rounds_left: bool = False
) -> Flag | None:
    """Every verdict but a response, or a negative baseline, asks somebody: no couple stalls silently.

    While the protocol itself plans a further round, going on with it is a choice, and what happens meanwhile.
    """
    test = work.template.tests[verdict.test]
    missing = NO_RESPONSE if test.donor_specific else f"No response in {test.title}, review continuation"
    said = verdict.text if len(work.template.tests) == 1 else f"{test.title}: {verdict.text}"
    left = cap - verdict.dose_number
    subject = f"{visit[0]}#{visit[1]}" if visit else f"{verdict.test}@{verdict.sampled_on.isoformat()}"
    cause, decisions = (verdict.record,), None
    match verdict.response:
        case Response.NOT_RESPONDED_YET:
            code = "no_antibody_response"
            decisions = RULES[code].decisions if rounds_left else RULES[code].decisions[1:]
            text = (
                f"{missing}: {said}. {left} more {'dose is' if left == 1 else 'doses are'} possible; "
                "in published series many couples respond only to later doses"
            )
        case Response.NOT_RESPONDED_FINAL:
            code, decisions = "no_antibody_response", ("continue", "change_donor", "stop")
            text = f"{missing}: {said}. The cap of {cap} doses is reached"
        case Response.WEAK:
            code, text = "weak_antibody_response", f"Weak antibody response: {said}"
            decisions = None if left > 0 else ("accept", "retest", "stop")
        case Response.NOT_INTERPRETABLE:
            code, text = "result_not_interpretable", f"Result cannot be interpreted: {said}"
        case Response.BASELINE_POSITIVE:
            code, text = (
                "baseline_already_positive",
                f"Already positive before dose 1, do not start: {said}",
            )
        case _:
            return None
    return work.make_flag(code, subject, text, verdict.resulted_on, cause, visit, decisions)


def donor_changed(work: Working, verdict: ResponseVerdict, visit: Draft, donor: str) -> Flag:
    """A response against an earlier donor says nothing of this one: somebody must say how to go on."""
    changes = [entry for entry in work.facts.all_of(Donor) if entry.record.donor == work.donor]
    text = (
        f"The response of {full_day(verdict.sampled_on)} was against {donor}, and the donor is now {work.donor}: "
        "doses of the new donor, or a test against them?"
    )
    cause = (verdict.record, *(entry.id for entry in changes))
    cause_on = max(verdict.resulted_on, *(entry.record.on for entry in changes))
    return work.make_flag("donor_changed", visit.subject, text, cause_on, cause, visit.key)


def given_too_early(work: Working, verdict: DoseVerdict, record: str) -> Flag | None:
    if verdict.timing is not Timing.TOO_EARLY:
        return None
    key = (verdict.step, verdict.occurrence)
    text = f"Given too early: {verdict.text}; the repeat is due from it"
    return work.make_flag("given_too_early", f"{key[0]}#{key[1]}", text, verdict.on, (record,), key)


def dose_inadequate(work: Working, step: Step, visit: Draft, record: Fulfilled, entry_id: str) -> Flag | None:
    """Below the least content; the next doses and the test wait until a doctor says whether it counts."""
    parts = inadequate_parts(step, record)
    if not parts:
        return None
    dose = f"{step.title} {visit.dose} on {full_day(record.on)}"
    text = f"{dose} is below the least content: {', '.join(parts)}. Does it count?"
    return work.make_flag(
        "dose_inadequate", f"{step.name}#{visit.occurrence}", text, record.on, (entry_id,), visit.key
    )


def outside_dose(work: Working, step: Step, visit: Draft, record: Fulfilled, entry_id: str) -> Flag | None:
    """Given at another clinic: a doctor says whether it counts; until then what it would lead to is held."""
    if record.elsewhere is None or step.kind != "dose":
        return None
    said = "as documented" if record.elsewhere == "document" else "as reported, without a document"
    text = f"{step.title} {visit.occurrence} on {full_day(record.on)} was given elsewhere, {said}. Does it count?"
    return work.make_flag(
        "outside_dose", f"{step.name}#{visit.occurrence}", text, _came(work, record.on), (entry_id,), visit.key,
        holds=_holds(work, "outside_dose", step),
    )  # fmt: skip


def _holds(work: Working, code: str, step: Step) -> tuple[str, ...]:
    """What the template lets the flag hold, else the step itself and its tests."""
    settings = work.template.flags.get(code)
    if settings and settings.holds:
        return settings.holds
    return (step.name, *(test.name for test in work.template.tests_after(step.name)))


def outside_result(work: Working, test: LabTest, result: Result, entry_id: str) -> Flag | None:
    """Measured at another clinic: it is compared with nothing until a doctor accepts it."""
    if result.elsewhere is None:
        return None
    said = "as documented" if result.elsewhere == "document" else "as reported, without a document"
    text = f"{test.title} sampled on {full_day(result.sampled_on)} was measured elsewhere, {said}. Accept it?"
    subject = f"{result.test}@{result.sampled_on.isoformat()}"
    settings = work.template.flags.get("outside_result")
    doses = tuple(step.name for step in work.template.steps if step.kind == "dose")
    holds = settings.holds if settings and settings.holds else doses
    came_on = _came(work, result.resulted_on)
    return work.make_flag("outside_result", subject, text, came_on, (entry_id,), holds=holds)


def _came(work: Working, on: date) -> date:
    """From when a past from elsewhere can be decided on: not before the couple joined."""
    return max(on, work.joined_on or on)


def result_overdue(work: Working, test: LabTest, visit: Draft, due: date) -> Flag:
    sampled_on = visit.on or due
    text = f"{test.title} sampled on {full_day(sampled_on)} has no result; it was due by {full_day(due)}"
    return work.make_flag("result_overdue", f"{visit.step}#{visit.occurrence}", text, due, key=visit.key)


def result_expired(work: Working, verdict: ResponseVerdict, until: date, visit: Key) -> Flag:
    text = (
        f"The response of {full_day(verdict.sampled_on)} was valid until {full_day(until)}: retest or accept?"
    )
    return work.make_flag("result_expired", f"{visit[0]}#{visit[1]}", text, until, (verdict.record,), visit)


def pregnancy_during_course(work: Working, on: date, record: str) -> Flag:
    held = tuple(step.name for step in work.template.steps if step.phase == "pre-conception")
    text = "Pregnancy recorded while steps before conception were open: stop, go to the pregnancy branch, or continue?"
    return work.make_flag("pregnancy_during_course", work.pregnancy_key, text, on, (record,), holds=held)


def milestone_unconfirmed(work: Working, name: str, occurrence: int, on: date, record: str) -> Flag:
    title = work.template.milestones[name].title
    text = f"{title} was planned for {full_day(on)} and nobody has confirmed that it happened"
    return work.make_flag("milestone_unconfirmed", f"{name}#{occurrence}", text, on, (record,))
