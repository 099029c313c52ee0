"""Apply: from a plan and its difference to rows. A fixed number of statements, however many visits change.

Two lists of columns keep the owners apart: the planner's part of a visit is written by `PLANNER_COLUMNS`
alone, people's part by `PEOPLE_COLUMNS` and only for the rows that the verb changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from apps.clinic.actors import Actor
from apps.clinic.changes import record_changes
from apps.treatments.gathered import Gathered
from apps.treatments.loading import appointment_id, flag_id
from apps.treatments.models import Appointment, CalendarEntry, Flag, FlagState, Record
from apps.treatments.occupying import write_firm, write_freed
from apps.treatments.storing import store
from protocols.diff import Changes
from protocols.plan import Flag as PlannedFlag
from protocols.plan import Plan, PlannedVisit, State
from protocols.status import Status

PLANNER_COLUMNS = (
    "plan", "state", "title", "proposed_on", "earliest_on", "latest_on", "bookable_from", "bookable_to", "held",
    "attends", "changed_at",
)  # fmt: skip
PEOPLE_COLUMNS = (
    "status", "starts_at", "ends_at", "local_start", "zone", "recipient", "partner", "pencilled",
    "deviation_reason", "cancel_reason", "touched", "changed_at",
)  # fmt: skip
_FLAG_COLUMNS = (
    "text", "severity", "owner", "cause", "cause_on", "due_on", "holds", "decisions", "step", "occurrence",
    "proposed_on", "previous_decision",
)  # fmt: skip


def apply(
    gathered: Gathered,
    planned: Plan,
    changes: Changes,
    decided: Mapping[str, UUID],
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """Writes records, people's columns, the planner's columns, flags, calendar entries and change rows,
    in that order.
    """
    Record.objects.bulk_create(gathered.new_records)
    gathered.records.extend(gathered.new_records)
    gathered.new_records = []
    _write_visits(gathered, planned, changes, at)
    write_freed(gathered, at)
    write_firm(gathered)
    _write_flags(gathered, changes, decided, at)
    _write_treatment(gathered, planned, at)
    if gathered.drafts:
        record_changes(drafts=gathered.drafts, actor=actor, at=at)
        gathered.drafts = []


def set_plan(row: Appointment, visit: PlannedVisit) -> None:
    """The planner's columns of a row, from the plan."""
    window = visit.window
    row.plan = visit.as_json()
    row.state = visit.state.value
    row.title = visit.title
    row.proposed_on = visit.proposed_on
    row.earliest_on = window.earliest if window else None
    row.latest_on = window.latest if window else None
    row.bookable_from = visit.bookable.from_on if visit.bookable else None
    row.bookable_to = visit.bookable.to_on if visit.bookable else None
    row.held = bool(visit.held_by)
    row.attends = list(visit.attends)


def _write_visits(gathered: Gathered, planned: Plan, changes: Changes, at: datetime) -> None:
    created = [_new_visit(gathered, visit, at) for visit in changes.create]
    moved = [_moved(gathered, visit, at) for visit in changes.move] + _no_longer_planned(
        gathered, planned, at
    )
    touched = [gathered.visits[key] for key in sorted(gathered.touched)]
    withdrawn = [gathered.visits.pop(key) for key in changes.withdraw]
    gathered.visits.update({(row.step, row.occurrence): row for row in created})
    gathered.touched = set()
    if withdrawn:
        Appointment.objects.filter(pk__in=[row.pk for row in withdrawn]).delete()
    store(touched, PEOPLE_COLUMNS)
    store(moved, PLANNER_COLUMNS)
    Appointment.objects.bulk_create(created)
    _write_calendar(gathered, [*created, *moved, *touched], withdrawn, at)
    if created or moved or withdrawn:
        gathered.tell(
            "plan.changed",
            gathered.treatment,
            created=[str(row.pk) for row in created],
            moved=[str(row.pk) for row in moved],
            withdrawn=[str(row.pk) for row in withdrawn],
        )


def _new_visit(gathered: Gathered, visit: PlannedVisit, at: datetime) -> Appointment:
    treatment = gathered.treatment
    # What was done before the visit was ever planned is done from its first row on.
    done = visit.state is State.FULFILLED
    row = Appointment(
        id=appointment_id(treatment.pk, visit.step, visit.occurrence),
        clinic_id=treatment.clinic_id,
        treatment=treatment,
        step=visit.step,
        occurrence=visit.occurrence,
        status=(Status.FULFILLED if done else Status.PROPOSED).value,
        touched=done,
        changed_at=at,
    )
    set_plan(row, visit)
    return row


def _moved(gathered: Gathered, visit: PlannedVisit, at: datetime) -> Appointment:
    row = gathered.visits[visit.key]
    was_held = row.held
    set_plan(row, visit)
    row.changed_at = at
    if row.in_force and row.held != was_held:
        gathered.tell("appointment.held" if row.held else "appointment.released", row)
    return row


def _no_longer_planned(gathered: Gathered, planned: Plan, at: datetime) -> list[Appointment]:
    """Rows that people touched and the plan no longer knows: they stay, and say that they are not needed."""
    known = {visit.key for visit in planned.visits}
    gone = [
        row for key, row in gathered.visits.items()
        if key not in known and row.touched and row.state != State.NOT_APPLICABLE
    ]  # fmt: skip
    for row in gone:
        row.state = State.NOT_APPLICABLE.value
        row.plan = {**row.plan, "state": row.state, "proposed_on": None, "bookable": None, "held_by": []}
        row.proposed_on, row.held, row.changed_at = None, False, at
        row.bookable_from = row.bookable_to = None
    return gone


def _write_calendar(
    gathered: Gathered, rows: Iterable[Appointment], withdrawn: Iterable[Appointment], at: datetime
) -> None:
    """Raises SEQUENCE where a calendar would show something else than before. Entries are never deleted."""
    wanted: dict[UUID, dict[str, Any]] = {row.pk: shown_of(row) for row in rows}
    wanted |= {row.pk: {} for row in withdrawn}
    if not wanted:
        return
    known: dict[UUID, CalendarEntry] = {}
    if not gathered.is_new:
        known = {entry.pk: entry for entry in CalendarEntry.objects.filter(pk__in=list(wanted))}
    treatment = gathered.treatment
    entries = [
        CalendarEntry(
            appointment_id=pk,
            clinic_id=treatment.clinic_id,
            treatment=treatment,
            sequence=known[pk].sequence + 1 if pk in known else 0,
            shown=shown,
            changed_at=at,
        )
        for pk, shown in wanted.items()
        if pk not in known or known[pk].shown != shown
    ]
    if entries:
        CalendarEntry.objects.bulk_create(
            entries,
            update_conflicts=True,
            unique_fields=["appointment_id"],
            update_fields=["sequence", "shown", "changed_at"],
        )


def shown_of(row: Appointment) -> dict[str, Any]:
    """What a calendar can see of a visit; equal values need no new SEQUENCE."""
    return {
        "state": row.state,
        "status": row.status,
        "starts_at": row.starts_at.astimezone(UTC).isoformat() if row.starts_at else None,
        "ends_at": row.ends_at.astimezone(UTC).isoformat() if row.ends_at else None,
        "proposed_on": row.proposed_on.isoformat() if row.proposed_on else None,
        "earliest_on": row.earliest_on.isoformat() if row.earliest_on else None,
        "latest_on": row.latest_on.isoformat() if row.latest_on else None,
        "bookable_from": row.bookable_from.isoformat() if row.bookable_from else None,
        "bookable_to": row.bookable_to.isoformat() if row.bookable_to else None,
        "held": row.held,
        "pencilled": row.pencilled,
        "attends": sorted(row.attends),
    }


def _write_flags(gathered: Gathered, changes: Changes, decided: Mapping[str, UUID], at: datetime) -> None:
    created: list[Flag] = []
    updated: list[Flag] = []
    for flag in changes.raised:
        row = gathered.flags.get(flag.key)
        if row is None:
            row = _new_flag(gathered, flag)
            created.append(row)
        else:
            updated.append(row)
        _set_flag(row, flag)
        row.state, row.raised_at, row.closed_at, row.decision_id = FlagState.OPEN, at, None, None
        gathered.tell("flag.raised", row, due_on=row.due_on.isoformat())
    for flag in changes.refresh:
        row = gathered.flags[flag.key]
        _set_flag(row, flag)
        updated.append(row)
    for key in changes.clear:
        row = gathered.flags[key]
        row.decision_id = decided.get(key)
        row.state = FlagState.DECIDED if key in decided else FlagState.CLEARED
        row.closed_at = at
        updated.append(row)
        gathered.tell(f"flag.{row.state}", row)
    Flag.objects.bulk_create(created)
    gathered.flags.update({row.key: row for row in created})
    store(updated, (*_FLAG_COLUMNS, "state", "raised_at", "closed_at", "decision"))


def _new_flag(gathered: Gathered, flag: PlannedFlag) -> Flag:
    treatment = gathered.treatment
    return Flag(
        id=flag_id(treatment.pk, flag.key),
        clinic_id=treatment.clinic_id,
        treatment=treatment,
        key=flag.key,
        code=flag.code,
    )


def _set_flag(row: Flag, flag: PlannedFlag) -> None:
    values = flag.as_json()
    row.text, row.severity, row.owner = flag.text, flag.severity, flag.owner
    row.cause_on, row.due_on, row.proposed_on = flag.cause_on, flag.due_on, flag.proposed_on
    row.cause, row.holds, row.decisions = values["cause"], values["holds"], values["decisions"]
    row.step, row.occurrence = flag.step or "", flag.occurrence
    row.previous_decision = values["previous_decision"]


def _write_treatment(gathered: Gathered, planned: Plan, at: datetime) -> None:
    treatment = gathered.treatment
    wanted = {"replan_on": planned.replan_on, "closed_reason": planned.closed or "", "retry_at": None}
    changed = [name for name, value in wanted.items() if getattr(treatment, name) != value]
    if changed:
        for name in changed:
            setattr(treatment, name, wanted[name])
        treatment.changed_at = at
        treatment.save(update_fields=[*changed, "changed_at"])
