"""Rows of the day sheet and the session board: what stands of a session at a moment. Pure, given what was read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.booking.day.queries import DaySession
from apps.booking.models import ActivityState, SessionActivity
from apps.booking.session.board import Age, Cell, Lane, Said, lane_of
from apps.desk import words
from apps.desk.access import Desk
from apps.desk.day_lanes import Axis, span_words
from apps.desk.day_words import SAID as SAID
from apps.desk.day_words import day_words as day_words
from apps.desk.day_words import long_words as long_words
from apps.desk.expected import coming_words
from apps.desk.rows import Button, Who, asks_on_arrival, lacking, number, who
from apps.treatments.models import Appointment
from apps.treatments.queries import template


@dataclass(frozen=True, slots=True)
class Segment:
    """One link as a bar: where it begins and how wide it is, in per cent of what holds it."""

    title: str
    span: str
    left: float
    width: float
    tone: str
    where: str


@dataclass(frozen=True, slots=True)
class CellRow:
    """One cell of the board in words: how it stands, since when or how long, and who ticked it off."""

    title: str
    planned: str
    said: str
    tone: str
    detail: str
    by: str
    where: str


@dataclass(frozen=True, slots=True)
class AgeRow:
    text: str
    tone: str
    share: int | None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session of the day, for sheet and board alike."""

    id: UUID
    span: str
    start: str
    start_minute: int
    latest_minute: int
    who: Who
    what: str
    status: str
    pencilled: bool
    held: bool
    due: tuple[str, ...]
    late: str
    coming: str
    left: float
    width: float
    segments: tuple[Segment, ...]
    cells: tuple[CellRow, ...]
    ages: tuple[AgeRow, ...]
    tone: str
    stopped: bool
    url: str
    arrive: Button | None
    ticks: tuple[Button, ...]
    move_url: str
    times_url: str
    buttons: tuple[Button, ...]


def lane_for(session: DaySession, at: datetime) -> Lane:
    """The session's lane with the limits of its own protocol."""
    visit = session.appointment
    read = template(visit.treatment.protocol_version)
    step = read.step_named.get(visit.step)
    content = step.content if step else None
    return lane_of(
        session.activities,
        at=at,
        arrived=visit.status == "arrived",
        in_force=visit.in_force,
        given=visit.status == "fulfilled",
        recipe=read.session_of(visit.step) if step else None,
        most_hours=content.hours_to_injection if content else None,
    )


def session_row(session: DaySession, desk: Desk, axis: Axis) -> SessionRow:
    visit = session.appointment
    lane = lane_for(session, desk.at)
    zone = axis.zone
    today = desk.today(visit.clinic)
    whole = session.ends_at - session.starts_at
    local = session.starts_at.astimezone(zone)
    on_the_day = local.date() == today
    return SessionRow(
        id=visit.pk,
        span=span_words(session.starts_at, session.ends_at, zone),
        start=f"{local:%Y-%m-%dT%H:%M}",
        start_minute=int((session.starts_at - axis.begins).total_seconds() // 60),
        latest_minute=axis.minutes - int(whole.total_seconds() // 60),
        who=who(visit.treatment.couple, desk),
        what=" ".join(filter(None, (visit.title, number(visit.plan)))),
        status=words.STATUSES[visit.status],
        pencilled=visit.in_force and visit.pencilled,
        held=visit.in_force and visit.held,
        due=lacking(visit.plan.get("missing") or (), desk, visit) if visit.in_force else (),
        late=_not_here(visit, desk.at) if on_the_day else "",
        coming=coming_words(visit, session.coming) if visit.status == "booked" else "",
        left=axis.left(session.starts_at),
        width=axis.wide(session.starts_at, session.ends_at),
        segments=tuple(_segment(cell, session, zone, whole) for cell in lane.cells),
        cells=tuple(_cell_row(cell, session, zone, desk.at) for cell in lane.cells),
        ages=tuple(_age_row(age) for age in lane.ages),
        tone=lane.tone.value,
        stopped=lane.stopped,
        url=reverse("admin:treatments_appointment_change", args=[visit.pk]),
        arrive=_arrive(visit, desk) if on_the_day else None,
        ticks=tuple(_ticks(lane.current, visit, desk)) if on_the_day and _is_here(visit) else (),
        move_url=_move_url(visit, desk),
        times_url=_times_url(session, desk),
        buttons=tuple(outcome_buttons(visit, desk, on_the_day=on_the_day)),
    )


def outcome_buttons(visit: Appointment, desk: Desk, *, on_the_day: bool = True) -> Iterable[Button]:
    """What is said of a visit: done, missed or moved. A dose is recorded with its content, on its own form."""
    if not visit.in_force or visit.starts_at is None:
        return
    begun = visit.starts_at <= desk.at
    dose = "donor" in visit.attends
    if begun and desk.may("perform", visit.clinic) and not visit.held and not visit.pencilled:
        if dose:
            yield Button(str(_("Done")), reverse("admin:visit_dose", args=[visit.pk]))
        elif asks_on_arrival(visit):
            yield Button(str(_("Done")), reverse("admin:visit_attend", args=[visit.pk]))
        else:
            yield Button(str(_("Done")), reverse("admin:day_done", args=[visit.pk]), post=True)
    if not desk.may("book", visit.clinic):
        return
    if begun:
        yield Button(str(_("Missed")), reverse("admin:day_miss", args=[visit.pk]), post=True)
    if visit.status == "booked":
        yield Button(str(_("Move")), reverse("admin:visit_move", args=[visit.pk]))
    elif on_the_day:
        yield Button(str(_("Cancel")), reverse("admin:visit_cancel", args=[visit.pk]))


def _segment(cell: Cell, session: DaySession, zone: ZoneInfo, whole: timedelta) -> Segment:
    link = cell.activity
    return Segment(
        title=link.title,
        span=span_words(link.starts_at, link.ends_at, zone),
        left=round(100 * ((link.starts_at - session.starts_at) / whole), 3),
        width=round(100 * (cell.planned / whole), 3),
        tone=cell.tone.value,
        where=_where(session, link),
    )


def _cell_row(cell: Cell, session: DaySession, zone: ZoneInfo, at: datetime) -> CellRow:
    link = cell.activity
    return CellRow(
        title=link.title,
        planned=span_words(link.starts_at, link.ends_at, zone),
        said=str(SAID[cell.said]),
        tone=cell.tone.value,
        detail=_detail(cell, zone),
        by=link.done_by,
        where=_where(session, link),
    )


def _detail(cell: Cell, zone: ZoneInfo) -> str:
    link = cell.activity
    if cell.said is Said.DONE and link.done_at is not None:
        took = f", {long_words(cell.elapsed)}" if cell.elapsed else ""
        return f"{link.done_at.astimezone(zone):%H:%M}{took}"
    if cell.said in (Said.GOING, Said.OVER) and cell.elapsed is not None:
        gone, planned = long_words(cell.elapsed), long_words(cell.planned)
        return str(_("%(gone)s of %(planned)s") % {"gone": gone, "planned": planned})
    if cell.said is Said.BEHIND and cell.elapsed is not None:
        return str(_("by %(long)s") % {"long": long_words(cell.elapsed)})
    return ""


def _age_row(age: Age) -> AgeRow:
    what = _("Cells since the draw") if age.what == "cells" else _("Wait for %(what)s") % {"what": age.what}
    gone = long_words(age.elapsed)
    if age.most is None:
        text = _("%(what)s: %(gone)s. The protocol names no maximum.")
        return AgeRow(str(text % {"what": what, "gone": gone}), age.tone.value, None)
    over = age.elapsed > age.most
    text = _("%(what)s: %(gone)s of at most %(most)s") if not over else _("%(what)s: %(gone)s, over %(most)s")
    if age.stopped:
        text = _("%(what)s: %(gone)s at the injection, at most %(most)s")
    said = text % {"what": what, "gone": gone, "most": long_words(age.most)}
    return AgeRow(str(said), age.tone.value, age.share)


def _where(session: DaySession, link: SessionActivity) -> str:
    return ", ".join(place.resource.name for place in session.places_of(link.name) if place.resource)


def _not_here(visit: Appointment, at: datetime) -> str:
    """How long the couple is awaited. Said as a fact; nobody is missed until a person says so."""
    if visit.status != "booked" or visit.starts_at is None or visit.starts_at >= at or visit.pencilled:
        return ""
    return str(_("not here yet, %(long)s after the time") % {"long": long_words(at - visit.starts_at)})


def _arrive(visit: Appointment, desk: Desk) -> Button | None:
    if visit.status != "booked" or visit.pencilled or visit.held or not desk.may("book", visit.clinic):
        return None
    if asks_on_arrival(visit):
        return Button(str(_("Arrived")), reverse("admin:visit_arrive", args=[visit.pk]), primary=True)
    return Button(str(_("Arrived")), reverse("admin:day_arrive", args=[visit.pk]), post=True, primary=True)


def _ticks(current: SessionActivity | None, visit: Appointment, desk: Desk) -> Iterable[Button]:
    """What may be ticked off of the link that comes next: its beginning, its end; or the gate, by who may release."""
    if current is None:
        return

    def go(text: str, act: str, *, primary: bool = False) -> Button:
        url = reverse("admin:day_tick", args=[current.pk, act])
        return Button(text % {"what": current.title}, url, post=True, primary=primary)

    if current.kind == "gate":
        if desk.may("release units", visit.clinic):
            yield go(str(_("%(what)s: pass")), "pass", primary=True)
            yield Button(str(_("Do not release")), reverse("admin:visit_refuse", args=[visit.pk]))
        return
    if not desk.may("tick off", visit.clinic):
        return
    if current.state == ActivityState.PLANNED:
        yield go(str(_("%(what)s: begin")), "start", primary=True)
    if current.kind == "fitness":
        yield Button(
            str(_("Fitness questions")), reverse("admin:visit_fitness", args=[visit.pk]), primary=True
        )
    yield go(str(_("%(what)s: done")), "finish", primary=current.state == ActivityState.STARTED)


def _is_here(visit: Appointment) -> bool:
    """The couple has come; after the dose is recorded she stays for the observation."""
    return visit.status in ("arrived", "fulfilled")


def _move_url(visit: Appointment, desk: Desk) -> str:
    """Where a new time is previewed; empty for a visit that cannot be moved any more."""
    ahead = visit.starts_at is not None and visit.starts_at > desk.at
    if visit.status != "booked" or not ahead or not desk.may("book", visit.clinic):
        return ""
    return reverse("admin:day_move", args=[visit.pk])


def _times_url(session: DaySession, desk: Desk) -> str:
    """Where true times are typed in, once the session's time has come and a link of its chain is still open."""
    visit = session.appointment
    is_open = any(one.state in (ActivityState.PLANNED, ActivityState.STARTED) for one in session.activities)
    begun = session.starts_at <= desk.at and visit.in_force and not visit.pencilled
    if not (is_open and begun and desk.may("tick off", visit.clinic)):
        return ""
    return reverse("admin:day_times", args=[visit.pk])
