"""Rows of rows: what a page shows of a visit, a flag, a record. Pure, given what was read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse

from apps.couples.models import Couple
from apps.desk import words
from apps.desk.access import Desk
from apps.desk.naming import in_titles
from apps.treatments.models import Appointment, Flag
from apps.treatments.sensitivity import donor_tests_as_one, flag_without_donor_tests
from protocols import Plan, PlannedVisit, Template
from protocols.plan import says_its_number
from protocols.requirements import SCREENS_SAID

# What lit-standard and its like call the test that is asked for on arrival.
PREGNANCY_TEST = "pregnancy-test"


@dataclass(frozen=True, slots=True)
class Button:
    """A link to a form, or with `post` a button that acts at once. `rings`: behind it somebody is rung."""

    text: str
    url: str
    post: bool = False
    primary: bool = False
    rings: bool = False


@dataclass(frozen=True, slots=True)
class Who:
    """The banner of a couple: two names, ages and the code; blood groups and allergies by name."""

    code: str
    url: str
    people: tuple[tuple[str, str], ...]
    silent: str
    clinic: str
    groups: tuple[str, ...] = ()
    allergies: tuple[tuple[str, str], ...] = ()
    couple: Couple | None = None

    @property
    def text(self) -> str:
        return " & ".join(f"{name} ({age})" if age else name for name, age in self.people)


def who(couple: Couple, desk: Desk) -> Who:
    clinic = desk.clinic(couple.clinic_id)
    today = desk.today(clinic)
    people = tuple(
        (person.full_name, words.age(person.birth_on, today)) for person in (couple.recipient, couple.partner)
    )
    return Who(
        code=couple.code,
        url=reverse("admin:couples_couple_change", args=[couple.pk]),
        people=people,
        silent=couple.get_silent_reason_display() if couple.is_silent else "",
        clinic="" if desk.has_one_clinic else clinic.name,
        groups=(couple.recipient.blood_group, couple.partner.blood_group),
        allergies=tuple(
            (person.given_name, person.allergies)
            for person in (couple.recipient, couple.partner)
            if person.allergies
        ),
        couple=couple,
    )


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One line of the plan, as a nurse reads it: no five dates, but too early, good, late or closed."""

    title: str
    number: str
    state: str
    state_words: str
    on: str
    timing: str
    good: str
    bounds: str
    narrowed: str
    held_by: tuple[str, ...]
    waiting_for: tuple[str, ...]
    missing: tuple[str, ...]
    because: str
    provisional: bool
    attends: str
    url: str
    buttons: tuple[Button, ...]


def visit_row(
    visit: PlannedVisit, appointment: Appointment | None, desk: Desk, today: date, template: Template
) -> VisitRow:
    plan = visit.as_json()
    window, room = words.window_of(plan), words.room_of(plan)
    on = visit.on or visit.proposed_on
    return VisitRow(
        title=visit.title,
        number=number(plan),
        state=visit.state.value,
        state_words=_state_words(visit, appointment),
        on=_when(visit, appointment, today),
        timing=words.timing(window, on or today, room) if window else "",
        good=words.good_days(window, today, room),
        bounds=words.bounds(window, today),
        narrowed=words.narrowed(plan, today),
        held_by=tuple(words.flag_words(code_of(key)) for key in visit.held_by),
        waiting_for=in_titles(visit.waiting_for, template),
        missing=lacking(visit.missing, desk, appointment),
        because=visit.because_text,
        provisional=visit.provisional,
        attends=" and ".join(visit.attends),
        url=reverse("admin:treatments_appointment_change", args=[appointment.pk]) if appointment else "",
        buttons=tuple(buttons(appointment, desk)[:1]) if appointment else (),
    )


def lacking(missing: Iterable[str], desk: Desk, visit: Appointment | None) -> tuple[str, ...]:
    """What a visit lacks, for whoever looks: single tests of a donor are named to the donor-safety role alone."""
    if visit is not None and desk.may("see donor safety", desk.clinic(visit.clinic_id)):
        return tuple(missing)
    return donor_tests_as_one(missing)


def number(plan: Mapping[str, Any]) -> str:
    """What tells this visit from others of its step: the dose that it is, else ``#2`` for a repeat, else nothing."""
    if plan.get("dose") and says_its_number(plan["title"]):
        attempt = f" (attempt {plan['attempt']})" if plan.get("attempt", 1) > 1 else ""
        return f"{plan['dose']}{attempt}"
    return f"#{plan['occurrence']}" if plan["occurrence"] > 1 else ""


def asks_on_arrival(visit: Appointment) -> bool:
    """Whether the day's pregnancy test is still to be asked for before this visit can be performed."""
    asked = SCREENS_SAID[PREGNANCY_TEST]
    return any(name.startswith(asked) for name in visit.plan.get("missing") or [])


def code_of(key: str) -> str:
    return key.split(":", 1)[0]


def _state_words(visit: PlannedVisit, appointment: Appointment | None) -> str:
    if appointment is not None and appointment.status in ("arrived", "cancelled"):
        again = ", book again" if not appointment.in_force and visit.state.value == "proposed" else ""
        return words.STATUSES[appointment.status] + again
    return "pencilled" if visit.pencilled else words.STATES[visit.state.value]


def _when(visit: PlannedVisit, appointment: Appointment | None, today: date) -> str:
    if appointment is not None and appointment.in_force and appointment.starts_at:
        return f"{words.day(local(appointment).date(), today)}, {local(appointment):%H:%M}"
    if visit.on:
        return words.day(visit.on, today)
    return f"around {words.day(visit.proposed_on, today)}" if visit.proposed_on else ""


def local(appointment: Appointment) -> datetime:
    """The start in the zone in which it was agreed. Only for a visit that has one."""
    if appointment.starts_at is None:
        raise ValueError("this visit has no time")
    return appointment.starts_at.astimezone(ZoneInfo(appointment.zone or appointment.clinic.zone))


def buttons(appointment: Appointment, desk: Desk) -> list[Button]:
    """What may be done with the visit now, the likeliest first."""

    def go(text: str, act: str, *, post: bool = False, primary: bool = False) -> Button:
        return Button(text, reverse(f"admin:visit_{act}", args=[appointment.pk]), post, primary)

    book, perform = desk.may("book", appointment.clinic), desk.may("perform", appointment.clinic)
    if appointment.status == "booked" and appointment.pencilled:
        confirm = [go("Confirm", "confirm", post=True, primary=True)] if book and not appointment.held else []
        return [*confirm, *([go("Move", "move"), go("Cancel", "cancel")] if book else [])]
    if appointment.status == "booked":
        started = appointment.starts_at is not None and appointment.starts_at <= desk.at
        done = [go("Record the visit", "attend", primary=started)] if perform and not appointment.held else []
        asks = asks_on_arrival(appointment)
        arrived = [go("Arrived", "arrive", post=not asks, primary=not started)]
        arrived = arrived if book and not appointment.held else []
        if local(appointment).date() > desk.today(appointment.clinic):
            ahead = [go("Move", "move"), go("Cancel", "cancel"), go("Would come earlier", "earlier")]
            # Who comes on another day than the booked one is received all the same.
            return [*(ahead if book else []), *(replace(one, primary=False) for one in arrived)]
        rest = [go("Move", "move"), go("Missed", "miss"), go("Cancel", "cancel")] if book else []
        rest += [go("Would come earlier", "earlier")] if book and not started else []
        return [*(done + arrived if started else arrived + done), *_of_session(appointment, desk, go), *rest]
    if appointment.status == "arrived":
        return [
            *([go("Record the visit", "attend", primary=True)] if perform and not appointment.held else []),
            *_of_session(appointment, desk, go),
            *([go("Missed", "miss"), go("Cancel", "cancel")] if book else []),
        ]
    if appointment.status == "fulfilled" or appointment.state not in ("proposed", "missed", "waiting"):
        return []
    if appointment.held:
        return [go("Pencil in", "book")] if book and appointment.earliest_on else []
    if appointment.state == "waiting":
        return []
    return [
        *([go("Book", "book", primary=True)] if book else []),
        *([go("Done without booking", "attend")] if perform else []),
    ]


def _of_session(appointment: Appointment, desk: Desk, go: Callable[[str, str], Button]) -> list[Button]:
    """On the day of a dose of cells: both are asked before the draw, and a session can stop."""
    today = desk.today(appointment.clinic)
    if "donor" not in appointment.attends or appointment.held or local(appointment).date() != today:
        return []
    if not desk.may("perform", appointment.clinic):
        return []
    return [go("Fitness check", "fitness"), go("Stop the session", "stop")]


@dataclass(frozen=True, slots=True)
class FlagRow:
    """A flag in a list: who it concerns, what it says, by when, and the one button."""

    who: Who
    title: str
    text: str
    severity: str
    owner: str
    due: str
    late: bool
    state: str
    button: Button


def flag_row(flag: Flag, desk: Desk) -> FlagRow:
    today = desk.today(flag.clinic)
    mine = flag.is_open and bool(flag.decisions) and may_decide(flag, desk)
    return FlagRow(
        who=who(flag.treatment.couple, desk),
        title=words.flag_words(flag.code),
        text=flag_without_donor_tests(flag.text),
        severity=flag.severity,
        owner=flag.owner,
        due=words.day(flag.due_on, today),
        late=flag.is_open and flag.due_on < today,
        state=flag.state,
        button=Button(
            "Decide" if mine else "Open",
            reverse("admin:treatments_flag_change", args=[flag.pk]),
            primary=mine,
        ),
    )


def may_decide(flag: Flag, desk: Desk) -> bool:
    """The owner's role; a doctor decides for everybody."""
    return desk.actor(flag.clinic).role in (flag.owner, "doctor")


def changes_in_words(before: Plan, after: Plan, today: date) -> list[str]:
    """What differs between two plans, one sentence a visit, in the order of the later plan."""
    old = {visit.key: visit for visit in before.visits}
    lines = []
    for visit in after.visits:
        was, now = old.pop(visit.key, None), _stands(visit, today)
        name = " ".join(filter(None, (visit.title, number(visit.as_json()))))
        if was is None:
            lines.append(f"{name}: new, {now}")
        elif _stands(was, today) != now:
            lines.append(f"{name}: {_stands(was, today)} → {now}")
    return lines + [f"{visit.title} #{visit.occurrence}: no longer in the plan" for visit in old.values()]


def _stands(visit: PlannedVisit, today: date) -> str:
    on = visit.on or visit.proposed_on
    held = ", on hold" if visit.held_by else ""
    return words.STATES[visit.state.value] + (f" {words.day(on, today)}" if on else "") + held
