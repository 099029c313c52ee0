"""The ways to a person as their own page shows them: which are used, and which they may choose there."""

from __future__ import annotations

from dataclasses import dataclass

from apps.couples.models import ContactRoute, Person
from apps.couples.route_queries import routes_of
from apps.reminders.wording import carried_by


@dataclass(frozen=True, slots=True)
class Shown:
    """One way. A wrong one, and one that the clinic has nobody to carry, is shown and cannot be chosen: no tick promises
    what is not sent.
    """

    route: ContactRoute
    carried: bool

    @property
    def can_choose(self) -> bool:
        return self.carried and self.route.wrong_since is None

    @property
    def is_used(self) -> bool:
        return self.can_choose and self.route.is_usable


def ways_shown(person: Person) -> list[Shown]:
    """In the order of the person's wish."""
    carried = carried_by(person.clinic_id)
    return [Shown(route, route.channel in carried) for route in routes_of(person)]
