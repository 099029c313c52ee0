"""What a day holds: its sessions, who and what they take, and which visits nobody has said anything of yet.

Each question costs a fixed number of queries, however many sessions there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from apps.booking.coming_queries import with_coming
from apps.booking.models import ActivityState, DayEnd, DaySheet, SessionActivity
from apps.clinic.clock import day_bounds
from apps.clinic.errors import NotFound
from apps.clinic.models import Clinic
from apps.treatments.models import Appointment, Occupation
from apps.treatments.overlap import STATUSES_IN_FORCE
from apps.treatments.queries import appointments_of

_SHOWN = (*STATUSES_IN_FORCE, "fulfilled", "noshow")
_TOUCHED = (ActivityState.STARTED, ActivityState.DONE, ActivityState.FAILED)


@dataclass(frozen=True, slots=True)
class DaySession:
    """One visit of the day: its chain in order (empty where the clinic books plain times) and what it takes.

    `taken` holds places of resources only, each with its resource.
    """

    appointment: Appointment
    activities: tuple[SessionActivity, ...]
    taken: tuple[Occupation, ...]

    @property
    def coming(self) -> tuple[UUID, ...]:
        """Who has said that they come at this time; empty for a visit that was not read for its day."""
        return tuple(getattr(self.appointment, "coming", ()))

    @property
    def starts_at(self) -> datetime:
        assert self.appointment.starts_at is not None
        return self.appointment.starts_at

    @property
    def ends_at(self) -> datetime:
        assert self.appointment.ends_at is not None
        return self.appointment.ends_at

    def places_of(self, activity: str) -> tuple[Occupation, ...]:
        return tuple(one for one in self.taken if one.activity == activity)


def sessions_of(clinic: Clinic, from_on: date, to_on: date) -> tuple[DaySession, ...]:
    """Visits with a time on the clinic's days from..to (ends inclusive), by time: in force, done or missed, and those
    called off after something had begun. Three queries.
    """
    return _sessions(clinic, Q(starts_at__gte=day_bounds(clinic.zone, from_on)[0]), to_on)


def session_by_id(clinic: Clinic, appointment_id: UUID) -> DaySession:
    """The session of one visit, whatever became of it; NotFound without a time or in another clinic."""
    found = _sessions(clinic, Q(pk=appointment_id), None, every_status=True)
    if not found:
        raise NotFound("There is no such session.", field="appointment")
    return found[0]


def activity_by_id(clinic: Clinic, activity_id: UUID) -> SessionActivity:
    found = SessionActivity.objects.filter(clinic=clinic, pk=activity_id).select_related(
        "appointment__clinic"
    )
    activity = found.first()
    if activity is None:
        raise NotFound("There is no such activity.", field="activity")
    return activity


def taken_of(clinic: Clinic, from_on: date, to_on: date, at: datetime) -> tuple[Occupation, ...]:
    """Places of resources that are taken on those days as of `at`, with resource and visit; dead rows are left out."""
    begins, ends = day_bounds(clinic.zone, from_on)[0], day_bounds(clinic.zone, to_on)[1]
    return tuple(
        Occupation.objects.filter(
            Q(until__isnull=True) | Q(until__gt=at),
            clinic=clinic,
            resource__isnull=False,
            starts_at__lt=ends,
            ends_at__gt=begins,
        )
        .select_related("resource", "appointment__treatment__couple")
        .order_by("starts_at", "ends_at", "pk")
    )


def without_outcome(clinic: Clinic, on: date) -> tuple[Appointment, ...]:
    """Visits of that day which nobody has said anything of: booked or arrived, whatever the hour."""
    begins, ends = day_bounds(clinic.zone, on)
    found = appointments_of(clinic, status=STATUSES_IN_FORCE)
    return tuple(found.filter(starts_at__gte=begins, starts_at__lt=ends).order_by("starts_at"))


def earlier_without_outcome(clinic: Clinic, on: date) -> QuerySet[Appointment]:
    """Visits in force of the days before that one, oldest first: nobody has said anything of them."""
    found = appointments_of(clinic, status=STATUSES_IN_FORCE).filter(
        starts_at__lt=day_bounds(clinic.zone, on)[0]
    )
    return found.order_by("starts_at", "pk")


def end_of(clinic: Clinic, on: date) -> DayEnd | None:
    """Who closed that day and when; None while nobody has."""
    return DayEnd.objects.filter(clinic=clinic, on=on).first()


def sheets_of(clinic: Clinic) -> tuple[DaySheet, ...]:
    """The printed sheets that are kept, newest day first, without their bytes."""
    return tuple(DaySheet.objects.filter(clinic=clinic).defer("content").order_by("-on"))


def sheet_of(clinic: Clinic, on: date) -> DaySheet:
    """The printed sheet of that day with its bytes."""
    found = DaySheet.objects.filter(clinic=clinic, on=on).first()
    if found is None:
        raise NotFound(
            "No sheet was made for that day.",
            field="on",
            remedy="Make it now, or print the day sheet itself.",
        )
    return found


def _sessions(
    clinic: Clinic, chosen: Q, to_on: date | None, *, every_status: bool = False
) -> tuple[DaySession, ...]:
    begun = SessionActivity.objects.filter(appointment=OuterRef("pk"), state__in=_TOUCHED)
    found = appointments_of(clinic).filter(chosen, starts_at__isnull=False, ends_at__isnull=False)
    if to_on is not None:
        found = found.filter(starts_at__lt=day_bounds(clinic.zone, to_on)[1])
    if not every_status:
        found = found.filter(Q(status__in=_SHOWN) | (Q(status="cancelled") & Exists(begun)))
    places = (
        Occupation.objects.filter(resource__isnull=False).select_related("resource").order_by("starts_at")
    )
    found = (
        with_coming(found)
        .order_by("starts_at", "pk")
        .prefetch_related(
            Prefetch("activities", SessionActivity.objects.order_by("position"), to_attr="chain"),
            Prefetch("occupations", places, to_attr="places"),
        )
    )
    return tuple(_session(row) for row in found)


def _session(row: Appointment) -> DaySession:
    chain: Sequence[SessionActivity] = row.chain  # type: ignore[attr-defined]  # set by the prefetch above
    places: Sequence[Occupation] = row.places  # type: ignore[attr-defined]
    return DaySession(row, tuple(chain), tuple(places))
