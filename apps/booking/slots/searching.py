"""Which slots a visit has: rules, resources and people of each day put together. Reads, writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from apps.booking.slots.fitting import Fit, Way
from apps.booking.slots.free import Free, Whose, load_free
from apps.booking.slots.grid import QUARTER, Day, day_of, every
from apps.booking.slots.recipes import Recipe
from apps.booking.slots.values import DaySlots, DayState, LaidLater, Link, Slot, Take
from apps.booking.slots.wanted import Wanted
from apps.clinic.errors import LitError

MOST_DAYS = 92
# What the code of a refused day is to whoever looks for one.
_STATES: dict[str, DayState] = {"closed_day": "closed", "away": "away", "needs_reason": "outside"}


@dataclass(frozen=True, slots=True)
class Search:
    """A visit and what is free for it on some days, in order."""

    wanted: Wanted
    days: tuple[Day, ...]
    free: Free

    def of_day(self, day: Day, step: int = QUARTER) -> DaySlots:
        """The day's slots, their starts every `step` fives."""
        state, why = self._judged(day.on)
        if state not in ("good", "outside"):
            return DaySlots(day.on, state, why, ())
        room = self.free.room(day)
        if not room.open:
            begun = day.ceil(self.wanted.at) > 0
            left = (
                "The clinic is closed for the rest of the day." if begun else "The clinic is closed that day."
            )
            return DaySlots(day.on, "closed", left, ())
        fit = Fit(self.wanted.recipe.blocks, room, self.wanted.recipe.bound)
        slots = tuple(self._slots(day, fit, step, needs_reason=state == "outside"))
        if not slots:
            return DaySlots(day.on, "full", "Nothing is free for the whole visit.", ())
        return DaySlots(day.on, state, why, slots)

    def at_start(self, day: Day, start: int, recipe: Recipe, *, without_people: bool = False) -> Slot | None:
        """The slot that begins with that five, whatever the rules say of the day."""
        room = self.free.room(day)
        if without_people:
            room = type(room)(room.length, room.open, room.beginnings, room.spots, {})
        fit = Fit(recipe.blocks, room, recipe.bound)
        return self._slot(day, fit, start, recipe, needs_reason=False)

    def _judged(self, on: date) -> tuple[DayState, str]:
        wanted = self.wanted
        if on < wanted.gathered.today:
            return "refused", "This day has passed."
        try:
            wanted.refuse_missed(on)
            wanted.refuse_day(on, reason="")
        except LitError as error:
            return _STATES.get(error.code, "refused"), error.message
        return "good", ""

    def _slots(self, day: Day, fit: Fit, step: int, *, needs_reason: bool) -> Iterator[Slot]:
        starts = fit.starts & every(step, day.length)
        while starts:
            start = (starts & -starts).bit_length() - 1
            starts &= starts - 1
            slot = self._slot(day, fit, start, self.wanted.recipe, needs_reason=needs_reason)
            if slot is not None:
                yield slot

    def _slot(self, day: Day, fit: Fit, start: int, recipe: Recipe, *, needs_reason: bool) -> Slot | None:
        way = fit.way(start)
        if way is None or not (fit.is_sure or fit.lay(way)):
            return None
        last, option = way[-1]
        return Slot(
            on=day.on,
            starts_at=day.moment(start),
            ends_at=day.moment(option.end(last)),
            distance=self._distance(day.on),
            needs_reason=needs_reason,
            joins_batch=any(option.joined and option.joined[1].begun for _, option in way),
            links=LaidLater(partial(_links, day, fit, way, recipe)),
        )

    def _distance(self, on: date) -> int:
        window = self.wanted.visit.window
        target = (window.target if window else None) or self.wanted.visit.proposed_on
        return abs((on - target).days) if target else 0


def search(wanted: Wanted, from_on: date, to_on: date) -> Search:
    """Loads what is free for the visit on the days from..to, ends inclusive, at most 92; of none there is one day."""
    zone = wanted.gathered.treatment.clinic.zone
    count = min(max((to_on - from_on).days + 1, 1), MOST_DAYS)
    days = tuple(day_of(zone, from_on + timedelta(days=number)) for number in range(count))
    whose = Whose(wanted.row.pk, wanted.gathered.treatment.couple_id, wanted.recipe.people)
    clinic = wanted.gathered.treatment.clinic
    needed = {kind: wanted.listed[kind] for kind in wanted.recipe.kinds if kind in wanted.listed}
    return Search(wanted, days, load_free(clinic, needed, whose, days, at=wanted.at))


def possible_days(wanted: Wanted) -> tuple[date, date]:
    """From the first possible day of the visit, or today, to its last; 92 days where nothing ends them."""
    today, window = wanted.gathered.today, wanted.visit.window
    first = max(today, (window and (window.absolute_minimum or window.earliest)) or today)
    last = window and (window.maximum or window.latest)
    if last is None or last < first:
        last = first + timedelta(days=MOST_DAYS - 1)
    return first, last


def _links(day: Day, fit: Fit, way: Way, recipe: Recipe) -> tuple[Link, ...]:
    placed = fit.lay(way)
    assert placed is not None, "a slot without places was shown"
    return tuple(
        Link(
            part.name,
            part.title,
            part.kind,
            day.moment(one.starts),
            day.moment(one.ends),
            part.attends,
            tuple(
                Take(
                    take.resource_id,
                    take.place,
                    None
                    if (take.starts, take.ends) == (one.starts, one.ends)
                    else (day.moment(take.starts), day.moment(take.ends)),
                )
                for take in one.takes
            ),
            part.people,
        )
        for part, one in zip(recipe.parts, placed, strict=True)
    )
