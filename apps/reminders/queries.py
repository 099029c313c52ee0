"""The read path of messages: one function per question, each inside one clinic."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from apps.clinic.errors import NotFound
from apps.clinic.models import Clinic
from apps.reminders.models import Delivery, DeliveryState

UNDELIVERED = (DeliveryState.DEAD, DeliveryState.UNKNOWN, DeliveryState.EXPIRED)


def deliveries_of(clinic: Clinic) -> QuerySet[Delivery]:
    """Every message of the clinic, newest due first."""
    return Delivery.objects.filter(clinic=clinic).select_related("person").order_by("-due_at", "id")


def delivery_by_id(clinic: Clinic, delivery_id: UUID) -> Delivery:
    """NotFound for another clinic's message, as for one that does not exist."""
    found = deliveries_of(clinic).filter(pk=delivery_id).first()
    if found is None:
        raise NotFound("There is no such message.", field="delivery")
    return found


def deliveries_of_appointment(clinic: Clinic, appointment_id: UUID) -> QuerySet[Delivery]:
    return deliveries_of(clinic).filter(appointment_id=appointment_id)


def undelivered(clinic: Clinic) -> QuerySet[Delivery]:
    """What a person should look at: given up, not known whether it arrived, or too late."""
    return deliveries_of(clinic).filter(state__in=UNDELIVERED)
