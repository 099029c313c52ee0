"""A record that was made in the wrong couple: taken out there and said in the right one, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.errors import Invalid
from apps.couples.models import Couple
from apps.treatments.files import attach_file, files_of, withdraw_file
from apps.treatments.gates import require_may_record, require_performable, require_skippable
from apps.treatments.gathered import Gathered
from apps.treatments.models import Attachment, Record, Treatment
from apps.treatments.reconciling import load, locked
from apps.treatments.recording import add, correct_row, finish, is_loss
from apps.treatments.saying import corrections_for, read, what_it_says
from protocols import Plan
from protocols.records import Correction, Decision, Fulfilled, Skipped
from protocols.records import Record as CoreRecord

# A decision answers a flag of its own treatment, and says nothing anywhere else.
_STAY = (Decision, Correction)


@dataclass(frozen=True, slots=True)
class Transfer:
    """What a move would do to both plans. Nothing has been written."""

    said: CoreRecord
    here_before: Plan
    here_after: Plan
    there_before: Plan
    there_after: Plan


def preview_transfer(
    *,
    record: Record,
    to: Treatment,
    actor: Actor,
    at: datetime,
    occurrence: int | None = None,
) -> Transfer:
    """Both plans before and after. Raises what `move_record` would raise, and writes nothing."""
    _require_may_move(record, to, actor)
    here, there = load(record.treatment, at=at), load(to, at=at)
    data = _body(record, occurrence)
    said = read(data, actor=actor, at=at)
    corrections = corrections_for(
        record, reason=_("In the wrong couple"), replacement=None, actor=actor, at=at
    )
    _require_may_take(there, said, actor)
    return Transfer(
        said=said,
        here_before=here.plan(),
        here_after=here.plan(here.facts(*corrections)),
        there_before=there.plan(),
        there_after=there.plan(there.facts(said)),
    )


def move_record(
    *,
    record: Record,
    to: Treatment,
    reason: str,
    actor: Actor,
    at: datetime,
    occurrence: int | None = None,
) -> Record:
    """Takes the record out of force where it stands and says the same in the treatment `to`; returns the new record.

    `occurrence` names which of the step's visits it is there, where that differs. Its files go with it. All of it
    happens, or none: whatever the other plan refuses (a test that it does not have, a held or expired visit, a missing
    consent) is raised as it would be if the record were made there, and both stay as they were. What was sent because
    of the wrong record stays sent.
    """
    _require_may_move(record, to, actor)
    if not reason.strip():
        raise Invalid(_("The reason is empty."), field="reason", remedy=_("Say how it came to be there."))
    data = _body(record, occurrence)
    said = read(data, actor=actor, at=at)
    with acting(actor):
        if is_loss(said):
            # Before the treatments, as every loss does; in one order, so that two moves never wait in a circle.
            couples = {record.treatment.couple_id, to.couple_id}
            list(Couple.objects.select_for_update(no_key=True).filter(pk__in=couples).order_by("pk"))
        held = {pk: locked(treatment_id=pk, at=at) for pk in sorted((record.treatment_id, to.pk))}
        here, there = held[record.treatment_id], held[to.pk]
        correct_row(here, record, reason, None, actor=actor, at=at)
        _require_may_take(there, said, actor)
        before = there.facts()
        row = add(there, said, actor=actor, at=at)
        finish(there, before, actor=actor, at=at)
        _move_files(record, row, reason, actor=actor, at=at)
    return row


def _require_may_move(record: Record, to: Treatment, actor: Actor) -> None:
    require_clinic(actor, record.clinic_id)
    require_clinic(actor, to.clinic_id)
    require_role(actor, "nurse", "doctor")
    if record.treatment_id == to.pk:
        raise Invalid(
            _("It stands in this treatment already."), field="to", remedy=_("Choose the other couple.")
        )
    said = what_it_says(record)
    if said is None or isinstance(said, _STAY) or record.kind in ("decision", "correction"):
        raise Invalid(
            _("A decision or a correction is not moved: it speaks of its own treatment."),
            code="not_moved",
            field="record",
            remedy=_("Correct it here, and decide in the other treatment."),
        )


def _body(record: Record, occurrence: int | None) -> Mapping[str, Any]:
    """What the record says, as a body for the other treatment."""
    if occurrence is None or "occurrence" not in record.data:
        return dict(record.data)
    return {**record.data, "occurrence": occurrence}


def _require_may_take(there: Gathered, said: CoreRecord, actor: Actor) -> None:
    """What recording it there would ask, in the same order: what cannot be true before what may not be done."""
    require_may_record(actor, said)
    there.plan(there.facts(said))
    if isinstance(said, Fulfilled):
        require_performable(there, said)
    if isinstance(said, Skipped):
        require_skippable(there, said)


def _move_files(wrong: Record, right: Record, reason: str, *, actor: Actor, at: datetime) -> None:
    right.refresh_from_db()
    for row in files_of(wrong.treatment).filter(record=wrong).select_related("record__treatment"):
        content = bytes(Attachment.objects.values_list("content", flat=True).get(pk=row.pk))
        attach_file(record=right, name=row.name, content=content, actor=actor, at=at)
        withdraw_file(attachment=row, reason=reason, actor=actor, at=at)
