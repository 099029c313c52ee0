"""The questions that verbs ask about an actor before they touch a row.

A patient at their own page passes none of them but `require_own_or_role`, and that for themself alone: a verb that does
not name them refuses them.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from apps.clinic.actors import Actor, ActorRole
from apps.clinic.errors import Forbidden, NotFound


def require_clinic(actor: Actor, clinic_id: UUID) -> None:
    """NotFound unless the actor works for that clinic: what is elsewhere does not exist for them. Forbidden to a
    patient.
    """
    if not actor.is_system and actor.clinic_id != clinic_id:
        raise NotFound("There is no such record in this clinic.")
    if actor.is_patient:
        raise _not_theirs()


def require_own_or_role(
    actor: Actor, clinic_id: UUID, people: Collection[UUID | None], *roles: ActorRole
) -> None:
    """A patient passes if the row is about them: if they are one of `people`; NotFound to them otherwise. Everybody else
    needs the clinic and one of the roles; without roles, the clinic alone.
    """
    if not actor.is_patient:
        require_clinic(actor, clinic_id)
        if roles:
            require_role(actor, *roles)
    elif actor.clinic_id != clinic_id or actor.person_id is None or actor.person_id not in people:
        raise NotFound("There is no such record in this clinic.")


def require_role(actor: Actor, *roles: ActorRole) -> None:
    """Forbidden unless the actor has one of the roles. The system passes: see `require_verified`."""
    if actor.role not in roles and not actor.is_system:
        raise Forbidden(
            f"This needs the role {' or '.join(roles)}; you are here as {actor.role}.",
            code="wrong_role",
            remedy=f"Ask a {roles[0]} of the clinic.",
        )


def require_verified(actor: Actor, *roles: ActorRole) -> None:
    """Forbidden unless a member of staff with one of the roles signed in. Clients and tasks never pass."""
    if not actor.verified or actor.user_id is None:
        raise Forbidden(
            "This must be done by a member of staff who signed in themselves.",
            code="not_verified",
            remedy="Sign in as yourself and do it again.",
        )
    if roles and actor.role not in roles:
        raise Forbidden(
            f"This needs the role {' or '.join(roles)}; you are here as {actor.role}.",
            code="wrong_role",
            remedy=f"Ask a {roles[0]} of the clinic.",
        )


def _not_theirs() -> Forbidden:
    return Forbidden(
        "This is done by the clinic.",
        code="not_by_patients",
        remedy="Call the clinic.",
    )
