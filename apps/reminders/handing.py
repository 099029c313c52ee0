"""What is given to people: a message that only a person tells, and one that could not be sent."""

from __future__ import annotations

from datetime import datetime

from apps.booking.calls.services import NOTE_LENGTH, ask_for_call
from apps.booking.models import CallWhy
from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.errors import Conflict
from apps.couples.models import Couple, RouteChannel
from apps.reminders.channels import Letter
from apps.reminders.chasing import why_stale
from apps.reminders.messages import family_of
from apps.reminders.models import Delivery, DeliveryState, Receipt
from apps.reminders.present import Visit, couples_of_person, load_visit, why_not_now
from apps.reminders.texts import ANSWERS, UNTIMED

_ACTOR = Actor.system("task")


def ask_staff_to_tell(row: Delivery, visit: Visit | None, letter: Letter, now: datetime) -> None:
    """The person wishes to be rung: a call with the text that would have been sent, due now."""
    _ask(row, visit, CallWhy.TELL, letter.body[:NOTE_LENGTH], now)


def hand_over(*, delivery: Delivery, actor: Actor, at: datetime) -> Delivery:
    """A printed card is in the hands of the person. Conflict for what is no card, and for one that is no longer true;
    harmless if repeated.
    """
    require_clinic(actor, delivery.clinic_id)
    require_role(actor, "nurse", "doctor", "manager")
    with acting(actor):
        row = Delivery.objects.select_for_update().get(pk=delivery.pk)
        if (row.state, row.channel) != (DeliveryState.HANDED, RouteChannel.CARD):
            raise Conflict(
                "This message is no card.", code="no_card", remedy="Look at the messages of the couple."
            )
        if not row.receipt:
            _require_still_true(row)
            row.receipt, row.receipt_at = Receipt.DELIVERED, at
            row.save(update_fields=["receipt", "receipt_at"])
            record_change(
                clinic_id=row.clinic_id,
                kind="message.handed",
                subject_type="delivery",
                subject_id=row.pk,
                actor=actor,
                at=at,
            )
    return row


def _require_still_true(row: Delivery) -> None:
    visit = load_visit(row.appointment_id) if row.appointment_id else None
    asked = visit if family_of(row.kind) in UNTIMED else None
    if why_not_now(row, visit) or (asked is not None and why_stale(row, asked)):
        raise Conflict(
            "What this card says is no longer so.",
            code="card_outdated",
            remedy="Tear it up, and look at the page of the couple.",
        )


def ask_staff_to_call(row: Delivery, now: datetime) -> None:
    """A message was given up: somebody rings in its place. Not for what the person waits for before a screen."""
    if row.kind in ANSWERS:
        return
    visit = load_visit(row.appointment_id) if row.appointment_id else None
    _ask(row, visit, CallWhy.MESSAGE_REFUSED, row.last_error, now)


def _ask(row: Delivery, visit: Visit | None, why: str, note: str, now: datetime) -> None:
    couple = visit.row.treatment.couple if visit is not None else _couple_of(row)
    if couple is None:
        return
    ask_for_call(
        couple=couple,
        why=why,
        due_at=now,
        appointment=visit.row if visit is not None else None,
        note=note,
        actor=_ACTOR,
        at=now,
    )


def _couple_of(row: Delivery) -> Couple | None:
    """The couple of a message about no visit: the person's latest."""
    if row.treatment is not None:
        return row.treatment.couple
    return couples_of_person(row.person).order_by("-enrolled_at").first()
