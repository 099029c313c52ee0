"""The lanes of a day: its hours as an axis, and what takes each place of a resource. Pure, given what was read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from apps.booking.day.queries import DaySession
from apps.clinic.models import ResourceKind
from apps.desk import words
from apps.treatments.models import Occupation, Purpose

PURPOSES = {
    Purpose.BOOKED: "",
    Purpose.HELD: _("held"),
    Purpose.PENCILLED: _("pencilled"),
    Purpose.KEPT: _("kept"),
}


@dataclass(frozen=True, slots=True)
class Axis:
    """The hours that a day's lanes show, whole ones, in the clinic's wall time."""

    begins: datetime
    hours: int
    zone: ZoneInfo

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(
            f"{(self.begins + timedelta(hours=n)).astimezone(self.zone):%H}" for n in range(self.hours)
        )

    @property
    def minutes(self) -> int:
        return self.hours * 60

    def left(self, moment: datetime) -> float:
        """Where the moment stands, in per cent of the lane."""
        return round(100 * (moment - self.begins) / timedelta(hours=self.hours), 3)

    def wide(self, starts_at: datetime, ends_at: datetime) -> float:
        return round(100 * (ends_at - starts_at) / timedelta(hours=self.hours), 3)


def axis_of(sessions: Iterable[DaySession], spans: Sequence[tuple[datetime, datetime]], zone: str) -> Axis:
    """From the opening (or the first session) to the closing (or the last); ValueError where there is neither."""
    tz = ZoneInfo(zone)
    moments = [(one.starts_at, one.ends_at) for one in sessions] + list(spans)
    first = min((start for start, _end in moments), default=None)
    last = max((end for _start, end in moments), default=None)
    if first is None or last is None:
        raise ValueError("a day without hours and without sessions has no axis")
    begins = first.astimezone(tz).replace(minute=0, second=0, microsecond=0)
    return Axis(begins, max(1, -(-int((last - begins).total_seconds()) // 3600)), tz)


@dataclass(frozen=True, slots=True)
class Block:
    """What takes a place of a resource: whom, for what, from when to when.

    `tail` is the number that ends the code, without its zeros: a short block has room for nothing more.
    """

    code: str
    lead: str
    tail: str
    what: str
    span: str
    left: float
    width: float
    purpose: str
    anchor: str


@dataclass(frozen=True, slots=True)
class ResourceLane:
    name: str
    kind: str
    blocks: tuple[Block, ...]


def resource_lanes(
    taken: Iterable[Occupation], listed: Iterable[tuple[UUID, str, str, int]], axis: Axis
) -> list[ResourceLane]:
    """One lane a place, by kind and name; free ones too. `listed` holds id, kind, name and places of each resource."""
    by_place: dict[tuple[UUID, int], list[Occupation]] = {}
    for row in taken:
        if row.resource_id is not None:
            by_place.setdefault((row.resource_id, row.place), []).append(row)
    lanes = []
    for pk, kind, name, places in listed:
        for place in range(1, places + 1):
            label = name if places == 1 else _("%(name)s, place %(place)d") % {"name": name, "place": place}
            blocks = tuple(_block(row, axis) for row in by_place.get((pk, place), ()))
            lanes.append(ResourceLane(str(label), str(ResourceKind(kind).label), blocks))
    return lanes


def span_words(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> str:
    return f"{starts_at.astimezone(zone):%H:%M}–{ends_at.astimezone(zone):%H:%M}"


def _block(row: Occupation, axis: Axis) -> Block:
    starts_at, ends_at = max(row.starts_at, axis.begins), row.ends_at
    code = row.appointment.treatment.couple.code
    lead = code.rstrip("0123456789")
    tail = code.removeprefix(lead).lstrip("0") or code
    return Block(
        code=code,
        lead=code.removesuffix(tail),
        tail=tail,
        what=words.words(row.activity),
        span=span_words(row.starts_at, row.ends_at, axis.zone),
        left=axis.left(starts_at),
        width=axis.wide(starts_at, ends_at),
        purpose=str(PURPOSES[Purpose(row.purpose)]),
        anchor=f"v-{row.appointment_id}",
    )
