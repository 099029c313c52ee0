"""Rows of the first page: whom they concern, why they are there, and the one button. Pure, given what was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.booking.call_models import CallState, CallTask
from apps.booking.models import SessionActivity
from apps.clinic.cover import Coverage
from apps.couples.models import Couple, Note, NoteKind
from apps.desk import words
from apps.desk.access import Desk
from apps.desk.expected import coming_words
from apps.desk.rows import Button, Who, buttons, local, may_decide, number, who
from apps.treatments.models import Appointment, Flag
from apps.treatments.sensitivity import donor_tests_as_one, flag_without_donor_tests

NOW, TODAY, WEEK = "now", "today", "week"


@dataclass(frozen=True, slots=True)
class Pinned:
    """What to say to the couple, or what not to."""

    text: str
    is_say: bool


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One line. `group` is now, today or week; `kind` what it is, in words; `tone` the colour of that word.

    `also` holds what else concerns the same couple, where one row stands for all of it.
    """

    group: str
    kind: str
    tone: str
    who: Who
    couple: Couple
    when: str
    what: str
    why: str
    detail: str = ""
    button: Button | None = None
    pinned: tuple[Pinned, ...] = ()
    is_flag: bool = False
    also: tuple[WorkRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """What every row of one clinic needs besides itself."""

    desk: Desk
    today: date
    nurses: Coverage
    doctors: Coverage
    names: Mapping[int, str]
    steps: Mapping[UUID, SessionActivity]

    def owner(self, flag: Flag) -> str:
        """In whose hands the flag is now, in words."""
        couple = flag.treatment.couple
        role = {"doctor": (self.doctors, couple.doctor_id), "nurse": (self.nurses, couple.nurse_id)}
        coverage, assigned = role.get(flag.owner, (None, None))
        if coverage is None:
            return _("the clinic's manager")
        owners = coverage.owners(assigned, flag.due_on)
        if owners.stage == "all":
            return _("all doctors") if flag.owner == "doctor" else _("all nurses")
        name = ", ".join(self.names.get(one, "") for one in owners.users)
        if owners.stage == "own":
            return name
        return _("%(name)s for %(other)s") % {"name": name, "other": self.names.get(assigned or 0, "")}


def visit_title(visit: Appointment) -> str:
    return " ".join(filter(None, (visit.title, number(visit.plan))))


def here_row(visit: Appointment, frame: Frame) -> WorkRow:
    """Somebody is in the house: what comes next, or what they wait for, and the page on which that is done."""
    step = frame.steps.get(visit.pk)
    if step is None:
        return _visit(visit, frame, NOW, _("Arrived"), "info", _("In the house"), f"{local(visit):%H:%M}")
    why = _("Waits for: %(step)s") if step.kind == "gate" else _("Next: %(step)s")
    row = _visit(visit, frame, NOW, _("Arrived"), "info", why % {"step": step.title}, f"{local(visit):%H:%M}")
    return replace(row, button=_next_button(visit, step, frame) or row.button)


def _next_button(visit: Appointment, step: SessionActivity, frame: Frame) -> Button | None:
    """The fitness questions and the links in between have pages of their own; the injection is recorded with the visit."""
    if visit.held or step.kind == "injection" or not frame.desk.may("perform", visit.clinic):
        return None
    if step.kind == "fitness":
        return Button(_("Fitness check"), reverse("admin:visit_fitness", args=[visit.pk]), primary=True)
    board = reverse("admin:day_board", args=[visit.clinic_id, frame.today.isoformat()])
    return Button(_("Session board"), board, primary=True)


def expected_row(visit: Appointment, frame: Frame) -> WorkRow:
    missing = donor_tests_as_one(visit.plan.get("missing") or [])
    why = _("Due at arrival: %(what)s") % {"what": ", ".join(missing)} if missing else _("Booked today")
    if visit.held:
        why = _("On hold: a decision is open")
    row = _visit(visit, frame, TODAY, _("Today's visit"), "info", why, f"{local(visit):%H:%M}")
    return replace(row, detail=coming_words(visit, getattr(visit, "coming", ())))


def unrecorded_row(visit: Appointment, frame: Frame) -> WorkRow:
    on = words.day(local(visit).date(), frame.today)
    why = _("No outcome since %(day)s") % {"day": on}
    return _visit(visit, frame, TODAY, _("Without outcome"), "warn", why, f"{local(visit):%H:%M}")


def closing_row(visit: Appointment, frame: Frame) -> WorkRow:
    last = _last_good(visit)
    day = _("today") if last == frame.today else words.day(last, frame.today)
    why = _("Window closes %(day)s") % {"day": day}
    group = TODAY if last == frame.today else WEEK
    return _visit(visit, frame, group, _("Closing"), "warn", why, "")


def overdue_row(visit: Appointment, frame: Frame) -> WorkRow:
    why = _("Good days ended %(day)s") % {"day": words.day(_last_good(visit), frame.today)}
    return ring_row(visit, frame, TODAY, _("Overdue"), "bad", why)


def fallen_row(visit: Appointment, frame: Frame) -> WorkRow:
    """Missed or cancelled, and not booked again."""
    was = f"{words.day(local(visit).date(), frame.today)}, " if visit.starts_at else ""
    missed = visit.status == "noshow"
    kind = _("Missed") if missed else _("Cancelled")
    why = f"{was}{_('not booked again')}"
    return ring_row(visit, frame, TODAY, kind, "bad" if missed else "warn", why)


def later_row(visit: Any, frame: Frame) -> WorkRow:
    """A visit without a booking whose call was put off, or who declined."""
    if visit.call_state == CallState.OPEN:
        day = words.day(local_day(visit.call_due, visit.clinic.zone), frame.today)
        return ring_row(
            visit, frame, WEEK, _("Call later"), "quiet", _("Call again on %(day)s") % {"day": day}
        )
    declined, button = _declined(visit.call_state, visit.call_id, visit.clinic, frame)
    group = TODAY if button is not None else WEEK
    row = ring_row(visit, frame, group, _("Declined"), "quiet", declined)
    return row if button is None else replace(row, button=button)


def call_row(task: CallTask, frame: Frame) -> WorkRow:
    """A call that somebody asked for."""
    desk = frame.desk
    on = local_day(task.due_at, task.clinic.zone)
    group = TODAY if on <= frame.today else WEEK
    kind, tone = _("Call"), "warn"
    why = str(task.get_why_display())
    button = _call_button(reverse("admin:call", args=[task.pk]), task.clinic, desk)
    if task.state != CallState.OPEN:
        kind, tone = _("Declined"), "quiet"
        declined, noting = _declined(task.state, task.pk, task.clinic, frame)
        why, button, group = f"{why}: {declined}", noting or button, TODAY if noting else WEEK
    return WorkRow(
        group=group,
        kind=kind,
        tone=tone,
        who=who(task.couple, desk),
        couple=task.couple,
        when=words.day(on, frame.today) if on != frame.today else f"{_local(task):%H:%M}",
        what=task.note,
        why=why,
        detail=_("asked by %(name)s") % {"name": task.asked_by},
        button=button,
    )


def silenced_row(couple: Couple, frame: Frame) -> WorkRow:
    """Everything was stopped for the couple, and nobody has rung: by a person, never by a message."""
    assert couple.silent_reason_since is not None
    on = local_day(couple.silent_reason_since, couple.clinic.zone)
    notes = (person.hard_news_note for person in (couple.recipient, couple.partner))
    return WorkRow(
        group=TODAY,
        kind=_("Call"),
        tone="bad",
        who=who(couple, frame.desk),
        couple=couple,
        when="",
        what="; ".join(filter(None, notes)),
        why=_("Everything stopped %(day)s") % {"day": words.day(on, frame.today)},
        detail=str(couple.get_silent_reason_display()),
        button=_call_button(reverse("admin:call_couple", args=[couple.pk]), couple.clinic, frame.desk),
    )


def flag_row(flag: Any, frame: Frame) -> WorkRow:
    """A flag: due when, in whose hands, and the decision one click away for whoever may take it."""
    mine = bool(flag.decisions) and may_decide(flag, frame.desk)
    late, urgent = flag.due_on < frame.today, flag.severity == "urgent"
    day = _("today") if flag.due_on == frame.today else words.day(flag.due_on, frame.today)
    why = _("Late since %(day)s") if late else _("Due %(day)s")
    why %= {"day": day}
    if getattr(flag, "by_phone", False):
        why = _("Told by phone, waits for signature")
    text = _("Decide") if mine else _("Open")
    return WorkRow(
        group=TODAY if late or urgent or flag.due_on == frame.today else WEEK,
        kind=words.flag_words(flag.code),
        tone="bad" if urgent else "warn",
        who=who(flag.treatment.couple, frame.desk),
        couple=flag.treatment.couple,
        when="",
        what=_first_sentence(flag_without_donor_tests(flag.text)),
        why=why,
        detail=_("waits for %(who)s") % {"who": frame.owner(flag)},
        button=Button(text, reverse("admin:treatments_flag_change", args=[flag.pk]), primary=mine),
        is_flag=True,
    )


def sample_row(visit: Any, frame: Frame, due_on: date | None) -> WorkRow:
    """A sample is at the laboratory."""
    sampled = words.day(date.fromisoformat(visit.sampled), frame.today)
    due = _(", due %(day)s") % {"day": words.day(due_on, frame.today)} if due_on else ""
    row = _visit(
        visit, frame, WEEK, _("Result awaited"), "info", _("Sampled %(day)s") % {"day": sampled} + due, ""
    )
    enters = frame.desk.may("record for the laboratory", visit.clinic)
    address = reverse("admin:treatment_record", args=[visit.treatment_id, "result"])
    return replace(row, button=Button(_("Enter result"), address) if enters else None)


def pinned(notes: Sequence[Note]) -> tuple[Pinned, ...]:
    return tuple(Pinned(note.text, note.kind == NoteKind.SAY) for note in notes)


def local_day(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def _local(task: CallTask) -> datetime:
    return task.due_at.astimezone(ZoneInfo(task.clinic.zone))


def _first_sentence(text: str) -> str:
    """The flag's own page says the rest."""
    first, found, _rest = text.partition(". ")
    return f"{first}." if found else text


def _last_good(visit: Any) -> date:
    last: date = visit.last_good
    return last


def _declined(state: str, task: UUID, clinic: Any, frame: Frame) -> tuple[str, Button | None]:
    if state == CallState.NOTED:
        return _("Declined, the doctor knows"), None
    doctor = frame.desk.actor(clinic).role == "doctor"
    button = Button(_("Take note"), reverse("admin:call_note", args=[task]), post=True, primary=True)
    return _("Declined, waits for a doctor"), button if doctor else None


def ring_row(visit: Any, frame: Frame, group: str, kind: str, tone: str, why: str) -> WorkRow:
    """A visit that somebody is rung about."""
    row = _visit(visit, frame, group, kind, tone, why, "")
    address = reverse("admin:call_visit", args=[visit.pk])
    return replace(row, button=_call_button(address, visit.clinic, frame.desk))


def _call_button(address: str, clinic: Any, desk: Desk) -> Button | None:
    able = desk.may("call", clinic)
    return Button(_("Call"), address, primary=True, rings=True) if able else None


def _visit(
    visit: Appointment, frame: Frame, group: str, kind: str, tone: str, why: str, when: str
) -> WorkRow:
    able = buttons(visit, frame.desk)
    couple = visit.treatment.couple
    return WorkRow(
        group=group,
        kind=kind,
        tone=tone,
        who=who(couple, frame.desk),
        couple=couple,
        when=when,
        what=visit_title(visit),
        why=why,
        button=able[0] if able else None,
    )
