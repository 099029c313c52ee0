"""What a booking would change, before it is saved: the plan with the new time in place of the old one.

    seen = preview_booking(appointment=visit, starts_at=when, at=at)
    book(appointment=visit, starts_at=when, actor=nurse, at=at, expected=seen.fingerprint)

Reads, writes nothing and locks nothing. Messages are foretold from `seen.rows` by `apps.reminders.foretelling`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from apps.booking.preview_values import (
    BookingPreview,
    EntryChange,
    FlagChange,
    Refusal,
    Standing,
    VisitChange,
    window_code,
)
from apps.booking.rules import MINUTES
from apps.booking.slots.picking import look
from apps.booking.slots.values import Slot
from apps.booking.slots.wanted import refuse_odd, wanted
from apps.clinic.clock import local_moment
from apps.clinic.errors import Invalid, LitError
from apps.treatments.applying import set_plan, shown_of
from apps.treatments.fingerprint import fingerprint
from apps.treatments.gathered import Gathered
from apps.treatments.loading import appointment_id, persons_coming
from apps.treatments.models import Appointment, CalendarEntry
from apps.treatments.reconciling import load
from protocols import Plan, PlannedVisit
from protocols.plan import LIVE, State
from protocols.records import Booked
from protocols.status import Status

_NO_LONGER_FITS = ("booking_outside_window", "booking_not_needed")


def preview_booking(
    *,
    appointment: Appointment,
    starts_at: datetime,
    at: datetime,
    pencil: bool = False,
    minutes: int | None = None,
) -> BookingPreview:
    """What booking or moving the visit to `starts_at` (aware, or wall time of the clinic) would change at the moment `at`.

    `minutes` are as in `book`; `slot` is the session with what it would take. A time that cannot be is a `refusal`,
    never an error: NotFound alone is raised, where the plan has no such visit any more.
    """
    gathered = load(appointment.treatment, at=at)
    row = gathered.visit_of(appointment)
    length = timedelta(minutes=minutes if minutes is not None else _usual_minutes(gathered, row))
    seen = fingerprint(gathered)
    try:
        wall = local_moment(gathered.treatment.clinic.zone, starts_at)
    except Invalid as error:
        given = starts_at if starts_at.tzinfo else starts_at.replace(tzinfo=UTC)
        return BookingPreview(seen, given, given + length, _refusal(error))
    slot, refusal = _slot(gathered, row, wall, minutes, pencil=pencil, at=at)
    begins = wall.astimezone(UTC)
    ends = slot.ends_at if slot else begins + length
    try:
        after = _plan_with(gathered, row, wall.date(), pencil)
    except LitError as error:
        return BookingPreview(seen, begins, ends, refusal or _refusal(error))
    as_booked = _as_booked(gathered, row, begins, ends, wall, pencil)
    preview = BookingPreview(seen, begins, ends, refusal, slot)
    return _with_changes(preview, gathered, after, as_booked)


def _with_changes(
    preview: BookingPreview, gathered: Gathered, after: Plan, as_booked: Appointment
) -> BookingPreview:
    """The preview with everything in which the plan after the booking differs from the plan of now."""
    before = gathered.plan()
    rows = tuple(_rows_after(gathered, after, as_booked))
    return replace(
        preview,
        visits=tuple(_changes(gathered, before, after)),
        flags_raised=_flags(after, before),
        flags_cleared=_flags(before, after),
        no_longer_fits=tuple(_unfit(gathered, before, after)),
        entries=tuple(_entries(gathered, rows)),
        rows=rows,
    )


def _usual_minutes(gathered: Gathered, row: Appointment) -> int:
    """How long the visit takes: as booked, else as its kind of step."""
    if row.in_force and row.starts_at and row.ends_at:
        return int((row.ends_at - row.starts_at).total_seconds() // 60)
    return MINUTES[gathered.template.step_named[row.step].kind]


def _plan_with(gathered: Gathered, row: Appointment, on: date, pencil: bool) -> Plan:
    """The plan as though the visit were booked on that day, and on no other."""
    booked = Booked(
        kind="booked",
        id=f"booking:{row.pk}:{on}",
        step=row.step,
        occurrence=row.occurrence,
        on=on,
        pencilled=pencil,
    )
    return gathered.plan(gathered.facts(booked, without=[(row.step, row.occurrence)]))


def _slot(
    gathered: Gathered, row: Appointment, wall: datetime, minutes: int | None, *, pencil: bool, at: datetime
) -> tuple[Slot | None, Refusal | None]:
    """What the verb would take, by the rules and in the order in which it asks them; a missing reason comes last."""
    try:
        asked = wanted(gathered, row, pencil=pencil, at=at)
        if not asked.recipe.plain:
            refuse_odd(wall, minutes)
        if minutes is None:
            asked, minutes = asked.as_booked(), asked.usual_minutes()
        asked.refuse(wall, minutes or asked.recipe.first_minutes, reason="asked last")
        slot = look(asked, wall, minutes)
    except LitError as error:
        return None, _refusal(error)
    try:
        asked.refuse_day(wall.date(), reason="")
    except LitError as error:
        return slot, _refusal(error)
    return slot, None


def _refusal(error: LitError) -> Refusal:
    return Refusal(error.code, error.message, error.remedy, error.field)


def _as_booked(
    gathered: Gathered, row: Appointment, begins: datetime, ends: datetime, wall: datetime, pencil: bool
) -> Appointment:
    """The visit's own row with people's columns as the verb would write them."""
    new = copy.copy(row)
    new.status, new.touched, new.pencilled = Status.BOOKED.value, True, pencil
    new.starts_at, new.ends_at = begins, ends
    new.local_start, new.zone = f"{wall:%Y-%m-%dT%H:%M}", gathered.treatment.clinic.zone
    new.recipient_id, new.partner_id = persons_coming(
        gathered.treatment, row.attends, row.plan.get("donor") or ""
    )
    return new


def _rows_after(gathered: Gathered, after: Plan, as_booked: Appointment) -> Iterator[Appointment]:
    """Every visit of the later plan as it would be stored."""
    for visit in after.visits:
        stored = gathered.visits.get(visit.key)
        if visit.key == (as_booked.step, as_booked.occurrence):
            new = as_booked
        elif stored is not None:
            new = copy.copy(stored)
        elif visit.state is State.NOT_APPLICABLE:
            continue
        else:
            new = Appointment(
                id=appointment_id(gathered.treatment.pk, visit.step, visit.occurrence),
                clinic_id=gathered.treatment.clinic_id,
                treatment=gathered.treatment,
                step=visit.step,
                occurrence=visit.occurrence,
            )
        set_plan(new, visit)
        yield new


def _changes(gathered: Gathered, before: Plan, after: Plan) -> Iterator[VisitChange]:
    """Visits that stand otherwise, in the order of the later plan; dropped ones at the end."""
    old = {visit.key: visit for visit in before.visits}
    for visit in after.visits:
        was = old.pop(visit.key, None)
        change = _change(gathered, was, visit)
        if change.was != change.becomes:
            yield change
    for visit in old.values():
        yield _change(gathered, visit, None)


def _change(gathered: Gathered, was: PlannedVisit | None, becomes: PlannedVisit | None) -> VisitChange:
    visit = becomes or was
    assert visit is not None
    return VisitChange(
        appointment_id=appointment_id(gathered.treatment.pk, visit.step, visit.occurrence),
        step=visit.step,
        occurrence=visit.occurrence,
        dose=visit.dose,
        title=visit.title,
        was=_standing(was),
        becomes=_standing(becomes),
    )


def _standing(visit: PlannedVisit | None) -> Standing | None:
    if visit is None or visit.state is State.NOT_APPLICABLE:
        return None
    on, window, room = visit.on or visit.proposed_on, visit.window, visit.bookable
    starts = [day for day in (window and window.earliest, room and room.from_on) if day]
    ends = [day for day in (window and window.latest, room and room.to_on) if day]
    return Standing(
        state=visit.state.value,
        on=on,
        window=window_code(visit, on) if visit.state in LIVE else "",
        first_good=max(starts, default=None),
        last_good=min(ends, default=None),
        held=bool(visit.held_by),
        provisional=visit.provisional,
    )


def _flags(there: Plan, missing: Plan) -> tuple[FlagChange, ...]:
    """Flags of one plan that the other has not."""
    known = {flag.key for flag in missing.flags}
    titles = {visit.key: visit.title for visit in (*there.visits, *missing.visits)}
    return tuple(
        FlagChange(flag.key, flag.code, flag.text, titles.get((flag.step or "", flag.occurrence or 1), ""))
        for flag in there.flags
        if flag.key not in known
    )


def _unfit(gathered: Gathered, before: Plan, after: Plan) -> Iterator[VisitChange]:
    """Bookings that fit now and would no longer: each would get its flag."""
    known = {flag.key for flag in before.flags}
    for flag in after.flags:
        if flag.code in _NO_LONGER_FITS and flag.key not in known and flag.step:
            key = (flag.step, flag.occurrence or 1)
            yield _change(gathered, before.visit(*key), after.visit(*key))


def _entries(gathered: Gathered, rows: tuple[Appointment, ...]) -> Iterator[EntryChange]:
    """Calendar entries whose SEQUENCE saving would raise and that show other times or days than now."""
    known = CalendarEntry.objects.filter(treatment=gathered.treatment).in_bulk()
    for row in rows:
        entry = known.get(row.pk)
        was: dict[str, Any] = entry.shown if entry else {}
        now = shown_of(row)
        if was == now:
            continue
        change = EntryChange(
            appointment_id=row.pk,
            title=row.title,
            sequence=entry.sequence + 1 if entry else 0,
            was_at=_moment(was),
            becomes_at=_moment(now),
            was_days=_days(was),
            becomes_days=_days(now),
        )
        if (change.was_at, change.was_days) != (change.becomes_at, change.becomes_days):
            yield change


def _moment(shown: dict[str, Any]) -> datetime | None:
    """The time that a calendar shows: what was agreed and not merely pencilled."""
    agreed = shown.get("status") in (Status.BOOKED, Status.ARRIVED, Status.FULFILLED, Status.NOSHOW)
    if not agreed or shown.get("pencilled") or not shown.get("starts_at"):
        return None
    return datetime.fromisoformat(shown["starts_at"])


def _days(shown: dict[str, Any]) -> tuple[date, date] | None:
    """The days that a calendar shows of a visit that nobody has booked, to those who asked for it."""
    asked_for = shown.get("state") in (State.PROPOSED, State.WAITING) and not shown.get("held")
    if not asked_for or shown.get("status") in (Status.BOOKED, Status.ARRIVED):
        return None
    first = shown.get("bookable_from") or shown.get("earliest_on")
    last = shown.get("bookable_to") or shown.get("latest_on")
    if not first or not last or first > last:
        return None
    return date.fromisoformat(first), date.fromisoformat(last)
