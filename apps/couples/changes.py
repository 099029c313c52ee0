"""Change rows of couples and people: ids and dates, no names and no reasons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from apps.clinic.actors import Actor
from apps.clinic.changes import record_change
from apps.couples.models import Couple, Person


def tell_of_couple(
    couple: Couple, kind: str, *, actor: Actor, at: datetime, detail: Mapping[str, object] | None = None
) -> None:
    record_change(
        clinic_id=couple.clinic_id,
        kind=kind,
        subject_type="couple",
        subject_id=couple.pk,
        couple_id=couple.pk,
        actor=actor,
        at=at,
        detail=detail,
    )


def tell_of_person(person: Person, kind: str, *, actor: Actor, at: datetime) -> None:
    record_change(
        clinic_id=person.clinic_id,
        kind=kind,
        subject_type="person",
        subject_id=person.pk,
        actor=actor,
        at=at,
    )
