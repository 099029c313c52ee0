"""One undo: the last booking, move or cancellation of a visit is put back, through the same rules as any other."""

from __future__ import annotations

from datetime import datetime

from apps.booking import services
from apps.booking.remembering import putting_back
from apps.booking.undo_models import ActKind, BookingAct
from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.errors import Conflict, Invalid
from apps.treatments.models import Appointment
from apps.treatments.move_previews import acts_of
from apps.treatments.reconciling import load, locked

__all__ = ["last_act", "undo", "undoable"]


def last_act(appointment: Appointment) -> BookingAct | None:
    """What was booked, moved or cancelled of the visit last, by whomever."""
    return BookingAct.objects.filter(appointment=appointment).order_by("-id").first()


def undoable(appointment: Appointment, *, at: datetime) -> BookingAct | None:
    """The act that `undo` would put back now as far as can be seen without a lock; its place may be gone all the same."""
    act = last_act(appointment)
    if act is None or act.undoes_id is not None:
        return None
    return act if acts_of(load(appointment.treatment, at=at)) == act.acts_seen else None


def undo(*, appointment: Appointment, actor: Actor, at: datetime) -> Appointment:
    """Puts the last act on the visit back and returns the visit: a booking is called off, a move goes back to the old
    time, a cancelled booking stands again.

    Conflict if there is nothing to undo or it was undone (code `nothing_to_undo`), if anything was said of the
    treatment since (`acted_since`), or if the old time cannot be had any more (the code of the rule that refuses it).
    What was not yet sent is withdrawn; who has read a message gets the one that follows from the visit as it is then.
    """
    require_clinic(actor, appointment.clinic_id)
    require_role(actor, "nurse", "doctor", "manager", "client")
    with acting(actor):
        gathered = locked(treatment_id=appointment.treatment_id, at=at)
        row = gathered.visit_of(appointment)
        act = last_act(row)
        if act is None or act.undoes_id is not None:
            raise Conflict(
                "There is nothing to undo." if act is None else "The last act was undone already.",
                code="nothing_to_undo",
                field="appointment",
                remedy="Book, move or cancel the visit instead.",
            )
        if acts_of(gathered) != act.acts_seen:
            raise Conflict(
                "Something was booked or recorded for this couple since.",
                code="acted_since",
                field="appointment",
                remedy="Look at the plan, then book, move or cancel the visit.",
            )
        with putting_back(act):
            return _put_back(row, act, actor=actor, at=at)


def _put_back(row: Appointment, act: BookingAct, *, actor: Actor, at: datetime) -> Appointment:
    try:
        if act.kind == ActKind.BOOK:
            return services.cancel(appointment=row, reason="The booking was undone", actor=actor, at=at)
        return _stand_again(row, act, actor=actor, at=at)
    except Invalid as error:
        raise Conflict(
            error.message,
            code=error.code,
            field="appointment",
            remedy="Pick another time instead.",
        ) from error


def _stand_again(row: Appointment, act: BookingAct, *, actor: Actor, at: datetime) -> Appointment:
    """The booking as it was before it was moved or cancelled."""
    before = act.before
    starts_at = datetime.fromisoformat(before["starts_at"])
    length = datetime.fromisoformat(before["ends_at"]) - starts_at
    verb = services.move if act.kind == ActKind.MOVE else services.book
    return verb(
        appointment=row,
        starts_at=starts_at,
        minutes=int(length.total_seconds() // 60),
        actor=actor,
        at=at,
        reason=before["deviation_reason"],
        pencil=before["pencilled"],
    )
