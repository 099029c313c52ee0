"""Looking for a slot a month ahead, in a clinic with 20 resources and 5,000 bookings, beside the bare queries of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import product

from django.db import connection

from apps.booking.queries import slots_of
from apps.clinic.inputs import BatchInput
from apps.clinic.models import Resource
from apps.clinic.resources import add_resource, set_batches
from apps.treatments.models import Appointment, Occupation
from benchmarks.clinic import AT, SYSTEM, enrol, start, the_clinic
from benchmarks.figures import Figure, Target, compared
from benchmarks.timing import wall_seconds
from benchmarks.writing import statements

LISTED = {"chair": 5, "phlebotomy": 3, "bench": 2, "nurse": 6, "doctor": 3, "ultrasound": 1}
BOOKINGS, MONTH = 5_000, 30
_FIRST = date(2026, 1, 19)
TURNS = 10


def figures() -> Iterator[Figure]:
    resources = _resources()
    _book(resources)
    visit = Appointment.objects.select_related(
        "clinic", "treatment__clinic", "treatment__protocol_version"
    ).get(treatment=start(enrol()), step="sensitisation", occurrence=1)
    last = _FIRST + timedelta(days=MONTH)
    found = slots_of(visit, at=AT, from_on=_FIRST, to_on=last)
    assert any(day.slots for day in found), "the month is full: nothing is measured"
    count = statements(lambda: slots_of(visit, at=AT, from_on=_FIRST, to_on=last))
    asked = _queries(visit, last)
    taken = wall_seconds(
        {"search": lambda: slots_of(visit, at=AT, from_on=_FIRST, to_on=last), "floor": lambda: _bare(asked)},
        turns=TURNS,
    )
    target = Target("at most", 30, "ours")
    yield compared(
        "slot search, a month, 20 resources, 5,000 bookings",
        "ms",
        [seconds * 1000 for seconds in taken["search"]],
        "its queries, sent and fetched bare",
        [seconds * 1000 for seconds in taken["floor"]],
        target,
    )
    yield compared(
        "statements of a slot search",
        "statements",
        [count],
        "for one day",
        [_of_one_day(visit)],
        Target("at most", 1),
    )


def _of_one_day(visit: Appointment) -> int:
    return statements(lambda: slots_of(visit, at=AT, from_on=_FIRST, to_on=_FIRST))


def _resources() -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = {}
    for kind, count in LISTED.items():
        for number in range(count):
            places = 4 if kind == "bench" else 1
            made = add_resource(
                clinic=the_clinic(), kind=kind, name=f"{kind} {number}", places=places, actor=SYSTEM, at=AT
            )
            found.setdefault(kind, []).append(made)
    batches = (
        BatchInput("Morning", time(9), time(10), time(12)),
        BatchInput("Afternoon", time(13), time(14), time(16)),
    )
    for bench in found["bench"]:
        set_batches(resource=bench, batches=batches, actor=SYSTEM, at=AT)
    return found


def _book(resources: dict[str, list[Resource]]) -> None:
    """As many bookings of a quarter to three, each of a nurse, every other of a second resource, rows as the verbs write
    them. Written at once: five thousand acts of people would take an hour.
    """
    clinic, treatment = the_clinic(), start(enrol())
    model = Appointment.objects.filter(treatment=treatment).first()
    assert model is not None
    moments = product(range(90), range(32), resources["nurse"])
    visits, taken = [], []
    for number, (day, quarter, nurse) in zip(range(BOOKINGS), _spread(moments), strict=False):
        starts_at = datetime(2026, 1, 12, 2, 30, tzinfo=AT.tzinfo) + timedelta(days=day, minutes=15 * quarter)
        ends_at = starts_at + timedelta(minutes=15)
        visit = Appointment(
            id=uuid.uuid4(), clinic=clinic, treatment=treatment, step=f"seen-{number}", occurrence=1, plan=model.plan,
            state="booked", title="Seen", status="booked", touched=True, starts_at=starts_at, ends_at=ends_at,
            zone=clinic.zone, changed_at=AT,
        )  # fmt: skip
        visits.append(visit)
        others = resources["chair"] if number % 2 else resources["phlebotomy"]
        place = resources["nurse"].index(nurse)
        listed = [nurse, others[place]] if place < len(others) else [nurse]
        taken += [
            Occupation(
                clinic=clinic,
                appointment=visit,
                activity="seen",
                resource=one,
                starts_at=starts_at,
                ends_at=ends_at,
            )
            for one in listed
        ]
    Appointment.objects.bulk_create(visits, batch_size=1000)
    Occupation.objects.bulk_create(taken, batch_size=1000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE treatments_occupation, treatments_appointment")


def _spread(moments: Iterator[tuple[int, int, Resource]]) -> Iterator[tuple[int, int, Resource]]:
    """Two of three, so that something is left free on every day."""
    return (one for number, one in enumerate(moments) if number * 7 % 10 > 2)


def _queries(visit: Appointment, last: date) -> list[tuple[str, object]]:
    """What the search asks the database, as it asks it."""
    asked: list[tuple[str, object]] = []

    def note(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        slots_of(visit, at=AT, from_on=_FIRST, to_on=last)
    return asked


def _bare(asked: list[tuple[str, object]]) -> None:
    for sql, params in asked:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)  # type: ignore[arg-type]
            cursor.fetchall()
