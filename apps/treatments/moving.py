"""Moving treatments to another protocol version: exactly what a doctor saw, one treatment a transaction.

    previews = preview_move(version=new, treatments=movable(new), at=at)                       # reads, writes nothing
    move = start_move(version=new, chosen=[Chosen(treatment, fingerprint, verdict), ...], actor=doctor, at=at)
    apply_lines(at=at)                                                                          # the worker's part
    undo_line(line=line, actor=doctor, at=at)                                                   # or undo_move(move=...)

A line waits until a worker takes it; killed anywhere, it still waits or is done. The lock order is line, then treatment.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import QuerySet

from apps.clinic.access import require_clinic, require_verified
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.errors import Conflict, Invalid, NotFound
from apps.treatments.models import LineState, ProtocolVersion, Treatment, VersionMove, VersionMoveLine
from apps.treatments.move_models import OPEN_LINES
from apps.treatments.move_steps import back, refused_undo, step
from apps.treatments.reconciling import locked
from protocols import MoveVerdict

MOST_AT_ONCE = 2000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A treatment that somebody chose, with the verdict and the fingerprint of the preview that they saw."""

    treatment_id: UUID
    verdict: MoveVerdict
    seen: str


@dataclass(slots=True)
class Applied:
    """What a run did with lines. `left` says that there may be more: call again."""

    moved: int = 0
    skipped: int = 0
    undone: int = 0
    kept: int = 0
    failed: int = 0
    left: bool = False


def start_move(
    *, version: ProtocolVersion, chosen: Sequence[Chosen], actor: Actor, at: datetime
) -> VersionMove:
    """Writes the move with a waiting line for each treatment; nothing has moved when it returns.

    Forbidden unless a doctor of the clinic signed in. NotFound for a treatment of another clinic, Invalid for none or more
    than 2000, Conflict (code `moving`) if one of them waits in another move.
    """
    require_clinic(actor, version.clinic_id)
    require_verified(actor, "doctor")
    wanted = {choice.treatment_id: choice for choice in chosen}
    if not 0 < len(wanted) <= MOST_AT_ONCE:
        raise Invalid(
            f"A move is of 1 to {MOST_AT_ONCE} treatments.",
            field="treatments",
            remedy="Choose treatments to move.",
        )
    with acting(actor):
        treatments = Treatment.objects.filter(clinic_id=version.clinic_id, pk__in=wanted).order_by("pk")
        pinned = dict(treatments.values_list("pk", "protocol_version_id"))
        if len(pinned) != len(wanted):
            raise NotFound("There is no such treatment.", field="treatments")
        assert actor.user_id is not None  # somebody who signed in has an account
        move = VersionMove.objects.create(
            clinic_id=version.clinic_id,
            to_version=version,
            started_at=at,
            started_by=actor.name[:150],
            started_by_user_id=actor.user_id,
        )
        _write_lines(move, wanted, pinned)
        _tell("protocol.move_started", move, actor=actor, at=at)
    return move


def undo_line(*, line: VersionMoveLine, actor: Actor, at: datetime) -> VersionMoveLine:
    """Takes one treatment back to the version from which it came, now.

    Forbidden unless a doctor of the clinic signed in. Conflict if it has not moved (code `not_moved`), or if anything was
    recorded or booked on it since, or it moved on (code `acted_since`).
    """
    require_clinic(actor, line.clinic_id)
    require_verified(actor, "doctor")
    with acting(actor):
        fresh = _lines().select_for_update(of=("self",), no_key=True).filter(pk=line.pk).first()
        if fresh is None:
            raise NotFound("There is no such treatment in this move.", field="line")
        if fresh.state != LineState.MOVED:
            raise Conflict(
                "This treatment has not moved.",
                code="not_moved",
                field="line",
                remedy="Look at the move as it is now.",
            )
        gathered = locked(treatment_id=fresh.treatment_id, at=at)
        if reason := refused_undo(gathered, fresh):
            raise Conflict(
                reason, code="acted_since", field="line", remedy="Move it back with a new preview instead."
            )
        back(gathered, fresh, actor=actor, at=at)
    return fresh


def undo_move(*, move: VersionMove, actor: Actor, at: datetime) -> VersionMove:
    """Asks for everything of the move to be taken back: what waits is skipped, what moved is undone by a worker.

    Lines on which something was said since stay moved, with the reason, and so do treatments that wait in a later move:
    that one is undone first. Forbidden unless a doctor of the clinic signed in;
    Conflict (code `nothing_to_undo`) if no line waits or has moved.
    """
    require_clinic(actor, move.clinic_id)
    require_verified(actor, "doctor")
    with acting(actor):
        fresh = VersionMove.objects.select_for_update(no_key=True).get(pk=move.pk)
        lines = VersionMoveLine.objects.filter(move=fresh)
        elsewhere = (
            VersionMoveLine.objects.filter(state__in=OPEN_LINES).exclude(move=fresh).values("treatment_id")
        )
        # In this order: a line that a worker moves while the first statement waits for it is met by the second.
        stopped = lines.filter(state=LineState.WAITING).update(
            state=LineState.SKIPPED, reason="The move was undone before its turn.", changed_at=at
        )
        moved = lines.filter(state=LineState.MOVED).exclude(treatment_id__in=elsewhere)
        with _one_open_move():
            asked = moved.update(state=LineState.UNDOING, reason="", changed_at=at)
        if not stopped + asked:
            raise Conflict(
                "Nothing of this move can be undone.",
                code="nothing_to_undo",
                field="move",
                remedy="Look at the move as it is now.",
            )
        fresh.undo_asked_at, fresh.undo_asked_by = at, actor.name[:150]
        fresh.undo_asked_by_user_id = actor.user_id
        fresh.save()
        _tell("protocol.move_undo_asked", fresh, actor=actor, at=at)
    return fresh


def apply_lines(*, at: datetime, move_id: UUID | None = None, limit: int = 100) -> Applied:
    """Takes up at most `limit` open lines, oldest move first, of one move or of all. Each in a transaction of its own."""
    open_lines = VersionMoveLine.objects.filter(state__in=OPEN_LINES)
    if move_id is not None:
        open_lines = open_lines.filter(move_id=move_id)
    ids = list(open_lines.order_by("move__started_at", "move_id", "id").values_list("pk", flat=True)[:limit])
    applied = Applied()
    taken = [_apply(pk, at, applied) for pk in ids]
    applied.left = len(ids) == limit and any(taken)
    return applied


def _apply(line_id: UUID, at: datetime, applied: Applied) -> bool:
    """One line; whether there was anything to do. Counts what came of it and never raises for the line's own sake."""
    line = _lines().filter(pk=line_id).first()
    if line is None:
        return False
    try:
        actor = _who(line)
        with acting(actor):
            claimed = _lines().select_for_update(of=("self",), no_key=True, skip_locked=True)
            fresh = claimed.filter(pk=line_id, state__in=OPEN_LINES).first()
            if fresh is None:
                return False  # another worker is at it, or was
            outcome = step(fresh, actor=actor, at=at)
    except OperationalError:
        raise  # the database itself: nothing is known against this line
    except Exception as error:
        outcome = _fail(line, error, at)
    setattr(applied, outcome, getattr(applied, outcome) + 1)
    return True


def _fail(line: VersionMoveLine, error: Exception, at: datetime) -> str:
    # The class alone: an error's text may quote what people wrote.
    _log.error("line %s of a move was not applied: %s", line.pk, type(error).__name__)
    ends = {LineState.WAITING: LineState.FAILED, LineState.UNDOING: LineState.MOVED}
    with acting(Actor.system("task")):
        VersionMoveLine.objects.filter(pk=line.pk, state=line.state).update(
            state=ends[LineState(line.state)],
            reason="Something unexpected happened; the treatment stayed as it was.",
            changed_at=at,
        )
    return "failed"


def _lines() -> QuerySet[VersionMoveLine]:
    return VersionMoveLine.objects.select_related("move__to_version", "from_version")


def _who(line: VersionMoveLine) -> Actor:
    """The doctor who asked, at work through a task: named in the history, and not signed in."""
    move = line.move
    undoing = line.state == LineState.UNDOING
    return Actor(
        name=move.undo_asked_by if undoing else move.started_by,
        role="doctor",
        route="task",
        user_id=move.undo_asked_by_user_id if undoing else move.started_by_user_id,
        clinic_id=move.clinic_id,
    )


def _write_lines(move: VersionMove, wanted: Mapping[UUID, Chosen], pinned: Mapping[UUID, UUID]) -> None:
    lines = [
        VersionMoveLine(
            clinic_id=move.clinic_id,
            move=move,
            treatment_id=pk,
            from_version_id=from_version,
            verdict=wanted[pk].verdict.value,
            seen=wanted[pk].seen[:32],
            changed_at=move.started_at,
        )
        for pk, from_version in pinned.items()
    ]
    with _one_open_move():
        VersionMoveLine.objects.bulk_create(lines, batch_size=500)


@contextmanager
def _one_open_move() -> Iterator[None]:
    """The database holds that a treatment waits in one move at a time; Conflict (code `moving`) where it would not."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise Conflict(
            "A treatment among these waits in another move.",
            code="moving",
            field="treatments",
            remedy="Wait until that move is done, or undo it.",
        ) from error


def _tell(kind: str, move: VersionMove, *, actor: Actor, at: datetime) -> None:
    record_change(
        clinic_id=move.clinic_id,
        kind=kind,
        subject_type="versionmove",
        subject_id=move.pk,
        actor=actor,
        at=at,
        detail={"to_version": str(move.to_version_id)},
    )
