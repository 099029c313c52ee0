"""The minute sweep: with nothing to do among few and among many rows; deriving messages beside bare INSERTs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from django.db import connection, transaction

from apps.booking import services as booking
from apps.clinic.actors import Actor
from apps.reminders.channels import MemoryChannel
from apps.reminders.models import Delivery
from apps.reminders.services import derive, derive_treatments, sweep
from apps.treatments.models import Appointment
from benchmarks import claiming
from benchmarks.clinic import AT, enrol, start
from benchmarks.figures import Figure, Target, compared
from benchmarks.timing import wall_seconds

COUPLES = 60
SMALL, LARGE = 20_000, 200_000
STEP = "baseline-antibody-test"
# Rows of the claim's benchmark are due from AT on: a day before that nothing is.
BEFORE = AT - timedelta(days=1)


def figures() -> Iterator[Figure]:
    yield from _derived()
    couple = enrol()
    ids = {
        "clinic": couple.clinic_id,
        "person": couple.recipient_id,
        "treatment": start(couple).pk,
        "at": AT,
        "due": 0,
    }
    while derive(at=BEFORE):
        pass
    Delivery.objects.all().delete()
    claiming.load(ids, 1, SMALL)
    small = [value * 1000 for value in wall_seconds({"sweep": _idle}, turns=5)["sweep"]]
    claiming.load(ids, SMALL + 1, LARGE)
    large = [value * 1000 for value in wall_seconds({"sweep": _idle}, turns=5)["sweep"]]
    name = f"a sweep with nothing due, {LARGE:,} reminders"
    yield compared(name, "ms", large, f"{SMALL:,}", small, Target("at most", 1.2))


def _idle() -> None:
    done = sweep(channel=MemoryChannel(), at=BEFORE)
    if any(done.counts().values()):
        raise RuntimeError(f"nothing was to be done: {done}")


def _derived() -> Iterator[Figure]:
    """One look at each booked visit, and the same rows written by one statement from a table beside it."""
    treatments = [_booked() for _ in range(COUPLES)]
    derive_treatments(treatments, AT)
    mine = Delivery.objects.filter(treatment__in=treatments)
    rows = mine.count()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_derived AS SELECT * FROM reminders_delivery")
    mine.delete()
    try:
        taken = wall_seconds(
            {
                "derive": _undone(lambda: derive_treatments(treatments, AT), rows),
                "floor": _undone(_copy, rows),
            },
            turns=2,
        )
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE bench_derived")
    ours, floor = ([value * 1000 for value in taken[name]] for name in ("derive", "floor"))
    name = f"deriving {rows} messages of {COUPLES} visits"
    yield compared(name, "ms", ours, "one INSERT .. SELECT of the rows", floor)


def _booked() -> object:
    treatment = start(enrol())
    visit = Appointment.objects.get(treatment=treatment, step=STEP)
    nurse = Actor.system("shell")
    booking.book(appointment=visit, starts_at=AT + timedelta(days=4), actor=nurse, at=AT, reason="her wish")
    return treatment.pk


def _copy() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO reminders_delivery SELECT * FROM bench_derived ON CONFLICT DO NOTHING")


def _undone(work: Callable[[], object], rows: int) -> Callable[[], None]:
    """Rolled back, so that the next one has the same to write."""

    def once() -> None:
        with transaction.atomic():
            work()
            if Delivery.objects.count() != rows:
                raise RuntimeError(f"{rows} rows must be written")
            transaction.set_rollback(True)

    return once
