"""Who acts: a plain value that every verb takes, so that no verb needs a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

ActorRole = Literal["nurse", "doctor", "lab", "manager", "system", "client", "patient"]
Route = Literal["admin", "api", "task", "shell", "demo", "page"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Someone or something that changes rows.

    `clinic_id` bounds what the actor can reach; None only for the system. `verified` is True only for a staff
    member who signed in themselves: a machine client, a task and an import are never verified. `person_id` is who a
    patient is: somebody at their own page, with no right of staff (see `access.require_own_or_role`).
    """

    name: str
    role: ActorRole
    route: Route
    user_id: int | None = None
    clinic_id: UUID | None = None
    verified: bool = False
    person_id: UUID | None = None

    @classmethod
    def system(cls, route: Route) -> Actor:
        """The product itself: sweeps, seeds, commands. Reaches every clinic and signs nothing."""
        return cls(name="system", role="system", route=route)

    @classmethod
    def client(cls, *, name: str, clinic_id: UUID, route: Route = "api") -> Actor:
        """A machine client with its own credentials, bound to one clinic."""
        return cls(name=name, role="client", route=route, clinic_id=clinic_id)

    @classmethod
    def patient(cls, *, person_id: UUID, clinic_id: UUID) -> Actor:
        """Somebody who is treated, at their own page. Speaks for themself and decides nothing of care."""
        return cls(
            name="patient's page", role="patient", route="page", clinic_id=clinic_id, person_id=person_id
        )

    @property
    def is_patient(self) -> bool:
        return self.role == "patient"

    @property
    def is_system(self) -> bool:
        return self.role == "system"
