"""Who sits at the desk, in which clinics, and what their role may see and do there.

The desk hides what a role cannot do; the services refuse it all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import TypeVar
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.utils.timezone import now

from apps.clinic.actors import Actor, ActorRole
from apps.clinic.errors import NotFound
from apps.clinic.models import Clinic, User
from apps.clinic.queries import actor_for, clinics_for, local_today

M = TypeVar("M", bound=Model)
Found = TypeVar("Found")

# What a role may do at the desk. A right that is not listed belongs to nobody.
RIGHTS: Mapping[str, frozenset[ActorRole]] = {
    "see contact data": frozenset({"nurse", "doctor", "manager"}),
    "enrol": frozenset({"nurse", "doctor", "manager"}),
    "import": frozenset({"nurse", "doctor"}),
    "release": frozenset({"nurse", "doctor"}),
    "merge": frozenset({"nurse", "doctor", "manager"}),
    "start": frozenset({"nurse", "doctor"}),
    "book": frozenset({"nurse", "doctor", "manager"}),
    "call": frozenset({"nurse", "doctor", "manager"}),
    "assign": frozenset({"nurse", "doctor", "manager"}),
    "perform": frozenset({"nurse", "doctor"}),
    "tick off": frozenset({"nurse", "doctor", "lab", "manager"}),
    "release units": frozenset({"doctor", "lab"}),
    "end the day": frozenset({"nurse", "doctor", "manager"}),
    "record": frozenset({"nurse", "doctor"}),
    "read results": frozenset({"nurse", "doctor"}),
    "record for the laboratory": frozenset({"nurse", "doctor", "lab"}),
    "note": frozenset({"nurse", "doctor", "lab", "manager"}),
    "see donor safety": frozenset({"doctor", "lab"}),
    "set limits": frozenset({"doctor"}),
    "write notes on couples": frozenset({"nurse", "doctor", "manager"}),
    "review texts": frozenset({"nurse", "doctor", "manager"}),
    "brake": frozenset({"nurse", "doctor", "lab", "manager"}),
    "release the brake": frozenset({"nurse", "doctor", "manager"}),
    "loss": frozenset({"nurse", "doctor"}),
    "issue links": frozenset({"nurse", "doctor", "manager"}),
    "edit protocols": frozenset({"doctor", "manager"}),
    "publish": frozenset({"doctor"}),
    "move treatments": frozenset({"doctor"}),
    "close days": frozenset({"nurse", "doctor", "manager"}),
    "run the clinic": frozenset({"manager"}),
}


@dataclass(frozen=True, slots=True)
class Desk:
    """One request of one member of staff: where they work, and the one moment at which everything in it happens."""

    user: User | AnonymousUser
    actors: Mapping[Clinic, Actor]
    at: datetime

    @property
    def clinics(self) -> tuple[Clinic, ...]:
        return tuple(self.actors)

    @property
    def has_one_clinic(self) -> bool:
        return len(self.actors) == 1

    def clinic(self, pk: UUID) -> Clinic:
        """One of the user's clinics; Http404 for any other."""
        for clinic in self.actors:
            if clinic.pk == pk:
                return clinic
        raise Http404("There is no such page.")

    def actor(self, clinic: Clinic) -> Actor:
        return self.actors[clinic]

    def today(self, clinic: Clinic) -> date:
        """The clinic's own date at this request's moment."""
        return local_today(clinic, self.at)

    def may(self, right: str, clinic: Clinic) -> bool:
        return clinic in self.actors and self.actors[clinic].role in RIGHTS[right]

    def may_anywhere(self, right: str) -> bool:
        return any(self.may(right, clinic) for clinic in self.actors)

    def where(self, right: str) -> tuple[Clinic, ...]:
        """The clinics in which the user has the right."""
        return tuple(clinic for clinic in self.actors if self.may(right, clinic))

    def require(self, right: str, clinic: Clinic) -> Actor:
        """The user as an actor of the clinic; PermissionDenied if their role there lacks the right."""
        if not self.may(right, clinic):
            raise PermissionDenied(f"Your role may not do this here: {right}.")
        return self.actors[clinic]

    def find(self, question: Callable[[Clinic], Found]) -> Found:
        """What `question` finds in the first of the user's clinics that has it; Http404 if none has."""
        for clinic in self.actors:
            try:
                return question(clinic)
            except NotFound:
                continue
        raise Http404("There is no such page.")

    def everywhere(self, question: Callable[[Clinic], QuerySet[M]], none: QuerySet[M]) -> QuerySet[M]:
        """The answers of all the user's clinics as one queryset; `none` for somebody who works nowhere."""
        found = [question(clinic) for clinic in self.actors]
        return reduce(or_, found) if found else none


def desk_of(request: HttpRequest) -> Desk:
    """The desk of this request, made once: memberships and the moment are read a single time."""
    kept: Desk | None = getattr(request, "_desk", None)
    if kept is None:
        kept = _seat(request.user, now())
        request._desk = kept  # type: ignore[attr-defined]  # lives and dies with the request
    return kept


def _seat(user: User | AnonymousUser, at: datetime) -> Desk:
    if not isinstance(user, User):
        return Desk(user=user, actors={}, at=at)
    actors = {clinic: actor_for(user, clinic, "admin", signed_in=True) for clinic in clinics_for(user)}
    return Desk(user=user, actors=actors, at=at)
