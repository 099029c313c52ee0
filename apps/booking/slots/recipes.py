"""What a visit is made of when it is booked: the protocol's recipe, for the people who come to this one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from uuid import UUID

from apps.booking.rules import MINUTES
from apps.booking.slots.chains import Block, Bound, Stage, blocks_of
from apps.treatments.loading import persons_coming
from apps.treatments.models import Treatment
from protocols import PlannedVisit, Template
from protocols.sessions import GRAIN, Session
from protocols.template import Step

VISIT = "visit"


@dataclass(frozen=True, slots=True)
class Part:
    """One activity as it is shown, and who comes to it: by role, and by id as far as the product knows them."""

    name: str
    title: str
    kind: str
    attends: tuple[str, ...]
    people: tuple[UUID, ...]


@dataclass(frozen=True)
class Recipe:
    """The chain of one visit. A `plain` one is a stretch of time and no more: no activities are written for it."""

    parts: tuple[Part, ...]
    stages: tuple[Stage, ...]
    bound: Bound | None = None
    plain: bool = False

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        return blocks_of(self.stages)

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(kind for stage in self.stages for kind in stage.kinds))

    @cached_property
    def people(self) -> tuple[UUID, ...]:
        """Everybody who comes to any of it, in the order of their ids: the order in which they are locked."""
        return tuple(sorted({person for stage in self.stages for person in stage.people}))

    @property
    def first_minutes(self) -> int:
        return self.stages[0].length * GRAIN

    @property
    def last_minutes(self) -> int:
        return self.stages[-1].length * GRAIN

    def lasting(self, minutes: int) -> Recipe:
        """The same with a last activity of that length; a multiple of five."""
        last = replace(self.stages[-1], length=minutes // GRAIN)
        return replace(self, stages=(*self.stages[:-1], last))


def recipe_of(treatment: Treatment, template: Template, visit: PlannedVisit, *, equipped: bool) -> Recipe:
    """The chain of the visit. A clinic that has listed no resources books one stretch of time, as long as its kind of
    step takes.
    """
    step = template.step_named[visit.step]
    if not equipped:
        people = _people(treatment, visit, visit.attends)
        stage = Stage(MINUTES[step.kind] // GRAIN, people=people)
        part = Part(VISIT, visit.title, VISIT, tuple(visit.attends), people)
        return Recipe((part,), (stage,), plain=True)
    session = template.session_of(visit.step)
    parts = tuple(_parts(treatment, visit, session))
    stages = tuple(
        Stage(
            activity.minutes // GRAIN,
            activity.needs,
            part.people,
            activity.after_minutes // GRAIN,
            None if activity.within_minutes is None else activity.within_minutes // GRAIN,
            activity.stays,
        )
        for activity, part in zip(session.activities, parts, strict=True)
    )
    return Recipe(parts, stages, _bound(step, session))


def _parts(treatment: Treatment, visit: PlannedVisit, session: Session) -> Iterable[Part]:
    """Nobody comes to an activity who does not come to the visit; whom no activity names comes to all of them."""
    named = {role for activity in session.activities for role in activity.attends}
    unnamed = [role for role in visit.attends if role not in named]
    for activity in session.activities:
        roles = (*(role for role in activity.attends if role in visit.attends), *unnamed)
        people = _people(treatment, visit, roles)
        yield Part(activity.name, activity.title, activity.kind, roles, people)


def _people(treatment: Treatment, visit: PlannedVisit, roles: Iterable[str]) -> tuple[UUID, ...]:
    found = persons_coming(treatment, roles, visit.donor or "")
    return tuple(dict.fromkeys(person for person in found if person is not None))


def _bound(step: Step, session: Session) -> Bound | None:
    """From the draw to the injection no more than the hours for which the step's cells are good."""
    hours = step.content.hours_to_injection if step.content else None
    kinds = [activity.kind for activity in session.activities]
    if hours is None or "draw" not in kinds or "injection" not in kinds[kinds.index("draw") :]:
        return None
    first = kinds.index("draw")
    return Bound(first, kinds.index("injection", first), int(hours * 60) // GRAIN)
