"""What screens say: plain words for states, codes and windows. No rule is decided here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from apps.couples.ages import age as age

STATES: Mapping[str, str] = {
    "waiting": "waiting",
    "proposed": "to book",
    "booked": "booked",
    "fulfilled": "done",
    "missed": "missed, book again",
    "skipped": "left out",
    "expired": "closed, not done",
    "not_applicable": "not needed",
}
STATUSES: Mapping[str, str] = {
    "proposed": "to book",
    "booked": "booked",
    "arrived": "arrived",
    "fulfilled": "done",
    "noshow": "missed",
    "cancelled": "cancelled",
    "entered-in-error": "entered in error",
}
# What a flag is called, in the words of whoever has to act on it.
FLAGS: Mapping[str, str] = {
    "no_antibody_response": "No antibody response",
    "weak_antibody_response": "Weak antibody response",
    "result_not_interpretable": "Result not interpretable",
    "baseline_already_positive": "Baseline already positive",
    "pregnancy_during_course": "Pregnancy during course",
    "result_overdue": "Result overdue",
    "result_expired": "Result expired",
    "visit_overdue": "Visit overdue",
    "visit_unrecorded": "Visit without outcome",
    "unit_not_released": "Unit not released",
    "session_stopped": "Session stopped",
    "window_expired": "Window expired",
    "given_too_early": "Given too early",
    "dose_inadequate": "Dose inadequate",
    "donor_changed": "Response against an earlier donor",
    "outside_dose": "Dose given elsewhere",
    "outside_result": "Result from elsewhere",
    "plan_tight": "Too little room in the plan",
    "plan_conflict": "The plan contradicts itself",
    "prerequisite_missing": "Prerequisite missing",
    "closing_unbooked": "Closing and unbooked",
    "booking_outside_window": "Booking outside its window",
    "booking_not_needed": "Booking not needed",
    "no_open_day": "No open day",
    "unreachable_window": "Window out of reach",
    "milestone_unconfirmed": "Milestone unconfirmed",
    "redose_due": "Re-dose due",
}
CHOICES: Mapping[str, str] = {
    "next_round": "Give the next round as planned",
    "extra_doses": "Give extra doses",
    "extra_dose": "Give an extra dose",
    "change_donor": "Change the donor",
    "accept": "Accept the response",
    "continue": "Continue",
    "retest": "Test again",
    "resample": "Take a new sample",
    "treat_anyway": "Treat all the same",
    "pregnancy_branch": "Go to the pregnancy branch",
    "go_on": "Go on",
    "restart": "Restart the course",
    "skip": "Leave it out",
    "acknowledge": "Take note",
    "called": "Both were called",
    "counts": "It counts",
    "does_not_count": "It does not count",
    "set_aside": "Set it aside",
    "repeat": "It does not count, repeat it",
    "keep": "Keep the booking",
    "give": "Give the re-dose",
    "decline": "No re-dose",
    "stop": "Stop the treatment",
}
# Where a choice means something else than on other flags.
CHOICES_OF: Mapping[tuple[str, str], str] = {
    ("no_antibody_response", "continue"): "Continue without a response",
    ("outside_result", "accept"): "Accept the result",
    ("plan_tight", "accept"): "Leave it as it is",
    ("plan_conflict", "accept"): "Leave it as it is",
}
CLOCKS: Mapping[str, str] = {"try_by": "Try until", "redose_by": "Re-dose from"}
CLOCK_STATES: Mapping[str, str] = {
    "running": "",
    "run_out": "has passed",
    "paused": "paused by pregnancy",
    "closed": "the treatment has ended",
}
EVIDENCE: Mapping[str, str] = {"document": "Seen on a document", "reported": "Told, without a document"}
KINDS: Mapping[str, str] = {
    "milestone": "Milestone",
    "dating": "Dating of the pregnancy",
    "fulfilled": "Visit done",
    "missed": "Visit missed",
    "stopped": "Session stopped",
    "skipped": "Visit left out",
    "result": "Result",
    "decision": "Decision",
    "opt_in": "Wish for an optional step",
    "consent": "Consent",
    "screening": "Screening",
    "donor": "Donor",
    "absence": "Absence",
    "joined": "Joined in mid-course",
    "pause": "Pause",
    "resume": "Resume",
    "close": "Close",
    "note": "Note",
    "correction": "Correction",
}
TEST_WORDS: Mapping[str, str] = {
    "hiv": "HIV",
    "hbv": "Hepatitis B",
    "hcv": "Hepatitis C",
    "syphilis": "Syphilis",
    "pregnancy-test": "Pregnancy test",
}
TIMINGS: Mapping[str, str] = {
    "on_time": "on time",
    "early": "early, counts",
    "too_early": "too early, does not count",
    "late": "late, counts",
    "expired": "after the last day",
    "not_judged": "not judged",
}
WINDOW_DATES = ("absolute_minimum", "earliest", "target", "latest", "maximum")


def words(code: str) -> str:
    """A code as plain words: ``no_antibody_response`` becomes ``No antibody response``."""
    return code.replace("_", " ").replace("-", " ").capitalize()


def flag_words(code: str) -> str:
    return FLAGS.get(code, words(code))


def choice_words(choice: str, code: str = "") -> str:
    """A choice as it stands on a flag of that code."""
    return CHOICES_OF.get((code, choice)) or CHOICES.get(choice, words(choice))


def points_of(code: str, text: str) -> tuple[str, tuple[str, ...]]:
    """What a flag says as a sentence and, where the plan as a whole is in trouble, the relations one by one."""
    if code not in ("plan_tight", "plan_conflict"):
        return text, ()
    first, *rest = text.split("; ")
    head, found, relation = first.rpartition(": ")
    return (head, (relation, *rest)) if found else (text, ())


def clock_words(name: str, until_on: date, state: str, near: date) -> str:
    """A clock in one line: ``Try until 8 Apr``, and why it does not run."""
    return ", ".join(filter(None, (f"{CLOCKS[name]} {short(until_on, near)}", CLOCK_STATES[state])))


def day(on: date, near: date) -> str:
    """A day as people say it, the year only where it is another year than `near`."""
    return f"{on:%a} {on.day} {on:%b}" if on.year == near.year else f"{on.day} {on:%b %Y}"


def span(first: date, last: date, near: date) -> str:
    """Two days as one span, ends inclusive."""
    if first == last:
        return day(first, near)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{last.day} {last:%b}" + ("" if last.year == near.year else f" {last.year}")
    return f"{short(first, near)} – {short(last, near)}"


def short(on: date, near: date) -> str:
    return f"{on.day} {on:%b}" if on.year == near.year else f"{on.day} {on:%b %Y}"


def window_of(plan: Mapping[str, Any]) -> dict[str, date]:
    """The dates of a stored or computed visit's window that are known."""
    given = plan.get("window") or {}
    return {name: date.fromisoformat(given[name]) for name in WINDOW_DATES if given.get(name)}


def room_of(plan: Mapping[str, Any]) -> dict[str, date]:
    """The ends, `from` and `to`, of the days that the rest of the plan leaves a visit, as far as they are known."""
    given = plan.get("bookable") or {}
    return {name: date.fromisoformat(given[name]) for name in ("from", "to") if given.get(name)}


def timing(window: Mapping[str, date], on: date, room: Mapping[str, date] | None = None) -> str:
    """What the window says of a day: too early, early, good, late or closed; empty without a window.

    A good day that leaves no room for what hangs on the visit is ``tight``.
    """
    if "absolute_minimum" in window and on < window["absolute_minimum"]:
        return "too early"
    if "earliest" in window and on < window["earliest"]:
        return "early"
    if "maximum" in window and on > window["maximum"]:
        return "closed"
    if "latest" in window and on > window["latest"]:
        return "late"
    room = room or {}
    if on < room.get("from", on) or on > room.get("to", on):
        return "tight"
    return "good" if window else ""


def good_days(window: Mapping[str, date], near: date, room: Mapping[str, date] | None = None) -> str:
    """The days that need no reason: from earliest to latest, less those that leave no room for the rest."""
    room = room or {}
    starts = [day for day in (window.get("earliest"), room.get("from")) if day]
    ends = [day for day in (window.get("latest"), room.get("to")) if day]
    first, last = max(starts, default=None), min(ends, default=None)
    if first and last and first > last:
        return "none that leaves room for the rest"
    if first and last:
        return span(first, last, near)
    if first:
        return f"from {short(first, near)}"
    return f"until {short(last, near)}" if last else ""


def narrowed(plan: Mapping[str, Any], near: date) -> str:
    """Why fewer days are good than the protocol itself asks, in sentences; empty where it alone bounds them."""
    bound_by = (plan.get("bookable") or {}).get("bound_by") or ()
    window = window_of(plan)
    if not bound_by or good_days(window, near) == good_days(window, near, room_of(plan)):
        return ""
    asked = good_days(window, near)
    opening = f"The protocol asks {asked}. " if asked else ""
    return f"{opening}Bounded by: {'; '.join(bound_by)}."


def bounds(window: Mapping[str, date], near: date) -> str:
    """The rest of the window in words: what is too early and what is closed."""
    parts = []
    if "absolute_minimum" in window:
        parts.append(f"too early before {short(window['absolute_minimum'], near)}")
    if "earliest" in window and window.get("absolute_minimum") != window["earliest"]:
        parts.append(f"early before {short(window['earliest'], near)}")
    if "latest" in window and window.get("maximum") != window["latest"]:
        parts.append(f"late after {short(window['latest'], near)}")
    if "maximum" in window:
        parts.append(f"closed after {short(window['maximum'], near)}")
    return ", ".join(parts)


# What a move to another version does to treatments: by verdict, what it is called and what it means.
VERDICTS: Mapping[str, tuple[str, str]] = {
    "needs_decision": (
        "Needs a decision",
        "The move raises a flag that holds steps or asks somebody to decide.",
    ),
    "out_of_window": ("Booking no longer fits", "The booking stays as it is, and a flag is raised."),
    "moved": ("Days change", "Visits that are not booked get other days."),
    "unchanged": ("Nothing changes", "No visit ahead gets another day."),
    "cannot": ("Cannot move", "Records of the treatment contradict this version. It stays where it is."),
}
