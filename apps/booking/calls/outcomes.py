"""What came of a call: said once, kept for ever, and taken back where it was a slip. Part of booking's write path."""

from __future__ import annotations

from datetime import date, datetime

from apps.booking.call_models import (
    OF_A_TIME,
    OF_THE_DONOR,
    READ_OFF_THE_VISIT,
    CallOutcome,
    CallState,
    CallTask,
    Outcome,
)
from apps.booking.calls.donors import word_for_donor
from apps.booking.calls.services import (
    NOTE_LENGTH,
    ask_for_call,
    call_about,
    call_after_silence,
    locked_call,
    store_call,
)
from apps.clinic.access import require_clinic, require_role, require_verified
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.clock import day_bounds, local_date
from apps.clinic.errors import Conflict, Invalid
from apps.couples.care import mark_phone
from apps.couples.models import Couple, Person
from apps.treatments.models import Appointment
from apps.treatments.overlap import STATUSES_IN_FORCE

# What somebody says of a call that they made.
SAYABLE = (
    Outcome.BOOKED,
    Outcome.CALL_AGAIN,
    Outcome.DECLINED,
    Outcome.WRONG_NUMBER,
    Outcome.REACHED,
)

FOR_A_DONOR = (Outcome.REACHED, Outcome.CALL_AGAIN, Outcome.DECLINED)


def record_call(
    *,
    task: CallTask,
    outcome: str,
    actor: Actor,
    at: datetime,
    again_on: date | None = None,
    person: Person | None = None,
    note: str = "",
) -> CallOutcome:
    """What came of a call. Invalid for an outcome that people do not say; Conflict if the call is done.

    `booked`: only once the visit has a booking. `call_again`: due again on `again_on`, today or later, as the clinic
    opens. `declined`: stays on the list until a doctor takes note. `wrong_number`: of `person`, one of the couple; their
    number is marked for everybody and the call stays. `reached`: done, which a missing booking never is.
    """
    require_clinic(actor, task.clinic_id)
    require_role(actor, "nurse", "doctor", "manager")
    with acting(actor):
        fresh = locked_call(task)
        _require_sayable(fresh, outcome, again_on, person, local_date(fresh.clinic.zone, at))
        if fresh.why in OF_THE_DONOR:
            _require_due(fresh, outcome, at)
        row = _said(fresh, outcome, actor=actor, at=at, again_on=again_on, person=person, note=note)
        if outcome == Outcome.CALL_AGAIN and again_on is not None:
            fresh.due_at = day_bounds(fresh.clinic.zone, again_on)[0]
        elif outcome == Outcome.DECLINED:
            fresh.state = CallState.DECLINED
        elif outcome == Outcome.WRONG_NUMBER and person is not None:
            mark_phone(person=person, wrong=True, actor=actor, at=at)
        elif outcome in (Outcome.BOOKED, Outcome.REACHED):
            fresh.state = CallState.DONE
        store_call(fresh, "call.outcome", actor=actor, at=at, outcome=outcome)
    return row


def record_call_about(
    *,
    appointment: Appointment,
    outcome: str,
    actor: Actor,
    at: datetime,
    again_on: date | None = None,
    person: Person | None = None,
    note: str = "",
) -> CallOutcome:
    """`record_call` for a visit without a booking of which nobody has spoken yet: call and outcome in one."""
    with acting(actor):
        task = call_about(appointment=appointment, actor=actor, at=at)
        return record_call(
            task=task, outcome=outcome, actor=actor, at=at, again_on=again_on, person=person, note=note
        )


def record_call_after_silence(
    *,
    couple: Couple,
    outcome: str,
    actor: Actor,
    at: datetime,
    again_on: date | None = None,
    person: Person | None = None,
    note: str = "",
) -> CallOutcome:
    """`record_call` for a couple for whom everything was stopped and whom nobody has rung yet."""
    with acting(actor):
        task = call_after_silence(couple=couple, actor=actor, at=at)
        return record_call(
            task=task, outcome=outcome, actor=actor, at=at, again_on=again_on, person=person, note=note
        )


def record_call_to_donor(
    *,
    appointment: Appointment,
    word: str,
    outcome: str,
    actor: Actor,
    at: datetime,
    again_on: date | None = None,
    note: str = "",
) -> CallOutcome:
    """`record_call` for a donor from outside, who is rung about a visit; `word` is the token of what he was to be told.

    Conflict (`visit_changed`) if that is no longer what he has to be told: the visit was moved or called off meanwhile.
    """
    require_clinic(actor, appointment.clinic_id)
    with acting(actor):
        # A move of the visit waits for this word, and this word for a move.
        rows = Appointment.objects.select_for_update(of=("self",), no_key=True)
        row = rows.select_related("treatment__couple").get(pk=appointment.pk)
        due = word_for_donor(row, at=at)
        if due is None or due.token != word:
            raise _visit_changed()
        task = ask_for_call(
            couple=row.treatment.couple,
            why=due.why,
            due_at=at,
            actor=actor,
            at=at,
            appointment=row,
            about_at=due.about_at,
            donor=due.donor,
        )
        return record_call(task=task, outcome=outcome, actor=actor, at=at, again_on=again_on, note=note)


def take_note(*, task: CallTask, actor: Actor, at: datetime) -> CallOutcome:
    """A doctor has seen that the couple declined. Conflict unless it was declined.

    A visit without a booking stays on the list as declined; a call that stands for itself is done.
    """
    require_clinic(actor, task.clinic_id)
    require_verified(actor, "doctor")
    with acting(actor):
        fresh = locked_call(task)
        if fresh.state != CallState.DECLINED:
            raise Conflict("Nobody declined.", code="not_declined", field="task", remedy="Look at the call.")
        row = _said(fresh, Outcome.NOTED, actor=actor, at=at)
        fresh.state = CallState.NOTED if fresh.why in READ_OFF_THE_VISIT else CallState.DONE
        store_call(fresh, "call.outcome", actor=actor, at=at, outcome=Outcome.NOTED.value)
    return row


def undo_outcome(*, outcome: CallOutcome, actor: Actor, at: datetime) -> CallOutcome:
    """Takes the last outcome of a call back; the call stands as before it, and so does the number.

    Conflict if it is not the last one, or was taken back already. What a doctor noted, a doctor takes back.
    """
    require_clinic(actor, outcome.clinic_id)
    require_role(actor, "nurse", "doctor", "manager")
    if outcome.outcome == Outcome.NOTED:
        require_verified(actor, "doctor")
    with acting(actor):
        fresh = locked_call(outcome.task)
        last = fresh.outcomes.order_by("-at", "-id").first()
        if last is None or last.pk != outcome.pk or last.outcome == Outcome.UNDONE:
            raise Conflict(
                "Only the last outcome can be taken back, once.",
                code="not_the_last",
                field="outcome",
                remedy="Look at the call as it is now.",
            )
        row = _said(fresh, Outcome.UNDONE, actor=actor, at=at, undoes=outcome)
        # A mark that an earlier call had made stays.
        if last.person is not None and last.person.phone_wrong_since == last.at:
            mark_phone(person=last.person, wrong=False, actor=actor, at=at)
        fresh.state, fresh.due_at = outcome.was_state, outcome.was_due_at
        store_call(fresh, "call.outcome", actor=actor, at=at, outcome=Outcome.UNDONE.value)
    return row


def _require_sayable(
    task: CallTask, outcome: str, again_on: date | None, person: Person | None, today: date
) -> None:
    if outcome not in SAYABLE:
        raise Invalid(
            "This is no outcome of a call.", field="outcome", remedy=f"One of: {', '.join(SAYABLE)}."
        )
    if task.state == CallState.DONE:
        raise Conflict("This call is done.", code="call_done", field="task", remedy="Ask for another one.")
    if outcome == Outcome.REACHED and task.why in OF_A_TIME and _stands_elsewhere(task):
        raise Conflict(
            "The visit was moved meanwhile: they were told what is no longer so.",
            code="visit_changed",
            field="task",
            remedy="Look at the visit as it is now, and ring again.",
        )
    if outcome == Outcome.REACHED and task.why in READ_OFF_THE_VISIT:
        raise Invalid(
            "The visit still has no booking.",
            field="outcome",
            remedy="Say when to call again, or that they declined.",
        )
    if outcome == Outcome.CALL_AGAIN and (again_on is None or again_on < today):
        raise Invalid("This needs a day from today on.", field="again_on", remedy="Say when to call again.")
    if outcome == Outcome.WRONG_NUMBER and (person is None or not _is_one_of(task, person)):
        raise Invalid("This needs one of the couple.", field="person", remedy="Say whose number is wrong.")
    if outcome == Outcome.BOOKED and not _has_booking(task):
        raise Conflict(
            "There is no booking yet.", code="not_booked", field="outcome", remedy="Book the visit first."
        )


def _require_due(task: CallTask, outcome: str, at: datetime) -> None:
    """Of a donor from outside: no booking is made with him, and what he is told has to be so at this moment."""
    if outcome not in FOR_A_DONOR:
        raise Invalid(
            "This is no outcome of a call to a donor.",
            field="outcome",
            remedy=f"One of: {', '.join(FOR_A_DONOR)}.",
        )
    visit = Appointment.objects.filter(pk__in=[task.appointment_id]).first()
    due = word_for_donor(visit, at=at) if visit is not None else None
    if due is None or not due.is_of(task):
        raise _visit_changed()


def _visit_changed() -> Conflict:
    return Conflict(
        "The visit was moved or called off meanwhile.",
        code="visit_changed",
        field="outcome",
        remedy="Look at what the donor has to be told now.",
    )


def _stands_elsewhere(task: CallTask) -> bool:
    if task.appointment_id is None:
        return False
    visit = Appointment.objects.filter(pk=task.appointment_id, status__in=STATUSES_IN_FORCE)
    return visit.exclude(starts_at=task.about_at).exists()


def _has_booking(task: CallTask) -> bool:
    """Of the visit that the call is about; for a call about no visit, of any visit of the couple ahead."""
    booked = Appointment.objects.filter(clinic_id=task.clinic_id, status__in=STATUSES_IN_FORCE)
    if task.appointment_id is not None:
        return booked.filter(pk=task.appointment_id).exists()
    return booked.filter(treatment__couple_id=task.couple_id, starts_at__gte=task.asked_at).exists()


def _is_one_of(task: CallTask, person: Person) -> bool:
    return person.pk in (task.couple.recipient_id, task.couple.partner_id)


def _said(
    task: CallTask,
    outcome: str,
    *,
    actor: Actor,
    at: datetime,
    again_on: date | None = None,
    person: Person | None = None,
    note: str = "",
    undoes: CallOutcome | None = None,
) -> CallOutcome:
    return CallOutcome.objects.create(
        clinic_id=task.clinic_id,
        task=task,
        outcome=outcome,
        again_on=again_on if outcome == Outcome.CALL_AGAIN else None,
        person=person if outcome == Outcome.WRONG_NUMBER else None,
        note=note.strip()[:NOTE_LENGTH],
        was_state=task.state,
        was_due_at=task.due_at,
        undoes=undoes,
        by_name=actor.name[:150],
        by_user_id=actor.user_id,
        at=at,
    )
