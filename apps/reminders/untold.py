"""Who believes something about a visit that is not so, or has surely been told nothing of it: read off the rows.

Whatever kept a message away (no way to the person, a stop, a refusal, a break, silence by their own wish), the visit stands
or does not, and somebody rings before anybody travels for nothing or stays at home.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from apps.booking.call_models import OF_THE_DONOR, CallState, CallTask
from apps.booking.worklist import OF_A_MESSAGE, Asked, visits
from apps.couples.models import RUNG_ABOUT, SilenceReason
from apps.reminders.models import MAY_HAVE_ARRIVED, SURELY_TOLD, Delivery, DeliveryState
from apps.treatments.models import Appointment, CalendarEntry
from apps.treatments.overlap import STATUSES_IN_FORCE
from protocols.reminders import CANCELLED, CONFIRMATION
from protocols.status import Status

WITHIN = timedelta(days=7)
# A visit that neither page nor calendar shows any more, for one of the two wished for no messages.
NOT_SHOWN_WITHIN = timedelta(days=3)
# So long what was changed may take to become a message.
_ON_ITS_WAY = timedelta(minutes=10)

_OPEN = (DeliveryState.PENDING, DeliveryState.LEASED)
_OWN_WISH = Q(treatment__couple__silent_reason=SilenceReason.OWN_WISH)
_STANDS = Q(status__in=STATUSES_IN_FORCE, pencilled=False)
_BOOKED = Q(status=Status.BOOKED.value, pencilled=False, held=False)


def misled(asked: Asked) -> QuerySet[Any]:
    """Visits of which somebody was told a time that lies ahead and is not so, soonest first; `believed` is that time.

    Left out: what a message is still on its way for, what somebody was rung about since it changed, couples for whom
    everything was stopped (one call stands for all of it), and test clinics.
    """
    wrong = _wrong_beliefs(asked)
    first = Subquery(wrong.order_by("starts_at").values("starts_at")[:1])
    found: QuerySet[Any] = _nobody_at_it(asked).filter(Exists(wrong)).annotate(believed=first)
    return found.order_by("starts_at", "pk")


def untold(asked: Asked) -> QuerySet[Any]:
    """Booked visits of the next days of which nobody was surely told, or which neither page nor calendar shows any more,
    soonest first. Left out as from `misled`, and what stands there.
    """
    told = Delivery.objects.filter(
        SURELY_TOLD, appointment_id=OuterRef("pk"), starts_at=OuterRef("starts_at")
    )
    hidden = _OWN_WISH & Q(starts_at__lte=asked.at + NOT_SHOWN_WITHIN)
    booked = _nobody_at_it(asked).filter(
        _BOOKED, ~Exists(told) | hidden, starts_at__gt=asked.at, starts_at__lte=asked.at + WITHIN
    )
    return booked.filter(~Exists(_wrong_beliefs(asked))).order_by("starts_at", "pk")


def _nobody_at_it(asked: Asked) -> QuerySet[Any]:
    if asked.clinic.is_test:
        return visits(asked).none()
    open_to = Q(treatment__couple__silent_since=None) | ~Q(treatment__couple__silent_reason__in=RUNG_ABOUT)
    fresh = Q(changed_at__gt=asked.at - _ON_ITS_WAY)
    found = visits(asked).filter(open_to, treatment__notify=True).exclude(fresh)
    return found.filter(~Exists(_calls_since_it_changed()), ~Exists(_on_its_way(asked.at)))


def _wrong_beliefs(asked: Asked) -> QuerySet[Delivery]:
    """What somebody was told last, of a time that lies ahead, and the visit does not stand at it."""
    when = Coalesce("attempt_began_at", "sent_at")
    later = (
        Delivery.objects.filter(
            MAY_HAVE_ARRIVED, appointment_id=OuterRef("appointment_id"), person=OuterRef("person")
        )
        .annotate(when=when)
        .filter(
            Q(when__gt=OuterRef("when")) | Q(when=OuterRef("when"), created_at__gt=OuterRef("created_at"))
        )
        .filter(starts_at__isnull=False)
    )
    told = Delivery.objects.filter(
        MAY_HAVE_ARRIVED,
        clinic=asked.clinic,
        appointment_id=OuterRef("pk"),
        starts_at__gt=asked.at,
        starts_at__lte=asked.at + WITHIN,
    ).exclude(kind__startswith=CANCELLED)
    so = Appointment.objects.filter(_STANDS, pk=OuterRef("appointment_id"), starts_at=OuterRef("starts_at"))
    return told.annotate(when=when).filter(~Exists(so), ~Exists(later))


def _calls_since_it_changed() -> QuerySet[CallTask]:
    """On the list by itself while such a call is open; said when it is done."""
    entry = CalendarEntry.objects.filter(appointment_id=OuterRef("appointment_id"))
    calls = CallTask.objects.exclude(why__in=OF_THE_DONOR).filter(
        appointment_id=OuterRef("pk"), changed_at__gte=Subquery(entry.values("changed_at"))
    )
    unlisted = Q(why__in=OF_A_MESSAGE, couple__silent_since__isnull=False) & ~Q(state=CallState.DONE)
    return calls.exclude(unlisted)


def _on_its_way(at: datetime) -> QuerySet[Delivery]:
    news = Q(kind__startswith=CONFIRMATION) | Q(kind__startswith=CANCELLED)
    return Delivery.objects.filter(
        news, appointment_id=OuterRef("pk"), state__in=_OPEN, attempt_began_at=None, not_after__gt=at
    )
