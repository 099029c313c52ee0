"""What a donor from outside the couple has to be told: read off the visits, and told by phone.

Nothing is ever sent to him, and he alone decides whether a draw takes place. So each booking that takes him asks for a
call, by whatever route it was made; it is no longer asked for once the visit stands at another time, which asks for its
own, or at none, which asks for one only where he was told of a time. What he was told stands in the calls that are done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.booking.call_models import OF_THE_DONOR, CallState, CallTask, CallWhy
from apps.booking.worklist import Asked, visits
from apps.treatments.models import Appointment
from protocols.status import Status

_OVER = (Status.PROPOSED, Status.CANCELLED, Status.ENTERED_IN_ERROR)
_TAKES_HIM = Q(status=Status.BOOKED, attends__contains=["donor"], plan__donor__isnull=False) & ~Q(
    plan__donor="partner"
)


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

    def is_of(self, task: CallTask) -> bool:
        return (self.why, self.about_at, self.donor) == (task.why, task.about_at, task.donor)


@dataclass(frozen=True, slots=True)
class DonorDue:
    """A word that is due, and the call about it if somebody spoke of it already."""

    word: DonorWord
    call: CallTask | None


@dataclass(frozen=True, slots=True)
class DonorCalls:
    """Visits of which a donor from outside has yet to be told, the next one first, and what of each."""

    rows: QuerySet[Any]
    due: Mapping[UUID, DonorDue]


def donors_from_outside(attends: Iterable[str], donor: str) -> str:
    """The donors from outside whom a visit takes, by role, joined by +; empty where it takes none of them."""
    return (
        "+".join(one for one in donor.split("+") if one not in ("", "partner")) if "donor" in attends else ""
    )


def donor_calls(asked: Asked, *, later: bool = False) -> DonorCalls:
    """What donors from outside have yet to be told today; `later` what was put off beyond today or declined."""
    if later and not _some_wait(asked):
        return DonorCalls(visits(asked).none(), {})
    words = to_be_told(visits(asked), asked.at)
    spoken = CallTask.objects.filter(appointment_id__in=words, why__in=OF_THE_DONOR)
    calls = list(spoken.exclude(state=CallState.DONE).order_by("asked_at")) if words else []
    due = {
        pk: DonorDue(word, next((one for one in calls if one.appointment_id == pk and word.is_of(one)), None))
        for pk, word in words.items()
    }
    listed = {pk: one for pk, one in due.items() if _is_put_off(one.call, asked) == later}
    return DonorCalls(visits(asked).filter(pk__in=listed).order_by("starts_at", "pk"), listed)


def word_for_donor(appointment: Appointment, *, at: datetime) -> DonorWord | None:
    """What a donor from outside has to be told of the visit at this moment; None if there is nothing."""
    return to_be_told(Appointment.objects.filter(pk=appointment.pk), at).get(appointment.pk)


def told_to_donor(appointment: Appointment) -> DonorWord | None:
    """What he was told last; None if nothing."""
    return _told([appointment.pk]).get(appointment.pk)


def to_be_told(rows: QuerySet[Appointment], at: datetime) -> dict[UUID, DonorWord]:
    """Of these visits those of which he has yet to be told, and what. Three short queries, however many there are."""
    spoken_of = CallTask.objects.filter(why__in=OF_THE_DONOR, state=CallState.DONE, about_at__gt=at)
    # One after the other, for each has an index of its own.
    found = {row.pk: row for row in rows.filter(_TAKES_HIM, starts_at__gt=at)}
    found |= {row.pk: row for row in rows.filter(pk__in=spoken_of.values("appointment_id"))}
    told = _told(found)
    words = {pk: _word(row, told.get(pk), at) for pk, row in found.items()}
    return {pk: word for pk, word in words.items() if word is not None}


def _word(visit: Appointment, told: DonorWord | None, at: datetime) -> DonorWord | None:
    is_booked = visit.status == Status.BOOKED
    outside = donors_from_outside(visit.attends, visit.plan.get("donor") or "") if is_booked else ""
    knows_of = told if told is not None and told.why == CallWhy.DONOR else None
    if knows_of is not None and knows_of.about_at > at:
        # Nobody needs him at that time now: called off, a mere pencil mark elsewhere, another donor's.
        elsewhere = visit.pencilled and knows_of.about_at != visit.starts_at
        if visit.status in _OVER or (is_booked and (knows_of.donor != outside or elsewhere)):
            return DonorWord(CallWhy.DONOR_OFF, knows_of.about_at, knows_of.donor)
    # What waits for a decision is not told yet.
    holds = is_booked and not visit.pencilled and not visit.held
    if not (holds and outside) or visit.starts_at is None or visit.starts_at <= at:
        return None
    if knows_of is not None and knows_of.about_at == visit.starts_at:
        return None
    return DonorWord(CallWhy.DONOR, visit.starts_at, outside)


def _told(pks: Collection[UUID]) -> dict[UUID, DonorWord]:
    """What donors were told last of these visits."""
    if not pks:
        return {}
    done = CallTask.objects.filter(why__in=OF_THE_DONOR, state=CallState.DONE, appointment_id__in=pks)
    return {
        task.appointment_id: DonorWord(task.why, task.about_at, task.donor)
        for task in done.order_by("changed_at", "id")
        if task.appointment_id is not None and task.about_at is not None
    }


def _some_wait(asked: Asked) -> bool:
    """Whether anything can have been put off: a call to a donor that is not done. One look into a small index."""
    waiting = CallTask.objects.filter(clinic=asked.clinic, why__in=OF_THE_DONOR)
    return waiting.exclude(state=CallState.DONE).exists()


def _is_put_off(call: CallTask | None, asked: Asked) -> bool:
    return call is not None and (call.state != CallState.OPEN or call.due_at >= asked.bounds[1])
