"""The read path of a clinic's resources: one function per question."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from apps.clinic.errors import NotFound
from apps.clinic.models import Clinic, Resource, ResourceClosure


def resources_of(clinic: Clinic) -> QuerySet[Resource]:
    """Everything the clinic has ever listed, with hours and batches; what is in use first."""
    return (
        Resource.objects.filter(clinic=clinic)
        .prefetch_related("hours", "batches")
        .order_by("-is_active", "kind", "name")
    )


def resource_by_id(clinic: Clinic, pk: UUID) -> Resource:
    found = resources_of(clinic).filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such resource.", field="resource")
    return found


def counts_capacity(clinic: Clinic) -> bool:
    """Whether bookings of this clinic need free places at all: it has listed a resource that is in use."""
    return Resource.objects.filter(clinic=clinic, is_active=True).exists()


def resource_closures_of(clinic: Clinic, from_at: datetime) -> QuerySet[ResourceClosure]:
    """Closures of hours, of one resource or of the whole clinic, that are not over at the moment `from_at`."""
    return ResourceClosure.objects.filter(clinic=clinic, ends_at__gt=from_at).select_related("resource")


def resource_closure_by_id(clinic: Clinic, pk: UUID) -> ResourceClosure:
    found = ResourceClosure.objects.filter(clinic=clinic, pk=pk).select_related("clinic", "resource").first()
    if found is None:
        raise NotFound("There is no such closure.", field="closure")
    return found
