"""What a donor from outside the couple has to be told: read off the visits, and told by phone.

Nothing is ever sent to him, and he alone decides whether a draw takes place. So each booking that takes him asks for a
call, by whatever route it was made; it is no longer asked for once the visit stands at another time, which asks for its
own, or at none, which asks for one only where he was told of a time. What he was told stands in the calls that are done.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform

from apps.booking.call_models import OF_THE_DONOR, CallState, CallTask, CallWhy
from apps.booking.worklist import Asked, visits
from apps.treatments.models import Appointment
from protocols.status import Status

_OVER = (Status.PROPOSED, Status.CANCELLED, Status.ENTERED_IN_ERROR)
_EMPTY = Value("", output_field=CharField())


@dataclass(frozen=True, slots=True)
class DonorWord:
    """What is to be said: `why` is a `CallWhy` of the donor, `about_at` the time that stands, or that no longer does."""

    why: str
    about_at: datetime
    donor: str

    @property
    def token(self) -> str:
        """The word in one line, so that whoever says that it was told says which one."""
        return f"{self.why} {self.about_at.isoformat()} {self.donor}"


def donors_from_outside(attends: Iterable[str], donor: str) -> str:
    """The donors from outside whom a visit takes, by role, joined by +; empty where it takes none of them."""
    return (
        "+".join(one for one in donor.split("+") if one not in ("", "partner")) if "donor" in attends else ""
    )


def donor_calls(asked: Asked, *, later: bool = False) -> QuerySet[Any]:
    """Visits of which a donor from outside has yet to be told, the next one first; `later` those that were put off beyond
    today or declined. Each has `donor_why`, `donor_about`, `donor_who`, and of its call, if somebody spoke of it,
    `call_id`, `call_state` and `call_due`.
    """
    mine = CallTask.objects.filter(
        appointment_id=OuterRef("pk"),
        why=OuterRef("donor_why"),
        about_at=OuterRef("donor_about"),
        donor=OuterRef("donor_who"),
    )
    call = mine.exclude(state=CallState.DONE).order_by("-asked_at")
    found: QuerySet[Any] = to_be_told(visits(asked), asked.at).annotate(
        call_id=Subquery(call.values("pk")[:1]),
        call_state=Subquery(call.values("state")[:1]),
        call_due=Subquery(call.values("due_at")[:1]),
    )
    spoken = Q(call_id__isnull=False)
    put_off = spoken & (~Q(call_state=CallState.OPEN) | Q(call_due__gte=asked.bounds[1]))
    today = ~spoken | Q(call_state=CallState.OPEN, call_due__lt=asked.bounds[1])
    listed: QuerySet[Any] = found.filter(put_off if later else today)
    return listed.order_by("donor_about", "pk")


def word_for_donor(appointment: Appointment, *, at: datetime) -> DonorWord | None:
    """What a donor from outside has to be told of the visit at this moment; None if there is nothing."""
    row = to_be_told(Appointment.objects.filter(pk=appointment.pk), at).first()
    return None if row is None else word_of(row)


def word_of(row: Any) -> DonorWord:
    """The word of a row of `to_be_told`."""
    return DonorWord(row.donor_why, row.donor_about, row.donor_who)


def told_to_donor(appointment: Appointment) -> DonorWord | None:
    """What he was told last; None if nothing."""
    task = _told().filter(appointment_id=appointment.pk).first()
    return None if task is None or task.about_at is None else DonorWord(task.why, task.about_at, task.donor)


def to_be_told(rows: QuerySet[Appointment], at: datetime) -> QuerySet[Any]:
    """Of these visits those of which he has yet to be told, each with `donor_why`, `donor_about` and `donor_who`."""
    told = _told().filter(appointment_id=OuterRef("pk"))
    takes = Q(status=Status.BOOKED, attends__contains=["donor"]) & ~Q(plan__donor="partner")
    spoken_of = CallTask.objects.filter(why__in=OF_THE_DONOR, state=CallState.DONE, about_at__gt=at)
    known: QuerySet[Any] = rows.filter(
        takes & Q(starts_at__gt=at, plan__donor__isnull=False) | Q(pk__in=spoken_of.values("appointment_id"))
    ).annotate(
        outside=Case(
            When(takes, then=_outside(KeyTextTransform("donor", "plan"))),
            default=_EMPTY,
            output_field=CharField(),
        ),
        told_why=Subquery(told.values("why")[:1]),
        told_of=Subquery(told.values("about_at")[:1]),
        told_whom=Subquery(told.values("donor")[:1]),
    )
    is_off = _is_off(at)
    why = Case(
        When(is_off, then=Value(CallWhy.DONOR_OFF.value)),
        When(_is_new(at), then=Value(CallWhy.DONOR.value)),
        default=_EMPTY,
        output_field=CharField(),
    )
    words: QuerySet[Any] = known.annotate(
        donor_why=why,
        donor_about=Case(
            When(is_off, then=F("told_of")), default=F("starts_at"), output_field=DateTimeField()
        ),
        donor_who=Case(When(is_off, then=F("told_whom")), default=F("outside"), output_field=CharField()),
    )
    return words.exclude(donor_why="")


def _told() -> QuerySet[CallTask]:
    """What donors were told, the last word first."""
    return CallTask.objects.filter(why__in=OF_THE_DONOR, state=CallState.DONE).order_by("-changed_at", "-id")


def _is_off(at: datetime) -> Q:
    """He knows of a time ahead at which nobody needs him now: called off, a mere pencil mark elsewhere, another donor's."""
    elsewhere = Q(pencilled=True) & ~Q(told_of=F("starts_at"))
    unneeded = Q(status=Status.BOOKED) & (~Q(told_whom=F("outside")) | elsewhere)
    return Q(told_why=CallWhy.DONOR, told_of__gt=at) & (Q(status__in=_OVER) | unneeded)


def _is_new(at: datetime) -> Q:
    """A booking that holds, at a time that he does not know of. What waits for a decision is not told yet."""
    stands = Q(status=Status.BOOKED, pencilled=False, held=False, starts_at__gt=at) & ~Q(outside="")
    another_time = Q(told_why=CallWhy.DONOR) & ~Q(told_of=F("starts_at"))
    return stands & (Q(told_why__isnull=True) | Q(told_why=CallWhy.DONOR_OFF) | another_time)


def _outside(donor: Any) -> Func:
    """`donors_from_outside` in SQL."""
    return Func(
        donor,
        template="btrim(replace('+' || (%(expressions)s) || '+', '+partner+', '+'), '+')",
        output_field=CharField(),
    )
