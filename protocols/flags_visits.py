"""Flag rules over planned visits: what time, bookings and closed days ask of a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from protocols.because import RelationReason, day_words, full_day, in_words
from protocols.drafts import Draft
from protocols.durations import add
from protocols.plan import Flag, State
from protocols.proposals import propose
from protocols.records import Absence, Decision
from protocols.requirements import missing_parts
from protocols.working import Working

_DAY = timedelta(days=1)
VisitRule = Callable[[Working, Draft], Flag | None]


def unreachable_window(work: Working, visit: Draft) -> Decision | None:
    """No day satisfies all relations; naming them. Returns the decision that settles it, if any."""
    reasons = [reason for reason in visit.because if isinstance(reason, RelationReason)]
    text = (
        f"{visit.named} fits no day: {' and '.join(reason.words() for reason in reasons)} exclude each other"
    )
    return work.raise_flag(
        work.make_flag(
            "unreachable_window",
            visit.subject,
            text,
            max(reason.anchor.on for reason in reasons),
            _hangs_on(visit),
            visit.key,
        )
    )


def kept_away(work: Working, visit: Draft) -> Decision | None:
    """Somebody who must come is away on every open day of the window. Returns the decision that settles it, if any."""
    window, donor = visit.window, visit.donor
    assert window is not None
    days = [day for day in (window.earliest, window.target, window.latest, window.maximum) if day]
    first, last = days[0], window.latest or window.maximum or days[-1]
    people = {"recipient", *donor.split("+")} if donor else {"recipient"}
    away = [
        entry
        for entry in work.facts.all_of(Absence)
        if entry.record.person in people and entry.record.from_on <= last and entry.record.to_on >= first
    ]
    said = " and ".join(
        f"{entry.record.person} is away {day_words(entry.record.from_on, first)} to {day_words(entry.record.to_on, first)}"
        for entry in away
    )
    text = f"{visit.named} fits no day from {day_words(first, first)} to {full_day(last)}: {said}"
    causes = tuple(entry.id for entry in away)
    return work.raise_flag(
        work.make_flag("unreachable_window", visit.subject, text, first, causes, visit.key)
    )


def _relations_said(visit: Draft) -> str:
    return " and ".join(reason.words() for reason in visit.because if isinstance(reason, RelationReason))


def _hangs_on(visit: Draft) -> tuple[str, ...]:
    """The records that a visit's window counts from."""
    reasons = [reason for reason in visit.because if isinstance(reason, RelationReason)]
    return tuple(dict.fromkeys(reason.anchor.record for reason in reasons if reason.anchor.record))


def window_expired(work: Working, visit: Draft, maximum: date) -> Decision | None:
    """The maximum has passed. No source settles whether to restart or go on, so a doctor does."""
    text = f"{visit.named} was not done by {full_day(maximum)}, the last day allowed: restart or go on?"
    return work.raise_flag(
        work.make_flag("window_expired", visit.subject, text, maximum + _DAY, _hangs_on(visit), visit.key)
    )


def visit_overdue(work: Working, visit: Draft) -> Flag | None:
    latest = visit.window.latest if visit.window else None
    if latest is None or visit.provisional or visit.held_by or not work.today.past(latest):
        return None
    due_on = _due_here(work, latest)
    if not work.today.past(due_on):
        return None
    text = f"{visit.named} is overdue: it was due by {full_day(latest)} and is not booked"
    return work.make_flag(
        "visit_overdue", visit.subject, text, due_on + _DAY, key=visit.key, proposed_on=visit.proposed_on
    )


def _due_here(work: Working, latest: date) -> date:
    """Until when a visit was due here: what fell due before the couple joined is due a notice period after it."""
    if work.joined_on is None or latest >= work.joined_on:
        return latest
    return add(work.joined_on, work.template.notice, work.template.month_ends)


def closing_unbooked(work: Working, visit: Draft) -> Flag | None:
    latest = visit.window.latest if visit.window else None
    if latest is None or visit.provisional or visit.held_by:
        return None
    notice_on = work.ahead_of(latest, work.template.notice)
    if not work.today.reached(notice_on) or work.today.past(latest):
        return None
    text = f"{visit.named} is not booked and its window closes on {full_day(latest)}"
    return work.make_flag(
        "closing_unbooked", visit.subject, text, notice_on, key=visit.key, proposed_on=visit.proposed_on
    )


def no_open_day(work: Working, visit: Draft) -> Flag | None:
    window = visit.window
    if visit.proposed_on or visit.held_by or window is None or visit.partial:
        return None
    if visit.waiting_for != ("an open day inside the window",):
        return None
    cause_on = next(day for day in (window.earliest, window.target, window.latest, window.maximum) if day)
    text = f"{visit.named} has no open day inside its window ({_span(visit)})"
    return work.make_flag("no_open_day", visit.subject, text, cause_on, key=visit.key)


def visit_unrecorded(work: Working, visit: Draft) -> Flag | None:
    if visit.on is None or not work.today.past(visit.on):
        return None
    text = f"{visit.named} was booked for {full_day(visit.on)} and nobody has said whether it took place"
    return work.make_flag("visit_unrecorded", visit.subject, text, visit.on + _DAY, key=visit.key)


def session_stopped(work: Working, visit: Draft) -> Flag | None:
    """The last session of this visit was stopped on its day, and nobody has booked it again since.

    A booking of that same day is a new one: whoever stops a session takes the booking out of force.
    """
    stops = work.facts.stopped.get(visit.key)
    if not stops:
        return None
    last = stops[-1]
    on, cause = last.record.on, last.record.cause
    if visit.state is State.BOOKED and visit.on is not None and visit.on >= on:
        return None
    if cause == "not_released":
        code, text = "unit_not_released", f"Unit not released for {visit.named} on {full_day(on)}: call both"
    else:
        code = "session_stopped"
        why = "somebody was not fit for it" if cause == "not_fit" else "equipment failed"
        text = f"{visit.named} on {full_day(on)} was stopped, {why}: book both again"
    return work.make_flag(code, visit.subject, text, on, (last.id,), visit.key)


def prerequisite_missing(work: Working, visit: Draft) -> Flag | None:
    """What could be there by now and is not. What only the day itself can bring is due at arrival, not before."""
    if visit.on is None or not visit.missing or work.today.past(visit.on):
        return None
    notice_on = work.ahead_of(visit.on, work.template.notice)
    step = work.template.step_named[visit.step]
    raised = [
        (text, max(notice_on, first_on or notice_on))
        for text, first_on in missing_parts(work.template, work.facts, work, step, visit.on, visit.donor)
    ]
    due = [(text, from_on) for text, from_on in raised if work.today.reached(from_on)]
    if not due:
        return None
    text = f"{visit.named} on {full_day(visit.on)} still needs: {', '.join(text for text, _ in due)}"
    return work.make_flag(
        "prerequisite_missing", visit.subject, text, min(on for _, on in due), key=visit.key
    )


def booking_outside_window(work: Working, visit: Draft) -> Flag | None:
    """A booking that does not fit, or no longer: outside earliest to latest, on a closed day, or on one of absence."""
    window, on = visit.window, visit.on
    if on is None or (window is None and visit.unknown):
        return None
    booking = work.facts.booked[visit.key]
    if window is None:
        text = f"{visit.named} is booked for {full_day(on)}, and no day fits: {_relations_said(visit)} exclude each other"
        return work.make_flag("booking_outside_window", visit.subject, text, on, (booking.id,), visit.key)
    floor, ceiling = window.earliest, window.latest
    inside = (floor is None or on >= floor) and (ceiling is None or on <= ceiling)
    if inside and work.workdays_of(visit.slot).is_open(on):
        return None
    away = "a closed day" if not work.workdays.is_open(on) else "when somebody who must come is away"
    text = f"{visit.named} is booked for {full_day(on)}, {away if inside else f'outside {_span(visit)}'}"
    proposal = None if visit.partial else propose(work, visit.slot, window, window.maximum)
    proposed_on = proposal.proposed_on if proposal else None
    return work.make_flag(
        "booking_outside_window", visit.subject, text, on, (booking.id,), visit.key, proposed_on=proposed_on
    )


def booking_not_needed(work: Working, visit: Draft) -> Flag | None:
    if visit.state is not State.NOT_APPLICABLE or visit.on is None:
        return None
    text = f"{visit.named} is booked for {full_day(visit.on)} and no longer needed: {in_words(visit.because)}"
    return work.make_flag(
        "booking_not_needed", visit.subject, text, visit.on, (work.facts.booked[visit.key].id,), visit.key
    )


def redose_due(work: Working, visit: Draft) -> Decision | None:
    """The re-dose has come due without pregnancy. Returns the decision that settles it, if any."""
    target = visit.window.target if visit.window else None
    if target is None or visit.provisional or not work.today.reached(target):
        return None
    text = f"{visit.slot.step.title} is due since {full_day(target)}: {visit.because[0].words()}"
    return work.raise_flag(
        work.make_flag(
            "redose_due", visit.subject, text, target, key=visit.key, proposed_on=visit.proposed_on
        )
    )


def _span(visit: Draft) -> str:
    window = visit.window
    assert window is not None
    days = [day for day in (window.earliest, window.latest) if day]
    return " to ".join(day_words(day, days[0]) for day in days)


_UNBOOKED_RULES: tuple[VisitRule, ...] = (visit_overdue, closing_unbooked, no_open_day, session_stopped)
VISIT_RULES: dict[State, tuple[VisitRule, ...]] = {
    State.PROPOSED: _UNBOOKED_RULES,
    State.MISSED: _UNBOOKED_RULES,
    State.WAITING: (session_stopped,),
    State.EXPIRED: (session_stopped,),
    State.BOOKED: (visit_unrecorded, prerequisite_missing, booking_outside_window, session_stopped),
}


def raise_over_visits(work: Working) -> None:
    """Run the rules of its state over every visit. A decision that covers a flag keeps it from being raised."""
    for visit in list(work.visits.values()):
        for rule in VISIT_RULES.get(visit.state, ()):
            flag = rule(work, visit)
            if flag is not None:
                work.raise_flag(flag)


def raise_unneeded(work: Working) -> Iterator[Flag]:
    """Bookings that the plan no longer asks for; raised even in a closed treatment."""
    for visit in work.visits.values():
        flag = booking_not_needed(work, visit)
        if flag is not None:
            yield flag
