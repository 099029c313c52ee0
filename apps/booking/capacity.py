"""Changing what a clinic has while bookings use it: what is taken ahead is never taken away unseen.

A resource that is smaller or out of use offers nothing any more, but a booking that stands on it would stay, and nobody
would look for it. So it is refused while bookings ahead use it; closing its day first lists them and finds new times.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from apps.clinic import resources
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.errors import Conflict
from apps.clinic.models import Clinic, Resource
from apps.treatments.models import Appointment, Occupation, Purpose

__all__ = ["change_resource", "held_until", "taken_ahead", "taken_between"]


def change_resource(
    *, resource: Resource, name: str, places: int, is_active: bool, actor: Actor, at: datetime
) -> Resource:
    """New name, places, or in and out of use.

    Conflict (code `still_booked`) where a booking ahead stands on a place that would go: it says how many.
    """
    with acting(actor):
        resources.lock_resource(resource=resource, actor=actor, roles=("manager",))
        left = places if is_active else 0
        bookings = (
            taken_ahead(resource, at=at).filter(place__gt=left).values("appointment").distinct().count()
        )
        if bookings:
            what = "is still used by" if not is_active else "needs more places for"
            raise Conflict(
                f"{resource.name} {what} {bookings} {'booking' if bookings == 1 else 'bookings'} ahead.",
                code="still_booked",
                field="places" if is_active else "is_active",
                remedy="Close it for those days first and move what is booked.",
            )
        return resources.change_resource(
            resource=resource, name=name, places=places, is_active=is_active, actor=actor, at=at
        )


def taken_ahead(resource: Resource, *, at: datetime) -> QuerySet[Occupation]:
    """What is taken of the resource and not over at the moment `at`; what has run out by itself is not counted."""
    alive = Q(until__isnull=True) | Q(until__gt=at)
    return Occupation.objects.filter(alive, resource=resource, ends_at__gt=at)


def taken_between(
    clinic: Clinic, resource: Resource | None, starts_at: datetime, ends_at: datetime, *, at: datetime
) -> int:
    """How many visits are booked, or held, in a span of moments: on one resource, or in the whole clinic for None."""
    alive = Q(until__isnull=True) | Q(until__gt=at)
    rows = Occupation.objects.filter(alive, clinic=clinic, starts_at__lt=ends_at, ends_at__gt=starts_at)
    if resource is not None:
        rows = rows.filter(resource=resource)
    return rows.values("appointment").distinct().count()


def held_until(appointment: Appointment, *, at: datetime) -> tuple[datetime, datetime] | None:
    """The slot that is held for the visit at the moment `at`: from when it begins, and until when it is held."""
    rows = Occupation.objects.filter(appointment=appointment, purpose=Purpose.HELD, until__gt=at)
    found = rows.order_by("starts_at").values_list("starts_at", "until").first()
    return (found[0], found[1]) if found and found[1] else None
