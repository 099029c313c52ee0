"""Booking: people's columns of an appointment. Every verb locks the treatment and reconciles in its
transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from apps.booking.rules import (
    MINUTES,
    ends_at,
    refuse_closed,
    refuse_day,
    refuse_hours,
    refuse_moment,
    refuse_visit,
)
from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.clock import local_date, local_moment
from apps.clinic.errors import Conflict, Invalid
from apps.clinic.queries import hours_of
from apps.couples.models import Person
from apps.treatments.acts import confirm_booking, move_status, next_status
from apps.treatments.gathered import Gathered
from apps.treatments.loading import persons_coming
from apps.treatments.models import Appointment, Occupation, Record
from apps.treatments.overlap import PERSON_ONCE
from apps.treatments.reconciling import locked, settle
from apps.treatments.services import record
from protocols.status import Act, Status

__all__ = ["arrive", "attend", "book", "cancel", "confirm", "miss", "move"]


def book(
    *,
    appointment: Appointment,
    starts_at: datetime,
    minutes: int | None = None,
    actor: Actor,
    at: datetime,
    reason: str = "",
    pencil: bool = False,
) -> Appointment:
    """Books the visit at a moment (aware, or wall time of the clinic), by default as long as its kind of
    step takes.

    `reason` is needed outside earliest..latest. `pencil` keeps a place for a visit that is held: it sends
    nothing and cannot be performed. Refusals (Invalid, Conflict) carry field and remedy, and change
    nothing.
    """
    return _place(appointment, Act.BOOK, starts_at, minutes, actor=actor, at=at, reason=reason, pencil=pencil)


def move(
    *,
    appointment: Appointment,
    starts_at: datetime,
    minutes: int | None = None,
    actor: Actor,
    at: datetime,
    reason: str = "",
    pencil: bool | None = None,
) -> Appointment:
    """Moves a booking by the rules of `book`; without `minutes` it stays as long as it is.

    A pencilled booking stays pencilled while its visit is held, and becomes booked when nothing holds it
    any more.
    """
    return _place(appointment, Act.MOVE, starts_at, minutes, actor=actor, at=at, reason=reason, pencil=pencil)


def confirm(*, appointment: Appointment, actor: Actor, at: datetime, reason: str = "") -> Appointment:
    """Makes a pencilled booking a real one at its time, by the rules of `book`, once nothing holds it."""
    with _verb(appointment, actor):
        gathered = locked(treatment_id=appointment.treatment_id, at=at)
        row = gathered.visit_of(appointment)
        if not (row.in_force and row.pencilled and row.starts_at and row.ends_at):
            raise Conflict("There is no pencilled booking.", code="not_pencilled", field="appointment")
        length = int((row.ends_at - row.starts_at).total_seconds() // 60)
        row.deviation_reason = reason.strip()[:300] or row.deviation_reason
        wall = local_moment(row.zone, row.starts_at)
        _check(gathered, row, wall, length, at=at, reason=row.deviation_reason, pencil=False)
        confirm_booking(gathered, row, at=at)
        settle(gathered, actor=actor, at=at)
    return row


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
        move_status(gathered, row, Act.CANCEL, at=at)
        row.cancel_reason = reason.strip()[:300]
        settle(gathered, actor=actor, at=at)
    return row


def arrive(*, appointment: Appointment, actor: Actor, at: datetime) -> Appointment:
    """The couple is here, on the day of a real booking. What they still lack (consent, screening) is due
    now.
    """
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
        if row.in_force and row.starts_at and local_date(row.zone, row.starts_at) != gathered.today:
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

    Conflict if the visit is held, expired, not needed, or lacks consent or screening on that day.
    """
    data: dict[str, Any] = _act(appointment, "fulfilled", on, at)
    if given:
        data["given"] = dict(given)
    return record(treatment=appointment.treatment, data=data, actor=actor, at=at)


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
) -> Appointment:
    with _verb(appointment, actor):
        gathered = locked(treatment_id=appointment.treatment_id, at=at)
        row = gathered.visit_of(appointment)
        next_status(row, act)
        length = minutes if minutes is not None else _usual(gathered, row, act)
        if pencil is None:
            pencil = row.pencilled and bool(row.held)
        wall = local_moment(gathered.treatment.clinic.zone, starts_at)
        _check(gathered, row, wall, length, at=at, reason=reason, pencil=pencil)
        was = row.starts_at.isoformat() if row.starts_at and act is Act.MOVE else None
        row.starts_at, row.ends_at = wall.astimezone(UTC), ends_at(wall.astimezone(UTC), length)
        row.local_start, row.zone = f"{wall:%Y-%m-%dT%H:%M}", gathered.treatment.clinic.zone
        row.deviation_reason, row.cancel_reason = reason.strip()[:300], ""
        was_pencilled, row.pencilled = row.pencilled, pencil
        if was_pencilled and not pencil:
            confirm_booking(gathered, row, at=at)  # its patients hear of it for the first time
        else:
            move_status(gathered, row, act, at=at, **({"from": was} if was else {}))
        _take(gathered, row, actor=actor, at=at)
    return row


def _check(
    gathered: Gathered,
    row: Appointment,
    wall: datetime,
    minutes: int,
    *,
    at: datetime,
    reason: str,
    pencil: bool,
) -> None:
    """Every rule of `apps.booking.rules`, against the plan as it would be without this visit's own
    booking.
    """
    facts = gathered.facts(without=[(row.step, row.occurrence)])
    planned = gathered.plan(facts)
    visit = planned.visit(row.step, row.occurrence)
    on = wall.date()
    refuse_visit(visit, pencil=pencil)
    if visit is None:
        raise AssertionError("a visit that is not planned was let through")
    refuse_moment(wall, minutes, on=on, facts=facts, visit=visit, at=at)
    refuse_day(visit, on, today=gathered.today, reason=reason)
    refuse_closed(visit, on, workdays=gathered.workdays, facts=facts, donor=visit.donor or "")
    hours = hours_of(gathered.treatment.clinic).filter(weekday=on.weekday())
    refuse_hours(wall, minutes, hours.values_list("opens_at", "closes_at"))
    row.recipient_id, row.partner_id = persons_coming(gathered.treatment, visit.attends, visit.donor or "")


def _take(gathered: Gathered, row: Appointment, *, actor: Actor, at: datetime) -> None:
    """Settles the verb and takes the people's time. Conflict where somebody of the couple is elsewhere then."""
    # Two bookings of one person that meet would each wait for the other inside the constraint; the lock, taken in
    # the order of the ids, makes one of them wait before it has written anything.
    assert row.starts_at is not None
    assert row.ends_at is not None
    people = [pk for pk in (row.recipient_id, row.partner_id) if pk is not None]
    list(Person.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk").values_list("pk"))
    try:
        with transaction.atomic():
            settle(gathered, actor=actor, at=at)
            Occupation.objects.filter(appointment=row).delete()
            Occupation.objects.bulk_create(
                Occupation(
                    clinic_id=row.clinic_id,
                    appointment=row,
                    activity="visit",
                    person_id=person,
                    starts_at=row.starts_at,
                    ends_at=row.ends_at,
                )
                for person in people
            )
    except IntegrityError as error:
        cause = error.__cause__
        if getattr(getattr(cause, "diag", None), "constraint_name", None) != PERSON_ONCE:
            raise
        raise Conflict(
            "Somebody of this couple has another visit at that time.",
            code="two_places",
            field="starts_at",
            remedy="Pick another time.",
        ) from error


def _usual(gathered: Gathered, row: Appointment, act: Act) -> int:
    if act is Act.MOVE and row.starts_at and row.ends_at:
        return int((row.ends_at - row.starts_at).total_seconds() // 60)
    return MINUTES[gathered.template.step_named[row.step].kind]


def _verb(appointment: Appointment, actor: Actor) -> Any:
    require_clinic(actor, appointment.clinic_id)
    require_role(actor, "nurse", "doctor", "manager", "client")
    return acting(actor)
