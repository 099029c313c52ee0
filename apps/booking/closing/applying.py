"""The worker's part of a closing: one session a transaction, so that a killed worker leaves whole sessions only."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from django.db import OperationalError
from django.db.models import QuerySet

from apps.booking import services
from apps.booking.calls.services import ask_for_call
from apps.booking.closing_models import Closing, ClosingLine, ClosingLineState, ClosingState, LineDecision
from apps.booking.models import ActivityState, CallWhy, DonorUnit, SessionActivity
from apps.booking.queries import best_slots
from apps.booking.session.running import stop_session
from apps.booking.session.units import dispose_unit
from apps.clinic.actors import Actor, ActorRole
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.clock import local_moment
from apps.clinic.errors import Invalid, LitError
from apps.treatments.models import Appointment
from protocols.status import Status

_log = logging.getLogger(__name__)
# Who has booked the slot meanwhile has it; these say that another one may do.
_TAKEN = frozenset({"slot_taken", "two_places", "busy"})


@dataclass(slots=True)
class AppliedLines:
    """What a run did with lines. `left` says that there may be more: call again."""

    moved: int = 0
    cancelled: int = 0
    stayed: int = 0
    skipped: int = 0
    failed: int = 0
    left: bool = False


def apply_closing_lines(*, at: datetime, closing_id: UUID | None = None, limit: int = 50) -> AppliedLines:
    """Takes up at most `limit` waiting lines, oldest closing first and in the order in which to call."""
    waiting = ClosingLine.objects.filter(state=ClosingLineState.WAITING)
    if closing_id is not None:
        waiting = waiting.filter(closing_id=closing_id)
    order = ("closing__applied_at", "closing_id", "rank", "id")
    ids = list(waiting.order_by(*order).values_list("pk", flat=True)[:limit])
    applied = AppliedLines()
    taken = [_apply(pk, at, applied) for pk in ids]
    applied.left = len(ids) == limit and any(taken)
    _finish(at)
    return applied


def _apply(line_id: UUID, at: datetime, applied: AppliedLines) -> bool:
    """One line; whether there was anything to do. Never raises for the line's own sake."""
    line = _lines().filter(pk=line_id).first()
    if line is None:
        return False
    actor = _who(line.closing)
    try:
        with acting(actor):
            claimed = _lines().select_for_update(of=("self",), no_key=True, skip_locked=True)
            fresh = claimed.filter(pk=line_id, state=ClosingLineState.WAITING).first()
            if fresh is None:
                return False  # another worker is at it, or was
            _step(fresh, actor=actor, at=at)
            outcome = fresh.state
    except OperationalError:
        raise  # the database itself: nothing is known against this line
    except Exception as error:
        outcome = _fail(line, error, actor, at)
    setattr(applied, outcome, getattr(applied, outcome) + 1)
    return True


def _step(line: ClosingLine, *, actor: Actor, at: datetime) -> None:
    """Does what was decided and says in the line what came of it."""
    row = line.appointment
    if not row.in_force or row.starts_at != line.was_at:
        _end(line, ClosingLineState.SKIPPED, "It was moved or cancelled meanwhile.", at)
    elif line.decision == LineDecision.MOVE:
        _move(line, actor=actor, at=at)
    elif line.decision == LineDecision.CANCEL:
        _cancel(line, actor=actor, at=at)
    else:
        _ask(line, "Still booked at a time that is closed now.", actor=actor, at=at)
        _end(line, ClosingLineState.STAYED, "", at)


def _move(line: ClosingLine, *, actor: Actor, at: datetime) -> None:
    """To the chosen slot; where somebody has it meanwhile, to the next best one that needs no reason."""
    row, chosen = line.appointment, line.chosen_at
    assert chosen is not None
    try:
        _move_to(line, chosen, actor=actor, at=at)
    except LitError as error:
        if error.code not in _TAKEN:
            _flag(line, f"{error.message} {error.remedy}", actor=actor, at=at)
            return
    else:
        _end(line, ClosingLineState.MOVED, "", at)
        return
    for slot in sorted(
        best_slots(row, at=at), key=lambda one: (one.needs_reason, abs(one.starts_at - chosen))
    ):
        if slot.needs_reason:
            break
        try:
            _move_to(line, slot.starts_at, actor=actor, at=at)
        except LitError:
            continue
        line.chosen_at = slot.starts_at
        _end(line, ClosingLineState.MOVED, "The chosen slot was booked meanwhile; this is the next best.", at)
        return
    _flag(line, "The chosen slot was booked meanwhile and nothing else fits.", actor=actor, at=at)


def _move_to(line: ClosingLine, starts_at: datetime, *, actor: Actor, at: datetime) -> None:
    try:
        services.move(appointment=line.appointment, starts_at=starts_at, actor=actor, at=at)
    except Invalid as error:
        if error.code != "needs_reason":
            raise
        reason = f"Closed: {line.closing.reason}"
        services.move(appointment=line.appointment, starts_at=starts_at, actor=actor, at=at, reason=reason)


def _cancel(line: ClosingLine, *, actor: Actor, at: datetime) -> None:
    """Calls the session off; one that has begun is stopped. What was drawn is disposed of where somebody said so."""
    row, reason = line.appointment, f"Closed: {line.closing.reason}"
    if line.unit_note:
        units = DonorUnit.objects.filter(appointment=row, injected_at__isnull=True, disposed_at__isnull=True)
        for unit in units.select_related("appointment"):
            dispose_unit(unit=unit, reason=line.unit_note, actor=actor, at=at)
    _ask(line, "Cancelled because of a closing: agree on a new time.", actor=actor, at=at)
    if _has_begun(row):
        stop_session(appointment=row, cause="equipment", actor=actor, at=at)
    else:
        services.cancel(appointment=row, reason=reason, actor=actor, at=at)
    _end(line, ClosingLineState.CANCELLED, "", at)


def _has_begun(row: Appointment) -> bool:
    begun = SessionActivity.objects.filter(
        appointment=row, state__in=(ActivityState.STARTED, ActivityState.DONE)
    )
    return not row.pencilled and (row.status == Status.ARRIVED or begun.exists())


def _flag(line: ClosingLine, message: str, *, actor: Actor, at: datetime) -> None:
    _ask(line, f"Still booked at a time that is closed now: {message}", actor=actor, at=at)
    _end(line, ClosingLineState.FAILED, message.strip(), at)


def _ask(line: ClosingLine, note: str, *, actor: Actor, at: datetime) -> None:
    """A call for the worklist. Of a closing from now they are due in the order in which to call."""
    offered = ""
    if line.proposed_at is not None and line.decision != LineDecision.MOVE:
        wall = local_moment(line.appointment.zone, line.proposed_at)
        offered = f" Could be offered: {wall:%a %d %b %H:%M}."
    ask_for_call(
        couple=line.appointment.treatment.couple,
        why=CallWhy.CLOSING,
        due_at=line.closing.applied_at or at,
        appointment=line.appointment,
        note=f"{line.rank}. {note}{offered}" if line.closing.from_now else f"{note}{offered}",
        actor=actor,
        at=at,
    )


def _end(line: ClosingLine, state: ClosingLineState, message: str, at: datetime) -> None:
    line.state, line.message, line.changed_at = state, message, at
    line.save(update_fields=["state", "message", "chosen_at", "changed_at"])


def _fail(line: ClosingLine, error: Exception, actor: Actor, at: datetime) -> str:
    """The session stays as it was, and somebody is asked to look at it."""
    # The class alone: an error's text may quote what people wrote.
    _log.error("line %s of a closing was not applied: %s", line.pk, type(error).__name__)
    message = error.message if isinstance(error, LitError) else "Something unexpected happened."
    with acting(actor):
        fresh = _lines().select_for_update(of=("self",), no_key=True).get(pk=line.pk)
        if fresh.state == ClosingLineState.WAITING:
            _flag(fresh, message, actor=actor, at=at)
    return ClosingLineState.FAILED.value


def _finish(at: datetime) -> None:
    """Closings without a waiting line are applied."""
    done = Closing.objects.filter(state=ClosingState.APPLYING).exclude(lines__state=ClosingLineState.WAITING)
    for closing in done.order_by("pk"):
        with acting(_who(closing)):
            if Closing.objects.filter(pk=closing.pk, state=ClosingState.APPLYING).update(
                state=ClosingState.APPLIED, changed_at=at
            ):
                record_change(
                    clinic_id=closing.clinic_id,
                    kind="closing.done",
                    subject_type="closing",
                    subject_id=closing.pk,
                    actor=_who(closing),
                    at=at,
                )


def _lines() -> QuerySet[ClosingLine]:
    return ClosingLine.objects.select_related(
        "closing", "appointment__clinic", "appointment__treatment__clinic", "appointment__treatment__couple"
    )


def _who(closing: Closing) -> Actor:
    """Whoever applied it, at work through a task: named in the history, and not signed in."""
    return Actor(
        name=closing.applied_by,
        role=cast(ActorRole, closing.applied_by_role),
        route="task",
        user_id=closing.applied_by_user_id,
        clinic_id=closing.clinic_id,
    )
