"""The waiting list: who would come earlier, and who could use a place that came free."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from apps.booking.queries import slots_of
from apps.booking.slots.values import DaySlots, Slot
from apps.booking.waiting_models import WaitingWish, WishEnd
from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.clock import local_date
from apps.clinic.errors import Conflict, Invalid, LitError, NotFound
from apps.clinic.models import Change, Clinic
from apps.treatments.models import Appointment, Occupation, Purpose
from protocols.status import Status

__all__ = ["Freed", "Offer", "freed_times", "no_longer", "offers_for", "want_earlier", "wishes_of"]

# So far back a cancelled or moved booking is looked for whose old time still lies ahead.
_LOOKED_BACK = timedelta(days=14)
_FOR_NOBODY = ("appointment.cancelled", "appointment.moved")


@dataclass(frozen=True, slots=True)
class Freed:
    """A time ahead that somebody gave back. `kept_until` says how long its places stay blocked for who had them."""

    on: date
    starts_at: datetime
    kept_until: datetime | None


@dataclass(frozen=True, slots=True)
class Offer:
    """A couple who could come then. `closes_on` is the last good day of the visit; None where nothing ends it."""

    wish: WaitingWish
    slot: Slot
    closes_on: date | None

    @property
    def appointment(self) -> Appointment:
        return self.wish.appointment


def want_earlier(
    *,
    appointment: Appointment,
    actor: Actor,
    at: datetime,
    from_on: date | None = None,
    note: str = "",
) -> WaitingWish:
    """Notes that the couple would come earlier, from a day of the clinic's calendar on (by default today).

    Conflict unless the visit is booked ahead (code `not_booked`); Invalid (`not_earlier`) for a later day.
    Said twice, the later one stands.
    """
    require_clinic(actor, appointment.clinic_id)
    require_role(actor, "nurse", "doctor", "manager", "client")
    with acting(actor):
        row = Appointment.objects.select_for_update(of=("self",), no_key=True).get(pk=appointment.pk)
        first = _first_day(row, from_on, at)
        wish, _ = WaitingWish.objects.update_or_create(
            appointment=row,
            ended_at=None,
            defaults={
                "clinic_id": row.clinic_id,
                "from_on": first,
                "note": note.strip()[:300],
                "asked_at": at,
                "asked_by": actor.name[:150],
            },
        )
        _tell("waiting.asked", wish, row, actor=actor, at=at)
    return wish


def _first_day(row: Appointment, from_on: date | None, at: datetime) -> date:
    """The first day that is wished for, today at the earliest; refused where there is nothing to come earlier to."""
    if row.status != Status.BOOKED or row.starts_at is None or row.starts_at <= at:
        raise Conflict(
            "There is no booking ahead that could come earlier.",
            code="not_booked",
            field="appointment",
            remedy="Book the visit first.",
        )
    today = local_date(row.clinic.zone, at)
    first = max(from_on or today, today)
    if first > local_date(row.zone, row.starts_at):
        raise Invalid(
            "The visit is booked earlier than that.",
            code="not_earlier",
            field="from_on",
            remedy="Give a day up to that of the booking.",
        )
    return first


def no_longer(
    *, wish: WaitingWish, actor: Actor, at: datetime, ended_as: str = WishEnd.WITHDRAWN
) -> WaitingWish:
    """Ends a wish: the couple came earlier, or does not want to any more. Conflict if it has ended."""
    require_clinic(actor, wish.clinic_id)
    require_role(actor, "nurse", "doctor", "manager", "client")
    with acting(actor):
        fresh = (
            WaitingWish.objects.select_for_update(of=("self",)).select_related("appointment").get(pk=wish.pk)
        )
        if fresh.ended_at is not None:
            raise Conflict(
                "This wish has ended.", code="ended", field="wish", remedy="Look at the list again."
            )
        fresh.ended_at, fresh.ended_as = at, WishEnd(ended_as)
        fresh.save(update_fields=["ended_at", "ended_as"])
        _tell("waiting.ended", fresh, fresh.appointment, actor=actor, at=at)
    return fresh


def wishes_of(clinic: Clinic, *, at: datetime) -> QuerySet[WaitingWish]:
    """Wishes that stand: the visit is still booked at a time ahead. Whose window closes first is at the top."""
    return (
        WaitingWish.objects.filter(
            clinic=clinic,
            ended_at__isnull=True,
            appointment__status=Status.BOOKED,
            appointment__starts_at__gt=at,
        )
        .select_related(
            "appointment__clinic",
            "appointment__treatment__clinic",
            "appointment__treatment__couple__recipient",
            "appointment__treatment__couple__partner",
            "appointment__treatment__protocol_version",
        )
        .order_by("appointment__latest_on", "appointment__starts_at", "asked_at", "id")
    )


def wish_by_id(clinic: Clinic, wish_id: UUID) -> WaitingWish:
    found = (
        WaitingWish.objects.filter(clinic=clinic, pk=wish_id).select_related("appointment__clinic").first()
    )
    if found is None:
        raise NotFound("There is no such wish.", field="wish")
    return found


def freed_times(clinic: Clinic, *, at: datetime) -> list[Freed]:
    """Times ahead that bookings gave back in the last two weeks, by day and time; each once.

    Places that are kept for who had them are named with the moment at which everybody may have them.
    """
    told = Change.objects.filter(clinic=clinic, kind__in=_FOR_NOBODY, at__gt=at - _LOOKED_BACK, at__lte=at)
    times = {moment for detail in told.values_list("detail", flat=True) for moment in _given_back(detail)}
    kept: dict[datetime, datetime] = {}
    places = Occupation.objects.filter(clinic=clinic, purpose=Purpose.KEPT, until__gt=at, starts_at__gt=at)
    for starts_at, until in places.order_by("starts_at").values_list("starts_at", "until"):
        if until is not None:
            kept[starts_at] = max(until, kept.get(starts_at, until))
    ahead = sorted(moment for moment in times | kept.keys() if moment > at)
    return [Freed(local_date(clinic.zone, moment), moment, kept.get(moment)) for moment in ahead]


def offers_for(clinic: Clinic, on: date, *, at: datetime, near: Sequence[datetime] = ()) -> list[Offer]:
    """Who could come on that day earlier than they are booked, inside the good days of their visit.

    Whose window closes first is first. Each with a slot of that day that the whole visit fits into: the one next to one of
    the times in `near`, or the first.
    """
    return [offer for wish in wishes_of(clinic, at=at) if (offer := _offer(wish, on, near, at)) is not None]


def _offer(wish: WaitingWish, on: date, near: Sequence[datetime], at: datetime) -> Offer | None:
    row = wish.appointment
    if row.starts_at is None or on < wish.from_on or on > local_date(row.zone, row.starts_at):
        return None
    try:
        days = slots_of(row, at=at, from_on=on, to_on=on)
    except LitError:
        return None  # held, or no longer asked for: nothing can be offered
    earlier = [slot for slot in _good(days) if slot.starts_at < row.starts_at]
    if not earlier:
        return None
    ends = [day for day in (row.latest_on, row.bookable_to) if day is not None]
    slot = min(
        earlier, key=lambda one: min((abs(one.starts_at - time) for time in near), default=timedelta(0))
    )
    return Offer(wish, slot, min(ends, default=None))


def _good(days: Sequence[DaySlots]) -> Iterator[Slot]:
    return (slot for day in days for slot in day.slots if not slot.needs_reason)


def _given_back(detail: dict[str, object]) -> Iterator[datetime]:
    """The time that a cancelled booking had, or from which one was moved."""
    said = detail.get("from") or detail.get("starts_at")
    if isinstance(said, str):
        yield datetime.fromisoformat(said)


def _tell(kind: str, wish: WaitingWish, row: Appointment, *, actor: Actor, at: datetime) -> None:
    record_change(
        clinic_id=wish.clinic_id,
        kind=kind,
        subject_type="waitingwish",
        subject_id=wish.pk,
        treatment_id=row.treatment_id,
        actor=actor,
        at=at,
        detail={"from_on": wish.from_on.isoformat()},
    )
