"""How far each session of a closing has come, and in which order to call. Pure but for one query.

The order: who has not arrived comes first, and of them whose session begins soonest, for they leave home first; then those
on site, to whom somebody goes in person: arrived, drawn, prepared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from apps.booking.closing_models import Closing, Stage
from apps.booking.models import ActivityState, DonorUnit, SessionActivity
from apps.treatments.models import Appointment
from protocols.status import Status

# Whose session begins so soon may have left home: they are called all the same, and first.
TRAVEL = timedelta(minutes=60)
_ON_SITE = (Stage.ARRIVED, Stage.DRAWN, Stage.PREPARED)


def stages_of(rows: Iterable[Appointment], *, at: datetime) -> dict[UUID, Stage]:
    """The stage of each session at the moment `at`, from what was ticked off on the day."""
    rows = list(rows)
    ids = [row.pk for row in rows]
    done: dict[UUID, set[str]] = {}
    begun = SessionActivity.objects.filter(
        appointment__in=ids, state__in=(ActivityState.STARTED, ActivityState.DONE)
    )
    for pk, kind, state in begun.order_by().values_list("appointment_id", "kind", "state"):
        done.setdefault(pk, set()).add(kind if state == ActivityState.DONE else "")
    units = DonorUnit.objects.filter(appointment__in=ids, injected_at__isnull=True, disposed_at__isnull=True)
    drawn = dict(units.order_by("drawn_at").values_list("appointment_id", "ready_at"))
    return {row.pk: _stage(row, done.get(row.pk), drawn, at) for row in rows}


def _stage(
    row: Appointment, done: set[str] | None, drawn: Mapping[UUID, datetime | None], at: datetime
) -> Stage:
    kinds = done or set()
    if "preparation" in kinds or drawn.get(row.pk) is not None:
        return Stage.PREPARED
    if "draw" in kinds or row.pk in drawn:
        return Stage.DRAWN
    if done is not None or row.status == Status.ARRIVED:
        return Stage.ARRIVED
    assert row.starts_at is not None
    return Stage.ON_THE_WAY if row.starts_at - at <= TRAVEL else Stage.AHEAD


def call_order(
    rows: Sequence[Appointment], stages: Mapping[UUID, Stage], closing: Closing
) -> list[Appointment]:
    """The sessions in the order in which to call; of a closing that lies ahead simply in order of time."""

    def place(row: Appointment) -> tuple[int, str, str]:
        stage = stages[row.pk]
        here = 1 + _ON_SITE.index(stage) if closing.from_now and stage in _ON_SITE else 0
        assert row.starts_at is not None
        return here, row.starts_at.isoformat(), str(row.pk)

    return sorted(rows, key=place)


def needs_disposal(stage: Stage) -> bool:
    """Whether there is blood or a preparation that can no longer be used."""
    return stage in (Stage.DRAWN, Stage.PREPARED)
