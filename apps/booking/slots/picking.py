"""Picking the slot that begins at a moment: locks whom and what it may take, reads what is free, and picks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from apps.booking.slots.recipes import Recipe
from apps.booking.slots.searching import Search, possible_days, search
from apps.booking.slots.values import DaySlots, Link, Slot
from apps.booking.slots.wanted import Wanted, wrong_length
from apps.clinic.errors import Conflict, Invalid
from apps.clinic.models import Resource, ResourceClosure
from apps.couples.models import Person

_NAMED = 3
# How far around the asked day another one is looked for when it is full.
_AROUND = timedelta(days=15)


def lock_what_it_may_take(wanted: Wanted) -> None:
    """The people, then the resources, each in the order of their ids: whoever else wants them waits here."""
    people = Person.objects.select_for_update(no_key=True).filter(pk__in=wanted.recipe.people)
    if any(merged for merged in people.order_by("pk").values_list("merged_into_id", flat=True)):
        # The merge committed while this waited for its lock: what was read of the couple is of before it.
        raise Conflict(
            "Somebody of this couple was entered twice and has just become one.",
            code="busy",
            field="starts_at",
            remedy="Try it again.",
        )
    resources = Resource.objects.select_for_update(no_key=True).filter(
        clinic_id=wanted.row.clinic_id, is_active=True, kind__in=wanted.recipe.kinds
    )
    list(resources.order_by("pk").values_list("pk"))


def pick(wanted: Wanted, wall: datetime, minutes: int | None) -> Slot:
    """The slot that begins at `wall` (aware, in the clinic's zone), under locks. Conflict `slot_taken` or `two_places`
    where it is not free, with the next times that are; Invalid for a length that the chain cannot have.

    Rules on the day are the caller's.
    """
    lock_what_it_may_take(wanted)
    return look(wanted, wall, minutes)


def look(wanted: Wanted, wall: datetime, minutes: int | None) -> Slot:
    """What `pick` would pick now, without a lock: for a preview."""
    if wanted.recipe.plain:
        return _plain(wanted, wall, minutes)
    found = search(wanted, wall.date(), wall.date())
    recipe = _as_long(wanted.recipe, minutes) if len(wanted.recipe.parts) == 1 else wanted.recipe
    slot = _at(found, wall, recipe)
    if minutes is not None and len(recipe.parts) > 1:
        length = _minutes(slot)
        if minutes < length:
            raise wrong_length(f"From then on this session takes {length} minutes.")
        slot = _at(found, wall, recipe.lasting(recipe.last_minutes + minutes - length))
    return slot


def _plain(wanted: Wanted, wall: datetime, minutes: int | None) -> Slot:
    """A stretch of time; whether the people are free the database says when it is written."""
    recipe = wanted.recipe
    starts_at = wall.astimezone(UTC)
    ends_at = starts_at + timedelta(minutes=recipe.last_minutes if minutes is None else minutes)
    closed = ResourceClosure.objects.filter(clinic_id=wanted.row.clinic_id, resource__isnull=True)
    if closed.filter(starts_at__lt=ends_at, ends_at__gt=starts_at).exists():
        raise Invalid(
            "The clinic is closed at that time.",
            code="closed_then",
            field="starts_at",
            remedy="Pick another time.",
        )
    part = recipe.parts[0]
    link = Link(part.name, part.title, part.kind, starts_at, ends_at, part.attends, (), part.people)
    return Slot(wall.date(), starts_at, ends_at, 0, needs_reason=False, joins_batch=False, links=(link,))


def _as_long(recipe: Recipe, minutes: int | None) -> Recipe:
    return recipe if minutes is None else recipe.lasting(minutes)


def _minutes(slot: Slot) -> int:
    return int((slot.ends_at - slot.starts_at).total_seconds()) // 60


def _at(found: Search, wall: datetime, recipe: Recipe) -> Slot:
    day = found.days[0]
    start = day.floor(wall)
    slot = found.at_start(day, start, recipe)
    if slot is not None:
        return slot
    remedy = next_times(found, wall)
    if found.at_start(day, start, recipe, without_people=True) is not None:
        raise two_places(remedy)
    raise slot_taken(remedy)


def next_times(found: Search, wall: datetime) -> str:
    """The next free times of that day in a sentence, or those of the nearest day that has any."""
    wanted, zone = found.wanted, found.wanted.gathered.treatment.clinic.zone
    today = found.of_day(found.days[0])
    if today.slots:
        later = [slot for slot in today.slots if slot.starts_at > wall] or list(today.slots)
        return f"Free on that day: {_times(later, zone)}."
    first, last = possible_days(wanted)
    around = search(wanted, max(first, wall.date() - _AROUND), min(last, wall.date() + _AROUND))
    days = [around.of_day(day) for day in around.days]
    nearest = min(
        (day for day in days if day.slots), key=lambda day: _nearness(day, wall.date()), default=None
    )
    if nearest is None:
        return "Nothing is free within two weeks of that day: look for another."
    return f"The nearest free times are on {nearest.on.day} {nearest.on:%b}: {_times(nearest.slots, zone)}."


def _nearness(day: DaySlots, on: date) -> tuple[bool, int, date]:
    return day.state == "outside", abs((day.on - on).days), day.on


def _times(slots: Iterable[Slot], zone: str) -> str:
    return ", ".join(f"{slot.starts_at.astimezone(ZoneInfo(zone)):%H:%M}" for slot in list(slots)[:_NAMED])


def slot_taken(remedy: str) -> Conflict:
    return Conflict(
        "Not everything that this visit needs is free then.",
        code="slot_taken",
        field="starts_at",
        remedy=remedy,
    )


def two_places(remedy: str = "Pick another time.") -> Conflict:
    return Conflict(
        "Somebody of this couple has another visit at that time.",
        code="two_places",
        field="starts_at",
        remedy=remedy,
    )
