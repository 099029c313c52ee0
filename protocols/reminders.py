"""Which message is due when, and for whom: from the protocol's reminder settings and one booked visit.

Everything is wall time of the clinic (naive datetimes), so that "09:00 the day before" stays 09:00 when the
clocks change; the caller turns it into moments. Days are counted by `protocols.durations`, never subtracted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from protocols.durations import Duration, MonthEnds, latest_reaching
from protocols.template import ReminderSettings

CONFIRMATION = "confirmation"
CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class DueMessage:
    """One message to the person in `role`: not before `due`, and never at or after `not_after`."""

    kind: str
    role: str
    due: datetime
    not_after: datetime


def reminder_kind(before: Duration) -> str:
    """The name of a reminder: ``reminder-3d``, ``reminder-7d`` for a week, ``reminder-1m-2d`` for both."""
    months = [f"{before.months}m"] if before.months else []
    days = [f"{before.days}d"] if before.days or not before.months else []
    return "-".join(["reminder", *months, *days])


def messages_for_visit(
    reminders: Sequence[ReminderSettings],
    *,
    starts: datetime,
    booked: datetime,
    attends: Sequence[str],
    month_ends: MonthEnds = MonthEnds.ROLL_FORWARD,
) -> tuple[DueMessage, ...]:
    """What a visit booked or moved at wall time `booked` to wall time `starts` sends to each of `attends`.

    A confirmation at once, then each reminder that is not yet due at the time of booking: the confirmation
    has just said the same. A reminder gives way to the next one, and everything ends with the start of the
    visit. Nothing for a visit that has begun. In order of due time, then of `attends`.
    """
    if booked >= starts:
        return ()
    ahead = sorted(
        (due, kind) for due, kind in _reminders(reminders, starts, month_ends) if booked < due < starts
    )
    moments = [(booked, CONFIRMATION, starts)]
    for place, (due, kind) in enumerate(ahead):
        moments.append((due, kind, ahead[place + 1][0] if place + 1 < len(ahead) else starts))
    return tuple(
        DueMessage(kind, role, due, not_after)
        for due, kind, not_after in moments
        if due < not_after
        for role in attends
    )


def messages_for_cancellation(
    *, starts: datetime, cancelled: datetime, told: Sequence[str]
) -> tuple[DueMessage, ...]:
    """What cancelling at wall time `cancelled` sends: only to the roles in `told`, who know of that time, and
    only while it lies ahead. Never call it for a loss or for people who are silent."""
    if cancelled >= starts:
        return ()
    return tuple(DueMessage(CANCELLED, role, cancelled, starts) for role in told)


def _reminders(
    reminders: Sequence[ReminderSettings], starts: datetime, month_ends: MonthEnds
) -> list[tuple[datetime, str]]:
    kinds = [reminder_kind(setting.before) for setting in reminders]
    return [
        (
            datetime.combine(
                latest_reaching(starts.date(), setting.before, month_ends), time.fromisoformat(setting.at)
            ),
            # Two reminders of one day differ by their hour, so that neither hides the other.
            kind if kinds.count(kind) == 1 else f"{kind}-{setting.at}",
        )
        for setting, kind in zip(reminders, kinds, strict=True)
    ]
