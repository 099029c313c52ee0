"""The clinic's read path: one function per question."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.clinic.actors import Actor, Route
from apps.clinic.brake_models import Brake
from apps.clinic.clock import local_date
from apps.clinic.errors import NotFound
from apps.clinic.fields import OldestRunningXactId
from apps.clinic.loading import workdays_of
from apps.clinic.models import (
    Change,
    ChangeReader,
    Clinic,
    Closure,
    Heartbeat,
    Holiday,
    Membership,
    OpeningHours,
    User,
)

# Routes on which a user can only be present by having signed in.
_SIGNED_IN: frozenset[Route] = frozenset({"admin", "api"})

# So long before an estimated holiday it is asked whether the date holds.
CONFIRM_HOLIDAYS_DAYS = 14


def clinic_by_id(clinic_id: UUID) -> Clinic:
    clinic = Clinic.objects.filter(pk=clinic_id).first()
    if clinic is None:
        raise NotFound("There is no such clinic.", field="clinic")
    return clinic


def clinic_by_slug(slug: str) -> Clinic:
    clinic = Clinic.objects.filter(slug=slug).first()
    if clinic is None:
        raise NotFound("There is no such clinic.", field="clinic")
    return clinic


def only_clinic() -> Clinic | None:
    """The one clinic that this service is run for, test clinics aside; None where there are several, or none."""
    found = list(Clinic.objects.filter(is_test=False).order_by("pk")[:2])
    return found[0] if len(found) == 1 else None


def clinics_for(user: User) -> QuerySet[Clinic]:
    """The clinics in which the user works now. Nothing else opens a clinic, not even a superuser's rights."""
    if not user.is_active:
        return Clinic.objects.none()
    return Clinic.objects.filter(memberships__user=user, memberships__is_active=True).order_by("name")


def members(clinic: Clinic) -> QuerySet[Membership]:
    """Everybody who works or worked here, with their user."""
    return Membership.objects.filter(clinic=clinic).select_related("user").order_by("user__username")


def actor_for(user: User, clinic: Clinic, route: Route, *, signed_in: bool | None = None) -> Actor:
    """The user as an actor of this clinic, with the role of their membership; NotFound without an active
    one.

    `signed_in` says that the user gave their own credentials for this act; by default true on the routes
    admin and api, where the caller has an authenticated user, and false elsewhere.
    """
    found = Membership.objects.filter(user=user, clinic=clinic, is_active=True, user__is_active=True).first()
    if found is None:
        raise NotFound("There is no such clinic.", field="clinic")
    return Actor(
        name=user.get_full_name() or user.get_username(),
        role=found.actor_role,
        route=route,
        user_id=user.pk,
        clinic_id=clinic.pk,
        verified=route in _SIGNED_IN if signed_in is None else signed_in,
    )


def local_today(clinic: Clinic, at: datetime) -> date:
    """The clinic's own date at the moment `at` (aware)."""
    return local_date(clinic.zone, at)


def hours_of(clinic: Clinic) -> QuerySet[OpeningHours]:
    return OpeningHours.objects.filter(clinic=clinic)


def holidays_of(clinic: Clinic, year: int) -> QuerySet[Holiday]:
    return Holiday.objects.filter(clinic=clinic, on__year=year)


def holidays_to_confirm(clinic: Clinic, today: date) -> QuerySet[Holiday]:
    """Holidays of today and the next 14 days that close the clinic and whose date is still an estimate."""
    last = today + timedelta(days=CONFIRM_HOLIDAYS_DAYS)
    return Holiday.objects.filter(clinic=clinic, closed=True, estimated=True, on__range=(today, last))


def holiday_by_id(clinic: Clinic, pk: UUID) -> Holiday:
    found = Holiday.objects.filter(clinic=clinic, pk=pk).select_related("clinic").first()
    if found is None:
        raise NotFound("There is no such holiday.", field="holiday")
    return found


def closures_of(clinic: Clinic, from_on: date, to_on: date) -> QuerySet[Closure]:
    """Closures that touch the days from..to, ends inclusive."""
    return Closure.objects.filter(clinic=clinic, from_on__lte=to_on, to_on__gte=from_on)


def closed_days(clinic: Clinic, from_on: date, to_on: date) -> set[date]:
    """Every day of from..to (ends inclusive) on which the clinic is closed, weekly rest days included."""
    workdays = workdays_of(clinic)
    days = (date.fromordinal(n) for n in range(from_on.toordinal(), to_on.toordinal() + 1))
    return {day for day in days if not workdays.is_open(day)}


def read_changes(reader: str, limit: int) -> list[Change]:
    """The next changes that the reader has not dealt with, in the order (xid, id), all clinics.

    Only rows of transactions older than any still running: a slow transaction is waited for, never
    overtaken, so no row can appear behind the watermark. A row is therefore not visible to the transaction
    that wrote it. After dealing with them call `services.advance` with the last one, in the same
    transaction.
    """
    mark = ChangeReader.objects.filter(pk=reader).first() or ChangeReader(name=reader)
    return list(
        Change.objects.filter(xid__gte=mark.xid, xid__lt=OldestRunningXactId())
        .filter(Q(xid__gt=mark.xid) | Q(id__gt=mark.last_id))
        .order_by("xid", "id")[:limit]
    )


def last_beat(name: str) -> datetime | None:
    """When the recurring job last said that it ran."""
    return Heartbeat.objects.filter(pk=name).values_list("beat_at", flat=True).first()


def brake_of(clinic: Clinic) -> Brake | None:
    """The brake that is on, if one is: nothing is sent for the clinic."""
    return Brake.objects.filter(clinic=clinic, released_at__isnull=True).first()
