"""A session on its day: its activities begin and end, a gate is passed by a named person, a failure stops the chain.

Every verb locks the treatment first. `happened_at` is the true time where something is typed in later: it lies on the
day of the booking and not after `at`; what follows from a day follows from that one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from apps.booking.models import ActivityState, DonorUnit, ReleaseRefusal, SessionActivity
from apps.booking.session.chain import (
    OPEN,
    begin,
    end,
    moved_on,
    of_chain,
    opened,
    refuse_before_gate,
    refuse_held,
    refuse_unchecked,
    tell_of,
    true_time,
)
from apps.booking.session.units import dispose_open, keep_row, label_units, of_today
from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.clock import local_date
from apps.clinic.errors import Conflict, Invalid
from apps.treatments.acts import STOPPED
from apps.treatments.gates import require_may_release
from apps.treatments.models import Appointment, Record
from apps.treatments.reconciling import settle
from apps.treatments.services import record

Cause = Literal["not_fit", "not_released", "equipment"]


def start_activity(
    *, activity: SessionActivity, actor: Actor, at: datetime, happened_at: datetime | None = None
) -> SessionActivity:
    """The activity has begun. Conflict while a fitness check or a gate before it is open, or if it is not to come."""
    _require_may_run(actor, activity)
    with acting(actor):
        gathered, row, chain = opened(activity.appointment, at=at, observing=activity.kind == "observation")
        mine = of_chain(chain, activity)
        if mine.state != ActivityState.PLANNED:
            raise moved_on(mine)
        refuse_held(row)
        refuse_before_gate(chain, mine)
        begin(mine, true_time(row, happened_at, at=at))
        tell_of(gathered, row, mine)
        settle(gathered, actor=actor, at=at)
    return mine


def finish_activity(
    *, activity: SessionActivity, actor: Actor, at: datetime, happened_at: datetime | None = None
) -> SessionActivity:
    """The activity has ended. A gate is passed by that (`pass_gate`); a fitness check ends with its answers.

    The end of the draw labels the donor's unit, the end of the preparation makes it ready.
    """
    _require_may_run(actor, activity)
    if activity.kind == "gate":
        pass_gate(appointment=activity.appointment, actor=actor, at=at, happened_at=happened_at)
        return SessionActivity.objects.get(pk=activity.pk)
    with acting(actor):
        gathered, row, chain = opened(activity.appointment, at=at, observing=activity.kind == "observation")
        mine = of_chain(chain, activity)
        if mine.state not in OPEN:
            raise moved_on(mine)
        refuse_held(row)
        refuse_before_gate(chain, mine)
        if mine.kind == "fitness":
            refuse_unchecked(row, mine)
        moment = true_time(row, happened_at, at=at)
        end(mine, moment, actor)
        if mine.kind == "draw":
            label_units(gathered, row, drawn_at=moment, actor=actor)
        elif mine.kind == "preparation":
            of_today(row, moment).filter(ready_at__isnull=True).update(ready_at=moment)
        tell_of(gathered, row, mine)
        settle(gathered, actor=actor, at=at)
    return mine


def pass_gate(
    *, appointment: Appointment, actor: Actor, at: datetime, happened_at: datetime | None = None
) -> tuple[DonorUnit, ...]:
    """The units of the session are released by the actor, a named person: Forbidden for every program.

    Conflict without a unit. The gate of the chain, where the session has one, is passed with it; a dose that nobody
    booked has none.
    """
    require_clinic(actor, appointment.clinic_id)
    require_may_release(actor)
    with acting(actor):
        gathered, row, chain = opened(appointment, at=at, booked=False)
        moment = true_time(row, happened_at, at=at)
        units = tuple(of_today(row, moment).select_for_update())
        waiting = [unit for unit in units if unit.released_at is None]
        if not waiting:
            raise Conflict(
                "There is no unit that waits for its release.",
                code="no_unit",
                field="unit",
                remedy="Finish the donor's draw first.",
            )
        if any(unit.drawn_at > moment for unit in waiting):
            raise Invalid(
                "The release lies before the draw.",
                code="before_the_draw",
                field="happened_at",
                remedy="Check both times.",
            )
        for unit in waiting:
            unit.released_at, unit.released_by, unit.released_by_user_id = moment, actor.name, actor.user_id
            unit.save(update_fields=["released_at", "released_by", "released_by_user"])
        for gate in (one for one in chain if one.kind == "gate" and one.state in OPEN):
            end(gate, moment, actor)
            tell_of(gathered, row, gate)
        gathered.tell("unit.released", row)
        settle(gathered, actor=actor, at=at)
    return units


def fail_gate(
    *,
    appointment: Appointment,
    reason: str,
    actor: Actor,
    at: datetime,
    happened_at: datetime | None = None,
) -> Record:
    """The unit is not released: it may never be injected, the session stops, and what comes after is free.

    `reason` is kept where only the donor-safety role reads it; everything else says "unit not released".
    """
    require_clinic(actor, appointment.clinic_id)
    user_id = require_may_release(actor)
    if not reason.strip():
        raise Invalid(
            "Say why the unit is not released.",
            code="needs_reason",
            field="reason",
            remedy="Only doctors and the laboratory read it.",
        )
    with acting(actor):
        _, row, _ = opened(appointment, at=at, booked=False)
        moment = true_time(row, happened_at, at=at)
        keep_row(row)
        ReleaseRefusal.objects.create(
            clinic_id=row.clinic_id,
            appointment=row,
            reason=reason.strip(),
            by_name=actor.name[:150],
            by_user_id=user_id,
            at=moment,
            entered_at=at,
        )
        dispose_open(row, reason=STOPPED["not_released"], actor=actor, at=moment)
        return stop_chain(row, "not_released", "gate", actor=actor, at=at, moment=moment)


def stop_session(
    *,
    appointment: Appointment,
    cause: Cause,
    actor: Actor,
    at: datetime,
    happened_at: datetime | None = None,
) -> Record:
    """Stops the session where it stands: the booking goes with everything after, and both are told as of any
    cancellation. A unit that was drawn stays on the list of those to dispose of. `not_released` goes by `fail_gate`.
    """
    require_clinic(actor, appointment.clinic_id)
    if cause == "not_released":
        require_may_release(actor)
        raise Invalid(
            "A failed release needs its reason.",
            code="needs_reason",
            field="reason",
            remedy="Use the failed release of the gate.",
        )
    require_role(actor, "nurse", "doctor", "manager", "client")
    with acting(actor):
        _, row, _ = opened(appointment, at=at)
        kind = "fitness" if cause == "not_fit" else ""
        return stop_chain(row, cause, kind, actor=actor, at=at, moment=true_time(row, happened_at, at=at))


def stop_chain(
    row: Appointment, cause: Cause, kind: str, *, actor: Actor, at: datetime, moment: datetime
) -> Record:
    """Ends the chain and records the stop, which frees the booking and raises its flag."""
    chain = list(SessionActivity.objects.filter(appointment=row, state__in=OPEN))
    failed = next((one for one in chain if one.kind == kind), chain[0] if chain else None)
    for one in chain:
        is_it = one is failed
        one.state = ActivityState.FAILED if is_it else ActivityState.CANCELLED
        if is_it:
            one.done_at, one.done_by = moment, actor.name[:150]
    SessionActivity.objects.bulk_update(chain, ["state", "done_at", "done_by"])
    said = {
        "kind": "stopped",
        "step": row.step,
        "occurrence": row.occurrence,
        "on": local_date(row.zone or row.clinic.zone, moment),
        "cause": cause,
    }
    return record(treatment=row.treatment, data=said, actor=actor, at=at)


def _require_may_run(actor: Actor, activity: SessionActivity) -> None:
    require_clinic(actor, activity.clinic_id)
    if activity.kind == "gate":
        require_may_release(actor)
    else:
        require_role(actor, "nurse", "doctor", "lab", "manager", "client")
