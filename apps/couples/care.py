"""Who answers for a couple, and what a call found out about a number. Part of the couples' write path."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import Draft, record_changes
from apps.clinic.errors import Invalid, NotFound
from apps.clinic.models import Clinic, Membership, Role, User
from apps.couples.changes import tell_of_person
from apps.couples.models import Couple, Person


def assign(
    *,
    clinic: Clinic,
    couples: Sequence[Couple],
    role: str,
    user: User | None,
    actor: Actor,
    at: datetime,
) -> int:
    """Makes the user the responsible `nurse` or `doctor` (the role) of the couples; None takes the name away.

    Invalid unless the user works here in that role; NotFound, and nothing changed, if one couple is elsewhere.
    Returns how many couples had somebody else before; nobody is told of the others.
    """
    require_clinic(actor, clinic.pk)
    require_role(actor, "nurse", "doctor", "manager")
    if role not in (Role.NURSE, Role.DOCTOR):
        raise Invalid("Couples have a nurse and a doctor.", field="role", remedy="One of: nurse, doctor.")
    with acting(actor):
        if user is not None and not _works_as(clinic, user, role):
            raise Invalid(f"This is no {role} of the clinic.", field=role, remedy="Choose one of the list.")
        asked = {couple.pk for couple in couples}
        found = Couple.objects.filter(clinic=clinic, pk__in=asked).select_for_update(no_key=True)
        fresh = list(found.order_by("pk"))
        if len(fresh) != len(asked):
            raise NotFound("There is no such couple.", field="couples")
        other = [one for one in fresh if getattr(one, f"{role}_id") != (user.pk if user else None)]
        Couple.objects.filter(pk__in=[one.pk for one in other]).update(**{role: user, "changed_at": at})
        drafts = [Draft(clinic.pk, "couple.assigned", "couple", one.pk, couple_id=one.pk) for one in other]
        record_changes(drafts=drafts, actor=actor, at=at)
    return len(other)


def mark_phone(*, person: Person, wrong: bool, actor: Actor, at: datetime) -> Person:
    """Says that the person's number is somebody else's, or takes that back. Another number clears it by itself.

    Invalid for somebody without a number. Harmless if it was said already: the first moment stays.
    """
    require_clinic(actor, person.clinic_id)
    require_role(actor, "nurse", "doctor", "manager", "client")
    with acting(actor):
        found = Person.objects.filter(pk=person.pk, clinic_id=person.clinic_id)
        fresh = found.select_for_update(no_key=True).first()
        if fresh is None:
            raise NotFound("There is no such person.", field="person")
        if wrong and not fresh.phone:
            raise Invalid("There is no number.", field="person", remedy="Enter a number first.")
        if wrong != (fresh.phone_wrong_since is not None):
            fresh.phone_wrong_since = at if wrong else None
            fresh.changed_at = at
            fresh.save(update_fields=["phone_wrong_since", "changed_at"])
            tell_of_person(fresh, "person.changed", actor=actor, at=at)
    return fresh


def _works_as(clinic: Clinic, user: User, role: str) -> bool:
    return Membership.objects.filter(clinic=clinic, user=user, role=role, is_active=True).exists()
