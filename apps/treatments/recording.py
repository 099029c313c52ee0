"""How a record enters a treatment that is locked: added, checked, followed by the visits, settled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, Invalid, NotFound
from apps.couples.models import Couple
from apps.treatments.acts import LOSS, follow_records, ink_pencils, loss_is_new, stop_everything
from apps.treatments.gates import require_choice, require_may_decide, require_may_record, require_performable
from apps.treatments.gathered import Gathered
from apps.treatments.models import Flag, Record, Treatment
from apps.treatments.reconciling import settle
from apps.treatments.saying import corrections_for, new_row, standing, what_it_says
from protocols import Facts
from protocols.records import Correction, Decision, Fulfilled, Milestone
from protocols.records import Record as CoreRecord


def add(gathered: Gathered, said: CoreRecord, *, actor: Actor, at: datetime) -> Record:
    row = new_row(gathered.treatment, said, actor=actor, at=at)
    gathered.new_records.append(row)
    gathered.tell("record.added", row, on=row.on.isoformat() if row.on else None)
    return row


def finish(gathered: Gathered, before: Facts, *, actor: Actor, at: datetime) -> None:
    now = gathered.facts()
    gathered.plan(now)  # refuses what contradicts itself before anything is written
    if loss_is_new(before, now):
        stop_everything(gathered, actor=actor, at=at)
    follow_records(gathered, before, at=at)
    settle(gathered, actor=actor, at=at)


def decide_on(
    gathered: Gathered, flag: Flag, said: Decision | CoreRecord, *, actor: Actor, at: datetime
) -> Record:
    require_may_decide(actor, flag)
    if not isinstance(said, Decision):
        raise TypeError("a decision is read as one")
    require_choice(flag, said.choice)
    before, planned = gathered.facts(), gathered.plan()
    exact = said.model_copy(update={"flag": flag.key, "cause": tuple(flag.cause)})
    row = add(gathered, exact, actor=actor, at=at)
    ink_pencils(gathered, planned, flag.key, at=at)
    finish(gathered, before, actor=actor, at=at)
    return row


def correct_row(
    gathered: Gathered,
    record: Record,
    reason: str,
    replacement: Mapping[str, Any] | None,
    *,
    actor: Actor,
    at: datetime,
) -> Record:
    row = row_by_id(gathered, str(record.pk))
    if row.pk not in standing(gathered.records):
        raise Conflict(
            "This record is not in force any more.",
            code="not_in_force",
            field="of",
            remedy="Correct the correction that took its place.",
        )
    corrections = corrections_for(row, reason=reason, replacement=replacement, actor=actor, at=at)
    was, will_be = what_it_says(row), corrections[-1].replacement
    withdrawn, restored = _put_in_and_out(gathered, corrections, actor=actor, at=at)
    for said in (*withdrawn, *restored, *([will_be] if will_be else ())):
        _require_may_say(gathered, said, actor)
    gathered.plan(gathered.facts(*corrections))  # what cannot be true is said before what may not be done
    if isinstance(will_be, Fulfilled) and not _same_act(was, will_be):
        bare = [one.model_copy(update={"replacement": None}) for one in corrections]
        require_performable(gathered, will_be, *bare)
    for said in restored:
        if isinstance(said, Fulfilled) and not (isinstance(was, Fulfilled) and _same_act(was, said)):
            require_performable(gathered, said)
    before = gathered.facts()
    rows = [add(gathered, correction, actor=actor, at=at) for correction in corrections]
    finish(gathered, before, actor=actor, at=at)
    return rows[-1]


def _require_may_say(gathered: Gathered, said: CoreRecord, actor: Actor) -> None:
    require_may_record(actor, said)
    if isinstance(said, Decision):
        for flag in _flags_of(gathered, said.flag):
            require_may_decide(actor, flag)


def _put_in_and_out(
    gathered: Gathered, corrections: Sequence[Correction], *, actor: Actor, at: datetime
) -> tuple[list[CoreRecord], list[CoreRecord]]:
    """What the corrections take out of force, and what they bring back: to correct a correction revives
    what it had taken out, which needs the same rights and the same permission as saying it anew.
    """
    known = gathered.records
    rows = [new_row(gathered.treatment, one, actor=actor, at=at) for one in corrections]
    before, after = standing(known), standing([*known, *rows])

    def said_by(changed: set[UUID]) -> list[CoreRecord]:
        return [said for row in known if row.pk in changed and (said := what_it_says(row)) is not None]

    return said_by(before - after), said_by(after - before)


def _same_act(was: CoreRecord | None, will_be: Fulfilled) -> bool:
    if not isinstance(was, Fulfilled):
        return False
    return (was.step, was.occurrence) == (will_be.step, will_be.occurrence)


def _flags_of(gathered: Gathered, name: str) -> list[Flag]:
    return [flag for flag in gathered.flags.values() if name in (flag.key, flag.code)]


def flag_named(gathered: Gathered, name: str) -> Flag:
    """The one open flag of that key or code."""
    named = _flags_of(gathered, name)
    found = [flag for flag in named if flag.is_open]
    if len(found) == 1:
        return found[0]
    message = "Several open flags have this code." if found else "There is no such open flag."
    remedy = "Give the key of the flag." if found else "Look at the flags of the treatment."
    if named and not found:
        raise Conflict(message, code="flag_closed", field="flag", remedy=remedy)
    raise Invalid(message, code="no_flag", field="flag", remedy=remedy)


def row_by_id(gathered: Gathered, pk: str) -> Record:
    row = next((row for row in gathered.records if str(row.pk) == pk), None)
    if row is None:
        raise NotFound("There is no such record in this treatment.", field="of")
    return row


def is_loss(said: CoreRecord | None) -> bool:
    if isinstance(said, Correction):
        return is_loss(said.replacement)
    return isinstance(said, Milestone) and said.name == LOSS


def lock_couple(treatment: Treatment) -> None:
    """Before the treatment's own lock: two losses told at once wait for each other instead of blocking
    each other.
    """
    Couple.objects.select_for_update(no_key=True).get(pk=treatment.couple_id)
