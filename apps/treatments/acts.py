"""What an act does to the visits that people own: status moves, the end of bookings after a loss, pencils
made ink.

Part of the verbs, never of the reconciler. Every move goes by the table in `protocols.status`.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from apps.clinic.actors import Actor
from apps.clinic.clock import local_date
from apps.clinic.errors import Conflict
from apps.couples.models import SilenceReason
from apps.couples.services import silence_couple
from apps.treatments.gathered import Gathered
from apps.treatments.models import Appointment, Treatment
from apps.treatments.occupying import firm, give_back, has_its_place
from apps.treatments.overlap import STATUSES_IN_FORCE
from apps.treatments.reconciling import locked, settle
from protocols import Facts, Plan
from protocols.errors import IllegalMove
from protocols.plan import PlannedVisit, State
from protocols.records import Skipped
from protocols.status import Act, Status, after

LOSS = "loss"
# What a cancelled visit says of its stop, to whoever may see the visit. Why a unit was not released is not said.
STOPPED = {
    "not_fit": "Not fit on the day",
    "not_released": "Unit not released",
    "equipment": "Equipment failed",
}
_TOLD = {
    Act.BOOK: "appointment.booked",
    Act.MOVE: "appointment.moved",
    Act.ARRIVE: "appointment.arrived",
    Act.FULFIL: "appointment.fulfilled",
    Act.MISS: "appointment.missed",
    Act.CANCEL: "appointment.cancelled",
    Act.VOID: "appointment.voided",
}


def next_status(row: Appointment, act: Act) -> Status:
    """Where the status table leads. Conflict where it has no such move."""
    try:
        return after(Status(row.status), act)
    except IllegalMove as error:
        raise Conflict(
            f"{str(error)[:1].upper()}{str(error)[1:]}.",
            code="illegal_move",
            field="status",
            remedy="Look at the appointment once more: somebody may have changed it.",
        ) from error


def move_status(gathered: Gathered, row: Appointment, act: Act, *, at: datetime, **detail: object) -> None:
    """One move by the status table, told in a change row. Conflict where the table has no such move."""
    row.status = next_status(row, act).value
    row.touched, row.changed_at = True, at
    if row.pencilled:
        # Who shows bookings to patients must know that this one was never agreed.
        detail["pencilled"] = True
    if not row.in_force:
        row.pencilled = False
        give_back(gathered, row, act)
    gathered.touched.add((row.step, row.occurrence))
    starts_at = row.starts_at.isoformat() if row.starts_at else None
    gathered.tell(_TOLD[act], row, starts_at=starts_at, **detail)


def follow_records(gathered: Gathered, before: Facts, *, at: datetime) -> None:
    """Brings statuses into line with what the records now say was done, missed or skipped."""
    facts = gathered.facts()
    planned = {visit.key: visit for visit in gathered.plan(facts).visits}
    for key, row in gathered.visits.items():
        state = planned[key].state if key in planned else None
        if state is State.FULFILLED and row.status != Status.FULFILLED:
            move_status(gathered, row, Act.FULFIL, at=at)
        elif state is not State.FULFILLED and row.status == Status.FULFILLED:
            move_status(gathered, row, Act.VOID, at=at)
        elif state is State.SKIPPED and row.in_force:
            _cancel_skipped(gathered, row, facts, at)
    _follow_missed(gathered, before, facts, at)
    _follow_stopped(gathered, before, facts, at)


def _follow_missed(gathered: Gathered, before: Facts, facts: Facts, at: datetime) -> None:
    for key in facts.missed.keys() | before.missed.keys():
        row = gathered.visits.get(key)
        more = len(facts.missed.get(key, ())) - len(before.missed.get(key, ()))
        if row is None or row.status == Status.FULFILLED or Act.VOID in _just_told(gathered, row):
            continue
        if more > 0:
            _refuse_ahead(row, at)
            move_status(gathered, row, Act.MISS, at=at)
        elif more < 0 and row.status == Status.NOSHOW:
            move_status(gathered, row, Act.VOID, at=at)


def _follow_stopped(gathered: Gathered, before: Facts, facts: Facts, at: datetime) -> None:
    """A session that was stopped frees its booking of that day or before; one that was made since stays."""
    for key, stops in facts.stopped.items():
        row = gathered.visits.get(key)
        if row is None or len(stops) <= len(before.stopped.get(key, ())):
            continue
        stop = stops[-1].record
        if row.in_force and row.starts_at is not None and local_date(row.zone, row.starts_at) <= stop.on:
            row.cancel_reason = STOPPED[stop.cause]
            move_status(gathered, row, Act.CANCEL, at=at)


def _just_told(gathered: Gathered, row: Appointment) -> set[Act]:
    kinds = {draft.kind for draft in gathered.drafts if draft.subject_id == row.pk}
    return {act for act, kind in _TOLD.items() if kind in kinds}


def _refuse_ahead(row: Appointment, at: datetime) -> None:
    if row.in_force and row.starts_at is not None and row.starts_at > at:
        raise Conflict(
            "This visit still lies ahead, so nobody can have missed it.",
            code="still_ahead",
            field="on",
            remedy="Cancel or move it instead.",
        )


def _cancel_skipped(gathered: Gathered, row: Appointment, facts: Facts, at: datetime) -> None:
    entry = facts.skipped.get((row.step, row.occurrence))
    row.cancel_reason = (
        entry.record.reason[:300] if entry and isinstance(entry.record, Skipped) else "Skipped"
    )
    move_status(gathered, row, Act.CANCEL, at=at)


def loss_is_new(before: Facts, now: Facts) -> bool:
    """Whether a loss that happened stands in the facts which was not there before."""

    def ids(facts: Facts) -> set[str]:
        return {fact.id for fact in facts.milestones.get(LOSS, ()) if fact.certainty == "happened"}

    return bool(ids(now) - ids(before))


def stop_everything(gathered: Gathered, *, actor: Actor, at: datetime) -> None:
    """After a loss: every booking of the couple that is not over is cancelled, pencils are closed, nothing
    is sent.

    The couple's other treatments are locked after this one, in the order of their ids; they are reconciled
    at once. One that was closed is among them if somebody left a booking in it.
    """
    treatment = gathered.treatment
    cancel_ahead(gathered, at)
    left = Appointment.objects.filter(treatment=OuterRef("pk"), status__in=STATUSES_IN_FORCE, ends_at__gt=at)
    others = Treatment.objects.filter(
        Q(closed_reason="") | Exists(left), couple_id=treatment.couple_id
    ).exclude(pk=treatment.pk)
    for pk in others.order_by("pk").values_list("pk", flat=True):
        other = locked(treatment_id=pk, at=at)
        cancel_ahead(other, at)
        settle(other, actor=actor, at=at)
    silence_couple(couple=treatment.couple, reason=SilenceReason.CONFIRMED_LOSS, actor=actor, at=at)


def cancel_ahead(gathered: Gathered, at: datetime) -> None:
    gathered.keeps_slots = True
    for row in gathered.visits.values():
        if row.in_force and row.ends_at is not None and row.ends_at > at:
            row.cancel_reason = "Everything ahead was stopped"
            move_status(gathered, row, Act.CANCEL, at=at)


def ink_pencils(gathered: Gathered, before: Plan, flag_key: str, *, at: datetime) -> None:
    """Pencilled bookings that the flag held become booked if its decision leaves them wanted, in time
    and unheld. One that still waits for something (extra doses, another test) stays pencilled, and so does one whose
    place was given away after the deadline: that is told, and it is booked anew by hand.
    """
    planned = gathered.plan()
    for visit in planned.visits:
        row = gathered.visits.get(visit.key)
        was = before.visit(*visit.key)
        if row is None or was is None or not (row.in_force and row.pencilled and flag_key in was.held_by):
            continue
        window = visit.window
        low, high = (window.absolute_minimum, window.maximum) if window else (None, None)
        fits = (
            visit.on is not None and (low is None or visit.on >= low) and (high is None or visit.on <= high)
        )
        ahead = row.starts_at is not None and row.starts_at > at
        if (
            visit.state is State.BOOKED
            and not visit.held_by
            and fits
            and ahead
            and _is_asked_for(gathered, visit)
        ):
            if has_its_place(row):
                confirm_booking(gathered, row, at=at)
            else:
                gathered.tell("appointment.place_lost", row)


def _is_asked_for(gathered: Gathered, visit: PlannedVisit) -> bool:
    """Whether the plan would propose the visit if it were not booked."""
    free = gathered.plan(gathered.facts(without=[visit.key])).visit(*visit.key)
    return free is not None and free.state in (State.PROPOSED, State.MISSED)


def confirm_booking(gathered: Gathered, row: Appointment, *, at: datetime) -> None:
    """A pencilled booking becomes a real one, at the same time; told as booked."""
    row.pencilled, row.touched, row.changed_at = False, True, at
    gathered.touched.add((row.step, row.occurrence))
    firm(gathered, row)
    starts_at = row.starts_at.isoformat() if row.starts_at else None
    gathered.tell("appointment.booked", row, starts_at=starts_at)
