"""Closing a day, some hours or a resource: drafted with proposed slots, decided by somebody, applied by a worker.

    closing = draft_closing(clinic=clinic, resource=None, starts_at=..., ends_at=..., reason="Flood", actor=nurse, at=at)
    apply_closing(closing=closing, decided={line.pk: Decided("move", line.proposed_at), ...}, actor=nurse, at=at)
    apply_closing_lines(at=at)                                                                    # the worker's part

Nothing is closed and nothing moves while it is drafted. A line waits until a worker takes it; killed anywhere, it still
waits or is done. The lock order is line, then treatment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from apps.booking.closing.proposals import Proposals, propose
from apps.booking.closing.searching import Closed, Found, Hit, find, hit_by
from apps.booking.closing.stages import call_order, needs_disposal, stages_of
from apps.booking.closing_models import (
    Closing,
    ClosingLine,
    ClosingLineState,
    ClosingState,
    LineDecision,
    Stage,
)
from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.clock import day_bounds, local_date
from apps.clinic.errors import Conflict, Invalid, NotFound
from apps.clinic.models import Clinic, Resource
from apps.clinic.resources import close_resource
from apps.clinic.services import close_days

__all__ = ["Decided", "apply_closing", "discard_closing", "draft_closing"]

_LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Decided:
    """What somebody decided of one session: `move` to `at`, `cancel` or `stay`. `disposed`: why its unit is thrown away."""

    decision: str
    at: datetime | None = None
    disposed: str = ""


def draft_closing(
    *,
    clinic: Clinic,
    resource: Resource | None,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    actor: Actor,
    at: datetime,
    from_now: bool = False,
) -> Closing:
    """Lists what closing the clinic, or one resource, between two moments (aware) would hit, with a slot for each session.

    Whole days of the whole clinic close its calendar, any other span closes hours. With `from_now` it begins at `at` and
    the lines stand in the order in which to call. Invalid without a reason, or for a span that is over, backwards or
    longer than a year. Nothing is closed and nothing has moved when it returns.
    """
    require_clinic(actor, clinic.pk)
    require_role(actor, "nurse", "doctor", "manager")
    starts_at = at if from_now else starts_at
    _refuse_span(clinic, resource, starts_at, ends_at, reason, at)
    closed = Closed(clinic, resource, starts_at, ends_at)
    with acting(actor):
        rows = list(hit_by(closed, at=at))
        found = find(closed, rows, at=at)
        proposals = propose(found)
        closing = Closing.objects.create(
            clinic=clinic,
            resource=resource,
            starts_at=starts_at,
            ends_at=ends_at,
            whole_days=resource is None and not from_now and _is_whole_days(clinic, starts_at, ends_at),
            from_now=from_now,
            reason=reason.strip()[:200],
            solved_in_ms=int(proposals.seconds * 1000),
            drafted_at=at,
            drafted_by=actor.name[:150],
            changed_at=at,
        )
        _write_lines(closing, found, proposals, at)
        _tell("closing.drafted", closing, actor=actor, at=at)
    return closing


def apply_closing(
    *, closing: Closing, decided: Mapping[UUID, Decided], actor: Actor, at: datetime
) -> Closing:
    """Closes what was drafted, now, and hands its lines to a worker; a session that is not in `decided` stays booked.

    `decided` is by the ids of lines. Conflict (code `not_drafted`) if somebody applied or discarded it meanwhile; NotFound
    for a line of another closing; Invalid for a move to no time or to one that is closed with it.
    """
    require_clinic(actor, closing.clinic_id)
    require_role(actor, "nurse", "doctor", "manager")
    with acting(actor):
        fresh = _drafted(closing)
        lines = {line.pk: line for line in ClosingLine.objects.filter(closing=fresh).select_for_update()}
        if unknown := decided.keys() - lines.keys():
            raise NotFound(
                "There is no such session in this closing.", field=f"lines.{sorted(map(str, unknown))[0]}"
            )
        for pk, line in lines.items():
            _decide(fresh, line, decided.get(pk, Decided(LineDecision.STAY)), at)
        ClosingLine.objects.bulk_update(
            lines.values(), ["decision", "chosen_at", "unit_note", "state", "changed_at"]
        )
        _close(fresh, actor=actor, at=at)
        fresh.state = ClosingState.APPLYING if lines else ClosingState.APPLIED
        fresh.applied_at, fresh.applied_by, fresh.applied_by_role = at, actor.name[:150], actor.role
        fresh.applied_by_user_id, fresh.changed_at = actor.user_id, at
        fresh.save()
        _tell("closing.applied", fresh, actor=actor, at=at)
    return fresh


def discard_closing(*, closing: Closing, actor: Actor, at: datetime) -> Closing:
    """Throws a draft away. Conflict if it was applied or discarded meanwhile."""
    require_clinic(actor, closing.clinic_id)
    require_role(actor, "nurse", "doctor", "manager")
    with acting(actor):
        fresh = _drafted(closing)
        fresh.state, fresh.changed_at = ClosingState.DISCARDED, at
        fresh.save(update_fields=["state", "changed_at"])
        _tell("closing.discarded", fresh, actor=actor, at=at)
    return fresh


def _refuse_span(
    clinic: Clinic,
    resource: Resource | None,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    at: datetime,
) -> None:
    if resource is not None and resource.clinic_id != clinic.pk:
        raise NotFound("There is no such resource.", field="resource")
    if ends_at <= starts_at:
        raise Invalid("The closure ends before it begins.", field="ends_at", remedy="Give a later end.")
    if ends_at <= at:
        raise Invalid("This time is over.", field="ends_at", remedy="Give an end that is still ahead.")
    if ends_at - starts_at > _LONGEST:
        raise Invalid(
            "A closure lasts a year at most.", field="ends_at", remedy="Look at the year once more."
        )
    if not reason.strip():
        raise Invalid("A closure needs a reason.", code="needs_reason", field="reason", remedy="Say why.")


def _is_whole_days(clinic: Clinic, starts_at: datetime, ends_at: datetime) -> bool:
    return day_bounds(clinic.zone, _first_day(clinic, starts_at))[0] == starts_at and (
        day_bounds(clinic.zone, _last_day(clinic, ends_at))[1] == ends_at
    )


def _first_day(clinic: Clinic, starts_at: datetime) -> date:
    return local_date(clinic.zone, starts_at)


def _last_day(clinic: Clinic, ends_at: datetime) -> date:
    return local_date(clinic.zone, ends_at - timedelta(microseconds=1))


def _next_draw(hit: Hit, proposals: Proposals) -> date | None:
    """The first good day with a place on which the donor can be drawn; without one, from when on; None without a draw."""
    if "donor" not in hit.row.attends:
        return None
    good = (way.day.on for way in proposals.all_ways[hit.row.pk] if not way.needs_reason)
    return min(good, default=hit.draw_from)


def _write_lines(closing: Closing, found: Found, proposals: Proposals, at: datetime) -> None:
    draws = {hit.row.pk: _next_draw(hit, proposals) for hit in found.hits}
    rows = [hit.row for hit in found.hits]
    stages = stages_of(rows, at=at)
    lines = []
    for rank, row in enumerate(call_order(rows, stages, closing), start=1):
        assert row.starts_at is not None
        assert row.ends_at is not None
        way = proposals.chosen.get(row.pk)
        stage = stages[row.pk]
        move = way is not None and not closing.from_now
        lines.append(
            ClosingLine(
                clinic_id=closing.clinic_id,
                closing=closing,
                appointment=row,
                was_at=row.starts_at,
                was_until=row.ends_at,
                proposed_at=way.starts_at if way else None,
                needs_reason=bool(way and way.needs_reason),
                decision=_usual(closing, move=move),
                chosen_at=way.starts_at if way and move else None,
                message=proposals.why.get(row.pk, ""),
                stage=stage,
                rank=rank,
                unit_note=closing.reason if closing.from_now and needs_disposal(stage) else "",
                next_draw_on=draws[row.pk],
                changed_at=at,
            )
        )
    ClosingLine.objects.bulk_create(lines)


def _usual(closing: Closing, *, move: bool) -> str:
    """What is decided unless somebody decides otherwise."""
    if closing.from_now:
        return LineDecision.CANCEL
    return LineDecision.MOVE if move else LineDecision.STAY


def _decide(closing: Closing, line: ClosingLine, said: Decided, at: datetime) -> None:
    if said.decision not in LineDecision.values:
        raise Invalid("This is no decision.", field=f"lines.{line.pk}", remedy="Move, cancel or leave it.")
    if said.decision == LineDecision.MOVE:
        if said.at is None or said.at < at:
            raise Invalid(
                "A session moves to a time that lies ahead.",
                code="no_time",
                field=f"lines.{line.pk}",
                remedy="Pick a day and a time, or leave the session as it is.",
            )
        if line.stage not in (Stage.AHEAD, Stage.ON_THE_WAY):
            raise Invalid(
                "Who has arrived cannot be moved.",
                code="arrived",
                field=f"lines.{line.pk}",
                remedy="Cancel this session, then book the next one.",
            )
    line.decision, line.state, line.changed_at = said.decision, ClosingLineState.WAITING, at
    line.chosen_at = said.at if said.decision == LineDecision.MOVE else None
    line.unit_note = said.disposed.strip()[:300] if said.decision == LineDecision.CANCEL else ""


def _close(closing: Closing, *, actor: Actor, at: datetime) -> None:
    clinic = closing.clinic
    if closing.whole_days:
        first, last = _first_day(clinic, closing.starts_at), _last_day(clinic, closing.ends_at)
        close_days(clinic=clinic, from_on=first, to_on=last, reason=closing.reason, actor=actor, at=at)
    else:
        close_resource(
            clinic=clinic,
            resource=closing.resource,
            starts_at=closing.starts_at,
            ends_at=closing.ends_at,
            reason=closing.reason,
            actor=actor,
            at=at,
        )


def _drafted(closing: Closing) -> Closing:
    locked = Closing.objects.select_for_update(of=("self",), no_key=True)
    fresh = locked.select_related("clinic", "resource").filter(pk=closing.pk).first()
    if fresh is None:
        raise NotFound("There is no such closing.", field="closing")
    if fresh.state != ClosingState.DRAFTED:
        raise Conflict(
            "This closing was applied or discarded meanwhile.",
            code="not_drafted",
            field="closing",
            remedy="Look at it as it is now.",
        )
    return fresh


def _tell(kind: str, closing: Closing, *, actor: Actor, at: datetime) -> None:
    record_change(
        clinic_id=closing.clinic_id,
        kind=kind,
        subject_type="closing",
        subject_id=closing.pk,
        actor=actor,
        at=at,
        detail={"from": closing.starts_at.isoformat(), "to": closing.ends_at.isoformat()},
    )
