"""One address that several read: the very same is said there once a session, and to nobody on the word of a message that
did not arrive.

    on its way     the others wait for it
    sent, unknown  the others are folded into it: withdrawn, as told by it
    given up       whoever was folded into it is due again and goes their own way
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum, auto
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from apps.clinic.actors import Actor
from apps.couples.models import ContactRoute
from apps.couples.routes import mark_route
from apps.reminders.derived import SAID
from apps.reminders.models import Delivery, DeliveryState

# How soon whoever waits for another's message looks again what became of it.
LOOK = timedelta(minutes=1)
ANOTHER_GOES = "another goes to the same address"
_ACTOR = Actor.system("task")
# An attempt, or what people tell, which has none.
_TOLD = Q(attempt_began_at__isnull=False) | Q(state=DeliveryState.HANDED)
_HEARD = (DeliveryState.SENT, DeliveryState.UNKNOWN, DeliveryState.HANDED)


class Heard(Enum):
    """What somebody else was told at an address of the very same."""

    NOTHING = auto()
    ON_ITS_WAY = auto()
    SAID = auto()


def heard_at(address: str, row: Delivery) -> Heard:
    """What was said of it at this address to somebody else. Those who share one wait for each other here, so that not
    both can be first."""
    _lock(address, row)
    others = _very_same(address, row).filter(_TOLD, state__in=(*_HEARD, DeliveryState.LEASED))
    states = set(others.values_list("state", flat=True))
    if not states:
        return Heard.NOTHING
    return Heard.SAID if states & set(_HEARD) else Heard.ON_ITS_WAY


def let_others_go(row: Delivery, now: datetime, *, bad_address: bool = False) -> int:
    """The message of `row` (stored as it now is) did not arrive: who was folded into it is due again; returns how many.

    Where nobody is at the address, it is theirs no more either. The present is asked anew when they go.
    """
    if not (row.appointment_id and row.sent_to):
        return 0
    # A fold that another sender is writing is waited for; one that comes later sees what this row has become.
    _lock(row.sent_to, row)
    folded = _very_same(row.sent_to, row).filter(
        state=DeliveryState.WITHDRAWN, last_error=SAID, not_after__gt=now
    )
    if bad_address:
        _mark_routes(row, list(folded.values_list("person_id", flat=True)), now)
    return folded.update(
        state=DeliveryState.PENDING, attempt_began_at=None, sent_to="", last_error="", next_try_at=now
    )


def _lock(address: str, row: Delivery) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"{row.appointment_id} {address.casefold()}"],
        )


def _very_same(address: str, row: Delivery) -> QuerySet[Delivery]:
    """The same words about the same visit and time, at the same address, to others."""
    return Delivery.objects.filter(
        appointment_id=row.appointment_id,
        kind=row.kind,
        starts_at=row.starts_at,
        key=row.key,
        sent_to__iexact=address,
    ).exclude(person=row.person_id)


def _mark_routes(row: Delivery, people: Iterable[UUID], now: datetime) -> None:
    dead = ContactRoute.objects.filter(
        person__in=people,
        channel=row.channel,
        address__iexact=row.sent_to,
        ended_at=None,
        wrong_since=None,
    )
    for route in dead.select_related("person").order_by("person_id", "pk"):
        mark_route(route=route, wrong=True, actor=_ACTOR, at=now)
