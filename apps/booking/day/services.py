"""The end of a day, said by a person: the one verb that closes it."""

from __future__ import annotations

from datetime import date, datetime

from apps.booking.day.queries import without_outcome
from apps.booking.models import DayEnd
from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.clock import local_date
from apps.clinic.errors import Conflict, Invalid
from apps.clinic.models import Clinic

# So many couples are named in a refusal; the page shows all.
_NAMED = 8


def end_day(*, clinic: Clinic, on: date, actor: Actor, at: datetime) -> DayEnd:
    """Closes the clinic's day `on`. A day that is closed already stays as it is, with who closed it.

    Conflict `without_outcome`, naming the couples by code, while a visit of it is booked or arrived: what became of it is
    said by a person, never by the clock. Invalid for a day that has not come yet.
    """
    require_clinic(actor, clinic.pk)
    require_role(actor, "nurse", "doctor", "manager")
    if on > local_date(clinic.zone, at):
        raise Invalid(
            "This day has not come yet.", code="not_yet", field="on", remedy="Close it in its evening."
        )
    with acting(actor):
        # Two who close at once wait for each other; the second finds the day closed.
        Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
        _refuse_open(clinic, on)
        found = DayEnd.objects.filter(clinic=clinic, on=on).first()
        if found is not None:
            return found
        end = DayEnd.objects.create(
            clinic=clinic, on=on, closed_at=at, by_name=actor.name[:150], by_user_id=actor.user_id
        )
        record_change(
            clinic_id=clinic.pk,
            kind="day.closed",
            subject_type="day_end",
            subject_id=end.pk,
            actor=actor,
            at=at,
            detail={"on": on.isoformat()},
        )
    return end


def _refuse_open(clinic: Clinic, on: date) -> None:
    visits = without_outcome(clinic, on)
    if not visits:
        return
    codes = [visit.treatment.couple.code for visit in visits]
    more = f" and {len(codes) - _NAMED} more" if len(codes) > _NAMED else ""
    raise Conflict(
        f"Visits without outcome: {len(codes)} ({', '.join(codes[:_NAMED])}{more}).",
        code="without_outcome",
        field="on",
        remedy="Say of each whether it was done, missed or moved.",
    )
