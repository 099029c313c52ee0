"""A clinic's day in rows: couples with a dose booked, its chain and the places that it takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from apps.booking import services as booking
from apps.booking.models import SessionActivity
from apps.clinic.actors import Actor
from apps.clinic.models import Clinic, Resource
from apps.clinic.resource_queries import counts_capacity
from apps.treatments.models import Appointment, Occupation
from apps.treatments.queries import template
from tests import rows

# Hyderabad's 27 January 2026, 09:30: a good day for dose 1 of a course that began on 5 January.
DAY = date(2026, 1, 27)
START = datetime(2026, 1, 27, 4, tzinfo=UTC)


def a_dose(clinic: Clinic, nurse: Actor, name: str = "Lalitha", starts_at: datetime = START) -> Appointment:
    """A couple of that name whose first dose is booked. Where the clinic lists no resources, its chain stands here
    one link after the other.
    """
    couple = rows.a_couple(clinic, recipient=replace(rows.LALITHA, given_name=name))
    treatment = rows.a_treatment(clinic, couple=couple)
    rows.resulted(treatment, nurse, rows.AT, 4)
    visit = rows.visit(treatment, "sensitisation")
    minutes = None if counts_capacity(clinic) else 285
    booking.book(appointment=visit, starts_at=starts_at, minutes=minutes, actor=nurse, at=rows.AT)
    visit = rows.visit(treatment, "sensitisation")
    if not visit.activities.exists():
        with_chain(visit)
    return visit


def with_chain(visit: Appointment) -> None:
    """Writes the links of the visit's session as its protocol says, each right after the one before."""
    assert visit.starts_at is not None
    begins = visit.starts_at
    for position, link in enumerate(
        template(visit.treatment.protocol_version).session_of(visit.step).activities
    ):
        ends = begins + timedelta(minutes=link.minutes)
        SessionActivity.objects.create(
            clinic=visit.clinic,
            appointment=visit,
            position=position,
            name=link.name,
            kind=link.kind,
            title=link.title,
            starts_at=begins,
            ends_at=ends,
            attends=list(link.attends),
        )
        begins = ends


def link(visit: Appointment, name: str) -> SessionActivity:
    return SessionActivity.objects.get(appointment=visit, name=name)


def a_chair(clinic: Clinic, name: str = "Chair 1", places: int = 1) -> Resource:
    return Resource.objects.create(clinic=clinic, kind="chair", name=name, places=places, changed_at=rows.AT)


def takes(visit: Appointment, resource: Resource, activity: str, place: int = 1) -> Occupation:
    """That place of the resource for that link of the visit."""
    chosen = link(visit, activity)
    return Occupation.objects.create(
        clinic=visit.clinic,
        appointment=visit,
        activity=activity,
        resource=resource,
        place=place,
        starts_at=chosen.starts_at,
        ends_at=chosen.ends_at,
    )
