"""What becomes of one line under its lock: moved, skipped, undone or kept. One transaction, opened by the caller."""

from __future__ import annotations

from datetime import datetime

from apps.clinic.actors import Actor
from apps.treatments.gathered import Gathered
from apps.treatments.loading import template_of
from apps.treatments.models import LineState, ProtocolVersion, VersionMoveLine
from apps.treatments.move_previews import acts_of, compare_versions
from apps.treatments.reconciling import locked, settle
from protocols import PlanComparison


def step(line: VersionMoveLine, *, actor: Actor, at: datetime) -> str:
    """Does what the locked line waits for; returns `moved`, `skipped`, `undone` or `kept`."""
    gathered = locked(treatment_id=line.treatment_id, at=at)
    if line.state == LineState.UNDOING:
        if reason := refused_undo(gathered, line):
            _end(line, LineState.MOVED, reason, at)
            return "kept"
        back(gathered, line, actor=actor, at=at)
        return "undone"
    comparison = compare_versions(gathered, line.from_version, line.move.to_version)
    if reason := _refused_move(gathered, line, comparison):
        _end(line, LineState.SKIPPED, reason, at)
        return "skipped"
    _pin(gathered, line.move.to_version, line, actor=actor, at=at)
    # After it: rows of what was done before the new version ever asked for it begin as people's.
    line.told, line.acts_seen, line.moved_at = comparison.as_json(), acts_of(gathered), at
    _end(line, LineState.MOVED, "", at)
    return "moved"


def back(gathered: Gathered, line: VersionMoveLine, *, actor: Actor, at: datetime) -> None:
    """Pins the treatment to the version from which it came. The caller has asked `refused_undo`."""
    _pin(gathered, line.from_version, line, actor=actor, at=at)
    _end(line, LineState.UNDONE, "", at)


def refused_undo(gathered: Gathered, line: VersionMoveLine) -> str:
    """Why the move of this treatment cannot be undone any more; empty if it can."""
    if gathered.treatment.protocol_version_id != line.move.to_version_id:
        return "It moved on to another version since."
    if acts_of(gathered) != line.acts_seen:
        return "Something was recorded or booked on it since."
    return ""


def _refused_move(gathered: Gathered, line: VersionMoveLine, comparison: PlanComparison) -> str:
    treatment = gathered.treatment
    if treatment.is_closed:
        return "It was closed meanwhile."
    if treatment.protocol_version_id == line.move.to_version_id:
        return "It is on this version already."
    if treatment.protocol_version_id != line.from_version_id:
        return "It changed version meanwhile."
    if not comparison.can_move:
        return "Its records do not fit the version: " + " ".join(
            f"{fault.message.rstrip('.')}." for fault in comparison.faults
        )
    if comparison.verdict.value != line.verdict or comparison.fingerprint != line.seen:
        was, now = (word.replace("_", " ") for word in (line.verdict, comparison.verdict.value))
        return (
            f"It is not what was seen any more: {was} then, {now} now."
            if was != now
            else ("Other days would change now than were seen.")
        )
    return ""


def _pin(
    gathered: Gathered, version: ProtocolVersion, line: VersionMoveLine, *, actor: Actor, at: datetime
) -> None:
    """The treatment on that version, its rows by the plan of that version. People's columns are not written."""
    treatment = gathered.treatment
    was, treatment.protocol_version, treatment.changed_at = treatment.protocol_version_id, version, at
    treatment.save(update_fields=["protocol_version", "changed_at"])
    gathered.template = template_of(version)
    gathered.tell(
        "treatment.version_changed",
        treatment,
        from_version=str(was),
        to_version=str(version.pk),
        move=str(line.move_id),
    )
    settle(gathered, actor=actor, at=at)


def _end(line: VersionMoveLine, state: LineState, reason: str, at: datetime) -> None:
    line.state, line.reason, line.changed_at = state, reason, at
    line.save(update_fields=["state", "reason", "told", "acts_seen", "moved_at", "changed_at"])
