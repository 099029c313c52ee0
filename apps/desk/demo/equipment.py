"""What the clinics of the demo have: two that could be real, one with a bench for two half days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from apps.clinic.actors import Actor
from apps.clinic.inputs import BatchInput, Span
from apps.clinic.models import Clinic, Resource
from apps.clinic.resources import add_resource, set_batches, set_resource_hours
from apps.desk.demo.reaching import connect

_BATCHES = (
    BatchInput("Morning", time(9, 30), time(10, 30), time(12, 30)),
    BatchInput("Afternoon", time(13, 30), time(14, 30), time(16, 30)),
)


@dataclass(frozen=True, slots=True)
class Item:
    """One resource. `rests` is its break on every day from Monday to Friday."""

    kind: str
    name: str
    places: int = 1
    rests: tuple[time, time] | None = None


ITEMS = (
    Item("chair", "Chair 1"),
    Item("chair", "Chair 2"),
    Item("chair", "Chair 3"),
    Item("phlebotomy", "Phlebotomy", 2),
    Item("bench", "Laminar flow bench", 6),
    Item("nurse", "Nurse, first", rests=(time(13), time(13, 30))),
    Item("nurse", "Nurse, second", rests=(time(13, 30), time(14))),
    Item("doctor", "Doctor on duty"),
    Item("ultrasound", "Ultrasound"),
)


def equip(clinic: Clinic, actor: Actor, at: datetime) -> None:
    """Everything of the list, and providers of messages, through the verbs that a manager uses. The clinic's own hours
    must be set.
    """
    connect(clinic, actor, at)
    for item in ITEMS:
        resource = add_resource(
            clinic=clinic, kind=item.kind, name=item.name, places=item.places, actor=actor, at=at
        )
        if item.kind == "bench":
            set_batches(resource=resource, batches=_BATCHES, actor=actor, at=at)
        if item.rests is not None:
            set_resource_hours(
                resource=resource, spans=_with_break(resource, *item.rests), actor=actor, at=at
            )


def _with_break(resource: Resource, rest_from: time, rest_to: time) -> list[Span]:
    """The clinic's own hours less a break; a day that ends before it keeps its hours."""
    spans = []
    for row in resource.clinic.hours.all():
        if row.opens_at < rest_from and rest_to < row.closes_at:
            spans += [Span(row.weekday, row.opens_at, rest_from), Span(row.weekday, rest_to, row.closes_at)]
        else:
            spans.append(Span(row.weekday, row.opens_at, row.closes_at))
    return spans
