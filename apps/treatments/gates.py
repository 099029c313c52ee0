"""Who may say what, and what may be done on a day. Pure questions, asked by every verb before it changes
anything.
"""

from __future__ import annotations

from datetime import date

from apps.clinic.access import require_role, require_verified
from apps.clinic.actors import Actor, ActorRole
from apps.clinic.errors import Conflict, Forbidden, Invalid
from apps.treatments.gathered import Gathered
from apps.treatments.models import Flag
from apps.treatments.sensitivity import donor_tests_as_one
from protocols import Facts, Plan, missing_on
from protocols.plan import PlannedVisit, State
from protocols.records import Absence, Booked, Consent, Decision, Fulfilled, Joined, Resume, Skipped, Stopped
from protocols.records import Record as CoreRecord

_OVER_ITS_MAXIMUM = ("window_expired", "booking_outside_window")
_LABORATORY = ("result", "screening", "note")


def require_may_record(actor: Actor, said: CoreRecord) -> None:
    """A decision, a consent and a unit's failed release need a verified member of staff; a laboratory records what it
    measured. Of patients it lets absences through, and `absences` alone asks it for them.
    """
    if actor.is_patient and isinstance(said, Absence):
        return
    if isinstance(said, Decision):
        require_verified(actor, "nurse", "doctor", "lab", "manager")
    elif isinstance(said, Consent | Joined | Resume):
        # Nothing restarts, nobody consents, and no past of another clinic is opened, at a program's word.
        require_verified(actor, "nurse", "doctor")
    elif isinstance(said, Stopped) and said.cause == "not_released":
        require_may_release(actor)
    elif actor.role == "lab" and said.kind not in _LABORATORY:
        raise Forbidden(
            "A laboratory records results, screenings and notes.",
            code="wrong_role",
            field="kind",
            remedy="Ask a nurse of the clinic.",
        )
    else:
        require_role(actor, "nurse", "doctor", "manager", "lab", "client")
    if isinstance(said, Booked):
        raise Invalid(
            "A booking is not recorded, it is made.",
            code="not_a_record",
            field="kind",
            remedy="Use the booking of the appointment, which checks day, time and window.",
        )


def require_may_release(actor: Actor) -> int:
    """A unit is released, or not, by a named person: a verified doctor, or the laboratory. No program ever is.

    Returns the id of that person's user.
    """
    require_verified(actor, "doctor", "lab")
    if actor.user_id is None:
        raise AssertionError("a verified actor has a user")
    return actor.user_id


def require_may_decide(actor: Actor, flag: Flag) -> None:
    """Only a verified member of staff in the flag's owner role decides; a doctor decides for anyone."""
    roles: dict[str, tuple[ActorRole, ...]] = {"nurse": ("nurse", "doctor"), "manager": ("manager", "doctor")}
    require_verified(actor, *roles.get(flag.owner, ("doctor",)))


def require_choice(flag: Flag, choice: str) -> None:
    if not flag.is_open:
        raise Conflict(
            "This flag is not open any more.",
            code="flag_closed",
            field="flag",
            remedy="Look at the flags of the treatment once more.",
        )
    if choice not in flag.decisions:
        offered = f"One of: {', '.join(flag.decisions)}." if flag.decisions else "It closes with its cause."
        raise Invalid("This flag offers no such decision.", code="no_choice", field="choice", remedy=offered)


def require_performable(gathered: Gathered, act: Fulfilled, *further: CoreRecord) -> None:
    """Conflict for an act on a visit that is held, expired, not needed, or lacks what must be there on its
    day.

    Asked before the act is among the facts; `further` are records that come with it. Too early is no
    ground: the act is accepted and judged. What was done elsewhere before the couple joined passes: a
    doctor says afterwards whether it counts.
    """
    facts = gathered.facts(*further)
    if _before_joining(act, facts):
        return
    before = gathered.plan(facts)
    visit = before.visit(act.step, act.occurrence)
    if visit is None or visit.state is State.NOT_APPLICABLE:
        raise _refused(
            "not_needed", "This visit is not in the plan.", "Look at the plan: another may be due."
        )
    if visit.held_by:
        raise _refused("held", "This visit is held until somebody decides.", "Have its flag decided.")
    if _expired(before, visit, act.on):
        raise _refused(
            "expired",
            "The last possible day of this visit has passed.",
            "Have the flag of this visit decided.",
        )
    row = gathered.visits.get((act.step, act.occurrence))
    if row is not None and row.in_force and row.pencilled:
        raise _refused("pencilled", "This booking is only pencilled.", "Confirm it or cancel it first.")
    step = gathered.template.step_named[act.step]
    missing = missing_on(gathered.template, facts, before, step, act.on, visit.donor)
    if missing:
        raise _refused(
            "prerequisite_missing",
            f"On that day this was missing: {', '.join(donor_tests_as_one(missing))}.",
            "Record it with its own date, then record the visit.",
        )


def _before_joining(act: Fulfilled, facts: Facts) -> bool:
    joined = [entry.record.on for entry in facts.all_of(Joined)]
    return act.elsewhere is not None and bool(joined) and act.on < max(joined)


def require_skippable(gathered: Gathered, skip: Skipped) -> None:
    """Conflict for skipping what was done: a sample counts as done even where nobody recorded the visit."""
    visit = gathered.plan().visit(skip.step, skip.occurrence)
    if visit is not None and visit.state is State.FULFILLED:
        raise _refused(
            "done", "This visit was done already.", "Correct the record that says so, then skip it."
        )


def _expired(before: Plan, visit: PlannedVisit, on: date) -> bool:
    maximum = visit.window.maximum if visit.window else None
    if maximum is None or on <= maximum:
        return False
    over = any(
        flag.code in _OVER_ITS_MAXIMUM and (flag.step, flag.occurrence) == visit.key for flag in before.flags
    )
    return visit.state is State.EXPIRED or over


def _refused(code: str, message: str, remedy: str) -> Conflict:
    return Conflict(message, code=code, field="occurrence", remedy=remedy)
