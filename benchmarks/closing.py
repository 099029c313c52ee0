"""Closing a day of 20 sessions, and a bench for six weeks of 200, beside the simplest way of placing them: one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from apps.booking.closing.proposals import floor, propose
from apps.booking.closing.searching import Closed, find, hit_by
from apps.booking.queries import slots_of
from apps.booking.services import book
from apps.clinic import resources
from apps.clinic.clock import day_bounds
from apps.clinic.inputs import BatchInput
from apps.clinic.models import Clinic, Resource
from apps.couples import services as couples
from apps.treatments import services as treatments
from apps.treatments.models import Appointment, ProtocolVersion, Treatment
from benchmarks.clinic import AT, START, SYSTEM, a_clinic
from benchmarks.figures import Figure, Target, compared
from benchmarks.timing import wall_seconds
from protocols import library_text

SESSIONS, ON_ONE_DAY = 200, 20
THE_DAY = START + timedelta(days=22)
DAYS = 40
_PLACES = {"chair": 20, "phlebotomy": 14, "nurse": 24, "doctor": 14, "ultrasound": 2}
_BATCHES = (
    BatchInput("Morning", time(9), time(10), time(12)),
    BatchInput("Afternoon", time(13), time(14), time(16)),
)


def figures() -> Iterator[Figure]:
    clinic = _clinic()
    bench = _bench(clinic, "Bench A")
    _book_everybody(clinic)
    _bench(clinic, "Bench B")
    day = Closed(clinic, None, *day_bounds(clinic.zone, THE_DAY))
    weeks = Closed(clinic, bench, AT, datetime(2026, 3, 1, tzinfo=UTC))
    yield _figure(f"closing a day of {ON_ONE_DAY} sessions", day, ON_ONE_DAY, 2.0)
    yield _figure(f"closing a bench, {SESSIONS} sessions over six weeks", weeks, SESSIONS, 10.0)


def _figure(name: str, closed: Closed, hits: int, most: float) -> Figure:
    def solved() -> None:
        rows = list(hit_by(closed, at=AT))
        if len(rows) != hits:
            raise RuntimeError(f"the closing must hit {hits} sessions, not {len(rows)}")
        proposals = propose(find(closed, rows, at=AT))
        if len(proposals.chosen) != hits:
            raise RuntimeError(f"{len(proposals.chosen)} of {hits} sessions found a place")

    def one_by_one() -> None:
        floor(find(closed, list(hit_by(closed, at=AT)), at=AT))

    taken = wall_seconds({"solved": solved, "floor": one_by_one}, rounds=3)
    target = Target("at most", most, of="ours")
    return compared(name, "s", taken["solved"], "greedy, one by one", taken["floor"], target)


def _clinic() -> Clinic:
    clinic = a_clinic("closing")
    for kind, places in _PLACES.items():
        resources.add_resource(clinic=clinic, kind=kind, name=kind, places=places, actor=SYSTEM, at=AT)
    return clinic


def _bench(clinic: Clinic, name: str) -> Resource:
    bench = resources.add_resource(clinic=clinic, kind="bench", name=name, places=14, actor=SYSTEM, at=AT)
    resources.set_batches(resource=bench, batches=_BATCHES, actor=SYSTEM, at=AT)
    return bench


def _book_everybody(clinic: Clinic) -> None:
    """Twenty first doses on the day, the others spread over the six weeks of their window."""
    protocol = treatments.publish_protocol(
        clinic=clinic, document=library_text("lit-standard"), signed_by="Dr Devi", actor=SYSTEM, at=AT
    )
    others = [on for number in range(1, DAYS) if (on := START + timedelta(days=number)).weekday() != 6]
    others.remove(THE_DAY)
    for number in range(SESSIONS):
        on = THE_DAY if number < ON_ONE_DAY else others[number % len(others)]
        _book(_treatment(clinic, protocol, number), on)


def _treatment(clinic: Clinic, protocol: ProtocolVersion, number: int) -> Treatment:
    recipient = couples.PersonInput(given_name=f"Mira {number}", family_name="Das")
    couple = couples.enrol_couple(
        clinic=clinic,
        recipient=recipient,
        partner=replace(recipient, given_name=f"Ravi {number}"),
        actor=SYSTEM,
        at=AT,
    )
    treatment = treatments.start_treatment(
        couple=couple, protocol_version=protocol, started_on=START, actor=SYSTEM, at=AT
    )
    said = {"sampled_on": START, "resulted_on": START, "value": 4}
    treatments.record(
        treatment=treatment, data={"kind": "result", "test": "apca", **said}, actor=SYSTEM, at=AT
    )
    return treatment


def _book(treatment: Treatment, on: date) -> None:
    visit = Appointment.objects.get(treatment=treatment, step="sensitisation", occurrence=1)
    [day] = slots_of(visit, at=AT, from_on=on, to_on=on)
    book(appointment=visit, starts_at=day.slots[0].starts_at, actor=SYSTEM, at=AT, reason="benchmark")
