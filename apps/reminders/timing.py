"""When a message may ring: quiet hours where the person lives, and "please call us" only while somebody can explain.

Pure but for what is read once: a clinic's hours. Moments in, moments out; wall time is the person's or the clinic's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from apps.clinic.clock import local_date
from apps.clinic.loading import workdays_of
from apps.clinic.models import Clinic, OpeningHours
from apps.couples.models import Person, RouteChannel
from apps.reminders.messages import family_of
from apps.reminders.models import MessageHours
from apps.reminders.texts import ANSWERS, CALL_US, MISSED
from protocols.reminders import CANCELLED, CONFIRMATION
from protocols.workdays import Workdays

# "Please call us" is never sent so shortly before closing.
BEFORE_CLOSING = timedelta(hours=2)
# Whoever has an appointment may have left home so long before it.
ON_THE_WAY = timedelta(hours=4)
# A clinic that has no such hour within this many days has none.
_DAYS = 35


@dataclass(frozen=True, slots=True)
class Week:
    """When somebody is there to speak: the weekly spans of the open days, in the zone."""

    zone: str
    workdays: Workdays
    spans: Sequence[OpeningHours]

    @classmethod
    def of(cls, clinic: Clinic) -> Week:
        return cls(clinic.zone, workdays_of(clinic), list(clinic.hours.all()))


def hours_of(clinic: Clinic) -> MessageHours:
    """The clinic's own, or what holds while it has set none."""
    return MessageHours.objects.filter(clinic=clinic).first() or MessageHours(clinic=clinic)


def zone_of(person: Person, clinic: Clinic) -> str:
    """Where the person lives, as far as we know."""
    return person.zone or clinic.zone


def moment_to_send(
    *,
    kind: str,
    channel: str,
    now: datetime,
    not_after: datetime,
    starts_at: datetime | None,
    person: Person,
    clinic: Clinic,
) -> datetime:
    """The first moment from `now` on at which this may go: `now` itself if it may go at once."""
    if kind in ANSWERS:
        return now
    hours = hours_of(clinic)
    week = Week.of(clinic) if kind in (CALL_US, MISSED) else None
    found = now
    for _ in range(_DAYS):
        later = found
        if not _may_wake(kind, starts_at, clinic.zone, found) and _rings(channel, hours):
            later = end_of_quiet(hours, zone_of(person, clinic), later)
            leaves = (starts_at or not_after) - ON_THE_WAY
            if later >= min(not_after, leaves) and family_of(kind) in (CONFIRMATION, CANCELLED):
                later = found  # better woken than travelling in vain
        if week is not None:
            later = first_to_explain(week, later)
        if later == found:
            break
        found = later
    return found


def end_of_quiet(hours: MessageHours, zone: str, at: datetime) -> datetime:
    """`at`, or the end of the quiet hours that it falls into, by the wall clock of `zone`."""
    local = at.astimezone(ZoneInfo(zone))
    since, until = hours.quiet_from, hours.quiet_to
    wall = local.time().replace(tzinfo=None)
    if since == until:
        return at
    if since < until:
        is_quiet, day = since <= wall < until, local.date()
    else:
        is_quiet = wall >= since or wall < until
        day = local.date() + timedelta(days=1 if wall >= since else 0)
    return wall_moment(zone, day, until) if is_quiet else at


def first_to_explain(week: Week, at: datetime) -> datetime:
    """The first moment from `at` on when the clinic is open, more than two hours before it closes for the day, and on
    the next day too. A clinic without such an hour is never the time: a moment weeks ahead."""
    today = local_date(week.zone, at)
    for day in (today + timedelta(days=n) for n in range(_DAYS)):
        tomorrow = day + timedelta(days=1)
        if not (week.workdays.is_open(day) and week.workdays.is_open(tomorrow)):
            continue
        spans = sorted(
            (span for span in week.spans if span.weekday == day.weekday()), key=lambda one: one.opens_at
        )
        last = max(wall_moment(week.zone, day, span.closes_at) for span in spans) - BEFORE_CLOSING
        for span in spans:
            begin = max(at, wall_moment(week.zone, day, span.opens_at))
            if begin < min(last, wall_moment(week.zone, day, span.closes_at)):
                return begin
    return at + timedelta(days=_DAYS)


def _may_wake(kind: str, starts_at: datetime | None, zone: str, now: datetime) -> bool:
    """A visit of this very day is called off: whoever has not left home must hear it."""
    is_today = starts_at is not None and local_date(zone, starts_at) == local_date(zone, now)
    return family_of(kind) == CANCELLED and is_today


def _rings(channel: str, hours: MessageHours) -> bool:
    return hours.quiet_email if channel == RouteChannel.EMAIL else channel != RouteChannel.CARD


def wall_moment(zone: str, on: date, at: time) -> datetime:
    """The moment of a wall time; one that the clocks skip is read by the offset before the jump."""
    return datetime.combine(on, at, ZoneInfo(zone)).astimezone(UTC)


def next_hour(zone: str, hour: time, at: datetime) -> datetime:
    """The next moment after `at` at which the wall clock of `zone` shows `hour`."""
    today = local_date(zone, at)
    moments = (wall_moment(zone, today + timedelta(days=n), hour) for n in (0, 1))
    return next(moment for moment in moments if moment > at)
