"""Booking: people's columns of an appointment. Every verb locks the treatment and reconciles in its
transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from apps.booking.holding import drop_hold, hold, release_kept
from apps.booking.placing import Terms, call_off, take, write_session
from apps.booking.remembering import people_said, remember
from apps.booking.retrying import retried
from apps.booking.session.units import record_here
from apps.booking.slots.picking import pick
from apps.booking.slots.values import Slot
from apps.booking.slots.wanted import Wanted, refuse_odd, refuse_stale, wanted
from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.clock import local_date, local_moment
from apps.clinic.errors import Conflict, Invalid
from apps.treatments.acts import confirm_booking, move_status, next_status
from apps.treatments.loading import persons_coming
from apps.treatments.models import Appointment, Purpose, Record
from apps.treatments.occupying import has_its_place, pencil_until
from apps.treatments.reconciling import locked, settle
from apps.treatments.services import record
from protocols.status import Act, Status

__all__ = [
    "arrive",
    "attend",
    "book",
    "cancel",
    "confirm",
    "drop_hold",
    "hold",
    "miss",
    "move",
    "release_kept",
]


@retried
def book(
    *,
    appointment: Appointment,
    starts_at: datetime,
    minutes: int | None = None,
    actor: Actor,
    at: datetime,
    reason: str = "",
    pencil: bool = False,
    expected: str = "",
) -> Appointment:
    """Books the visit at a moment (aware, or wall time of the clinic): its whole session, with what each activity needs.

    Without `minutes` it takes as long as its recipe; they set the length of a session of one activity, and may lengthen
    the last activity of a chain. `reason` is needed outside earliest..latest. `pencil` keeps a place for a visit that is
    held: it sends nothing and cannot be performed. `expected` is the fingerprint of the plan that the caller saw.
    Refusals (Invalid, Conflict: `slot_taken`, `two_places`, `plan_changed`) carry field and remedy, and change nothing.
    """
    return _place(
        appointment,
        Act.BOOK,
        starts_at,
        minutes,
        actor=actor,
        at=at,
        reason=reason,
        pencil=pencil,
        expected=expected,
    )


@retried
def move(
    *,
    appointment: Appointment,
    starts_at: datetime,
    minutes: int | None = None,
    actor: Actor,
    at: datetime,
    reason: str = "",
    pencil: bool | None = None,
    expected: str = "",
) -> Appointment:
    """Moves a booking by the rules of `book`; without `minutes` it stays as long as it is. The places that it leaves stay
    blocked until the end of the next working day.

    A pencilled booking stays pencilled while its visit is held, and becomes booked when nothing holds it
    any more.
    """
    return _place(
        appointment,
        Act.MOVE,
        starts_at,
        minutes,
        actor=actor,
        at=at,
        reason=reason,
        pencil=pencil,
        expected=expected,
    )


@retried
def confirm(*, appointment: Appointment, actor: Actor, at: datetime, reason: str = "") -> Appointment:
    """Makes a pencilled booking a real one at its time, by the rules of `book`, once nothing holds it.

    Its places are still its own, or are taken anew; Conflict `slot_taken` if they went to somebody else meanwhile.
    """
    with _verb(appointment, actor):
        gathered = locked(treatment_id=appointment.treatment_id, at=at)
        row = gathered.visit_of(appointment)
        if not (row.in_force and row.pencilled and row.starts_at and row.ends_at):
            raise Conflict("There is no pencilled booking.", code="not_pencilled", field="appointment")
        row.deviation_reason = reason.strip()[:300] or row.deviation_reason
        wall = local_moment(row.zone, row.starts_at)
        asked = wanted(gathered, row, pencil=False, at=at)
        if has_its_place(row):
            asked.refuse(
                wall, asked.usual_minutes() or asked.recipe.first_minutes, reason=row.deviation_reason
            )
            confirm_booking(gathered, row, at=at)
            settle(gathered, actor=actor, at=at)
        else:
            slot = _slot(asked, wall, None, reason=row.deviation_reason)
            _set_time(asked, wall, slot)
            confirm_booking(gathered, row, at=at)
            _take(asked, slot, moved=False, actor=actor, at=at)
    return row


@retried
def cancel(*, appointment: Appointment, reason: str, actor: Actor, at: datetime) -> Appointment:
    """Cancels a booking; its day anchors nothing any more. The visit is asked for again while it is
    wanted.
    """
    if not reason.strip():
        raise Invalid(
            "A cancellation needs a reason.", code="needs_reason", field="reason", remedy="Say why."
        )
    with _verb(appointment, actor):
        gathered = locked(treatment_id=appointment.treatment_id, at=at)
        row = gathered.visit_of(appointment)
        if row.status == Status.PROPOSED:
            raise Conflict("There is no booking to cancel.", code="not_booked", field="appointment")
        before = people_said(row)
        move_status(gathered, row, Act.CANCEL, at=at)
        row.cancel_reason = reason.strip()[:300]
        settle(gathered, actor=actor, at=at)
        call_off(row)
        remember(gathered, row, Act.CANCEL, before, actor=actor, at=at)
    return row


def arrive(
    *, appointment: Appointment, actor: Actor, at: datetime, happened_at: datetime | None = None
) -> Appointment:
    """The couple is here, on the day of a real booking. What they still lack (consent, screening) is due
    now. `happened_at` is the true time where it is typed in later, on the day of the booking too.
    """
    came_at = happened_at or at
    with _verb(appointment, actor):
        gathered = locked(treatment_id=appointment.treatment_id, at=at)
        row = gathered.visit_of(appointment)
        if row.in_force and row.pencilled:
            raise Conflict(
                "This booking is only pencilled.",
                code="pencilled",
                field="appointment",
                remedy="Confirm it first.",
            )
        if came_at > at:
            raise Invalid(
                "This lies ahead.", code="in_the_future", field="happened_at", remedy="Check the time."
            )
        came_on = local_date(row.zone or row.clinic.zone, came_at)
        if row.in_force and row.starts_at and local_date(row.zone, row.starts_at) != came_on:
            raise Conflict(
                "This visit is booked for another day.",
                code="other_day",
                field="appointment",
                remedy="Move it first.",
            )
        move_status(gathered, row, Act.ARRIVE, at=at)
        settle(gathered, actor=actor, at=at)
    return row


def attend(
    *,
    appointment: Appointment,
    on: date | None = None,
    given: Mapping[str, Any] | None = None,
    actor: Actor,
    at: datetime,
) -> Record:
    """Records that the visit was done: on `on`, else on the booked day, or today where that lies ahead.

    Conflict if the visit is held, expired, not needed, or lacks consent or screening on that day, and `not_checked` where a
    donor's unit of that day waits: such a dose goes by `dosing.record_dose`.
    """
    data: dict[str, Any] = _act(appointment, "fulfilled", on, at)
    if given:
        data["given"] = dict(given)
    return record_here(treatment=appointment.treatment, data=data, actor=actor, at=at)


def miss(*, appointment: Appointment, reason: str, actor: Actor, at: datetime) -> Record:
    """Records that nobody came to a booking that is past. The same occurrence is asked for again."""
    if appointment.starts_at is None:
        raise Conflict("There is no booking to miss.", code="not_booked", field="appointment")
    data = {**_act(appointment, "missed", None, at), "reason": reason.strip()}
    return record(treatment=appointment.treatment, data=data, actor=actor, at=at)


def _act(appointment: Appointment, kind: str, on: date | None, at: datetime) -> dict[str, Any]:
    if on is None:
        today = local_date(appointment.clinic.zone, at)
        booked = local_date(appointment.zone, appointment.starts_at) if appointment.starts_at else today
        on = min(booked, today) if appointment.in_force else today
    return {"kind": kind, "step": appointment.step, "occurrence": appointment.occurrence, "on": on}


def _place(
    appointment: Appointment,
    act: Act,
    starts_at: datetime,
    minutes: int | None,
    *,
    actor: Actor,
    at: datetime,
    reason: str,
    pencil: bool | None,
    expected: str,
) -> Appointment:
    with _verb(appointment, actor):
        gathered = locked(treatment_id=appointment.treatment_id, at=at)
        refuse_stale(gathered, expected)
        row = gathered.visit_of(appointment)
        next_status(row, act)
        before = people_said(row)
        if pencil is None:
            pencil = row.pencilled and bool(row.held)
        asked = wanted(gathered, row, pencil=pencil, at=at)
        wall = local_moment(gathered.treatment.clinic.zone, starts_at)
        slot = _slot(asked, wall, minutes, reason=reason)
        was = row.starts_at.isoformat() if row.starts_at and act is Act.MOVE else None
        _set_time(asked, wall, slot)
        row.deviation_reason, row.cancel_reason = reason.strip()[:300], ""
        was_pencilled, row.pencilled = row.pencilled, pencil
        if was_pencilled and not pencil:
            confirm_booking(gathered, row, at=at)  # its patients hear of it for the first time
        else:
            move_status(gathered, row, act, at=at, **({"from": was} if was else {}))
        _take(asked, slot, moved=act is Act.MOVE, actor=actor, at=at)
        remember(gathered, row, act, before, actor=actor, at=at)
    return row


def _slot(asked: Wanted, wall: datetime, minutes: int | None, *, reason: str) -> Slot:
    """The slot that begins then, once every rule lets it; its people and resources are locked."""
    if not asked.recipe.plain:
        refuse_odd(wall, minutes)
    if minutes is None:
        asked, minutes = asked.as_booked(), asked.usual_minutes()
    asked.refuse(wall, minutes or asked.recipe.first_minutes, reason=reason)
    return pick(asked, wall, minutes)


def _set_time(asked: Wanted, wall: datetime, slot: Slot) -> None:
    row, gathered, visit = asked.row, asked.gathered, asked.visit
    row.starts_at, row.ends_at = slot.starts_at, slot.ends_at
    row.local_start, row.zone = f"{wall:%Y-%m-%dT%H:%M}", gathered.treatment.clinic.zone
    row.recipient_id, row.partner_id = persons_coming(gathered.treatment, visit.attends, visit.donor or "")


def _take(asked: Wanted, slot: Slot, *, moved: bool, actor: Actor, at: datetime) -> None:
    """Settles the verb and takes the slot's places and people."""
    gathered, row = asked.gathered, asked.row
    with transaction.atomic():
        settle(gathered, actor=actor, at=at)
        until = pencil_until(gathered, row, asked.visit.held_by) if row.pencilled else None
        terms = Terms(Purpose.PENCILLED, until) if row.pencilled else Terms()
        take(gathered, row, slot, terms, moved=moved, at=at)
        write_session(row, slot, plain=asked.recipe.plain)


def _verb(appointment: Appointment, actor: Actor) -> Any:
    require_clinic(actor, appointment.clinic_id)
    require_role(actor, "nurse", "doctor", "manager", "client")
    return acting(actor)
