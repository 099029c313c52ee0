"""What the race is about: one clinic that can serve one couple at a time. Imported once Django is set up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import time
from uuid import UUID

from django.db import connection, connections

from apps.booking import services as booking
from apps.clinic.inputs import BatchInput
from apps.clinic.resources import add_resource, set_batches
from apps.treatments.models import Appointment
from benchmarks.clinic import AT, SYSTEM, enrol, start, the_clinic, the_protocol

_OVERLAPS = """
SELECT count(*) FROM treatments_occupation a JOIN treatments_occupation b ON a.id < b.id
 AND (a.resource_id = b.resource_id AND a.place = b.place OR a.person_id = b.person_id)
 AND tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at)
"""


def visits_of_couples(couples: int, steps: Sequence[str]) -> list[list[UUID]]:
    """As many couples with a treatment each; the ids of its visits of these steps."""
    the_protocol()
    for kind in ("nurse", "phlebotomy", "chair", "doctor"):
        add_resource(clinic=the_clinic(), kind=kind, name=kind, places=1, actor=SYSTEM, at=AT)
    bench = add_resource(clinic=the_clinic(), kind="bench", name="bench", places=1, actor=SYSTEM, at=AT)
    batches = (
        BatchInput("Morning", time(8), time(12), time(14)),
        BatchInput("Afternoon", time(14), time(16), time(17)),
    )
    set_batches(resource=bench, batches=batches, actor=SYSTEM, at=AT)
    treatments = [start(enrol()) for _ in range(couples)]
    return [
        [Appointment.objects.get(treatment=treatment, step=step, occurrence=1).pk for step in steps]
        for treatment in treatments
    ]


def overlaps() -> int:
    """Pairs of rows that have one place or one person at one moment, counted without the constraints."""
    with connection.cursor() as cursor:
        cursor.execute(_OVERLAPS)
        return int(cursor.fetchone()[0])


def give_back(winners: Iterable[UUID]) -> None:
    for visit in Appointment.objects.filter(pk__in=list(winners)):
        booking.cancel(appointment=visit, reason="the next round", actor=SYSTEM, at=AT)


def close() -> None:
    """Before processes are forked: a connection belongs to one of them."""
    connections.close_all()
