"""The write path of what a clinic can do at one time: its resources, when they are there, and when not.

Whoever books locks the resources that it may use FOR NO KEY UPDATE and then reads when they are there. What takes a
resource away locks its row FOR UPDATE, so a booking is either seen by whoever closes, or sees that it is closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor, ActorRole
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.errors import Conflict, Invalid, NotFound
from apps.clinic.inputs import BatchInput, Span, check_batches, check_fives, check_spans
from apps.clinic.models import Batch, Clinic, Resource, ResourceClosure, ResourceHours, ResourceKind

__all__ = [
    "BatchInput",
    "add_resource",
    "change_resource",
    "close_resource",
    "lock_resource",
    "reopen_resource",
    "set_batches",
    "set_resource_hours",
]

MOST_PLACES = 50
# Longer than any repair; a mistyped year would otherwise close the resource for good.
_LONGEST_CLOSURE = timedelta(days=366)


def add_resource(
    *, clinic: Clinic, kind: str, name: str, actor: Actor, at: datetime, places: int = 1
) -> Resource:
    """A new resource of the clinic, there while the clinic is open until it has hours of its own.

    From the first resource of a kind on, bookings need a free one of it. `places` is how many sessions it serves at
    one moment.
    """
    require_clinic(actor, clinic.pk)
    require_role(actor, "manager")
    if kind not in ResourceKind.values:
        raise Invalid(
            "This is not a kind of resource.",
            field="kind",
            remedy=f"One of {', '.join(ResourceKind.values)}.",
        )
    resource = Resource(clinic=clinic, kind=kind, name=_name(name), places=_places(places), changed_at=at)
    with acting(actor):
        _save(resource)
        _tell(resource, "resource.added", actor, at)
    return resource


def change_resource(
    *, resource: Resource, name: str, places: int, is_active: bool, actor: Actor, at: datetime
) -> Resource:
    """New name, places, or in and out of use. What is booked is not looked at here.

    Whoever may have bookings calls `apps.booking.capacity.change_resource`, which refuses to take away what they use.
    """
    with acting(actor):
        fresh = lock_resource(resource=resource, actor=actor, roles=("manager",))
        fresh.name, fresh.places, fresh.is_active = _name(name), _places(places), is_active
        fresh.changed_at = at
        _save(fresh)
        _tell(fresh, "resource.changed", actor, at)
    return fresh


def set_resource_hours(
    *, resource: Resource, spans: Sequence[Span], actor: Actor, at: datetime
) -> list[ResourceHours]:
    """Replaces the weekly hours; a gap between two spans of a day is a break. None at all: as the clinic is open.

    What is booked outside the new hours stays booked.
    """
    check_spans(spans)
    check_fives(time for span in spans for time in (span.opens_at, span.closes_at))
    with acting(actor):
        fresh = lock_resource(resource=resource, actor=actor, roles=("manager",))
        stored = {Span(row.weekday, row.opens_at, row.closes_at): row for row in fresh.hours.all()}
        wanted = set(spans)
        if wanted != set(stored):
            gone = [row.pk for span, row in stored.items() if span not in wanted]
            ResourceHours.objects.filter(pk__in=gone).delete()
            ResourceHours.objects.bulk_create(
                ResourceHours(clinic_id=fresh.clinic_id, resource=fresh, **asdict(span))
                for span in sorted(wanted - set(stored))
            )
            _touch(fresh, "resource.hours", actor, at)
    return list(fresh.hours.all())


def set_batches(
    *, resource: Resource, batches: Sequence[BatchInput], actor: Actor, at: datetime
) -> list[Batch]:
    """Replaces the batches of a laboratory bench; its places are from then on those of each batch.

    Batches of one bench follow one another: two that overlap are refused. What is booked in a batch that is no longer
    listed stays booked.
    """
    check_batches(batches)
    with acting(actor):
        fresh = lock_resource(resource=resource, actor=actor, roles=("manager",))
        if batches and fresh.kind != ResourceKind.BENCH:
            raise Invalid(
                "Only a laboratory bench works in batches.", field="name", remedy="Give it hours instead."
            )
        stored = {
            BatchInput(row.name, row.starts_at, row.cutoff_at, row.ends_at) for row in fresh.batches.all()
        }
        if set(batches) != stored:
            fresh.batches.all().delete()
            Batch.objects.bulk_create(
                Batch(clinic_id=fresh.clinic_id, resource=fresh, **asdict(batch)) for batch in batches
            )
            _touch(fresh, "resource.batches", actor, at)
    return list(fresh.batches.all())


def close_resource(
    *,
    clinic: Clinic,
    resource: Resource | None,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    actor: Actor,
    at: datetime,
) -> ResourceClosure:
    """Takes a resource, or the whole clinic, out of use from one moment to another (both aware).

    Nothing that is booked moves by itself. Whole days of the clinic are closed by `services.close_days`, which plans
    follow.
    """
    if ends_at <= starts_at:
        raise Invalid("The closure ends before it begins.", field="ends_at", remedy="Give a later end.")
    if ends_at - starts_at > _LONGEST_CLOSURE:
        raise Invalid(
            "A closure lasts a year at most.", field="ends_at", remedy="Look at the year once more."
        )
    if ends_at <= at:
        raise Invalid(
            "The closure is over already.", field="ends_at", remedy="Give an end that is still ahead."
        )
    with acting(actor):
        _lock_for_closing(clinic, resource, actor)
        closure = ResourceClosure.objects.create(
            clinic=clinic,
            resource=resource,
            starts_at=starts_at,
            ends_at=ends_at,
            reason=reason.strip()[:200],
            changed_at=at,
        )
        _tell_closure(closure, "resource.closed", actor, at)
    return closure


def reopen_resource(*, closure: ResourceClosure, actor: Actor, at: datetime) -> ResourceClosure | None:
    """Ends a closure now: one that has begun keeps its past, one that has not is taken away (then None)."""
    with acting(actor):
        _lock_for_closing(closure.clinic, closure.resource, actor)
        fresh = ResourceClosure.objects.filter(pk=closure.pk, clinic_id=closure.clinic_id).first()
        if fresh is None:
            raise NotFound("There is no such closure.", field="closure")
        if fresh.ends_at <= at:
            raise Conflict("This closure is over.", field="closure", code="closure_over")
        _tell_closure(fresh, "resource.reopened", actor, at)
        if fresh.starts_at >= at:
            fresh.delete()
            return None
        fresh.ends_at = fresh.changed_at = at
        fresh.save(update_fields=["ends_at", "changed_at"])
    return fresh


def lock_resource(*, resource: Resource, actor: Actor, roles: Sequence[ActorRole]) -> Resource:
    """The resource's row, locked until the transaction ends, if the actor may change it: no booking goes on meanwhile."""
    require_clinic(actor, resource.clinic_id)
    require_role(actor, *roles)
    found = Resource.objects.select_for_update().filter(pk=resource.pk, clinic_id=resource.clinic_id).first()
    if found is None:
        raise NotFound("There is no such resource.", field="resource")
    return found


def _lock_for_closing(clinic: Clinic, resource: Resource | None, actor: Actor) -> None:
    """Locks the one resource, or for the whole clinic all of them, by id: the order in which bookings lock."""
    require_clinic(actor, clinic.pk)
    require_role(actor, "manager", "doctor", "nurse")
    rows = Resource.objects.select_for_update().filter(clinic=clinic).order_by("pk")
    locked = list((rows if resource is None else rows.filter(pk=resource.pk)).values_list("pk", flat=True))
    if resource is not None and not locked:
        raise NotFound("There is no such resource.", field="resource")


def _name(name: str) -> str:
    if not name.strip():
        raise Invalid("The resource has no name.", field="name", remedy='Write it like "Chair 1".')
    if len(name.strip()) > 80:
        raise Invalid("The name is too long.", field="name", remedy="Write 80 signs at most.")
    return name.strip()


def _places(places: int) -> int:
    if not 1 <= places <= MOST_PLACES:
        raise Invalid(
            f"{places} places are out of range.", field="places", remedy=f"Give 1 to {MOST_PLACES}."
        )
    return places


def _save(resource: Resource) -> None:
    try:
        with transaction.atomic():
            resource.save()
    except IntegrityError as taken:
        raise Conflict(
            "Another resource has this name.", field="name", code="name_taken", remedy="Choose another."
        ) from taken


def _touch(resource: Resource, kind: str, actor: Actor, at: datetime) -> None:
    resource.changed_at = at
    resource.save(update_fields=["changed_at"])
    _tell(resource, kind, actor, at)


def _tell(resource: Resource, kind: str, actor: Actor, at: datetime) -> None:
    record_change(
        clinic_id=resource.clinic_id,
        kind=kind,
        subject_type="resource",
        subject_id=resource.pk,
        actor=actor,
        at=at,
    )


def _tell_closure(closure: ResourceClosure, kind: str, actor: Actor, at: datetime) -> None:
    record_change(
        clinic_id=closure.clinic_id,
        kind=kind,
        subject_type="resource_closure",
        subject_id=closure.pk,
        actor=actor,
        at=at,
        detail={
            "resource_id": str(closure.resource_id) if closure.resource_id else None,
            "starts_at": closure.starts_at.isoformat(),
            "ends_at": closure.ends_at.isoformat(),
        },
    )
