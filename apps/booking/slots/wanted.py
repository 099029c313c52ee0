"""The visit that somebody wants to book, as the plan asks for it without a booking of its own, and every rule on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from apps.booking.models import SessionActivity
from apps.booking.rules import (
    LONGEST,
    refuse_closed,
    refuse_day,
    refuse_hours,
    refuse_missed,
    refuse_moment,
    refuse_visit,
)
from apps.booking.slots.free import Listed, listed_of
from apps.booking.slots.recipes import Recipe, recipe_of
from apps.clinic.errors import Conflict, Invalid
from apps.clinic.queries import hours_of
from apps.treatments.fingerprint import fingerprint
from apps.treatments.gathered import Gathered
from apps.treatments.models import Appointment
from protocols import Facts, PlannedVisit
from protocols.sessions import GRAIN


@dataclass(frozen=True, slots=True)
class Wanted:
    """A visit that can be booked on some day. `recipe` is its chain for who comes to it, `listed` what the clinic has."""

    gathered: Gathered
    row: Appointment
    facts: Facts
    visit: PlannedVisit
    recipe: Recipe
    listed: Listed
    at: datetime

    def refuse_missed(self, on: date) -> None:
        refuse_missed(self.visit, on, facts=self.facts)

    def refuse_day(self, on: date, *, reason: str) -> None:
        """Raises Invalid for a day on which the visit cannot be, or not without a reason."""
        gathered = self.gathered
        refuse_day(self.visit, on, today=gathered.today, reason=reason)
        donor = self.visit.donor or ""
        refuse_closed(self.visit, on, workdays=gathered.workdays, facts=self.facts, donor=donor)

    def refuse(self, wall: datetime, minutes: int, *, reason: str) -> None:
        """Every rule on the moment and its day; `wall` is aware, in the clinic's zone."""
        on = wall.date()
        refuse_moment(wall, minutes, on=on, facts=self.facts, visit=self.visit, at=self.at)
        self.refuse_day(on, reason=reason)
        hours = hours_of(self.gathered.treatment.clinic).filter(weekday=on.weekday())
        refuse_hours(wall, minutes, hours.values_list("opens_at", "closes_at"))

    def usual_minutes(self) -> int | None:
        """How long a booking that is moved was; None where the recipe alone says it."""
        row = self.row
        if len(self.recipe.parts) > 1 or not (row.in_force and row.starts_at and row.ends_at):
            return None
        length = int((row.ends_at - row.starts_at).total_seconds()) // 60
        return length if self.recipe.plain else -(-length // GRAIN) * GRAIN

    def as_booked(self) -> Wanted:
        """A chain whose last activity was made longer when it was booked stays so when it is moved."""
        recipe = self.recipe
        if len(recipe.parts) == 1 or not self.row.in_force:
            return self
        last = SessionActivity.objects.filter(appointment=self.row).order_by("position").last()
        if last is None or last.name != recipe.parts[-1].name:
            return self
        minutes = int((last.ends_at - last.starts_at).total_seconds()) // 60
        return replace(self, recipe=recipe.lasting(minutes)) if minutes > recipe.last_minutes else self


def wanted(gathered: Gathered, row: Appointment, *, pencil: bool | None, at: datetime) -> Wanted:
    """Conflict if the visit cannot be booked on any day. `pencil` None stands for whatever the visit allows."""
    facts = gathered.facts(without=[(row.step, row.occurrence)])
    visit = gathered.plan(facts).visit(row.step, row.occurrence)
    refuse_visit(visit, pencil=bool(visit and visit.held_by) if pencil is None else pencil)
    if visit is None:
        raise AssertionError("a visit that is not planned was let through")
    listed = listed_of(gathered.treatment.clinic)
    recipe = recipe_of(gathered.treatment, gathered.template, visit, equipped=bool(listed))
    return Wanted(gathered, row, facts, visit, recipe, listed, at)


def refuse_stale(gathered: Gathered, expected: str) -> None:
    """Conflict if the plan is no longer the one that the caller saw. Nothing expected, nothing refused."""
    if expected and expected != fingerprint(gathered):
        raise Conflict(
            "The plan has changed since it was shown.",
            code="plan_changed",
            field="expected",
            remedy="Look at what would change now, then confirm again.",
        )


def refuse_odd(wall: datetime, minutes: int | None) -> None:
    """Raises Invalid for times between the fives: a clinic with resources counts its day in them."""
    if wall.minute % GRAIN or wall.second or wall.microsecond:
        raise Invalid(
            "Visits begin at whole fives of minutes.",
            code="fives",
            field="starts_at",
            remedy="Pick a time such as 09:05.",
        )
    if minutes is not None and (minutes % GRAIN or not GRAIN <= minutes <= LONGEST):
        raise wrong_length(f"A visit takes {GRAIN} to {LONGEST} minutes, in fives.")


def wrong_length(message: str) -> Invalid:
    return Invalid(message, code="minutes", field="minutes", remedy="Correct the length, or leave it out.")
