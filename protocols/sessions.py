"""What a bookable visit is made of: a chain of activities on one day, with what each of them needs.

A protocol may name its sessions; a step without one takes the chain of its kind (`DEFAULT_SESSIONS`). Minutes are
organisation and no medicine: only the draw and the way from draw to injection have a source (08:00 to 08:30 the draw,
injected the same afternoon once the serology is clear; 08:00 draw, about 12:00 injection).
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import Literal

from pydantic import Field, model_validator

from protocols.relations import Grade, Part

ResourceKind = Literal["chair", "phlebotomy", "bench", "nurse", "doctor", "ultrasound"]
ActivityKind = Literal[
    "fitness", "draw", "serology", "gate", "preparation", "injection", "observation", "sample", "scan", "talk"
]
# Minutes are counted in fives, so that a day is a short row of places.
GRAIN = 5


class Activity(Part):
    """One link of the chain. It begins `after_minutes` (at most `within_minutes`) after the one before has ended.

    `needs` are the kinds of resource that it takes while it lasts; one that the clinic does not list is not counted.
    `stays` keeps the place of the link before (the same chair), and so begins at once. A gate is passed by a named person.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    title: str
    kind: ActivityKind
    minutes: int = Field(ge=GRAIN, le=12 * 60, multiple_of=GRAIN)
    needs: tuple[ResourceKind, ...] = ()
    attends: tuple[Literal["recipient", "donor"], ...] = ()
    after_minutes: int = Field(0, ge=0, le=12 * 60, multiple_of=GRAIN)
    within_minutes: int | None = Field(None, ge=0, le=12 * 60, multiple_of=GRAIN)
    stays: bool = False
    source: str = "clinic"
    grade: Grade = "setting"

    @model_validator(mode="after")
    def _in_order(self) -> Activity:
        if self.within_minutes is not None and self.within_minutes < self.after_minutes:
            raise ValueError("within_minutes is less than after_minutes")
        if self.stays and self.after_minutes:
            raise ValueError("what stays in its place begins at once: leave after_minutes out")
        return self


class Session(Part):
    """The chain of one visit, in order."""

    title: str
    activities: tuple[Activity, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _of_one_day(self) -> Session:
        names = [activity.name for activity in self.activities]
        if len(set(names)) != len(names):
            raise ValueError("two activities have the same name")
        if self.activities[0].stays:
            raise ValueError("the first activity has nobody to stay with")
        for before, activity in pairwise(self.activities):
            if activity.stays and not set(activity.needs) & set(before.needs):
                raise ValueError(f"{activity.name} stays, but needs nothing of what {before.name} has")
        if self.minutes > 16 * 60:
            raise ValueError("a session ends on the day on which it begins: it may take 16 hours at most")
        return self

    @cached_property
    def minutes(self) -> int:
        """From the first beginning to the last end, if nobody has to wait."""
        return sum(activity.after_minutes + activity.minutes for activity in self.activities)


def _one(name: str, title: str, kind: ActivityKind, minutes: int, *needs: ResourceKind) -> Session:
    activity = Activity(
        name=name, title=title, kind=kind, minutes=minutes, needs=needs, attends=("recipient",)
    )
    return Session(title=title, activities=(activity,))


_CELLS = (
    Activity(
        name="fitness",
        title="Fitness check of both",
        kind="fitness",
        minutes=15,
        needs=("nurse",),
        attends=("recipient", "donor"),
    ),
    Activity(
        name="draw",
        title="Donor draw",
        kind="draw",
        minutes=30,
        needs=("phlebotomy",),
        attends=("donor",),
        source="S25",
        grade="B",
    ),
    Activity(name="serology", title="Infection serology", kind="serology", minutes=60),
    Activity(name="release", title="Release", kind="gate", minutes=10),
    Activity(name="preparation", title="Cell preparation", kind="preparation", minutes=120, needs=("bench",)),
    Activity(
        name="injection",
        title="Injection",
        kind="injection",
        minutes=15,
        needs=("chair", "nurse"),
        attends=("recipient",),
    ),
    Activity(
        name="observation",
        title="Observation",
        kind="observation",
        minutes=30,
        needs=("chair",),
        attends=("recipient",),
        stays=True,
    ),
)
# By kind of step; a dose that takes a donor is `cells`.
DEFAULT_SESSIONS: dict[str, Session] = {
    "cells": Session(title="Same-day cells", activities=_CELLS),
    "dose": Session(title="Dose", activities=_CELLS[-2:]),
    "test": _one("sample", "Blood sample", "sample", 15, "phlebotomy"),
    "review": _one("talk", "Review", "talk", 30, "doctor"),
    "contact": _one("talk", "Call", "talk", 15, "nurse"),
}
