"""The three questions that verbs ask about an actor before they touch a row."""

from __future__ import annotations

from uuid import UUID

from apps.clinic.actors import Actor, ActorRole
from apps.clinic.errors import Forbidden, NotFound


def require_clinic(actor: Actor, clinic_id: UUID) -> None:
    """NotFound unless the actor belongs to that clinic: what is elsewhere does not exist for them."""
    if not actor.is_system and actor.clinic_id != clinic_id:
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
