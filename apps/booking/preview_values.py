"""What a preview of a booking says: plain values, made by `apps.booking.previewing`, put into words by who shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from apps.booking.slots.values import Slot
from apps.treatments.models import Appointment
from protocols import PlannedVisit

WindowCode = Literal["", "too_early", "early", "good", "tight", "late", "closed"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the visit cannot be booked then. `needs_reason` says that it can, once somebody says why."""

    code: str
    message: str
    remedy: str
    field: str

    @property
    def needs_reason(self) -> bool:
        return self.code == "needs_reason"


@dataclass(frozen=True, slots=True)
class Standing:
    """How one visit stands in one plan: its day (booked, done or proposed), state, and what the window says of the day."""

    state: str
    on: date | None
    window: WindowCode
    first_good: date | None
    last_good: date | None
    held: bool
    provisional: bool


@dataclass(frozen=True, slots=True)
class VisitChange:
    """One visit that would stand otherwise. `was` is None for a new one, `becomes` for one that the plan drops."""

    appointment_id: UUID
    step: str
    occurrence: int
    dose: int | None
    title: str
    was: Standing | None
    becomes: Standing | None


@dataclass(frozen=True, slots=True)
class FlagChange:
    """A flag that would be raised or cleared; `text` is the planner's own."""

    key: str
    code: str
    text: str
    title: str


@dataclass(frozen=True, slots=True)
class EntryChange:
    """A calendar entry that would be sent anew. Moments are aware, days the clinic's; `sequence` is the next one.

    A visit with a time shows it, one without shows the days in which it will fall, to those who asked for that.
    """

    appointment_id: UUID
    title: str
    sequence: int
    was_at: datetime | None
    becomes_at: datetime | None
    was_days: tuple[date, date] | None
    becomes_days: tuple[date, date] | None


@dataclass(frozen=True, slots=True)
class BookingPreview:
    """Everything that would change; `slot` is None where it is refused.

    `rows` are the visits as they would be stored, in memory only, by their ids.
    """

    fingerprint: str
    starts_at: datetime
    ends_at: datetime
    refusal: Refusal | None = None
    slot: Slot | None = None
    visits: tuple[VisitChange, ...] = ()
    flags_raised: tuple[FlagChange, ...] = ()
    flags_cleared: tuple[FlagChange, ...] = ()
    no_longer_fits: tuple[VisitChange, ...] = ()
    entries: tuple[EntryChange, ...] = ()
    rows: tuple[Appointment, ...] = ()

    @property
    def can_book(self) -> bool:
        """Whether it can be booked as it is, or with a reason."""
        return self.refusal is None or self.refusal.needs_reason


def window_code(visit: PlannedVisit, on: date | None) -> WindowCode:
    """What the window says of a day; `tight` is a good day that leaves no room for the rest of the plan."""
    window, room = visit.window, visit.bookable
    if window is None or on is None:
        return ""
    if window.absolute_minimum and on < window.absolute_minimum:
        return "too_early"
    if window.earliest and on < window.earliest:
        return "early"
    if window.maximum and on > window.maximum:
        return "closed"
    if window.latest and on > window.latest:
        return "late"
    if room and ((room.from_on and on < room.from_on) or (room.to_on and on > room.to_on)):
        return "tight"
    return "good"
