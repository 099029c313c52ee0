"""One month of a visit's days as a grid: how each day stands and how many times are free on it. Pure, given the slots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.booking.slots.values import DaySlots, Link, Slot

# Where a day's times are cut into two groups.
_NOON = 12
# A session that takes so much longer than the day's shortest is offered last: somebody would only wait.
_LONG_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class DayCell:
    """One day of the grid. `short` stands in it, `label` is what a screen reader says; `on` None is a blank."""

    on: date | None
    state: str = ""
    short: str = ""
    label: str = ""
    is_today: bool = False
    is_chosen: bool = False
    is_target: bool = False

    @property
    def can_open(self) -> bool:
        """Whether the day has times to choose from."""
        return self.state in ("good", "outside")


@dataclass(frozen=True, slots=True)
class Month:
    """A month in weeks of seven days, and the first days of the months beside it, where there is anything to find."""

    first: date
    title: str
    weeks: tuple[tuple[DayCell, ...], ...]
    before: date | None
    after: date | None


@dataclass(frozen=True, slots=True)
class Time:
    """One start that can be chosen: when, and who is needed when in it."""

    value: str
    starts: str
    ends: str
    chain: str
    needs_reason: bool
    joins_batch: bool
    day: str = ""


@dataclass(frozen=True, slots=True)
class ChosenDay:
    """The day whose times are shown; `longer` are those at which somebody waits for hours in between."""

    on: date
    title: str
    state: str
    words: str
    why: str
    groups: tuple[tuple[str, tuple[Time, ...]], ...]
    longer: tuple[Time, ...] = ()


def weekday_names() -> list[tuple[str, str]]:
    """Monday to Sunday, short and in full."""
    monday = date(2024, 1, 1)
    week = [monday + timedelta(days=n) for n in range(7)]
    return [(date_format(on, "D"), date_format(on, "l")) for on in week]


def first_of(on: date) -> date:
    return on.replace(day=1)


def next_month(first: date) -> date:
    return first_of(first + timedelta(days=31))


def month_of(
    days: Sequence[DaySlots],
    first: date,
    *,
    today: date,
    last: date,
    chosen: date | None = None,
    target: date | None = None,
) -> Month:
    """The month that begins on `first`; days that were not searched stand without a word. `last` ends the search."""
    known: Mapping[date, DaySlots] = {day.on: day for day in days}
    following = next_month(first)
    cells = [DayCell(None)] * first.weekday()
    for number in range((following - first).days):
        on = first + timedelta(days=number)
        cells.append(_cell(on, known.get(on), today=today, chosen=chosen, target=target))
    cells += [DayCell(None)] * (-len(cells) % 7)
    return Month(
        first=first,
        title=date_format(first, "F Y"),
        weeks=tuple(tuple(cells[n : n + 7]) for n in range(0, len(cells), 7)),
        before=first_of(first - timedelta(days=1)) if first > first_of(today) else None,
        after=following if following <= last else None,
    )


def _cell(
    on: date, day: DaySlots | None, *, today: date, chosen: date | None, target: date | None
) -> DayCell:
    state = day.state if day else ""
    about = [date_format(on, "l j F"), state_words(day) if day else ""]
    if on == target:
        about.append(_("proposed"))
    return DayCell(
        on=on,
        state=state,
        short=_short(day),
        label=", ".join(filter(None, about)),
        is_today=on == today,
        is_chosen=on == chosen,
        is_target=on == target,
    )


def _short(day: DaySlots | None) -> str:
    if day is None or day.state == "refused":
        return "–"
    if day.state in ("good", "outside"):
        return ngettext("%(n)d time", "%(n)d times", len(day.slots)) % {"n": len(day.slots)}
    return {"closed": _("closed"), "away": _("away"), "full": _("full")}[day.state]


def state_words(day: DaySlots) -> str:
    """How a day stands, in words: never by its colour alone."""
    times = ngettext("%(n)d time free", "%(n)d times free", len(day.slots)) % {"n": len(day.slots)}
    return {
        "good": _("good day, %(times)s") % {"times": times},
        "outside": _("needs a reason, %(times)s") % {"times": times},
        "closed": _("closed"),
        "away": _("somebody is away"),
        "full": _("full"),
        "refused": _("not possible"),
    }[day.state]


def chosen_day(day: DaySlots, zone: str) -> ChosenDay:
    """The day with its times by the clinic's clock, in two halves."""
    shortest = min((slot.ends_at - slot.starts_at for slot in day.slots), default=_LONG_WAIT)
    usual = [slot for slot in day.slots if slot.ends_at - slot.starts_at <= shortest + _LONG_WAIT]
    times = [(slot.starts_at.astimezone(ZoneInfo(zone)).hour < _NOON, time_of(slot, zone)) for slot in usual]
    halves = (
        (_("Morning"), tuple(time for early, time in times if early)),
        (_("Afternoon"), tuple(time for early, time in times if not early)),
    )
    return ChosenDay(
        on=day.on,
        title=date_format(day.on, "l j F Y"),
        state=day.state,
        words=state_words(day),
        why=day.why,
        groups=tuple((name, found) for name, found in halves if found),
        longer=tuple(time_of(slot, zone) for slot in day.slots if slot not in usual),
    )


def time_of(slot: Slot, zone: str) -> Time:
    starts, ends = (moment.astimezone(ZoneInfo(zone)) for moment in (slot.starts_at, slot.ends_at))
    return Time(
        value=f"{starts:%Y-%m-%dT%H:%M}",
        starts=f"{starts:%H:%M}",
        ends=f"{ends:%H:%M}",
        chain=chain_words(slot.links, zone),
        needs_reason=slot.needs_reason,
        joins_batch=slot.joins_batch,
        day=date_format(slot.on, "D j M"),
    )


def chain_words(links: Sequence[Link], zone: str) -> str:
    """Who is needed when: the activities to which somebody comes; empty where there is only one."""
    if len(links) < 2:
        return ""
    at = ZoneInfo(zone)
    return " · ".join(f"{link.title} {link.starts_at.astimezone(at):%H:%M}" for link in links if link.attends)
