"""From what changed to what is due: delivery rows derived from the present state of visits.

A change row only says where to look. What a person should hear follows from the visit as it stands now and
from what they were told before, so a change that is read twice, late or together with others leads to the
same rows.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from apps.clinic.models import Change
from apps.clinic.queries import read_changes
from apps.clinic.services import advance, lock_reader
from apps.couples.models import Couple, Person
from apps.reminders.chasing import decide_unbooked
from apps.reminders.clock import database_now
from apps.reminders.derived import SAID, SILENT, Outcome, apply, next_kind
from apps.reminders.messages import family_of
from apps.reminders.models import Delivery, DeliveryState, DerivationRetry
from apps.reminders.present import Visit, load_visits, may_write_to, quiet_reason
from apps.reminders.zones import follow_kept_times
from apps.treatments.loading import template_of
from apps.treatments.models import Treatment
from protocols.reminders import (
    CANCELLED,
    CONFIRMATION,
    DueMessage,
    messages_for_cancellation,
    messages_for_visit,
)

READER = "reminders"
RETRY_AFTER = timedelta(minutes=30)
_log = logging.getLogger(__name__)


def derive(*, at: datetime | None = None, limit: int = 500) -> int:
    """Deals with the next changes, in one transaction with the watermark; returns how many there were.

    A treatment that cannot be derived is set aside and tried again later; it holds up nobody else.
    """
    with transaction.atomic():
        lock_reader(reader=READER)
        changes = read_changes(READER, limit)
        moment = at or database_now()
        retries = DerivationRetry.objects.filter(next_try_at__lte=moment).values_list(
            "treatment_id", flat=True
        )
        touched = treatments_of_changes(changes) | set(retries[:limit])
        _derive_each(touched, moment)
        if changes:
            advance(reader=READER, change=changes[-1])
    return len(changes)


def treatments_of_changes(changes: Sequence[Change]) -> set[UUID]:
    """The treatments that the changes may concern: their own, and all of a couple's or a person's."""
    direct = {change.treatment_id for change in changes if change.treatment_id}
    couples = {change.couple_id for change in changes if change.couple_id and not change.treatment_id}
    persons = {change.subject_id for change in changes if change.subject_type == "person"}
    if couples or persons:
        theirs = Q(pk__in=couples) | Q(recipient__in=persons) | Q(partner__in=persons)
        found = Treatment.objects.filter(couple__in=Couple.objects.filter(theirs).values("pk"))
        direct |= set(found.values_list("pk", flat=True))
    return direct


def derive_treatments(treatment_ids: Collection[UUID], at: datetime) -> Outcome:
    """What the visits of these treatments ask for at the moment `at`, written. Idempotent."""
    follow_kept_times(treatment_ids)
    deliveries = Delivery.objects.filter(treatment__in=treatment_ids).order_by("created_at", "id")
    outcome = decide(load_visits(treatment_ids), deliveries, at)
    decide_unbooked(treatment_ids, at, outcome)
    apply(outcome)
    return outcome


def decide(visits: Iterable[Visit], deliveries: Iterable[Delivery], at: datetime) -> Outcome:
    """What these visits ask for, given everything that was ever due about them, oldest first. Writes nothing."""
    told: dict[UUID, dict[UUID, list[Delivery]]] = {}
    for row in deliveries:
        if row.appointment_id is None or row.starts_at is None:
            continue  # about no visit, or about one without a time: `chasing.py`
        told.setdefault(row.appointment_id, {}).setdefault(row.person_id, []).append(row)
    outcome = Outcome()
    for visit in visits:
        by_person = told.get(visit.id, {})
        for person_id in by_person.keys() | visit.coming.keys():
            _decide(visit, person_id, by_person.get(person_id, []), at, outcome)
    return outcome


def _derive_each(treatment_ids: Collection[UUID], at: datetime) -> None:
    try:
        with transaction.atomic():
            derive_treatments(treatment_ids, at)
            DerivationRetry.objects.filter(pk__in=treatment_ids).delete()
    except (OperationalError, InterfaceError):
        raise  # nobody's fault here: the next sweep reads the same changes again
    except Exception as fault:
        if len(treatment_ids) > 1:
            for treatment_id in treatment_ids:
                _derive_each([treatment_id], at)
            return
        _set_aside(next(iter(treatment_ids)), fault, at)


def _set_aside(treatment_id: UUID, fault: Exception, at: datetime) -> None:
    _log.error("messages of treatment %s cannot be derived: %s", treatment_id, type(fault).__name__)
    row, _ = DerivationRetry.objects.get_or_create(
        treatment_id=treatment_id, defaults={"next_try_at": at, "last_error": ""}
    )
    row.tries += 1
    row.next_try_at = at + RETRY_AFTER
    row.last_error = type(fault).__name__[:80]
    row.save()


def _decide(visit: Visit, person_id: UUID, rows: list[Delivery], at: datetime, outcome: Outcome) -> None:
    """One visit and one person: what is open and no longer true goes, what is missing comes."""
    keep: set[UUID] = set()
    person = visit.coming.get(person_id)
    reason = quiet_reason(visit)
    if visit.starts_at is not None and visit.in_force:
        reachable = person is not None and may_write_to(person.person)
        if visit.is_booked and not reason and reachable:
            keep = _ask_for(visit, person_id, rows, at, outcome)
    elif rows:
        keep = _tell_of_cancellation(visit, person_id, rows, at, outcome)
    outcome.withdrawn.extend(row.pk for row in rows if row.is_open and row.pk not in keep)


def _ask_for(
    visit: Visit, person_id: UUID, rows: list[Delivery], at: datetime, outcome: Outcome
) -> set[UUID]:
    """Confirmation and reminders of a visit that is booked. Returns the open rows that stay."""
    starts_at = visit.time
    mine = [row for row in rows if row.starts_at == starts_at]
    # Booked again: a cancellation that a silence swallowed has no say in the next one.
    outcome.superseded.extend(
        row.pk for row in mine if row.state == DeliveryState.WITHDRAWN and row.last_error == SILENT
    )
    if starts_at <= at:
        return {row.pk for row in mine}  # too late for anything: what is left expires by itself
    confirmations = [row for row in mine if family_of(row.kind) == CONFIRMATION]
    # Reminders are counted from the booking, so that a later look at it finds the same ones.
    booked_at = min((row.created_at for row in confirmations), default=at)
    template = template_of(visit.row.treatment.protocol_version)
    messages = messages_for_visit(
        template.reminders,
        starts=visit.wall(starts_at),
        booked=visit.wall(booked_at),
        attends=(visit.coming[person_id].role,),
        month_ends=template.month_ends,
    )
    kinds = {row.kind: row for row in mine}
    keep: set[UUID] = set()
    for message in messages:
        kind = message.kind
        if kind == CONFIRMATION:
            kind = _confirmation_kind(rows, confirmations, starts_at)
        stored = kinds.get(kind)
        if stored is None:
            due_at, not_after = _times(visit, visit.coming[person_id].person, message, at)
            if due_at < not_after and at < not_after:
                outcome.new.append(_delivery(visit, person_id, kind, due_at, not_after, at))
        elif stored.state == DeliveryState.WITHDRAWN and stored.not_after > at and stored.last_error != SAID:
            outcome.revived.append(stored.pk)
        else:
            keep.add(stored.pk)
    return keep


def _times(visit: Visit, person: Person, message: DueMessage, at: datetime) -> tuple[datetime, datetime]:
    """From when until when: a confirmation at once, a reminder at its hour where the person lives."""
    due_at = at if message.kind == CONFIRMATION else visit.moment_for(person, message.due)
    if message.not_after == visit.wall(visit.time):
        return due_at, visit.time
    return due_at, min(visit.time, visit.moment_for(person, message.not_after))


def _confirmation_kind(rows: list[Delivery], confirmations: list[Delivery], starts_at: datetime) -> str:
    """The confirmation that speaks of this time now: the last one, or the next number if the person was told
    something else after it (moved away and back, or cancelled and booked again)."""
    if not confirmations:
        return CONFIRMATION
    last = confirmations[-1]
    if last.may_have_arrived and known_time(rows) != starts_at:
        return next_kind(CONFIRMATION, [row.kind for row in confirmations])
    return last.kind


def _tell_of_cancellation(
    visit: Visit, person_id: UUID, rows: list[Delivery], at: datetime, outcome: Outcome
) -> set[UUID]:
    """The visit takes place at no time now. Whoever knows of one that lies ahead hears that it does not hold.

    Never for a loss and never into a silence: the row is then written as withdrawn, so that the end of the
    silence does not bring it out. Returns the open rows that stay.
    """
    open_rows = {row.pk for row in rows if row.is_open and family_of(row.kind) == CANCELLED}
    known = known_time(rows)
    if open_rows and quiet_reason(visit):
        outcome.silenced.extend(open_rows)
        return set()
    if known is None or open_rows:
        return open_rows
    until = visit.told_until if known == visit.starts_at else known
    if until <= at:
        return open_rows
    said = [row for row in rows if family_of(row.kind) == CANCELLED and row.starts_at == known]
    quiet = bool(quiet_reason(visit)) or visit.silenced_since_change
    if said and not said[-1].may_have_arrived:
        # Said before and not sent: withdrawn for a while, unless it was given up, too late, or silenced.
        last = said[-1]
        if last.state == DeliveryState.WITHDRAWN and last.last_error != SILENT:
            (outcome.silenced if quiet else outcome.revived).append(last.pk)
        return set()
    role = next((row.role for row in rows if row.starts_at == known), "")
    for message in messages_for_cancellation(
        starts=visit.wall(until), cancelled=visit.wall(at), told=(role,)
    ):
        kind = next_kind(message.kind, [row.kind for row in said])
        row = _delivery(visit, person_id, kind, at, until, at, starts_at=known)
        row.role = message.role
        if quiet:
            row.state, row.last_error = DeliveryState.WITHDRAWN, SILENT
        outcome.new.append(row)
    return set()


def known_time(rows: Iterable[Delivery]) -> datetime | None:
    """The time of the visit that the person was last told, as far as we can know; None after a
    cancellation."""
    told = [(row.told_at, row.created_at, row) for row in rows if row.told_at is not None]
    if not told:
        return None
    last = max(told, key=lambda one: one[:2])[2]
    return None if family_of(last.kind) == CANCELLED else last.starts_at


def _delivery(
    visit: Visit,
    person_id: UUID,
    kind: str,
    due_at: datetime,
    not_after: datetime,
    at: datetime,
    *,
    starts_at: datetime | None = None,
) -> Delivery:
    return Delivery(
        clinic_id=visit.row.clinic_id,
        person_id=person_id,
        role=visit.coming[person_id].role if person_id in visit.coming else "",
        treatment_id=visit.row.treatment_id,
        appointment_id=visit.id,
        kind=kind,
        starts_at=starts_at or visit.time,
        due_at=due_at,
        next_try_at=due_at,
        not_after=not_after,
        created_at=at,
    )
